#include "adapters/os/host.h"

#include <unistd.h>

namespace portavoz {

std::string host_name() {
  std::string name(256, '\0');
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.c_str();
}

}  // namespace portavoz
