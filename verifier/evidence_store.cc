#include "verifier/evidence_store.h"

#include "adapters/os/files.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::size_t largest_page = std::size_t{4} << 20U;  // more than is ever kept

}  // namespace

Result<KeptBody> EvidenceStore::keep(std::string_view octets) const {
  const std::string name = to_hex(sha256(octets));
  const std::string folder = directory_ + "/" + name.substr(0, 2);
  KeptBody kept{name, folder + "/" + name, octets.size()};
  // Kept before and unharmed: a disk that lost half of it gets it again.
  const auto there = read_file(kept.path, octets.size());
  if (there && *there == octets) return kept;
  if (auto made = make_directories(folder, 0750); !made) return made.error();
  if (auto written = write_file_atomic(kept.path, octets, 0640); !written) return written.error();
  return kept;
}

std::optional<std::string> EvidenceStore::find(std::string_view sha256_hex) const {
  const std::string name(sha256_hex);
  if (name.size() != 64 || !from_hex(name)) return std::nullopt;
  auto octets = read_file(directory_ + "/" + name.substr(0, 2) + "/" + name, largest_page);
  if (!octets || to_hex(sha256(*octets)) != name) return std::nullopt;
  return std::move(*octets);
}

}  // namespace portavoz
