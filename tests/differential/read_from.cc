// Reads From as we do, for a comparison with other programs. On standard input a question a line, on standard
// output an answer a line:
//   from HEX      the value of a From field, in hexadecimal
//   address HEX   an address alone
//   + ADDRESS     its canonical text
//   - WHY         it is none
#include <iostream>
#include <string>

#include "core/mail/from.h"

using namespace portavoz;

namespace {

std::string from_hex(std::string_view hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    octets += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return octets;
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto blank = line.find(' ');
    const std::string octets = from_hex(std::string_view(line).substr(blank + 1));
    const auto answer = line.substr(0, blank) == "from" ? parse_from(octets) : MailAddress::parse(octets);
    std::cout << (answer ? "+ " + answer->text() : "- " + answer.error().what) << '\n';
  }
}
