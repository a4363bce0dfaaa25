#include "adapters/os/host.h"

#include <fstream>

#include <unistd.h>

#include "core/base/text.h"

namespace portavoz {

std::string host_name() {
  std::string name(256, '\0');
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.c_str();
}

// Two lines of titles, then `  eth0: numbers…`. A netlink socket, which getifaddrs() needs, may be denied.
Result<std::vector<std::string>> network_interfaces() {
  constexpr const char* path = "/proc/self/net/dev";
  std::ifstream file(path);
  std::vector<std::string> names;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number)
    if (const auto colon = line.find(':'); number > 2 && colon != std::string::npos)
      names.emplace_back(trim(std::string_view(line).substr(0, colon)));
  if (!file.eof() || names.empty())
    return Error{ErrorKind::unavailable, std::string("no network interface can be read from ") + path};
  return names;
}

}  // namespace portavoz
