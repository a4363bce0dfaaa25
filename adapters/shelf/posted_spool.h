// What the register has yet to hear: the marks of posts that went to a list (core/policy/marks.h), each post
// a file, on their way to portavoz.record_posted(). They are put here first and sent at once or by a later
// delivery, so that a register that is away neither delays a post nor forgets it.
//
// On disk: DIRECTORY/KEY, KEY being 32 hexadecimal digits of a hash of what stands in it: a line with the
// list and one line for each mark. Sending twice must be harmless: a crash may leave a file whose marks were
// recorded. Errors: forbidden, unavailable, bad_input (a file that is not ours). Threads: one object, one
// thread; any number of objects and processes, of which one sends at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/shelf/posix.h"
#include "core/base/result.h"

namespace portavoz {

class PostedSpool {
 public:
  [[nodiscard]] static Result<PostedSpool> open(const std::string& directory);

  [[nodiscard]] Result<void> put(const std::string& list, const std::vector<std::string>& marks);

  // Gives each to `send` and removes it when that went well, or when it never will (bad_input, not_found: the
  // register knows no such list): the first such refusal is the result. Another error leaves it, and the
  // rest, for later. While somebody else sends nothing is done here: whoever sends takes along what was put
  // meanwhile.
  using Send = std::function<Result<void>(const std::string& list, const std::vector<std::string>& marks)>;
  [[nodiscard]] Result<void> flush(const Send& send);

 private:
  PostedSpool(posix::Fd directory, std::string path)
      : directory_(std::move(directory)), path_(std::move(path)) {}

  [[nodiscard]] Result<std::vector<std::string>> waiting() const;
  [[nodiscard]] Result<void> send_waiting(const Send& send, Result<void>& refused);

  posix::Fd directory_;
  std::string path_;
};

}  // namespace portavoz
