// Rule: the life of a contact. Core and schema hold the same table, and every pair of states is tried.
#include <algorithm>

#include "core/registry/contact_state.h"
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

// Moves as the owner's own code could, with a decision of any kind: what the triggers must stop by
// themselves.
constexpr auto owners_own_function = R"(
  CREATE FUNCTION portavoz.test_move(contact bigint, target text, how text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = portavoz, pg_temp AS $$
  DECLARE
    decided bigint;
  BEGIN
    IF how <> 'none' THEN
      INSERT INTO decisions (kind, contact_id, report_id, account_id, reason, at, stage, takes_effect, proof)
      VALUES (how, contact, CASE how WHEN 'approve' THEN (SELECT max(report_id) FROM reports) END, 0, 'a test', now(),
              99, true, CASE how WHEN 'change-proof' THEN ROW('{}', '{}', false, false)::proof END)
      RETURNING decision_id INTO decided;
    END IF;
    UPDATE contacts SET state = target, decision_id = coalesce(decided, decision_id) WHERE contact_id = contact;
  END $$;
  ALTER FUNCTION portavoz.test_move OWNER TO portavoz_owner;
  GRANT EXECUTE ON FUNCTION portavoz.test_move TO PUBLIC)";

constexpr std::array kinds{DecisionKind::none,         DecisionKind::approve,   DecisionKind::reject,
                           DecisionKind::vouch,        DecisionKind::hand_over, DecisionKind::restore,
                           DecisionKind::change_proof, DecisionKind::suspend,   DecisionKind::retire};

std::string login_of(Actor actor) {
  switch (actor) {
    case Actor::admin: return "alba";
    case Actor::clerk: return "clerk1";
    case Actor::verifier: return "verifier1";
  }
  return {};
}

// The warnings without which nobody is suspended by time.
std::string warned(const std::string& contact) {
  return "INSERT INTO portavoz.page_watches (contact_id, lapsing_since) VALUES (" + contact +
         ", now()); INSERT INTO portavoz.outbox (contact_id, recipient, kind, occasion, facts, created_at) "
         "SELECT " +
         contact +
         ", r, k, now(), '{}', now() - interval '15 days' FROM unnest(ARRAY['contact', 'admins']) AS r, "
         "unnest(ARRAY['lapsing', "
         "'suspension-soon']) AS k";
}

// Whether the register lets this move through. Undone afterwards.
bool register_allows(pg::Connection& root, std::int64_t contact, const Transition& move) {
  const std::string id = std::to_string(contact);
  must(
      root.exec("BEGIN; SET LOCAL session_replication_role = replica;"  // triggers off, to set the scene
                "UPDATE portavoz.contacts SET state = '" +
                std::string(to_text(move.from)) + "' WHERE contact_id = " + id + "; " + warned(id) +
                "; SET LOCAL session_replication_role = origin; SET LOCAL SESSION AUTHORIZATION " +
                login_of(move.actor)));
  const auto moved = root.query("SELECT portavoz.test_move($1, $2, $3)",
                                {id, std::string(to_text(move.to)), std::string(to_text(move.decision))});
  const std::string sqlstate = root.last_sqlstate();
  must(root.exec("ROLLBACK"));
  if (!moved) {
    INFO(moved.error().what);
    REQUIRE((sqlstate == "PV003" || sqlstate == "PV004"));
  }
  return moved.has_value();
}

}  // namespace

TEST_CASE("the register's table of moves is the core's table") {
  Register reg;
  auto root = reg.superuser();
  const auto rows =
      must(root.query("SELECT from_state || ' ' || to_state || ' ' || actor || ' ' || decision AS move "
                      "FROM portavoz.contact_transitions"));
  std::vector<std::string> in_schema;
  for (std::size_t row = 0; row < rows.size(); ++row) in_schema.emplace_back(rows.text(row, "move"));
  std::vector<std::string> in_core;
  for (const Transition& move : contact_transitions())
    in_core.push_back(std::string(to_text(move.from)) + ' ' + std::string(to_text(move.to)) + ' ' +
                      std::string(to_text(move.actor)) + ' ' + std::string(to_text(move.decision)));
  std::sort(in_schema.begin(), in_schema.end());
  std::sort(in_core.begin(), in_core.end());
  CHECK(in_schema == in_core);
}

TEST_CASE("every pair of states: the moves of the table are made, all others are refused") {
  Story story;
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  const auto contact =
      number(story.root, "SELECT contact_id FROM reports WHERE report_id = " + std::to_string(report));
  must(story.root.exec(owners_own_function));
  int allowed = 0;
  for (const ContactState from : contact_states())
    for (const ContactState to : contact_states())
      for (const Actor actor : {Actor::admin, Actor::clerk, Actor::verifier})
        for (const DecisionKind kind : kinds) {
          if (actor != Actor::admin && kind != DecisionKind::none)
            continue;  // they have no account: see below
          const Transition move{from, to, actor, kind};
          INFO(to_text(from) << " to " << to_text(to) << " by " << to_text(actor) << ", " << to_text(kind));
          const bool made = register_allows(story.root, contact, move);
          CHECK(made == is_allowed(move));
          allowed += made ? 1 : 0;
        }
  CHECK(allowed == static_cast<int>(contact_transitions().size()));
}

TEST_CASE("clerk, verifier, gate, door and public cannot decide even through the owner's own function") {
  Story story;
  const auto contact = story.confirmed("Asamblea Norte", "norte@example.org");
  must(story.root.exec(owners_own_function));
  for (const std::string login : {"clerk1", "verifier1", "gate1", "door1", "public1", "carla"}) {
    auto connection = story.as(login);
    CHECK_THAT(refused(connection, "SELECT test_move(" + std::to_string(contact) + ", 'designated', 'vouch')",
                       "PV004"),
               Catch::Contains("has no enabled account"));
  }
  CHECK(story.state(contact) == "confirmed");
}

TEST_CASE("a contact begins as an application and nothing else") {
  Story story;
  story.apply("Asamblea Norte", "norte@example.org");
  for (const ContactState state : contact_states()) {
    const std::string insert =
        "INSERT INTO contacts (list_id, assembly_id, address, evidence_url, language, state) "
        "VALUES (1, 1, 'x@example.org', 'https://x.example/', 'es', '" +
        std::string(to_text(state)) + "')";
    if (state == ContactState::applied)
      must(story.root.query(insert));
    else
      refused(story.root, insert, "PV003");
  }
}

TEST_CASE("what a contact applied with cannot be exchanged, and it cannot be deleted") {
  Story story;
  story.designated("Asamblea Norte", "norte@example.org");
  for (const std::string change : {"address = 'eva@example.org'", "evidence_url = 'https://eva.example/'",
                                   "logins = '{eva}'", "assembly_id = assembly_id + 1", "salt = new_salt()"})
    refused(story.root, "UPDATE contacts SET " + change, "PV004");
  refused(story.root, "DELETE FROM contacts", "PV004");
  refused(story.root, "TRUNCATE contacts CASCADE", "PV004");
}
