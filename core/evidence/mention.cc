#include "core/evidence/mention.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/evidence/characters.h"

namespace portavoz {
namespace {

bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         c == 0x2060 || c == 0xFEFF;
}

bool is_blank(char32_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_domain_octet(char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '.'; }

// RFC 5322 atext that prose uses as punctuation: part of a local part only in the middle of one.
bool is_soft(char32_t c) {
  return c < 0x80 && std::string_view("!#$&'/=?^{}~.-").find(static_cast<char>(c)) != std::string_view::npos;
}
bool is_firm(char32_t c) { return continues_word(c) || c == '_' || c == '+' || c == '%'; }

// From the '@' back over what may be the local part; soft characters at its front are left out.
std::size_t local_start(std::string_view text, std::size_t at, bool wide) {
  std::size_t start = at;
  std::size_t scan = at;
  while (scan > 0) {
    const std::size_t before = start_before(text, scan);
    const char32_t c = code_point(text, before).value;
    const bool firm = is_firm(c) || (wide && c >= 0x2E80);
    if (!firm && !is_soft(c)) break;
    scan = before;
    if (firm) start = before;
  }
  return start;
}

struct Candidate {
  std::size_t start;
  std::size_t end;
};

// After the '@': the longest run of domain characters; a dot or hyphen that ends it is punctuation.
std::size_t domain_end(std::string_view text, std::size_t from, bool wide) {
  std::size_t end = from;
  while (end < text.size()) {
    const CodePoint c = code_point(text, end);
    const bool part =
        c.value < 0x80 ? is_domain_octet(text[end]) : continues_word(c.value) || (wide && c.value >= 0x2E80);
    if (!part) break;
    end += c.length;
  }
  while (end > from && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return end;
}

// `@name@host` is a handle, `//user@host` is a place on a machine, `a@b@c` is nothing.
bool is_no_mailbox(std::string_view text, const Candidate& found) {
  const std::string_view before = text.substr(0, found.start);
  if (before.ends_with('@') || before.ends_with("//")) return true;
  const std::string_view after = text.substr(found.end);
  return after.starts_with('@') || after.starts_with('_');
}

// The address around the '@' at `at`.
std::optional<MailAddress> address_at(std::string_view text, std::size_t at, bool wide, std::size_t& start) {
  const Candidate found{local_start(text, at, wide), domain_end(text, at + 1, wide)};
  if (found.start == at || found.end == at + 1 || found.end - found.start > 320 || is_no_mailbox(text, found))
    return std::nullopt;
  start = found.start;
  auto parsed = MailAddress::parse(text.substr(found.start, found.end - found.start));
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

bool stands_at(std::string_view text, std::size_t at, const MailAddress& address, bool wide,
               std::size_t& start) {
  const auto found = address_at(text, at, wide, start);
  return found && *found == address;
}

std::size_t find_word(std::string_view lower, std::string_view word, std::size_t from) {
  for (std::size_t at = lower.find(word, from); at != std::string_view::npos; at = lower.find(word, at + 1)) {
    const bool begins = at == 0 || !continues_word(code_point(lower, start_before(lower, at)).value);
    const std::size_t end = at + word.size();
    const bool ends = end >= lower.size() || !continues_word(code_point(lower, end).value);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string tidy_text(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const CodePoint c = code_point(utf8, i);
    if (is_blank(c.value)) {
      out += ' ';
    } else if (!is_invisible(c.value)) {
      out.append(utf8, i, c.length);
    }
    i += c.length;
  }
  return out;
}

std::vector<std::size_t> mentions(std::string_view tidied, const MailAddress& address) {
  std::vector<std::size_t> found;
  for (std::size_t at = tidied.find('@'); at != std::string_view::npos; at = tidied.find('@', at + 1)) {
    std::size_t start = 0;
    // Without wide letters first: in scripts without word spaces the address touches its neighbours.
    if (stands_at(tidied, at, address, false, start) || stands_at(tidied, at, address, true, start))
      found.push_back(start);
  }
  return found;
}

std::optional<MailAddress> first_mention(std::string_view tidied) {
  std::size_t start = 0;
  for (std::size_t at = tidied.find('@'); at != std::string_view::npos; at = tidied.find('@', at + 1))
    if (auto found = address_at(tidied, at, false, start)) return found;
  return std::nullopt;
}

std::size_t other_spelling(std::string_view tidied, const MailAddress& address) {
  constexpr std::size_t near = 40;  // room for " [at] " in any language, and for tags that became blanks
  const std::string lower = ascii_lower(tidied);
  const std::string label = address.domain().substr(0, address.domain().find('.'));
  const std::string& local = address.local_part();
  for (std::size_t at = find_word(lower, local, 0); at != std::string::npos;
       at = find_word(lower, local, at + 1)) {
    const std::size_t end = at + local.size();
    const std::string_view next = std::string_view(lower).substr(end, near + label.size() + 1);
    const std::size_t there = find_word(next, label, 0);
    if (there != std::string_view::npos && next.substr(0, there) != "@") return at;
  }
  return std::string_view::npos;
}

bool holds_address(std::string_view source, const MailAddress& address) {
  const auto touches = [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) ||
           std::string_view(".-+_").find(c) != std::string_view::npos;
  };
  const std::string lower = ascii_lower(source);
  const std::string text = address.text();
  for (auto at = lower.find(text); at != std::string::npos; at = lower.find(text, at + 1)) {
    const std::string_view after = std::string_view(lower).substr(at + text.size());
    const bool longer = !after.empty() && touches(after[0]) && after[0] != '.';
    const bool another_label = after.size() > 1 && after[0] == '.' && touches(after[1]);
    if ((at == 0 || !touches(lower[at - 1])) && !longer && !another_label) return true;
  }
  return false;
}

std::string excerpt_at(std::string_view text, std::size_t position, std::size_t width) {
  std::size_t from = position > width / 2 ? position - width / 2 : 0;
  std::size_t to = std::min(text.size(), from + width);
  while (from > 0 && is_continuation(text[from])) --from;
  while (to > from && to < text.size() && is_continuation(text[to])) --to;
  std::string out(trim(text.substr(from, to - from)));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace portavoz
