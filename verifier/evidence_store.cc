#include "verifier/evidence_store.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "adapters/os/files.h"
#include "adapters/os/log.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

namespace fs = std::filesystem;

constexpr Seconds longest_write = std::chrono::hours(1);  // what is not whole by then was left by a crash

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_digit);
}

// check-12-1.warc.gz
bool is_file_name(std::string_view name) {
  constexpr std::string_view first = "check-";
  constexpr std::string_view last = ".warc.gz";
  if (!name.starts_with(first) || !name.ends_with(last) || name.size() <= first.size() + last.size())
    return false;
  name = name.substr(first.size(), name.size() - first.size() - last.size());
  const auto dash = std::min(name.find('-'), name.size());
  return all_digits(name.substr(0, dash)) && all_digits(name.substr(std::min(dash + 1, name.size())));
}

// 2026/11/check-12-1.warc.gz
bool is_name(std::string_view name) {
  constexpr std::size_t folders = 8;
  return name.size() > folders && all_digits(name.substr(0, 4)) && name[4] == '/' &&
         all_digits(name.substr(5, 2)) && name[7] == '/' && is_file_name(name.substr(folders));
}

// Another verifier of this host may remove them as well.
Result<void> remove_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths)
    if (auto removed = remove_file(path); !removed && removed.error().kind != ErrorKind::not_found)
      return removed;
  return {};
}

}  // namespace

bool EvidenceStore::is_ours(std::string_view path) const {
  const std::string prefix = directory_ + "/";
  return path.starts_with(prefix) && is_name(path.substr(prefix.size()));
}

std::optional<KeptResponse> EvidenceStore::find(const Place& place) const {
  if (place.host != host_ || !is_ours(place.path)) return std::nullopt;
  // First: from now on it is the last that another process of this host would remove.
  if (!touch_file(place.path)) return std::nullopt;
  const auto file = read_file(place.path, largest_evidence_file);
  if (!file) return std::nullopt;
  auto kept = read_kept_response(*file);
  if (!kept || to_hex(sha256(kept->body)) != place.body_sha256) return std::nullopt;
  return std::move(*kept);
}

Result<KeptEvidence> EvidenceStore::keep(std::int64_t id, int attempt, CheckEvidence check,
                                         const Place& earlier) const {
  const bool page = check.fetched.outcome == FetchOutcome::ok;
  KeptEvidence kept;
  if (page) {
    kept.body_sha256 = to_hex(sha256(check.fetched.body));
    kept.body_bytes = check.fetched.body.size();
  }
  const auto same = page && kept.body_sha256 == earlier.body_sha256 ? find(earlier) : std::nullopt;
  constexpr int not_modified = 304;
  if (page && check.fetched.http_status == not_modified && !same)
    return Error{ErrorKind::not_found,
                 "the page has not changed, and " + earlier.path + " with it is not there any more"};
  const std::string name = "check-" + std::to_string(id) + "-" + std::to_string(attempt);
  const std::string day = to_rfc3339(check.at);
  const std::string folder = directory_ + "/" + day.substr(0, 4) + "/" + day.substr(5, 2);
  check.name = host_ + "/" + day + "/" + name;
  const EvidenceFile file = evidence_file(check, same ? &*same : nullptr);
  kept.host = host_;
  kept.path = folder + "/" + name + ".warc.gz";
  kept.sha256 = to_hex(sha256(file.octets));
  kept.bytes = file.octets.size();
  if (page) kept.response_path = file.revisit ? earlier.path : kept.path;
  if (auto made = make_directories(folder, 0750); !made) return made.error();
  if (auto written = write_file_atomic(kept.path, file.octets, 0640); !written) return written.error();
  // After the file that refers to it: of the two, that one goes first.
  if (file.revisit)
    if (auto touched = touch_file(earlier.path); !touched) return touched.error();
  return kept;
}

bool EvidenceStore::is_unfinished(std::string_view path) const {
  const auto meant = file_of_temporary(path);
  return meant && is_ours(*meant);
}

Result<EvidenceStore::Files> EvidenceStore::files(const std::set<std::string>& in_use, Instant now) const {
  const std::int64_t oldest = std::chrono::nanoseconds((now - longest_write).time_since_epoch()).count();
  Files out;
  constexpr auto skip = fs::directory_options::skip_permission_denied;  // lost+found, for one
  std::error_code problem;
  for (fs::recursive_directory_iterator entry(directory_, skip, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::string path = entry->path().string();
    const bool unfinished = is_unfinished(path);
    if (!(unfinished || is_ours(path)) || !fs::is_regular_file(entry->symlink_status())) continue;
    const auto version = file_version(path);
    if (!version) continue;  // another verifier of this host removed it
    if (!unfinished)
      out.whole.push_back(
          {path, static_cast<std::uint64_t>(version->size), version->modified_ns, in_use.contains(path)});
    else if (version->modified_ns < oldest)
      out.left.push_back(path);
  }
  if (problem && problem != std::errc::no_such_file_or_directory)
    return Error{ErrorKind::unavailable, "cannot list the files of " + directory_ + ": " + problem.message()};
  return out;
}

Result<std::uint64_t> EvidenceStore::tidy(const std::set<std::string>& in_use, const RetentionRules& rules,
                                          Instant now) const {
  auto found = files(in_use, now);
  if (!found) return found.error();
  const Removal removal = to_remove(std::move(found->whole), rules, now);
  if (auto removed = remove_files(found->left); !removed) return removed.error();
  if (auto removed = remove_files(removal.paths); !removed) return removed.error();
  if (!found->left.empty())
    log_info(std::to_string(found->left.size()) +
             " files of evidence that were never finished were removed from " + directory_);
  if (!removal.paths.empty())
    log_info("evidence of " + std::to_string(removal.paths.size()) + " checks was removed; " +
             std::to_string(removal.left) + " octets are left in " + directory_);
  return removal.left;
}

}  // namespace portavoz
