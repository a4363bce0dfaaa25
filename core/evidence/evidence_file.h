// The evidence of one check as one file, which any reader of WARC opens: WARC/1.1 (ISO 28500:2017), each
// record a gzip member of its own (annex D). In this order: warcinfo; the request and the response of the
// last hop, octet by octet; the finding as metadata; and of a page that a browser was asked about, what the
// browser made of it (conversion) and a picture of that (resource). A response whose body is
// that of an earlier check is a `revisit` record that refers to it, always to a file with the whole response:
// the chain has one link. Nothing stands in it twice: the page is read from the response again. It asks no
// clock and makes nothing up: the same check gives the same octets. Errors: reading gives bad_input for a
// file that is not one of ours and unharmed. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/net/fetch.h"

namespace portavoz {

inline constexpr std::size_t largest_evidence_file = std::size_t{64} << 20U;

// The response of an earlier check, with the page in it.
struct KeptResponse {
  std::string record_id, date, url;  // what a revisit says of it
  std::string content_type;
  std::string payload_digest;  // of what the server sent, without chunks and still encoded
  std::string body;            // without Content-Encoding
};

struct CheckEvidence {
  const FetchResult& fetched;
  std::string name;  // no two checks alike, of any host: records are named by it
  Instant at;
  std::string verifier;  // program and host
  std::string url;       // as the assembly gave it
  std::string finding;   // JSON
  // What a browser showed: HTML, and a PNG. Empty unless one was asked and did it.
  std::string_view document = {};
  std::string_view picture = {};
};

struct EvidenceFile {
  std::string octets;
  bool revisit = false;  // it needs the file of the earlier response
};

// earlier: of a page that may be the same; null without one. Precondition: with it, when the server answered
// 304.
[[nodiscard]] EvidenceFile evidence_file(const CheckEvidence& check, const KeptResponse* earlier);

// bad_input, too, for a file whose response is a revisit, is cut or says that there is no page.
[[nodiscard]] Result<KeptResponse> read_kept_response(std::string_view file);

// The picture of what a browser showed, a PNG; empty when the file has none.
[[nodiscard]] Result<std::string> read_kept_picture(std::string_view file);

}  // namespace portavoz
