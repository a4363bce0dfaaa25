// WARC/1.1 (ISO 28500:2017): one record as text, and read again. A record is a head of named fields and a
// block of any octets. It knows no HTTP and no compression: core/evidence/evidence_file.h puts records into a
// file. Errors: reading gives bad_input for everything that is not exactly what warc_record() writes, or
// whose block is not as its digest says. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace portavoz {

struct WarcRecord {
  // In the order of the file, without Content-Length and WARC-Block-Digest (§5.3, §5.8): the block gives
  // them.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string block;

  [[nodiscard]] std::string_view field(std::string_view name) const;  // empty without one
};

// What is no visible ASCII in a value stands as %XX: no stranger's URL ends a line, and a URI has no blanks.
[[nodiscard]] std::string warc_record(const WarcRecord& record);

// Precondition of the caller's bounds: the octets are one record, whole.
[[nodiscard]] Result<WarcRecord> read_warc_record(std::string_view octets);

// "<urn:uuid:…>", always the same for a name: RFC 9562 §5.8, of its SHA-256.
[[nodiscard]] std::string warc_record_id(std::string_view name);

// "sha256:" and hexadecimal digits (§5.8 leaves the form open; this one is also the register's).
[[nodiscard]] std::string warc_digest(std::string_view octets);

}  // namespace portavoz
