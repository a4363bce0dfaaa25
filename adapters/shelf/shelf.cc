#include "adapters/shelf/shelf.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/seal/handover.h"
#include "core/seal/seal.h"

namespace portavoz {
namespace {

constexpr mode_t directory_mode = 02770;
constexpr mode_t file_mode = 0640;
constexpr mode_t lock_mode = 0660;
constexpr std::string_view post_suffix = ".eml";
constexpr std::string_view record_suffix = ".post";
constexpr std::size_t id_digits = 8;
constexpr Seconds unfinished_age = std::chrono::hours(1);

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string post_name(const std::string& id) { return id + std::string(post_suffix); }
std::string record_name(const std::string& id) { return id + std::string(record_suffix); }

// Where a search for a free id begins. FNV-1a: it spreads and protects nothing; put() compares the facts
// themselves.
std::uint32_t first_id(const HeldPost& post) {
  std::uint64_t hash = 14695981039346656037U;
  for (const std::string* text : {&post.queue_id, &post.list, &post.message_id, &post.body_sha256})
    for (const char c : *text + '\n') hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

std::string id_text(std::uint32_t number) {
  std::string octets;
  for (unsigned shift = 32; shift > 0; shift -= 8)
    octets += static_cast<char>((number >> (shift - 8)) & 0xFFU);
  return to_hex(octets);
}

Error no_such_post(const std::string& id) {
  return {ErrorKind::not_found, "there is no held post " + printable_ascii(id) +
                                    "; `portavoz held list` shows those that there are"};
}

// What is left for strangers' posts.
ShelfLimits without_reserve(const ShelfLimits& limits) {
  return {limits.posts - limits.posts / 4, limits.bytes - limits.bytes / 4};
}

Instant changed(const struct stat& about) { return Instant(Seconds(about.st_mtim.tv_sec)); }

}  // namespace

Result<Shelf> Shelf::open(const std::string& directory, const ShelfLimits& limits) {
  auto opened = posix::open_directory(directory, directory_mode);
  if (!opened) return opened.error();
  return Shelf(std::move(*opened), directory, limits);
}

bool Shelf::exists(const std::string& name) const {
  struct stat about = {};
  return ::fstatat(directory_.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<posix::Fd> Shelf::locked() const {
  const std::string name = path_ + "/lock";
  posix::Fd file(::openat(directory_.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, lock_mode));
  if (!file.valid()) return posix::error("open", name, errno);
  if (auto done = posix::lock(file, name); !done) return done.error();
  return file;
}

// Under the lock: what is unfinished now was left by a crash. The hour spares whatever a clock or a copy may
// confuse.
Result<Shelf::Used> Shelf::clean_and_count(Instant now) {
  auto names = posix::names(directory_, path_);
  if (!names) return names.error();
  Used used;
  for (const std::string& name : *names) {
    struct stat about = {};
    if (name == "lock" || ::fstatat(directory_.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    const bool record = ends_with(name, record_suffix);
    const bool post = ends_with(name, post_suffix);
    const bool orphan = post && !exists(record_name(name.substr(0, name.size() - post_suffix.size())));
    if ((orphan || ends_with(name, posix::unfinished_suffix)) && changed(about) + unfinished_age < now) {
      ::unlinkat(directory_.get(), name.c_str(), 0);
      continue;
    }
    if (record) ++used.posts;
    if (post) used.bytes += static_cast<std::uint64_t>(about.st_size);
  }
  return used;
}

Result<void> Shelf::make_room_for(const HeldPost& post, Instant now) {
  const auto used = clean_and_count(now);
  if (!used) return used.error();
  const bool stranger = post.contact.empty();
  const ShelfLimits allowed = stranger ? without_reserve(limits_) : limits_;
  if (used->posts < allowed.posts && post.size <= allowed.bytes && used->bytes <= allowed.bytes - post.size)
    return {};
  return Error{ErrorKind::unavailable,
               "the shelf of held posts " + path_ + " is full" + (stranger ? " for posts by strangers" : "") +
                   " (" + std::to_string(used->posts) + " of " + std::to_string(allowed.posts) + " posts, " +
                   std::to_string(used->bytes) + " of " + std::to_string(allowed.bytes) + " octets, " +
                   std::to_string(post.size) +
                   " more wanted): release or drop some (`portavoz held list`), or raise "
                   "door.held_max_posts or door.held_max_bytes"};
}

Result<std::string> Shelf::put(HeldPost post, std::string_view octets, Instant now) {
  const auto lock = locked();
  if (!lock) return lock.error();
  std::uint32_t number = first_id(post);
  for (; exists(record_name(id_text(number))); ++number) {
    const auto there = find(id_text(number));
    if (there && same_delivery(*there, post)) return there->id;
  }
  post.size = octets.size();
  if (auto room = make_room_for(post, now); !room) return room.error();

  post.id = id_text(number);
  post.time = now;
  if (auto done = posix::write_file(directory_, post_name(post.id), octets, file_mode); !done)
    return done.error();
  if (auto done = posix::write_file(directory_, record_name(post.id), format_held_post(post), file_mode);
      !done) {
    ::unlinkat(directory_.get(), post_name(post.id).c_str(), 0);
    return done.error();
  }
  if (auto done = posix::sync(directory_, path_); !done) return done.error();
  return post.id;
}

Result<HeldPost> Shelf::find(const std::string& id) const {
  if (!is_hex(id, id_digits) || !exists(record_name(id))) return no_such_post(id);
  const auto text = posix::read_file(directory_, record_name(id));
  if (!text) return text.error();
  auto post = parse_held_post(*text);
  if (!post) return Error{post.error().kind, path_ + "/" + record_name(id) + ": " + post.error().what};
  if (post->id != id)
    return Error{ErrorKind::bad_input, path_ + "/" + record_name(id) + " is the record of another post"};
  return post;
}

Result<std::vector<HeldPost>> Shelf::list() const {
  const auto names = posix::names(directory_, path_);
  if (!names) return names.error();
  std::vector<HeldPost> posts;
  for (const std::string& name : *names) {
    if (!ends_with(name, record_suffix)) continue;
    const std::string id = name.substr(0, name.size() - record_suffix.size());
    auto post = find(id);
    if (!post && post.error().kind == ErrorKind::not_found)
      continue;  // taken away since we listed, or no id of ours
    if (!post && post.error().kind != ErrorKind::bad_input) return post.error();
    if (post) {
      posts.push_back(std::move(*post));
      continue;
    }
    HeldPost unreadable;
    unreadable.id = id;
    unreadable.reason = "unreadable";
    unreadable.detail = post.error().what;
    posts.push_back(std::move(unreadable));
  }
  std::sort(posts.begin(), posts.end(), [](const HeldPost& a, const HeldPost& b) {
    return a.time != b.time ? a.time < b.time : a.id < b.id;
  });
  return posts;
}

Result<std::string> Shelf::octets(const std::string& id) const {
  if (!is_hex(id, id_digits) || !exists(record_name(id))) return no_such_post(id);
  return posix::read_file(directory_, post_name(id));
}

Result<void> Shelf::remove(const std::string& id) {
  const auto lock = locked();
  if (!lock) return lock.error();
  if (!is_hex(id, id_digits) || !exists(record_name(id))) return no_such_post(id);
  // The record first: without it the rest is an unfinished write that cleans itself away.
  if (::unlinkat(directory_.get(), record_name(id).c_str(), 0) != 0)
    return posix::error("remove", record_name(id), errno);
  if (::unlinkat(directory_.get(), post_name(id).c_str(), 0) != 0 && errno != ENOENT)
    return posix::error("remove", post_name(id), errno);
  return posix::sync(directory_, path_);
}

// The command in the record runs as the record's owner, who could run it anyway. When that is root, the
// directory must be root's alone: else somebody could have put root's name on a command of theirs.
Result<Release> Shelf::prepare(const HeldPost& post) const {
  struct stat record = {};
  struct stat directory = {};
  if (::fstatat(directory_.get(), record_name(post.id).c_str(), &record, AT_SYMLINK_NOFOLLOW) != 0)
    return no_such_post(post.id);
  if (::fstat(directory_.get(), &directory) != 0) return posix::error("look at", path_, errno);
  const bool only_roots = directory.st_uid == 0 && (directory.st_mode & S_IWOTH) == 0 &&
                          ((directory.st_mode & S_IWGRP) == 0 || directory.st_gid == 0);
  if (!S_ISREG(record.st_mode) || record.st_nlink != 1 || (record.st_uid == 0 && !only_roots))
    return Error{ErrorKind::forbidden,
                 "the record of held post " + post.id + " in " + path_ +
                     " may have been put there by somebody else, and its command would run as "
                     "root; look at it by hand"};
  const auto message = octets(post.id);
  if (!message) return message.error();
  HandOver hand_over{post.list, post.recipient, post.sender, OwnFields::remove};
  if (post.argv.empty()) hand_over.envelope = Envelope::in_protocol;
  return Release{post, message_for_list_manager(*message, hand_over), record.st_uid, record.st_gid};
}

Result<int> Shelf::release(const std::string& id, const RunListManager& run) {
  const auto post = find(id);
  if (!post) return post.error();
  const posix::Fd file(::openat(directory_.get(), post_name(id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return posix::error("open", path_ + "/" + post_name(id), errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return Error{ErrorKind::conflict,
                 "held post " + id + " is being released by somebody else; look again in a moment"};
  // Whoever had it before us may have finished between our look and our lock.
  if (!exists(record_name(id))) return no_such_post(id);
  const auto prepared = prepare(*post);
  if (!prepared) return prepared.error();
  auto status = run(*prepared);
  if (!status || *status != 0) return status;
  if (auto done = remove(id); !done)
    return Error{ErrorKind::in_doubt, "the list manager took held post " + id +
                                          ", but it could not be taken off the "
                                          "shelf; drop it, do not release it again (" +
                                          done.error().what + ")"};
  return 0;
}

}  // namespace portavoz
