// RollReader: one look at the register, for the roll. Everything that is read through it is of one moment
// (a transaction REPEATABLE READ), so lists, contacts, marks and keys of different moments never meet in a
// roll; nothing is left in the session, so that a pooler may stand between. It knows the names of the
// register's roll views and functions. It reads what it is asked for: the log of changes, the rows of some
// keys, or, as a RollSource, everything by a cursor, some thousand rows at a time.
//
// Errors: those of pg::Connection; unavailable as well for a standby, and when a row has not the form it must
// have. Threads: as Connection.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "adapters/pg/connection.h"
#include "core/base/result.h"
#include "core/policy/roll_contents.h"
#include "core/policy/roll_following.h"

namespace portavoz {

class RollReader final : public RollSource {
 public:
  // Begins the transaction; the connection must outlive this, and have none open.
  [[nodiscard]] static Result<std::unique_ptr<RollReader>> begin(pg::Connection& connection);
  ~RollReader() override;  // ends the transaction
  RollReader(const RollReader&) = delete;
  RollReader& operator=(const RollReader&) = delete;

  // Where the register stood when this began.
  [[nodiscard]] const RegisterState& state() const { return state_; }

  // What has changed since, up to one more than most_changes.
  [[nodiscard]] Result<std::vector<RollChangeEntry>> changes_since(const RollPosition& position);
  [[nodiscard]] Result<RollUpdate> read(const ChangedParts& parts);

  [[nodiscard]] Result<std::size_t> contact_count();
  [[nodiscard]] Result<std::vector<GuardedList>> lists() override;
  [[nodiscard]] Result<std::vector<RollSealKey>> seal_keys() override;
  [[nodiscard]] Result<std::vector<RollContact>> more_contacts() override;
  [[nodiscard]] Result<std::vector<RollMark>> more_marks() override;

 private:
  explicit RollReader(pg::Connection& connection) : connection_(connection) {}
  [[nodiscard]] Result<pg::Rows> more(const std::string& cursor, const std::string& query, bool& declared);

  pg::Connection& connection_;
  RegisterState state_;
  bool contacts_declared_ = false;
  bool marks_declared_ = false;
};

}  // namespace portavoz
