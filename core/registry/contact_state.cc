#include "core/registry/contact_state.h"

#include <algorithm>
#include <array>

namespace portavoz {

namespace {

using enum ContactState;
using D = DecisionKind;

constexpr std::array states{applied,   confirmed, reported, designated, lapsing,
                            suspended, succeeded, retired,  refused,    withdrawn};

constexpr std::array transitions{
    Transition{applied, confirmed, Actor::admin, D::none},
    Transition{applied, confirmed, Actor::clerk, D::none},
    Transition{applied, refused, Actor::admin, D::reject},
    Transition{applied, withdrawn, Actor::admin, D::none},
    Transition{applied, withdrawn, Actor::clerk, D::none},
    Transition{confirmed, reported, Actor::verifier, D::none},
    Transition{confirmed, designated, Actor::admin, D::vouch},
    Transition{confirmed, refused, Actor::admin, D::reject},
    Transition{confirmed, withdrawn, Actor::admin, D::none},
    Transition{confirmed, withdrawn, Actor::clerk, D::none},
    Transition{reported, designated, Actor::admin, D::approve},
    Transition{reported, designated, Actor::admin, D::vouch},
    Transition{reported, refused, Actor::admin, D::reject},
    Transition{reported, withdrawn, Actor::admin, D::none},
    Transition{reported, withdrawn, Actor::clerk, D::none},
    Transition{designated, lapsing, Actor::clerk, D::none},
    Transition{designated, suspended, Actor::admin, D::suspend},
    Transition{designated, retired, Actor::admin, D::retire},
    Transition{designated, succeeded, Actor::admin, D::hand_over},
    Transition{lapsing, designated, Actor::clerk, D::none},
    Transition{lapsing, suspended, Actor::clerk, D::none},
    Transition{lapsing, suspended, Actor::admin, D::suspend},
    Transition{lapsing, retired, Actor::admin, D::retire},
    Transition{lapsing, succeeded, Actor::admin, D::hand_over},
    Transition{suspended, designated, Actor::admin, D::restore},
    Transition{suspended, retired, Actor::admin, D::retire},
    Transition{suspended, succeeded, Actor::admin, D::hand_over},
};

}  // namespace

std::span<const ContactState> contact_states() { return states; }

std::span<const Transition> contact_transitions() { return transitions; }

bool is_allowed(const Transition& move) {
  return std::find(transitions.begin(), transitions.end(), move) != transitions.end();
}

std::string_view to_text(ContactState state) {
  switch (state) {
    case applied: return "applied";
    case confirmed: return "confirmed";
    case reported: return "reported";
    case designated: return "designated";
    case lapsing: return "lapsing";
    case suspended: return "suspended";
    case succeeded: return "succeeded";
    case retired: return "retired";
    case refused: return "refused";
    case withdrawn: return "withdrawn";
  }
  return {};
}

std::string_view to_text(Actor actor) {
  switch (actor) {
    case Actor::admin: return "admin";
    case Actor::clerk: return "clerk";
    case Actor::verifier: return "verifier";
  }
  return {};
}

std::string_view to_text(DecisionKind kind) {
  switch (kind) {
    case D::none: return "none";
    case D::approve: return "approve";
    case D::reject: return "reject";
    case D::vouch: return "vouch";
    case D::change_proof: return "change-proof";
    case D::hand_over: return "hand-over";
    case D::restore: return "restore";
    case D::suspend: return "suspend";
    case D::retire: return "retire";
  }
  return {};
}

std::optional<ContactState> parse_contact_state(std::string_view word) {
  const auto* const found =
      std::find_if(states.begin(), states.end(), [&](ContactState state) { return to_text(state) == word; });
  if (found == states.end()) return std::nullopt;
  return *found;
}

}  // namespace portavoz
