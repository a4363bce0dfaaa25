// Verdicts on their way to the register: each is appended to a file first, and a thread carries the file's
// lines over, those of a second together, whenever the register is there. A verdict has an id of its own, so
// one that is carried twice counts once.
//
// When append() returns, the verdict is in the file and not synced to the disk: it outlives the process, and
// not a loss of power. The spool is bounded: past 64 MiB (the register away for long under a flood) new
// verdicts are only logged. Nothing waits for the register. Threads: append() and carry_to() from any; the
// carrying in a thread of its own, ended by the destructor.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/json/verdict_json.h"
#include "adapters/os/files.h"
#include "adapters/pg/connection.h"
#include "core/base/result.h"

namespace portavoz {

class VerdictSpool {
 public:
  // Opens DIRECTORY, which must exist. Errors: unavailable when it cannot be written.
  [[nodiscard]] static Result<std::unique_ptr<VerdictSpool>> open(std::string directory, std::string dsn);

  void append(const VerdictRecord& verdict);

  // From now on to this register.
  void carry_to(std::string dsn);

 private:
  // A file of whole lines. It is opened at the first line after it was closed.
  class LineFile {
   public:
    LineFile(std::string path, std::uint64_t max_octets);
    [[nodiscard]] Result<void> append(std::string_view line);  // with its end
    void close() { file_.reset(); }

   private:
    std::string path_;
    std::uint64_t max_octets_;
    Descriptor file_;
    std::uint64_t octets_ = 0;
  };

  VerdictSpool(std::string directory, std::string dsn);
  void run(const std::stop_token& stop);
  [[nodiscard]] bool take_fresh_file();
  [[nodiscard]] Result<void> carry();
  [[nodiscard]] Result<void> record(const std::vector<std::string>& lines);
  [[nodiscard]] Result<void> send(const std::vector<std::string>& lines);

  std::string directory_;
  std::mutex mutex_;  // guards what follows, up to waiting_
  std::string dsn_;
  bool moved_ = false;  // since the register was opened
  std::condition_variable_any woken_;
  LineFile fresh_;
  std::size_t waiting_ = 1;  // lines to carry, as far as is known: an earlier run may have left some
  std::optional<pg::Connection> register_;  // of the thread; opening one costs more than many verdicts
  std::jthread thread_;                     // last: it uses the others
};

}  // namespace portavoz
