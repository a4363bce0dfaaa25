#include "core/config/reload.h"

#include <algorithm>
#include <span>
#include <vector>

#include "core/base/text.h"

namespace portavoz {
namespace {

struct Fixed {
  std::string_view name;
  std::string (*value)(const Settings&);
};

std::string registered(const Settings& s) { return s.database.none ? "none" : "a register"; }

constexpr Fixed run{"run", [](const Settings& s) { return s.run; }};
constexpr Fixed roll{"roll.directory", [](const Settings& s) { return s.roll.directory; }};

constexpr Fixed of_gate[] = {
    run,
    {"register", registered},
    roll,
    {"gate.socket", [](const Settings& s) { return s.gate.socket; }},
    {"gate.spool", [](const Settings& s) { return s.gate.spool; }},
};
constexpr Fixed of_door[] = {
    run,
    roll,
    {"door.memory", [](const Settings& s) { return s.door.memory; }},
    {"door.held", [](const Settings& s) { return s.door.held; }},
    {"door.lmtp_listen", [](const Settings& s) { return s.door.lmtp_listen; }},
};
constexpr Fixed of_verifier[] = {
    run,
    {"verifier.evidence", [](const Settings& s) { return s.verifier.evidence; }},
};
constexpr Fixed of_clerk[] = {run};

std::span<const Fixed> fixed_of(Service service) {
  switch (service) {
    case Service::gate: return of_gate;
    case Service::door: return of_door;
    case Service::verifier: return of_verifier;
    case Service::clerk: break;
  }
  return of_clerk;
}

}  // namespace

std::string_view word(Service service) {
  switch (service) {
    case Service::gate: return "gate";
    case Service::door: return "door";
    case Service::verifier: return "verifier";
    case Service::clerk: break;
  }
  return "clerk";
}

std::string_view program_of(Service service) {
  switch (service) {
    case Service::gate: return "portavoz-milter";
    case Service::door: return "portavoz-deliver";
    case Service::verifier: return "portavoz-verifier";
    case Service::clerk: break;
  }
  return "portavoz-outbox";
}

Result<void> may_replace(Service service, const Settings& running, const Settings& wanted) {
  std::vector<std::string> sentences;
  for (const Fixed& each : fixed_of(service)) {
    const std::string now = each.value(running);
    const std::string then = each.value(wanted);
    if (now == then) continue;
    sentences.push_back(std::string(each.name) + " can only change by a restart: it is " + now +
                        ", and the file says " + (then.empty() ? "nothing" : then));
  }
  if (sentences.empty()) return {};
  return Error{ErrorKind::conflict, join(sentences, "; ")};
}

std::string service_state_file(const std::string& run, Service service) {
  return run + "/" + std::string(program_of(service)) + "/configuration";
}

// `pid N`, `since TIME` and perhaps `refused TIME WHY`, a line each.
std::string format_service_state(const ServiceState& state) {
  std::string text = "pid " + std::to_string(state.pid) + "\nsince " + to_rfc3339(state.since) + "\n";
  if (state.refusal)
    text += "refused " + to_rfc3339(state.refusal->at) + " " + on_one_line(state.refusal->why) + "\n";
  return text;
}

std::optional<ServiceState> parse_service_state(std::string_view text) {
  ServiceState state;
  std::optional<Instant> since;
  for (const std::string& line : split(text, '\n')) {
    const auto blank = std::min(line.find(' '), line.size());
    const std::string_view key = std::string_view(line).substr(0, blank);
    const std::string_view rest = std::string_view(line).substr(std::min(blank + 1, line.size()));
    if (key == "pid") {
      state.pid = static_cast<std::int64_t>(parse_decimal(rest).value_or(0));
    } else if (key == "since") {
      since = parse_rfc3339(rest);
    } else if (key == "refused") {
      const auto end = std::min(rest.find(' '), rest.size());
      const auto at = parse_rfc3339(rest.substr(0, end));
      if (!at) return std::nullopt;
      state.refusal = {*at, std::string(trim(rest.substr(end)))};
    }
  }
  if (state.pid <= 0 || !since) return std::nullopt;
  state.since = *since;
  return state;
}

}  // namespace portavoz
