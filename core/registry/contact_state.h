// The life of a contact: its states, and the one table of the moves between them, with who makes each move
// and by which kind of decision. The register enforces the same table (contact_transitions,
// sql/0003-contacts.sql); a test compares the two, so that neither can change alone.
//
// It decides whether a move is allowed. It does not make one: only functions of the register do.
// Threads: pure functions and constants.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace portavoz {

enum class ContactState : std::uint8_t {
  applied,     // asked to join
  confirmed,   // the holder of the address answered
  reported,    // a check left a report that waits for an admin
  designated,  // may post
  lapsing,     // may post, but the address was missing from its page in several checks
  suspended,   // may not post until a decision restores it
  succeeded,   // a new contact took over
  retired,
  refused,
  withdrawn,
};

enum class Actor : std::uint8_t { admin, clerk, verifier };

// `none`: the move is not a decision (a clerk's move by time, a verifier's report, an admin's record).
enum class DecisionKind : std::uint8_t {
  none,
  approve,
  reject,
  vouch,
  change_proof,
  hand_over,
  restore,
  suspend,
  retire
};

struct Transition {
  ContactState from;
  ContactState to;
  Actor actor;
  DecisionKind decision;
  friend bool operator==(const Transition&, const Transition&) = default;
};

[[nodiscard]] std::span<const ContactState> contact_states();
[[nodiscard]] std::span<const Transition> contact_transitions();

// Whether this very move stands in the table.
[[nodiscard]] bool is_allowed(const Transition& move);

[[nodiscard]] constexpr bool may_post(ContactState state) {
  return state == ContactState::designated || state == ContactState::lapsing;
}

// The words of the register, the log and the command line.
[[nodiscard]] std::string_view to_text(ContactState state);
[[nodiscard]] std::string_view to_text(Actor actor);
[[nodiscard]] std::string_view to_text(DecisionKind kind);
[[nodiscard]] std::optional<ContactState> parse_contact_state(std::string_view word);

}  // namespace portavoz
