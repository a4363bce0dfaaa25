// Reading the configuration anew while a service runs: what may change then, and what a service says of the
// configuration that it has. Threads: plain values, pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/config/settings.h"

namespace portavoz {

// The services that take a new configuration at SIGHUP.
enum class Service : std::uint8_t { gate, door, verifier, clerk };
[[nodiscard]] std::string_view word(Service service);        // gate
[[nodiscard]] std::string_view program_of(Service service);  // portavoz-milter, as its unit is called

// Where a service listens and the directories that it works in stay what they were when it started: they may
// hold what is on its way. conflict when one of these differs, with a sentence for each.
[[nodiscard]] Result<void> may_replace(Service service, const Settings& running, const Settings& wanted);

// What a running service says of its configuration, for `portavoz status`.
struct ServiceState {
  struct Refusal {
    Instant at;
    std::string why;  // one line
  };
  std::int64_t pid = 0;
  Instant since;                   // when it took the configuration that is in force
  std::optional<Refusal> refusal;  // of a newer one
};

// The file in the run directory that has it.
[[nodiscard]] std::string service_state_file(const std::string& run, Service service);
[[nodiscard]] std::string format_service_state(const ServiceState& state);
[[nodiscard]] std::optional<ServiceState> parse_service_state(std::string_view text);

}  // namespace portavoz
