#include "core/config/settings.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "core/base/text.h"

namespace portavoz {
namespace {

using Problems = std::vector<Problem>;
using std::string;
using std::string_view;

// A number with one of the units behind it: "3d", "256MiB".
struct Unit {
  string_view name;
  std::uint64_t factor;
};

std::optional<std::uint64_t> parse_with_unit(string_view text, std::initializer_list<Unit> units) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units)
    if (text.substr(digits) == unit.name && *number <= std::numeric_limits<std::int64_t>::max() / unit.factor)
      return *number * unit.factor;
  return std::nullopt;
}

std::optional<string> read_scalar(const Node& node, string_view wanted, Problems& problems) {
  if (node.kind == Node::Kind::scalar && !node.scalar.empty()) return node.scalar;
  problems.push_back({node.mark, "expected " + string(wanted)});
  return std::nullopt;
}

void read(const Node& node, string& value, Problems& problems) {
  if (auto text = read_scalar(node, "a text", problems)) value = std::move(*text);
}

void read(const Node& node, Seconds& value, Problems& problems) {
  const auto text = read_scalar(node, "a duration such as 3d", problems);
  if (!text) return;
  const auto seconds = parse_with_unit(*text, {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}});
  if (seconds && *seconds > 0 && *seconds <= 86400ULL * 36500) {
    value = Seconds(*seconds);
  } else {
    problems.push_back(
        {node.mark, "'" + *text + "' is not a duration: write a whole number and s, m, h or d, as in 3d"});
  }
}

void read_size(const Node& node, std::uint64_t& value, Problems& problems) {
  const auto text = read_scalar(node, "a size such as 256MiB", problems);
  if (!text) return;
  if (const auto octets =
          parse_with_unit(*text, {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}})) {
    value = *octets;
  } else {
    problems.push_back(
        {node.mark, "'" + *text + "' is not a size: write a whole number and KiB, MiB or GiB, as in 256MiB"});
  }
}

void read_count(const Node& node, std::uint64_t& value, Problems& problems) {
  const auto text = read_scalar(node, "a whole number", problems);
  if (!text) return;
  if (const auto number = parse_decimal(*text)) {
    value = *number;
  } else {
    problems.push_back({node.mark, "'" + *text + "' is not a whole number"});
  }
}

template <typename Item, typename Parse>
void read_list(const Node& node, std::vector<Item>& items, Problems& problems, const Parse& parse) {
  if (node.kind == Node::Kind::null) return;  // `key:` alone is an empty list
  if (node.kind != Node::Kind::list) {
    problems.push_back({node.mark, "expected a list, as in [first, second]"});
    return;
  }
  for (const Node& item : node.items)
    if (const auto text = read_scalar(item, "a text", problems)) parse(item, *text, items);
}

void read(const Node& node, std::vector<MailAddress>& addresses, Problems& problems) {
  read_list(node, addresses, problems, [&](const Node& item, const string& text, auto& into) {
    auto address = MailAddress::parse(text);
    if (address) {
      into.push_back(std::move(*address));
    } else {
      problems.push_back({item.mark, address.error().what});
    }
  });
}

void read(const Node& node, bool& value, Problems& problems) {
  const auto text = read_scalar(node, "true or false", problems);
  if (!text) return;
  if (*text == "true" || *text == "false") {
    value = *text == "true";
  } else {
    problems.push_back({node.mark, "'" + *text + "' is neither true nor false"});
  }
}

void read(const Node& node, std::vector<IpAddress>& addresses, Problems& problems) {
  read_list(node, addresses, problems, [&](const Node& item, const string& text, auto& into) {
    if (auto address = IpAddress::parse(text)) {
      into.push_back(*address);
    } else {
      problems.push_back({item.mark, address.error().what});
    }
  });
}

void read(const Node& node, std::optional<Instant>& value, Problems& problems) {
  const auto text = read_scalar(node, "a time", problems);
  if (!text) return;
  value = parse_rfc3339(*text);
  if (!value) problems.push_back({node.mark, "'" + *text + "' is not a time such as 2026-01-31T12:00:00Z"});
}

bool is_endpoint(string_view text) {  // IPv4:port or [IPv6]:port; whoever uses it parses the IP itself
  const auto colon = text.rfind(':');
  if (colon == string_view::npos || colon == 0) return false;
  const auto host = text.substr(0, colon);
  const auto port = parse_decimal(text.substr(colon + 1));
  const bool v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const bool v4 = host.find_first_not_of("0123456789.") == string_view::npos;
  return (v6 || v4) && port && *port > 0 && *port < 65536;
}

void read_endpoints(const Node& node, std::vector<string>& endpoints, Problems& problems) {
  read_list(node, endpoints, problems, [&](const Node& item, const string& text, auto& into) {
    if (is_endpoint(text)) {
      into.push_back(text);
    } else {
      problems.push_back({item.mark, "'" + text + "' is not IP:port, as in 127.0.0.1:53 or [::1]:53"});
    }
  });
}

void read_path(const Node& node, string& value, Problems& problems) {
  const auto text = read_scalar(node, "a path", problems);
  if (!text) return;
  if (text->front() == '/') {
    value = *text;
  } else {
    problems.push_back({node.mark, "'" + *text + "' is not an absolute path"});
  }
}

// Where a server listens or is reached: a unix socket's path or IP:port.
void read_listener(const Node& node, string& value, Problems& problems) {
  const auto text = read_scalar(node, "a path or IP:port", problems);
  if (!text) return;
  if (text->front() == '/' || is_endpoint(*text)) {
    value = *text;
  } else {
    problems.push_back({node.mark, "'" + *text + "' is neither an absolute path nor IP:port"});
  }
}

bool on_this_machine_alone(const string& listener) {
  return listener.empty() || listener.front() == '/' || listener.starts_with("127.") ||
         listener.starts_with("[::1]:");
}

void read_url(const Node& node, string& value, Problems& problems) {
  const auto text = read_scalar(node, "a URL", problems);
  if (!text) return;
  const bool web = ascii_istarts_with(*text, "https://") || ascii_istarts_with(*text, "http://");
  if (web && printable_ascii(*text) == *text && text->find(' ') == string::npos) {
    value = *text;
  } else {
    problems.push_back({node.mark, "'" + *text + "' is not an http(s) URL"});
  }
}

// A map whose keys are known: each key has a reader; other keys and keys that stand twice are mistakes.
struct Key {
  string_view name;
  std::function<void(const Node&)> read;
};

string suggestion(string_view wrong, const std::vector<Key>& keys) {
  string_view best;
  std::size_t distance = 3;  // further away it is another word, not a slip
  for (const Key& key : keys) {
    const auto d = edit_distance(wrong, key.name);
    if (d < distance) {
      distance = d;
      best = key.name;
    }
  }
  return best.empty() ? string() : " (did you mean '" + string(best) + "'?)";
}

void read_map(const Node& node, const std::vector<Key>& keys, Problems& problems) {
  if (node.kind == Node::Kind::null) return;
  if (node.kind != Node::Kind::map) {
    problems.push_back({node.mark, "expected keys and values, as in key: value"});
    return;
  }
  std::vector<string_view> seen;
  for (const Entry& entry : node.entries) {
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == entry.key; });
    if (key == keys.end()) {
      problems.push_back({entry.mark, "unknown key '" + entry.key + "'" + suggestion(entry.key, keys)});
    } else if (std::find(seen.begin(), seen.end(), entry.key) != seen.end()) {
      problems.push_back({entry.mark, "duplicate key '" + entry.key + "'"});
    } else {
      seen.push_back(key->name);
      key->read(entry.value);
    }
  }
}

// The word `none`, or how the register is reached.
void read_register(const Node& node, Settings::Register& value, Problems& problems) {
  if (node.kind != Node::Kind::scalar)
    return read_map(node,
                    {{"dsn", [&](const Node& dsn) { read(dsn, value.dsn, problems); }},
                     {"listen_dsn", [&](const Node& dsn) { read(dsn, value.listen_dsn, problems); }}},
                    problems);
  value.none = node.scalar == "none";
  if (!value.none)
    problems.push_back(
        {node.mark, "'" + node.scalar + "' is no register: write none, or dsn: on the next line"});
}

}  // namespace

SettingsOrProblems read_settings(const Node& root) {
  SettingsOrProblems result;
  Settings& s = result.settings;
  Problems& problems = result.problems;
  Mark testing_mark;

  const auto text = [&](string& value) { return [&](const Node& node) { read(node, value, problems); }; };
  const auto path = [&](string& value) {
    return [&](const Node& node) { read_path(node, value, problems); };
  };
  const auto duration = [&](Seconds& value) {
    return [&](const Node& node) { read(node, value, problems); };
  };
  const auto flag = [&](bool& value) { return [&](const Node& node) { read(node, value, problems); }; };
  const auto listener = [&](string& value) {
    return [&](const Node& node) { read_listener(node, value, problems); };
  };
  const auto section = [&](std::vector<Key> keys) {
    return [&problems, keys = std::move(keys)](const Node& node) { read_map(node, keys, problems); };
  };

  read_map(
      root,
      {{"register", [&](const Node& node) { read_register(node, s.database, problems); }},
       {"roll", section({{"directory", path(s.roll.directory)}, {"max_age", duration(s.roll.max_age)}})},
       {"dns",
        section({{"resolvers", [&](const Node& node) { read_endpoints(node, s.dns.resolvers, problems); }},
                 {"trust_network", flag(s.dns.trust_network)}})},
       {"run", path(s.run)},
       {"wording", path(s.wording)},
       {"gate",
        section({{"host", text(s.gate.host)},
                 {"socket", path(s.gate.socket)},
                 {"seal_key", path(s.gate.seal_key)},
                 {"spool", path(s.gate.spool)},
                 {"always_guard", [&](const Node& node) { read(node, s.gate.always_guard, problems); }},
                 {"relays", [&](const Node& node) { read(node, s.gate.relays, problems); }},
                 {"door", flag(s.gate.door)}})},
       {"door",
        section(
            {{"seal_lifetime", duration(s.door.seal_lifetime)},
             {"memory", path(s.door.memory)},
             {"held", path(s.door.held)},
             {"held_max_posts", [&](const Node& node) { read_count(node, s.door.held_max_posts, problems); }},
             {"held_max_bytes", [&](const Node& node) { read_size(node, s.door.held_max_bytes, problems); }},
             {"lmtp_listen", listener(s.door.lmtp_listen)},
             {"lmtp_next_hop", listener(s.door.lmtp_next_hop)}})},
       {"verifier",
        section(
            {{"evidence", path(s.verifier.evidence)},
             {"evidence_budget",
              [&](const Node& node) { read_size(node, s.verifier.evidence_budget, problems); }},
             {"evidence_kept", duration(s.verifier.evidence_kept)},
             {"resolvers", [&](const Node& node) { read_endpoints(node, s.verifier.resolvers, problems); }},
             {"allow", [&](const Node& node) { read_endpoints(node, s.verifier.allow, problems); }},
             {"lexicon", path(s.verifier.lexicon)},
             {"about", [&](const Node& node) { read_url(node, s.verifier.about, problems); }},
             {"threads", [&](const Node& node) { read_count(node, s.verifier.threads, problems); }},
             {"in_flight", [&](const Node& node) { read_count(node, s.verifier.in_flight, problems); }},
             {"pause", duration(s.verifier.pause)},
             {"renderer", path(s.verifier.renderer)}})},
       {"renderer", section({{"socket", path(s.renderer.socket)}})},
       {"testing",
        [&](const Node& node) {
          testing_mark = node.mark;
          read_map(node,
                   {{"believe_xclient", flag(s.testing.believe_xclient)},
                    {"clock", [&](const Node& clock) { read(clock, s.testing.clock, problems); }}},
                   problems);
        }}},
      problems);
  if (s.testing.in_force() && !on_this_machine_alone(s.door.lmtp_listen))
    problems.push_back({testing_mark, "testing: is refused while door.lmtp_listen is " + s.door.lmtp_listen +
                                          ", which other machines can reach; take one of them out"});
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
  });
  return result;
}

string format_problems(string_view file, const Problems& problems) {
  string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += string(file) + ":" + std::to_string(problem.mark.line) + ":" +
            std::to_string(problem.mark.column) + ": " + problem.text;
  }
  return text;
}

string describe(const Settings& s) {
  const auto joined = [](const std::vector<string>& items) {
    string text = "[";
    for (const string& item : items) text += (text.size() > 1 ? ", " : "") + item;
    return text + "]";
  };
  std::vector<string> guarded_addresses;
  for (const MailAddress& address : s.gate.always_guard) guarded_addresses.push_back(address.text());
  const auto seconds = [](Seconds value) { return std::to_string(value.count()) + "s"; };
  std::vector<string> relays;
  for (const IpAddress& address : s.gate.relays) relays.push_back(address.text());
  const auto word = [](bool value) { return string(value ? "true" : "false"); };
  const std::array<std::pair<string_view, string>, 34> rows{{
      {s.database.none ? "register" : "register.dsn", s.database.none ? "none" : s.database.dsn},
      {"register.listen_dsn", s.database.none ? "" : s.database.listen()},
      {"roll.directory", s.roll.directory},
      {"roll.max_age", seconds(s.roll.max_age)},
      {"dns.resolvers", joined(s.dns.resolvers)},
      {"dns.trust_network", word(s.dns.trust_network)},
      {"run", s.run},
      {"wording", s.wording},
      {"gate.host", s.gate.host},
      {"gate.socket", s.gate.socket},
      {"gate.seal_key", s.gate.seal_key},
      {"gate.spool", s.gate.spool},
      {"gate.always_guard", joined(guarded_addresses)},
      {"gate.relays", joined(relays)},
      {"gate.door", word(s.gate.door)},
      {"door.seal_lifetime", seconds(s.door.seal_lifetime)},
      {"door.memory", s.door.memory},
      {"door.held", s.door.held},
      {"door.held_max_posts", std::to_string(s.door.held_max_posts)},
      {"door.held_max_bytes", std::to_string(s.door.held_max_bytes)},
      {"door.lmtp_listen", s.door.lmtp_listen},
      {"door.lmtp_next_hop", s.door.lmtp_next_hop},
      {"verifier.evidence", s.verifier.evidence},
      {"verifier.evidence_budget", std::to_string(s.verifier.evidence_budget)},
      {"verifier.evidence_kept", seconds(s.verifier.evidence_kept)},
      {"verifier.resolvers", joined(s.verifier.resolvers)},
      {"verifier.allow", joined(s.verifier.allow)},
      {"verifier.lexicon", s.verifier.lexicon},
      {"verifier.about", s.verifier.about},
      {"verifier.threads", std::to_string(s.verifier.threads)},
      {"verifier.in_flight", std::to_string(s.verifier.in_flight)},
      {"verifier.pause", seconds(s.verifier.pause)},
      {"verifier.renderer", s.verifier.renderer},
      {"renderer.socket", s.renderer.socket},
  }};
  string text;
  for (const auto& [key, value] : rows) text += string(key) + " = " + value + "\n";
  if (!s.testing.in_force()) return text;
  return text + "testing.believe_xclient = " + word(s.testing.believe_xclient) +
         "\ntesting.clock = " + (s.testing.clock ? to_rfc3339(*s.testing.clock) : "") + "\n";
}

}  // namespace portavoz
