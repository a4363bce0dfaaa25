// Follows the register: brings the roll's file to what the register says, by the position that the roll has
// in it (core/policy/roll_following.h), whenever the register notifies of a change, after every reconnection,
// and every few seconds as a belt (a notification is lost while nobody listens). A roll that cannot be
// followed so is compared as a whole, which is read little by little.
//
// There are two connections: one LISTENs, and everything is read through the other, which may lead through a
// pooler. LISTEN comes before the first reading, so that a change between the two is not missed; when the two
// turn out to be of different registers (a failover), both are opened anew. A register that is away, that
// does not answer, or that talks nonsense, or a roll that cannot be written, leaves the roll as it is; its
// age then grows until roll.max_age. Each trouble is logged once, and the roll's age every hour while it
// lasts. Threads: runs in its own; stop by the destructor, which may wait for a connection that is being
// opened.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/lmdb/roll_file.h"
#include "adapters/pg/connection.h"
#include "adapters/pg/roll_reader.h"
#include "core/base/result.h"

namespace portavoz {

class RollFollower {
 public:
  // `host`: what the register calls this host. `listen_dsn` leads to the server itself.
  RollFollower(std::string dsn, std::string listen_dsn, std::string host, std::unique_ptr<RollFile> roll);

  // Follows no more, and gives the roll to whoever follows next. It waits as the destructor does.
  [[nodiscard]] std::unique_ptr<RollFile> end();

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] Result<void> session(const std::stop_token& stop);
  [[nodiscard]] Result<void> follow(pg::Connection& listener, pg::Connection& reader,
                                    const std::stop_token& stop);
  [[nodiscard]] Result<void> round(pg::Connection& listener, pg::Connection& reader);
  [[nodiscard]] Result<void> catch_up(pg::Connection& reader);
  [[nodiscard]] Result<void> take_changes(RollReader& look, ChangedParts parts, Instant heard);
  [[nodiscard]] Result<void> compare(pg::Connection& reader, RollReader& look, const std::string& why,
                                     Instant heard);
  void wrote(const Result<RollWritten>& written, bool news);
  void note(pg::Connection& reader);

  std::string dsn_;
  std::string listen_dsn_;
  std::string host_;
  std::unique_ptr<RollFile> roll_;
  std::string source_;                               // the register that was read last
  bool connected_ = false;                           // by the last attempt
  bool fresh_ = true;                                // the roll took nothing since that attempt began
  std::optional<std::vector<std::string>> key_ids_;  // the seal keys in the roll, where they changed
  std::string compared_for_;                         // why it is compared, while that goes on
  std::string write_trouble_;                        // what was logged last; empty when all is well
  std::string note_trouble_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace portavoz
