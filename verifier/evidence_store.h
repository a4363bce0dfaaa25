// EvidenceStore: the evidence of checks on this host, one file a check:
// DIRECTORY/YYYY/MM/check-ID-ATTEMPT.warc.gz (core/evidence/evidence_file.h). A file is whole or not there,
// and its group may read it. What is past its time or the budget is removed, what a crash left half written
// after an hour, and nothing else ever: a file with another name is not ours. Errors: those of
// adapters/os/files.h. Threads: one; any number of processes may share a directory.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/json/finding_json.h"
#include "core/base/result.h"
#include "core/evidence/evidence_file.h"
#include "core/evidence/retention.h"

namespace portavoz {

class EvidenceStore {
 public:
  // host: which one this is, for the register.
  EvidenceStore(std::string directory, std::string host)
      : directory_(std::move(directory)), host_(std::move(host)) {}

  // Where the response that a check's report rests on is kept, as the register knows it.
  struct Place {
    std::string host, path, body_sha256;  // hexadecimal, of the page
  };
  // The response, and marks its file as used now; nothing when this host does not have it, or not unharmed.
  [[nodiscard]] std::optional<KeptResponse> find(const Place& place) const;

  // Keeps what check `id` saw in this attempt. earlier: the last response, which is referred to when the page
  // is the same. not_found: the page is the same and its response is not here any more.
  [[nodiscard]] Result<KeptEvidence> keep(std::int64_t id, int attempt, CheckEvidence check,
                                          const Place& earlier) const;

  // Removes what has to go; what stays, in octets.
  [[nodiscard]] Result<std::uint64_t> tidy(const std::set<std::string>& in_use, const RetentionRules& rules,
                                           Instant now) const;

 private:
  struct Files {
    std::vector<StoredFile> whole;
    std::vector<std::string> left;  // of a crash
  };
  [[nodiscard]] bool is_ours(std::string_view path) const;
  [[nodiscard]] bool is_unfinished(std::string_view path) const;
  [[nodiscard]] Result<Files> files(const std::set<std::string>& in_use, Instant now) const;

  std::string directory_;
  std::string host_;
};

}  // namespace portavoz
