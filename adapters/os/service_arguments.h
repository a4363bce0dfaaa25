// The command line of a service that works until it is told to stop, or once: [--config FILE] [--once]
// [--help]. Errors: nothing for what is none of these. Threads: pure.
#pragma once

#include <optional>
#include <string>

namespace portavoz {

struct ServiceArguments {
  std::string config = "/etc/portavoz/portavoz.yaml";
  bool once = false;
  bool help = false;
};

[[nodiscard]] std::optional<ServiceArguments> parse_service_arguments(int argc, char** argv);

}  // namespace portavoz
