// A finding as JSON: for the command line (finding_json) and for the register's finish_check() (report_json).
// One line. Octets that are not UTF-8, and NUL, which jsonb cannot hold, become U+FFFD. Threads: safe from
// any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/evidence/finding.h"
#include "core/net/fetch.h"

namespace portavoz {

// {"address", "url", "outcome", "published", "official", "form", "context", "excerpt", "evidence": [{"form",
// "where", "text"}], "reasons": [{"en", "es"}], "domain"}; null means "cannot tell". domain: "there", "gone"
// or empty.
[[nodiscard]] std::string finding_json(const Finding& finding, std::string_view address, std::string_view url,
                                       FetchOutcome outcome, std::string_view domain);

// Where the evidence of a check is kept. Hashes are SHA-256 in hexadecimal.
struct KeptEvidence {
  std::string body_sha256;  // of the page; empty when none was read
  std::uint64_t body_bytes = 0;
  std::string host, path, sha256;  // of the file
  std::uint64_t bytes = 0;
  std::string response_path;  // of the file with the page, which may be an earlier one; empty without a page
};

struct ReportFacts {
  const FetchResult& fetched;
  const Finding& finding;
  FetchOutcome outcome;  // of the inspection: a page that came may still be unreadable
  std::string url;       // as the assembly gave it
  Instant fetched_at;
  KeptEvidence kept;
  std::string verifier;   // program and host
  std::string found_url;  // of the page behind a link that has the address; empty: the evidence page itself
  std::string robots;     // what became of the question whether we may read it
  std::string domain;     // "there" or "gone", of the address; empty when it cannot be known
};
[[nodiscard]] std::string report_json(const ReportFacts& facts);

// The file, as finish_check() takes it beside the report.
[[nodiscard]] std::string evidence_json(const KeptEvidence& kept);

// One entry for the register's note_sites().
struct SiteFacts {
  std::string host;
  Millis took{0};
  bool failed = false;
  std::string outcome;
  std::optional<Seconds> wait;
};
[[nodiscard]] std::string site_json(const SiteFacts& facts);

}  // namespace portavoz
