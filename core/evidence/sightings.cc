#include "core/evidence/sightings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/base64.h"
#include "core/base/text.h"
#include "core/evidence/decode.h"
#include "core/evidence/mailto.h"
#include "core/evidence/mention.h"
#include "core/evidence/script_text.h"
#include "core/evidence/spelling.h"
#include "core/evidence/structured.h"

namespace portavoz {
namespace {

constexpr std::size_t excerpt_width = 240;
constexpr std::size_t most = 200;

// What a text says about an address when it was written by a machine: plain, or spelled for people.
bool says(std::string_view text, const MailAddress& address, const Lexicon& lexicon) {
  if (holds_address(text, address)) return true;
  const std::string tidied = tidy_text(text);
  if (!mentions(tidied, address).empty()) return true;
  const auto spelled = spellings(tidied, address, lexicon);
  return std::any_of(spelled.begin(), spelled.end(), [](const Spelling& each) { return each.sure; });
}

bool looks_like_address(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('.', at) != std::string_view::npos;
}

bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

class Search {
 public:
  Search(const Page& page, const MailAddress& address, const Lexicon& lexicon)
      : page_(page), address_(address), lexicon_(lexicon) {}

  Sightings run() {
    for (const Link& link : page_.links) in_link(link);
    for (std::size_t i = 0; i < page_.blocks.size(); ++i) in_block(i);
    for (const Attributes& attributes : page_.attributes) in_attributes(attributes);
    for (const Code& code : page_.codes) in_code(code);
    for (const Data& data : page_.data) in_data(data);
    for (const Meta& meta : page_.metas) in_meta(meta);
    return std::move(out_);
  }

 private:
  void add(std::string_view form, const auto& where, std::string text, bool link = false) {
    if (out_.found.size() < most)
      out_.found.push_back({form, where.place, where.position, std::move(text), link, false, {}, {}});
  }

  void add_link(std::string_view form, const Link& link) {
    if (out_.found.size() >= most) return;
    Sighting seen{form, link.place, link.position, excerpt_at(tidy_text(link.text), 0, excerpt_width),
                  true, false,      link.property, {}};
    if (!link.described.empty()) seen.types.push_back(link.described);
    out_.found.push_back(std::move(seen));
  }

  // "info at example.org" and nothing else: archives of mailing lists write it so.
  void in_words(const Link& link) {
    const std::string words = tidy_text(link.text);
    for (const Spelling& spelled : spellings(words, address_, lexicon_))
      if (spelled.sure && spelled.form == "at_word" && trim(words).size() == spelled.end - spelled.start)
        return add_link(spelled.form, link);
  }

  void in_link(const Link& link) {
    in_words(link);
    for (const auto& found : mailto_addresses(link.href))
      if (found.address == address_) return add_link(found.form, link);
    const std::string_view href = trim(link.href);
    if (!ascii_istarts_with(href, "mailto:")) return;
    // `mailto:info(at)example.org`, which a script of the page mends, or a reader.
    const std::string decoded = percent_decoded(href.substr(7));
    if (says(decoded.substr(0, decoded.find('?')), address_, lexicon_)) add_link("mailto", link);
  }

  void in_block(std::size_t index) {
    const Block& block = page_.blocks[index];
    const std::string text = tidy_text(block.text);
    const std::string_view plain = block.origin == Origin::field ? "field" : "plain";
    const auto see = [&](std::string_view form, std::size_t at) {
      if (out_.found.size() < most)
        out_.found.push_back(
            {form, block.place, {index, at}, excerpt_at(text, at, excerpt_width), false, false, {}, {}});
    };
    for (const auto at : mentions(text, address_)) see(plain, at);
    for (const Spelling& spelled : spellings(text, address_, lexicon_)) {
      if (spelled.sure) {
        see(spelled.form, spelled.start);
      } else if (out_.unsure.empty()) {
        out_.unsure = excerpt_at(text, spelled.start, excerpt_width);
      }
    }
  }

  // --- attributes that a script of the page reads ---

  void in_attributes(const Attributes& attributes) {
    for (const auto& [name, value] : attributes.values) {
      const auto hash = value.find('#');
      if (name == "data-cfemail") return by_proxy(attributes, value);
      if (name == "href" && hash != std::string::npos) return by_proxy(attributes, value.substr(hash + 1));
    }
    if (attributes.element == "joomla-hidden-mail") return by_joomla(attributes);
    for (const auto& [name, value] : attributes.values) {
      if (name == "data-mailto-token") {
        if (by_typo3(value)) return add("typo3_spam", attributes, "");
        ++out_.unread;
        return;
      }
    }
    if (std::any_of(attributes.values.begin(), attributes.values.end(),
                    [this](const auto& each) { return coded(each.first, each.second); }) ||
        in_pieces(attributes)) {
      add("data_attr", attributes, "");
    }
  }

  void by_proxy(const Attributes& attributes, std::string_view value) {
    const auto decoded = xor_decoded(value);
    if (!decoded) return static_cast<void>(++out_.unread);
    if (says(decoded->substr(0, decoded->find('?')), address_, lexicon_))
      add("cf_email", attributes, *decoded, true);
  }

  void by_joomla(const Attributes& attributes) {
    std::string name;
    std::string domain;
    for (const auto& [key, value] : attributes.values) {
      if (key == "first") name = decode_base64(value).value_or("");
      if (key == "last") domain = decode_base64(value).value_or("");
    }
    const std::string decoded = name + "@" + domain;
    if (name.empty() || domain.empty()) {
      ++out_.unread;
    } else if (says(decoded, address_, lexicon_)) {
      add("joomla_hidden", attributes, decoded, true);
    }
  }

  [[nodiscard]] bool by_typo3(std::string_view token) const {
    const auto found = mailto_addresses(unshifted_mailto(token));
    return std::any_of(found.begin(), found.end(),
                       [this](const auto& each) { return each.address == address_; });
  }

  // The whole address in one attribute, in a usual coding.
  [[nodiscard]] bool coded(std::string_view name, std::string_view value) const {
    if (value.size() > 400) return false;
    // data-enc-email="vasb[at]rknzcyr.bet", or vasb[ng]rknzcyr.bet: what stands there is not the address.
    if (name == "data-enc-email") {
      const auto sign = value.find("[at]");
      const std::string moved = rot13(ascii_lower(value));
      return says(moved, address_, lexicon_) ||
             (sign != std::string_view::npos &&
              address_.text() == moved.substr(0, sign) + "@" + moved.substr(sign + 4));
    }
    const auto is_it = [this](std::string_view text) {
      if (ascii_istarts_with(text, "mailto:")) text.remove_prefix(7);
      return says(text.substr(0, text.find('?')), address_, lexicon_);
    };
    if (is_it(references_resolved(percent_decoded(value))) || is_it(rot13(value)) || is_it(reversed(value)))
      return true;
    const auto octets = value.size() >= 8 ? decode_base64(value) : std::nullopt;
    return octets && is_utf8(*octets) && is_it(*octets);
  }

  // The name in one attribute, and the domain in another, or its parts in the next ones.
  [[nodiscard]] bool in_pieces(const Attributes& attributes) const {
    std::vector<std::string> values;
    for (const auto& [name, value] : attributes.values) values.push_back(value);
    return pieces_in(values) || pieces_in({values.rbegin(), values.rend()});
  }

  [[nodiscard]] bool pieces_in(const std::vector<std::string>& texts) const {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (ascii_lower(texts[i]) != address_.local_part()) continue;
      std::string domain;
      for (std::size_t j = i + 1; j < std::min(texts.size(), i + 5); ++j) {
        std::string_view part = texts[j];
        if (part == "@" || part == "." || part.empty()) continue;
        if (part.starts_with('@') || part.starts_with('.')) part.remove_prefix(1);
        domain += (domain.empty() || domain.ends_with('.') ? "" : ".") + ascii_lower(part);
        if (domain == address_.domain()) return true;
      }
    }
    return false;
  }

  // --- scripts ---

  static std::string_view form_of(const Code& code) {
    if (code.kind == Code::Kind::handler) return "js_location";
    if (contains(code.text, "addy") || contains(code.text, "cloak")) return "joomla_cloak";
    if (contains(code.text, "fromCharCode")) return "script_charcode";
    return "script";
  }

  // Cheap signs that a script has to do with addresses at all.
  static bool may_write_address(std::string_view script) {
    static constexpr std::array<std::string_view, 12> signs{
        "@",      "&#64;", "&#x40;",       "%40",   "\\x40", "\\u0040",
        "mailto", "lto:",  "fromCharCode", "atob(", "(at)",  "[at]"};
    return std::any_of(signs.begin(), signs.end(),
                       [&](std::string_view sign) { return contains(script, sign); });
  }

  void in_code(const Code& code) {
    if (code.kind == Code::Kind::handler && in_typo3_link(code)) return;
    if (code.kind == Code::Kind::script && !may_write_address(code.text)) return;
    const auto texts = script_texts(code.text);
    bool addresses = false;
    std::vector<std::string> pieces;
    for (const ScriptText& each : texts) {
      if (!each.built && !each.shown) {
        pieces.push_back(each.text);
        if (!contains(each.text, "mailto:")) continue;  // data of a script, which nobody is shown for certain
      }
      const std::string decoded = references_resolved(percent_decoded(each.text));
      addresses = addresses || looks_like_address(decoded);
      if (says(decoded, address_, lexicon_)) return add(form_of(code), code, "", true);
    }
    if (pieces_in(pieces)) return add(form_of(code), code, "", true);
    const bool writes = contains(code.text, "document.write") || code.kind == Code::Kind::handler;
    const bool mails = contains(code.text, "&#64;") || contains(code.text, "lto:") ||
                       contains(code.text, "'@'") || contains(code.text, "\"@\"");
    if (writes && mails && !addresses) ++out_.unread;
  }

  // javascript:linkTo_UnCryptMailto('…')
  bool in_typo3_link(const Code& code) {
    const auto call = code.text.find("UnCryptMailto(");
    if (call == std::string::npos) return false;
    std::string decoded = percent_decoded(code.text.substr(call));
    std::erase(decoded, '\\');  // TYPO3 writes a slash as \/
    const auto open = decoded.find_first_of("'\"");
    const auto close = open == std::string::npos ? open : decoded.find(decoded[open], open + 1);
    if (close == std::string::npos) {
      ++out_.unread;
    } else if (by_typo3(std::string_view(decoded).substr(open + 1, close - open - 1))) {
      add("typo3_spam", code, "", true);
    }
    return true;
  }

  // --- data for programs ---

  void in_data(const Data& data) {
    for (JsonText& each : json_texts(data.json)) {
      if (!says(references_resolved(each.text), address_, lexicon_) || out_.found.size() >= most) continue;
      out_.found.push_back({data.linked ? "jsonld" : "nextdata", data.place, Position{},
                            excerpt_at(tidy_text(each.text), 0, excerpt_width), false, true,
                            std::move(each.path), std::move(each.types)});
    }
  }

  void in_meta(const Meta& meta) {
    const std::string text = tidy_text(meta.content);
    std::string_view value = trim(text);
    if (ascii_istarts_with(value, "mailto:")) value.remove_prefix(7);
    if (mentions(value, address_).empty() || out_.found.size() >= most) return;
    out_.found.push_back(
        {meta.property ? "microdata" : "meta_tag", meta.place, Position{}, text, false, true, meta.name, {}});
  }

  const Page& page_;
  const MailAddress& address_;
  const Lexicon& lexicon_;
  Sightings out_;
};

}  // namespace

Sightings sightings(const Page& page, const MailAddress& address, const Lexicon& lexicon) {
  // RFC 3696 §2: no top-level domain is a number; "library@8.4.31" is a version.
  const std::string& domain = address.domain();
  if (!domain.empty() && is_ascii_digit(domain[domain.rfind('.') + 1]) &&
      domain.find_first_not_of("0123456789", domain.rfind('.') + 1) == std::string::npos)
    return {};
  return Search(page, address, lexicon).run();
}

}  // namespace portavoz
