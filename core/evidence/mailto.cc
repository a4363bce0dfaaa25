#include "core/evidence/mailto.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/evidence/decode.h"

namespace portavoz {
namespace {

// `Name <address>` gives the address.
std::string_view inside_angles(std::string_view text) {
  const auto open = text.rfind('<');
  const auto close = text.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return text;
  return text.substr(open + 1, close - open - 1);
}

// RFC 6068 §2: commas between addresses are literal, a comma inside one is %2C; so split before decoding.
void take_list(std::string_view list, bool query, std::vector<MailtoAddress>& out) {
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(",;"), list.size());
    const std::string_view part = list.substr(0, end);
    const std::string decoded = percent_decoded(part);
    auto address = MailAddress::parse(trim(inside_angles(decoded)));
    const bool encoded = part.find('%') != std::string_view::npos;
    if (address)
      out.push_back({std::move(*address), query ? "mailto_query" : encoded ? "mailto_pct" : "mailto"});
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

}  // namespace

std::vector<MailtoAddress> mailto_addresses(std::string_view href) {
  std::vector<MailtoAddress> out;
  href = trim(href);
  if (!ascii_istarts_with(href, "mailto:")) return out;
  href.remove_prefix(7);
  if (href.starts_with("//")) href.remove_prefix(2);
  href = href.substr(0, href.find('#'));
  const auto question = std::min(href.find('?'), href.size());
  take_list(href.substr(0, question), question < href.size(), out);
  if (question == href.size()) return out;
  for (const auto& field : split(href.substr(question + 1), '&')) {
    const std::string_view view = field;
    if (ascii_istarts_with(view, "to=") || ascii_istarts_with(view, "cc="))
      take_list(view.substr(3), true, out);
  }
  return out;
}

}  // namespace portavoz
