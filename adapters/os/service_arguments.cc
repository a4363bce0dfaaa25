#include "adapters/os/service_arguments.h"

#include <string_view>

namespace portavoz {

std::optional<ServiceArguments> parse_service_arguments(int argc, char** argv) {
  ServiceArguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--once") {
      arguments.once = true;
    } else if (argument == "--help") {
      arguments.help = true;
    } else if (argument == "--config" && i + 1 < argc) {
      arguments.config = argv[++i];
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

}  // namespace portavoz
