#include "core/evidence/house.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/evidence/characters.h"
#include "core/evidence/mail_providers_data.h"
#include "core/net/site.h"

namespace portavoz {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view example = "example";
constexpr std::size_t long_enough = 5;  // letters: a shorter name stands in many others by chance

const std::vector<std::string>& providers() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const std::string& line : split(mail_providers_data, '\n'))
      if (!trim(line).empty() && !line.starts_with('#')) out.emplace_back(trim(line));
    std::sort(out.begin(), out.end());
    return out;
  }();
  return names;
}

// "example.org" as it stands in the list, or "example.*" for every country's.
bool is_provider(const std::string& domain) {
  const auto listed = [](const std::string& name) {
    return std::binary_search(providers().begin(), providers().end(), name);
  };
  return listed(domain) || listed(domain.substr(0, domain.find('.')) + ".*");
}

std::string first_label(std::string_view domain) { return std::string(domain.substr(0, domain.find('.'))); }

// Latin letters of Unicode's blocks up to Latin Extended-A, without their marks; 0 for what is none.
char base_letter(char32_t c) {
  static constexpr std::string_view from_c0 =
      "aaaaaaaceeeeiiiidnooooo\0ouuuuypsaaaaaaaceeeeiiiidnooooo\0ouuuuypy"sv
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii\0\0jjkkkllllllllllnnnnnnnnnoooooo\0\0rrrrrrssssssss"
      "ttttttuuuuuuuuuuuuwwyyyzzzzzzs"sv;
  return c >= 0xC0 && c < 0xC0 + from_c0.size() ? from_c0[c - 0xC0] : '\0';
}

}  // namespace

std::string house_domain(const std::string& host) {
  std::string domain = site_of(host).domain;
  if (first_label(domain) != example || host.size() <= domain.size()) return domain;
  const auto above = host.rfind('.', host.size() - domain.size() - 2);
  return above == std::string::npos ? host : host.substr(above + 1);
}

std::string name_letters(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const CodePoint c = code_point(utf8, i);
    if (c.value < 0x80) {
      const char small = ascii_lower(static_cast<char>(c.value));
      if (is_ascii_alpha(small) || is_ascii_digit(small)) out += small;
    } else if (const char base = base_letter(c.value); base != '\0') {
      out += base;
    } else if (continues_word(c.value) || is_unparted(c.value)) {
      out.append(utf8, i, c.length);
    }
    i += c.length;
  }
  return out;
}

HouseNames::HouseNames(std::string_view host, std::string_view title)
    : site_(house_domain(std::string(host.starts_with("www.") ? host.substr(4) : host))),
      title_(name_letters(title)) {
  auto labels = split(host, '.');
  if (!labels.empty()) labels.pop_back();
  for (const std::string& label : labels)
    if (auto letters = name_letters(label); letters.size() >= long_enough && letters != example)
      labels_.push_back(std::move(letters));
}

bool HouseNames::is_like(std::string_view name) const {
  if (name.size() < long_enough) return false;
  return title_.find(name) != std::string::npos ||
         std::any_of(labels_.begin(), labels_.end(), [&](const std::string& label) {
           return label.find(name) != std::string::npos || name.find(label) != std::string_view::npos;
         });
}

House HouseNames::house_of(const MailAddress& address) const {
  const std::string domain = house_domain(address.domain());
  if (domain == site_) return House::own;
  if (is_provider(domain)) return is_like(name_letters(address.local_part())) ? House::like : House::provider;
  if (is_like(name_letters(first_label(domain)))) return House::like;
  // Of a provider that nobody listed.
  const std::string name = name_letters(address.local_part());
  const bool named = std::find(labels_.begin(), labels_.end(), name) != labels_.end();
  return named ? House::like : House::foreign;
}

}  // namespace portavoz
