#include "core/evidence/house_address.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/base/base64.h"
#include "core/base/text.h"
#include "core/evidence/decode.h"
#include "core/evidence/mailto.h"
#include "core/evidence/mention.h"
#include "core/evidence/script_text.h"
#include "core/evidence/spelling.h"

namespace portavoz {
namespace {

bool is_shown(const Place& place) { return !place.hidden && !place.visitor && !place.struck; }

bool is_before(const Position& a, const Position& b) {
  return std::tie(a.block, a.offset) < std::tie(b.block, b.offset);
}

class Search {
 public:
  Search(const Page& page, const HouseNames& names, const MailAddress& but, const Lexicon& lexicon)
      : page_(page), names_(names), but_(but), lexicon_(lexicon) {}

  std::string run() {
    in_links();
    if (own_.empty()) in_attributes();
    if (own_.empty()) in_blocks();
    if (own_.empty()) in_codes();
    return own_.empty() ? provider_ : own_;
  }

 private:
  void take(const MailAddress& address) {
    if (address == but_) return;
    const House house = names_.house_of(address);
    if (house == House::own || house == House::like) {
      if (own_.empty()) own_ = address.text();
    } else if (house == House::provider && provider_.empty()) {
      provider_ = address.text();
    }
  }

  void take_text(std::string_view text) {
    if (const auto address = first_mention(tidy_text(text))) take(*address);
  }

  void in_links() {
    for (const Link& link : page_.links)
      if (is_shown(link.place))
        for (const auto& found : mailto_addresses(link.href)) take(found.address);
  }

  void in_blocks() {
    for (const Block& block : page_.blocks) {
      if (!is_shown(block.place) || !own_.empty()) continue;
      const std::string text = tidy_text(block.text);
      for (const auto& word : split(text, ' ')) {
        if (word.find('@') != std::string::npos) take_text(word);
      }
      if (own_.empty() && spells_domain(text, names_.site(), lexicon_)) own_ = "@" + names_.site();
    }
  }

  void in_attributes() {
    for (const Attributes& attributes : page_.attributes) {
      if (!is_shown(attributes.place)) continue;
      std::string first;
      for (const auto& [name, value] : attributes.values) {
        const auto hash = value.find('#');
        const bool coded = name == "data-cfemail" || (name == "href" && hash != std::string::npos);
        if (coded) take_text(xor_decoded(name == "href" ? value.substr(hash + 1) : value).value_or(""));
        if (name == "first") first = decode_base64(value).value_or("");
        if (name == "last") take_text(first + "@" + decode_base64(value).value_or(""));
        if (name == "data-mailto-token") take_shifted(value);
      }
    }
  }

  void take_shifted(std::string_view token) {
    for (const auto& found : mailto_addresses(unshifted_mailto(token))) take(found.address);
  }

  void in_codes() {
    for (const Code& code : page_.codes) {
      if (code.text.size() > longest_script) continue;
      if (code.text.find("Mailto(") != std::string::npos || code.text.find('@') != std::string::npos ||
          code.text.find("&#64;") != std::string::npos || code.text.find("lto:") != std::string::npos)
        in_code(code);
    }
  }

  void in_code(const Code& code) {
    for (const ScriptText& each : script_texts(code.text)) {
      const std::string text = references_resolved(percent_decoded(each.text));
      if (each.built || each.shown || text.find("mailto:") != std::string::npos) take_text(text);
      if (code.kind == Code::Kind::handler) take_shifted(text);
    }
  }

  const Page& page_;
  const HouseNames& names_;
  const MailAddress& but_;
  const Lexicon& lexicon_;
  std::string own_;
  std::string provider_;
};

}  // namespace

std::string house_address(const Page& page, const HouseNames& names, const MailAddress& but,
                          const Lexicon& lexicon) {
  return Search(page, names, but, lexicon).run();
}

std::vector<ShownDomain> shown_domains(const Page& page, const HouseNames& names) {
  std::map<std::string, ShownDomain> domains;
  const auto take = [&](const MailAddress& address, const Position& position) {
    if (names.house_of(address) == House::provider) return;
    const std::string name = house_domain(address.domain());
    ShownDomain& domain =
        domains.try_emplace(name, ShownDomain{name, address.text(), position, {}}).first->second;
    if (is_before(position, domain.position)) {
      domain.first = address.text();
      domain.position = position;
    }
    domain.addresses.insert(address.text());
  };
  for (const Link& link : page.links)
    if (is_shown(link.place) && !link.place.quoted)
      for (const auto& found : mailto_addresses(link.href)) take(found.address, link.position);
  for (std::size_t index = 0; index < page.blocks.size(); ++index) {
    const Block& block = page.blocks[index];
    if (!is_shown(block.place) || block.place.quoted || block.text.find('@') == std::string::npos) continue;
    std::size_t offset = 0;
    for (const auto& word : split(tidy_text(block.text), ' ')) {
      if (const auto found = first_mention(word)) take(*found, {index, offset});
      offset += word.size() + 1;
    }
  }
  std::vector<ShownDomain> out;
  for (auto& [name, domain] : domains) out.push_back(std::move(domain));
  return out;
}

std::string address_before(const std::vector<ShownDomain>& domains, const MailAddress& address,
                           const Position& at) {
  const std::string name = house_domain(address.domain());
  const auto own = std::find_if(domains.begin(), domains.end(),
                                [&](const ShownDomain& each) { return each.name == name; });
  // It may stand there in a form that is not counted.
  const std::size_t count =
      own == domains.end() ? 1 : own->addresses.size() + (own->addresses.contains(address.text()) ? 0 : 1);
  const Position begin = own == domains.end() || is_before(at, own->position) ? at : own->position;
  for (const ShownDomain& other : domains)
    if (other.name != name && (other.addresses.size() > count ||
                               (other.addresses.size() == count && is_before(other.position, begin))))
      return other.first;
  return {};
}

}  // namespace portavoz
