// The macros of SPF (RFC 7208 §7): whether a text of a record is well formed, and the name that it asks for.
// It looks nothing up: the caller says what each letter stands for. The letters c, r and t belong to
// explanations (§7.2) and are syntax errors here. Errors: a yes or no. Threads: pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace portavoz {

[[nodiscard]] bool is_macro_string(std::string_view text);  // §7.1, also the empty one
[[nodiscard]] bool is_domain_spec(std::string_view text);   // §7.1

// True for a name that the DNS can be asked for: labels of 1 to 63 octets, 253 at most, without a trailing
// dot, of printable ASCII. A backslash is none of it: resolvers read it as an escape, and a HELO could eat a
// dot with it.
[[nodiscard]] bool is_askable(std::string_view name);

struct SpfName {
  enum class State : std::uint8_t {
    askable,
    malformed,  // there is no such name (an empty or an overlong label)
    not_ascii,  // it would hold octets of an internationalised local part or HELO
  };
  State state = State::askable;
  std::string text;  // without a trailing dot
  // The last two labels are what the client says or has of itself (HELO, local part, PTR), not words of the
  // record: whoever answers for such a name is the client, not the domain.
  bool of_client = false;
  bool names_client = false;  // the client's address or its name stands in it (%{i}, %{p})
};

// What a letter stands for; the letter comes in lower case.
using MacroValue = std::function<std::string(char letter)>;

// Precondition: is_domain_spec(spec).
[[nodiscard]] SpfName expand_domain_spec(std::string_view spec, const MacroValue& value);

}  // namespace portavoz
