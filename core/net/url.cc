#include "core/net/url.h"

#include <algorithm>
#include <cstdlib>

#include "core/base/text.h"
#include "core/mail/unicode.h"

namespace portavoz {
namespace {

constexpr std::size_t max_url = 8192;

Error bad(std::string_view url, std::string_view why) {
  return {ErrorKind::bad_input, "the URL '" + printable_ascii(url.substr(0, 200)) + "' " + std::string(why)};
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_ascii_alpha(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

// The scheme with nothing of the colon, or nothing at all when the text is a relative reference.
std::optional<std::string_view> scheme_of(std::string_view text) {
  const auto end = text.find_first_of(":/?#");
  if (end == std::string_view::npos || text[end] != ':' || !is_scheme(text.substr(0, end)))
    return std::nullopt;
  return text.substr(0, end);
}

std::optional<std::string> fault_in(std::string_view text) {
  if (text.size() > max_url) return "is longer than 8192 octets; give a shorter one";
  if (!is_utf8(text)) return "is not UTF-8; copy it again from the browser";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return "holds a blank or a control character; remove it";
    if (c == '\\') return "holds a backslash; write / instead";
  }
  if (text.find("%00") != std::string_view::npos) return "holds %00; remove it";
  return std::nullopt;
}

// One part of an IPv4 address as inet_aton and browsers read it: 0x is hexadecimal, a leading 0 octal.
std::optional<std::uint64_t> ipv4_part(const std::string& part) {
  int base = 10;
  std::size_t from = 0;
  if (part.size() > 1 && part[0] == '0') {
    const bool hexadecimal = ascii_lower(part[1]) == 'x';
    base = hexadecimal ? 16 : 8;
    from = hexadecimal ? 2 : 1;
  }
  const std::string digits = part.substr(from);
  if (digits.empty()) return base == 16 ? std::optional<std::uint64_t>(0) : std::nullopt;
  if (digits.size() > 16) return std::nullopt;
  const char* set = base == 16 ? "0123456789abcdef" : base == 8 ? "01234567" : "0123456789";
  if (digits.find_first_not_of(set) != std::string::npos) return std::nullopt;
  return std::strtoull(digits.c_str(), nullptr, base);
}

// A host whose last label is a number is an IPv4 address or nothing (WHATWG URL, "ends in a number"). No such
// name exists in the DNS, and a resolver that reads 127.1 as an address must never see it.
bool ends_in_a_number(const std::string& host) {
  const std::string last = host.substr(host.rfind('.') + 1);
  if (last.find_first_not_of("0123456789") == std::string::npos) return true;
  return last.starts_with("0x") && last.find_first_not_of("0123456789abcdef", 2) == std::string::npos;
}

std::optional<IpAddress> ipv4_any_spelling(const std::string& host) {
  const auto parts = split(host, '.');
  if (parts.size() > 4) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = ipv4_part(parts[i]);
    if (!part) return std::nullopt;
    const bool last = i + 1 == parts.size();
    const unsigned octets =
        last ? static_cast<unsigned>(5 - parts.size()) : 1;  // the last part fills what is left
    if (*part >= std::uint64_t{1} << (8 * octets)) return std::nullopt;
    value = (value << (8 * octets)) | *part;
  }
  return IpAddress::v4(static_cast<std::uint32_t>(value));
}

bool is_name(const std::string& host) {
  if (host.empty() || host.size() > 253) return false;  // RFC 1035 §2.3.4
  for (const auto& label : split(host, '.')) {
    if (label.empty() || label.size() > 63) return false;
    for (const char c : label) {
      if (!is_ascii_alpha(c) && !is_ascii_digit(c) && c != '-' && c != '_') return false;
    }
  }
  return true;
}

struct Host {
  std::string text;
  std::optional<IpAddress> literal;
};

std::optional<Host> parse_host(std::string_view text) {
  if (text.starts_with('[')) {
    const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
    if (!address || !address->is_v6()) return std::nullopt;
    return Host{address->text(), *address};
  }
  std::string name = ascii_lower(text);
  const bool ascii =
      std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) {
    auto labels = domain_to_ascii(name);
    if (!labels) return std::nullopt;
    name = ascii_lower(*labels);
  }
  if (name.ends_with('.')) name.pop_back();
  // After the A-labels: characters that only look like digits may have become digits.
  if (!is_name(name)) return std::nullopt;
  if (!ends_in_a_number(name)) return Host{std::move(name), std::nullopt};
  const auto address = ipv4_any_spelling(name);
  if (!address) return std::nullopt;
  return Host{address->text(), *address};
}

struct HostAndPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

std::optional<HostAndPort> split_authority(std::string_view authority) {
  std::size_t after = 0;
  if (authority.starts_with('[')) {
    after = authority.find(']');
    if (after == std::string_view::npos) return std::nullopt;
    ++after;
  } else {
    after = std::min(authority.find(':'), authority.size());
  }
  if (after == authority.size()) return HostAndPort{authority, std::nullopt};
  if (authority[after] != ':') return std::nullopt;
  return HostAndPort{authority.substr(0, after), authority.substr(after + 1)};
}

// Octets that a request line cannot carry, in percent form; what was percent-encoded already stays as it is.
std::string encoded_target(std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string target = text.starts_with('/') ? "" : "/";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80 && std::string_view("\"<>^`{|}").find(c) == std::string_view::npos) {
      target += c;
    } else {
      target += '%';
      target += hex[octet >> 4U];
      target += hex[octet & 15U];
    }
  }
  return target;
}

// RFC 3986 §5.2.4, for a path that begins with '/'.
std::string without_dots(std::string_view path) {
  std::vector<std::string> kept;
  const auto segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == ".." && !kept.empty()) kept.pop_back();
    if (segments[i] != "." && segments[i] != "..") {
      kept.push_back(segments[i]);
    } else if (last) {
      kept.emplace_back();
    }
  }
  std::string out;
  for (const auto& segment : kept) out += '/' + segment;
  return out.empty() ? "/" : out;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (const auto fault = fault_in(text)) return bad(text, *fault);
  const auto scheme = scheme_of(text);
  if (!scheme) return bad(text, "has no scheme; begin it with https:// or http://");
  Url url;
  url.https_ = ascii_iequals(*scheme, "https");
  if (!url.https_ && !ascii_iequals(*scheme, "http")) {
    return Error{ErrorKind::forbidden,
                 "the scheme '" + std::string(*scheme) +
                     "' is not looked at; give a URL that begins with https:// or http://"};
  }
  std::string_view rest = text.substr(scheme->size() + 1);
  if (!rest.starts_with("//")) return bad(text, "has no // after the scheme; write https://HOST/PATH");
  rest.remove_prefix(2);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) return bad(text, "holds a user name; give it without");
  const auto parts = split_authority(authority);
  if (!parts || parts->host.empty()) return bad(text, "has no host; write https://HOST/PATH");
  url.port_ = url.https_ ? 443 : 80;
  if (parts->port && !parts->port->empty()) {
    const auto port = parse_decimal(*parts->port);
    if (!port || *port > 65535) return bad(text, "has a port that is no number up to 65535");
    url.port_ = static_cast<std::uint16_t>(*port);
  }
  auto host = parse_host(parts->host);
  if (!host) return bad(text, "has a host that is neither a name nor an IP address");
  url.host_ = std::move(host->text);
  url.literal_ = host->literal;
  url.target_ = encoded_target(rest.substr(0, rest.find('#')));
  return url;
}

std::string Url::origin() const {
  std::string out = https_ ? "https://" : "http://";
  out += literal_ && literal_->is_v6() ? "[" + host_ + "]" : host_;
  if (port_ != (https_ ? 443 : 80)) out += ":" + std::to_string(port_);
  return out;
}

std::string Url::text() const { return origin() + target_; }

Result<Url> Url::join(std::string_view reference) const {
  if (scheme_of(reference)) return parse(reference);
  if (const auto fault = fault_in(reference)) return bad(reference, *fault);
  reference = reference.substr(0, reference.find('#'));
  if (reference.starts_with("//")) return parse((https_ ? "https:" : "http:") + std::string(reference));
  const std::string_view own_path = std::string_view(target_).substr(0, target_.find('?'));
  const auto query_at = std::min(reference.find('?'), reference.size());
  const std::string_view path = reference.substr(0, query_at);
  const std::string query(reference.substr(query_at));
  std::string merged;
  if (path.empty()) {
    merged = std::string(own_path);
  } else if (path.front() == '/') {
    merged = without_dots(path);
  } else {
    merged = without_dots(std::string(own_path.substr(0, own_path.rfind('/') + 1)) + std::string(path));
  }
  return parse(origin() + merged +
               (query.empty() && reference.empty() ? target_.substr(own_path.size()) : query));
}

std::string_view paced_name(std::string_view host) {
  if (host.starts_with("www.")) host.remove_prefix(4);
  return host;
}

}  // namespace portavoz
