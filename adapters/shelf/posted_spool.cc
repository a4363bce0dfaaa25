#include "adapters/shelf/posted_spool.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/seal/seal.h"

namespace portavoz {
namespace {

constexpr mode_t directory_mode = 0770;
constexpr mode_t file_mode = 0660;
constexpr std::size_t key_digits = 32;
constexpr const char* lock_name = ".lock";
constexpr int most_rounds = 10;  // a delivery does not send for all others as long as they come

}  // namespace

Result<PostedSpool> PostedSpool::open(const std::string& directory) {
  auto opened = posix::open_directory(directory, directory_mode);
  if (!opened) return opened.error();
  return PostedSpool(std::move(*opened), directory);
}

Result<void> PostedSpool::put(const std::string& list, const std::vector<std::string>& marks) {
  const std::string text = list + "\n" + join(marks, "\n") + "\n";
  const std::string name = to_hex(sha256(text)).substr(0, key_digits);
  if (auto done = posix::write_file(directory_, name, text, file_mode); !done) return done;
  return posix::sync(directory_, path_);
}

Result<std::vector<std::string>> PostedSpool::waiting() const {
  auto names = posix::names(directory_, path_);
  if (!names) return names.error();
  std::erase_if(*names, [](const std::string& name) { return !is_hex(name, key_digits); });
  return names;
}

Result<void> PostedSpool::flush(const Send& send) {
  Result<void> refused;
  // Whoever puts something here while another sends goes away, so the one who sent looks again.
  for (int round = 0; round < most_rounds; ++round) {
    const auto any = waiting();
    if (!any) return any.error();
    if (any->empty()) break;
    const posix::Fd lock(
        ::openat(directory_.get(), lock_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode));
    if (!lock.valid()) return posix::error("open", path_ + "/" + lock_name, errno);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) break;
    if (auto sent = send_waiting(send, refused); !sent) return sent;
  }
  return refused;
}

// Precondition: the lock is held.
Result<void> PostedSpool::send_waiting(const Send& send, Result<void>& refused) {
  const auto names = waiting();  // somebody else may have sent them before the lock was ours
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const auto text = posix::read_file(directory_, name);
    if (!text) return text.error();
    std::vector<std::string> lines = split(*text, '\n');
    lines.pop_back();  // what follows the last line end
    if (lines.empty())
      return Error{ErrorKind::bad_input, path_ + "/" + name + " is no record of a post; remove it"};
    const std::string list = lines.front();
    lines.erase(lines.begin());
    auto sent = send(list, lines);
    const bool never =
        !sent && (sent.error().kind == ErrorKind::bad_input || sent.error().kind == ErrorKind::not_found);
    if (!sent && !never) return sent;
    if (never && refused) refused = std::move(sent);
    if (::unlinkat(directory_.get(), name.c_str(), 0) != 0)
      return posix::error("remove", path_ + "/" + name, errno);
  }
  return {};
}

}  // namespace portavoz
