// House: whose an address seems to be by its names alone, seen from the site on which it stands. It reads no
// page and proves nothing: it tells an assembly's own address from that of the town hall or of whoever made
// the site, which stand on the same contact page. A mailbox provider (core/evidence/mail_providers.txt) says
// nothing about whose a mailbox is. Errors: none. Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/mail/address.h"

namespace portavoz {

enum class House : std::uint8_t {
  own,       // of the site's own domain
  like,      // named as the site or its title is, in the domain or before the '@'
  provider,  // of a mailbox provider, where anybody has an address
  foreign,   // of another domain
};

// The registrable domain. RFC 2606 §3: below the names for examples each one is a house of its own.
[[nodiscard]] std::string house_domain(const std::string& host);

// What a site is called: its host, and the title of the page.
class HouseNames {
 public:
  HouseNames(std::string_view host, std::string_view title);
  [[nodiscard]] House house_of(const MailAddress& address) const;
  [[nodiscard]] const std::string& site() const { return site_; }  // the registrable domain

 private:
  [[nodiscard]] bool is_like(std::string_view name) const;

  std::string site_;                 // registrable domain
  std::vector<std::string> labels_;  // of the host, letters and digits only, the long enough ones
  std::string title_;                // letters and digits only
};

// The letters and digits of a text, small and without the marks of Latin letters: "Geschäfts-Stelle" and
// "geschaftsstelle" alike. Other scripts stay as they are.
[[nodiscard]] std::string name_letters(std::string_view utf8);

}  // namespace portavoz
