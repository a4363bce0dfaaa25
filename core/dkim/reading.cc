#include "core/dkim/reading.h"

#include <algorithm>
#include <utility>

#include "core/base/base64.h"
#include "core/base/text.h"
#include "core/dkim/tags.h"

namespace portavoz {
namespace {

// libopendkim reads no more of h= than 4095 octets and would not hash the rest, and ends at a field of 64
// KiB.
constexpr std::size_t longest_name_list = 4000;
constexpr std::size_t longest_field = 32 * 1024;
// libopendkim looks for each name among all fields. Honest lists are of 10 to 60 names.
constexpr std::size_t most_names = 250;
// libopendkim's room for a key record; RSA of 4096 bits, the largest that RFC 8301 §3.2 asks for, takes 740
// octets.
constexpr std::size_t longest_record = 1024;

std::vector<std::string> names_of(std::string_view list) {
  return split(ascii_lower(without_blanks(list)), ':');
}

// RFC 1035 §2.3.4, and the characters of RFC 6376 §3.1's selectors, which are those of host names, and "_".
bool is_dns_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_';
  });
}

bool is_key_record(std::string_view record) {
  const auto tags = read_tags(record);
  if (!tags || !find_tag(*tags, "p")) return false;
  return find_tag(*tags, "v").value_or("DKIM1") == "DKIM1";  // RFC 6376 §3.6.1
}

std::string key_kind(std::string_view record) {
  const auto tags = read_tags(record);
  return std::string(tags ? find_tag(*tags, "k").value_or("rsa") : "");  // RFC 6376 §3.6.1
}

}  // namespace

std::optional<DkimSignature> read_signature(std::string_view value) {
  if (value.size() > longest_field) return std::nullopt;
  const auto tags = read_tags(value);
  if (!tags) return std::nullopt;
  const auto domain = find_tag(*tags, "d");
  const auto selector = find_tag(*tags, "s");
  const auto algorithm = find_tag(*tags, "a");
  const auto names = find_tag(*tags, "h");
  if (!domain || !selector || !algorithm || !names || names->size() > longest_name_list) return std::nullopt;
  auto signed_names = names_of(*names);
  if (signed_names.size() > most_names) return std::nullopt;
  auto signature = decode_base64(find_tag(*tags, "b").value_or(""));
  auto body_hash = decode_base64(find_tag(*tags, "bh").value_or(""));
  if (!signature || signature->empty() || !body_hash || body_hash->empty()) return std::nullopt;

  DkimSignature read;
  read.domain = ascii_lower(*domain);
  read.selector = *selector;
  read.algorithm = ascii_lower(*algorithm);
  read.why = "it was not verified";
  read.whole_body = !find_tag(*tags, "l");
  read.signed_names = std::move(signed_names);
  read.signature = std::move(*signature);
  read.body_hash = std::move(*body_hash);
  return read;
}

std::optional<std::string> key_name(const DkimSignature& signature) {
  const std::string name = ascii_lower(signature.selector + "._domainkey." + signature.domain);
  const auto labels = split(name, '.');
  if (name.size() > 253 || !std::all_of(labels.begin(), labels.end(), is_dns_label)) return std::nullopt;
  return name;
}

DkimKey choose_key(const DnsAnswer& answer) {
  if (answer.unavailable()) return {Unavailable{answer.why()}, answer.why()};
  std::vector<std::string> keys;
  if (answer.found()) {
    for (const std::string& record : answer.value().values)
      if (is_key_record(record) && std::find(keys.begin(), keys.end(), record) == keys.end())
        keys.push_back(record);
  }
  if (keys.empty()) return {Absent{}, "there is no key record"};
  if (keys.size() > 1) return {Absent{}, "there are several key records, and nobody can say which is meant"};
  if (keys.front().size() > longest_record) return {Absent{}, "the key record is longer than 1024 octets"};
  return {std::move(keys.front()), ""};
}

bool is_key_for(std::string_view record, std::string_view algorithm) {
  return key_kind(record) == algorithm.substr(0, algorithm.find('-'));
}

unsigned ed25519_bits(std::string_view record) {
  const auto tags = read_tags(record);
  if (!tags || key_kind(record) != "ed25519") return 0;  // RFC 8463 §4
  return static_cast<unsigned>(decode_base64(find_tag(*tags, "p").value_or("")).value_or("").size() * 8);
}

}  // namespace portavoz
