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
// "where", "text"}], "reasons": [{"en", "es"}]}; null means "cannot tell".
[[nodiscard]] std::string finding_json(const Finding& finding, std::string_view address, std::string_view url,
                                       FetchOutcome outcome);

// Where the page's octets are kept. All empty when no page was read.
struct KeptBody {
  std::string sha256;  // hexadecimal
  std::string path;
  std::uint64_t bytes = 0;
};

// Where the document that a browser made of the page is kept, and its picture. Empty without one.
struct KeptRendering {
  std::string document_path;
  std::string screenshot_path;
};

struct ReportFacts {
  const FetchResult& fetched;
  const Finding& finding;
  FetchOutcome outcome;  // of the inspection: a page that came may still be unreadable
  std::string url;       // as the assembly gave it
  Instant fetched_at;
  KeptBody body;
  std::string verifier;   // program and host
  std::string found_url;  // of the page behind a link that has the address; empty: the evidence page itself
  std::string robots;     // what became of the question whether we may read it
  KeptRendering rendering;
};
[[nodiscard]] std::string report_json(const ReportFacts& facts);

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
