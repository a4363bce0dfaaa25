#include <set>

#include "core/registry/contact_state.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("every state has a word of its own, and the word leads back to it") {
  std::set<std::string_view> words;
  for (const ContactState state : contact_states()) {
    words.insert(to_text(state));
    CHECK(parse_contact_state(to_text(state)) == state);
  }
  CHECK(words.size() == 10);
  CHECK_FALSE(parse_contact_state("Designated").has_value());
  CHECK_FALSE(parse_contact_state("").has_value());
}

TEST_CASE("only designated and lapsing may post") {
  for (const ContactState state : contact_states())
    CHECK(may_post(state) == (state == ContactState::designated || state == ContactState::lapsing));
}

TEST_CASE("only a decision of an admin leads to designated, but for a lapsing contact that was found again") {
  for (const Transition& move : contact_transitions()) {
    if (move.to != ContactState::designated) continue;
    if (move.from == ContactState::lapsing) {
      CHECK(move.actor == Actor::clerk);
    } else {
      CHECK(move.actor == Actor::admin);
      CHECK(move.decision != DecisionKind::none);
    }
  }
}

TEST_CASE("only admins decide, and the verifier makes one move") {
  int moves_of_the_verifier = 0;
  for (const Transition& move : contact_transitions()) {
    if (move.decision != DecisionKind::none) CHECK(move.actor == Actor::admin);
    if (move.actor == Actor::verifier) ++moves_of_the_verifier;
  }
  CHECK(moves_of_the_verifier == 1);
  CHECK(is_allowed({ContactState::confirmed, ContactState::reported, Actor::verifier, DecisionKind::none}));
}

TEST_CASE("a life that is over stays over, and nothing moves to where it is") {
  for (const Transition& move : contact_transitions()) {
    CHECK(move.from != move.to);
    CHECK(move.to != ContactState::applied);
    for (const ContactState over :
         {ContactState::succeeded, ContactState::retired, ContactState::refused, ContactState::withdrawn})
      CHECK(move.from != over);
  }
}

TEST_CASE("a move that is not in the table is not allowed") {
  CHECK_FALSE(
      is_allowed({ContactState::applied, ContactState::designated, Actor::admin, DecisionKind::vouch}));
  CHECK_FALSE(
      is_allowed({ContactState::reported, ContactState::designated, Actor::verifier, DecisionKind::none}));
  CHECK_FALSE(
      is_allowed({ContactState::reported, ContactState::designated, Actor::admin, DecisionKind::none}));
  CHECK_FALSE(
      is_allowed({ContactState::suspended, ContactState::designated, Actor::clerk, DecisionKind::none}));
  CHECK(is_allowed({ContactState::suspended, ContactState::designated, Actor::admin, DecisionKind::restore}));
}
