// Site: the registrable domain that a host belongs to, and whether strangers may have hosts beside it. It is
// the public suffix list's answer: adapters/psl defines the function. Threads: safe from any.
#pragma once

#include <string>

namespace portavoz {

struct Site {
  std::string
      domain;  // example.org of www.example.org; asamblea.github.io of itself; the host where nobody knows
  bool shared = false;  // the name above it belongs to a provider who gives names to anybody (github.io)
};

// `host` as lower-case A-labels, or an IP address, which is a site of its own.
[[nodiscard]] Site site_of(const std::string& host);

}  // namespace portavoz
