// Rule: only a decision changes what counts as proof. What a contact applied with is what was approved with
// it; later changes are decisions of their own, under the two-person rule as designations are.
#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

std::string change(std::int64_t contact, const std::string& proof, const std::string& reason = "they moved") {
  return "SELECT * FROM change_proof(" + std::to_string(contact) + ", " + proof + ", '" + reason + "')";
}

const std::string new_proof = "'{norte2}', '{norte.example}', false, false";
const std::string other_proof = "'{norte2}', '{eva.example}', false, false";

// The proof of contact 1 in words, as the roll has it.
std::string proof_in_force(Story& story) {
  return value(story.root,
               "SELECT proof_in_words(logins, signing_domains, spf, shared) FROM roll_contacts WHERE "
               "contact_id = 1");
}

// The owner's own code, run by an admin: what the triggers must stop by themselves.
void let_admins_try(Story& story) {
  must(story.root.exec(R"(
    CREATE FUNCTION portavoz.test_set(change text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = portavoz, pg_temp AS $$
    BEGIN EXECUTE 'UPDATE contacts SET ' || change || ' WHERE contact_id = 1'; END $$;
    CREATE FUNCTION portavoz.test_decide(kind text, contact bigint, proof proof, takes_effect boolean) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = portavoz, pg_temp AS $$
      INSERT INTO decisions (kind, contact_id, account_id, reason, at, stage, takes_effect, proof)
      VALUES (kind, contact, 1, 'x', now(), 0, takes_effect, proof) RETURNING decision_id $$;
    ALTER FUNCTION portavoz.test_set OWNER TO portavoz_owner;
    ALTER FUNCTION portavoz.test_decide OWNER TO portavoz_owner;
    GRANT EXECUTE ON FUNCTION portavoz.test_set, portavoz.test_decide TO PUBLIC)"));
}

std::string set(const std::string& assignments) { return "SELECT test_set($t$" + assignments + "$t$)"; }

std::string decided(Story& story, const std::string& kind, const std::string& proof,
                    const std::string& takes_effect = "true", const std::string& contact = "1") {
  return value(story.alba,
               "SELECT test_decide('" + kind + "', " + contact + ", " + proof + ", " + takes_effect + ")");
}

const std::string whole =
    "logins = '{norte2}', signing_domains = '{norte.example}', spf = false, shared = false";
const std::string whole_row = "ROW('{norte2}', '{norte.example}', false, false)::proof";

}  // namespace

TEST_CASE("an application's signing domain is the address's own, unless it says otherwise") {
  Story story;
  const auto apply = [&](const std::string& address, const std::string& more) {
    must(story.alba.query("SELECT apply_for('avisos@listas.example', 'A', '" + address +
                          "', 'https://a.example/', '{b,a,b}', NULL" + more + ")"));
    return value(story.alba, "SELECT proof FROM contacts_overview ORDER BY contact_id DESC LIMIT 1");
  };
  CHECK(apply("a@norte.example", "") == "login a, b; DKIM by norte.example");
  CHECK(apply("\"a@b\"@norte.example", "") == "login a, b; DKIM by norte.example");
  CHECK(apply("a@norte.example", ", '{}'") == "login a, b");
  CHECK(apply("a@norte.example", ", '{z.example,y.example}', true") ==
        "login a, b; DKIM by y.example, z.example; SPF alone");
  CHECK(apply("a@norte.example", ", NULL, false, true") ==
        "login a, b; DKIM by norte.example together with SPF (shared provider)");
  auto anybody = story.as("public1");
  must(anybody.query(
      "SELECT apply_public('avisos@listas.example', 'B', 'b@sur.example', 'https://b.example/', 'es')"));
  CHECK(value(story.alba, "SELECT proof FROM contacts_overview ORDER BY contact_id DESC LIMIT 1") ==
        "DKIM by sur.example");
  must(anybody.query(
      "SELECT apply_public('avisos@listas.example', 'B', 'b@github.io', 'https://b.example/', 'es', false)"));
  CHECK(value(story.alba, "SELECT proof FROM contacts_overview ORDER BY contact_id DESC LIMIT 1") == "none");
}

TEST_CASE("what is no signing domain is refused, when applying and when changing") {
  Story story;
  story.designated("Norte", "norte@example.org");
  struct Row {
    const char* name;
    const char* domains;
  };
  for (const Row& row : {Row{"one label", "{example}"}, Row{"capitals", "{Norte.example}"},
                         Row{"a U-label", "{ñandú.example}"}, Row{"a trailing dot", "{norte.example.}"},
                         Row{"an empty label", "{norte..example}"}, Row{"an address", "{a@norte.example}"},
                         Row{"a wildcard", "{*.norte.example}"}, Row{"a blank", "{\"norte .example\"}"},
                         Row{"a line feed", "{\"norte.example\n\"}"}, Row{"an IP address", "{192.0.2.1}"},
                         Row{"empty", "{\"\"}"}, Row{"null", "{NULL}"}, Row{"a hyphen first", "{-a.example}"},
                         Row{"an underscore", "{_a.example}"}}) {
    INFO(row.name);
    for (const char* call :
         {"SELECT apply_for('avisos@listas.example', 'A', 'a@b.example', 'https://b.example/', "
          "'{}', 'es', $1)",
          "SELECT change_proof(1, '{}', $1, false, false, 'x')"}) {
      const auto result = story.alba.query(call, {std::string(row.domains)});
      REQUIRE_FALSE(result.has_value());
      CHECK(story.alba.last_sqlstate() == "PV001");
    }
  }
  std::string many;
  for (int i = 0; i < 10; ++i) many += "d" + std::to_string(i) + ".example,";
  must(story.alba.query(
      change(1, "'{}', '{" + many + "d0.example}', false, false")));  // ten, one of them twice
  refused(story.alba, change(1, "'{}', '{" + many + "d10.example}', false, false"), "PV001");
  refused(story.alba, change(1, "'{\"\"}', '{}', false, false"), "PV001");
  refused(story.alba, change(1, "'{NULL}', '{}', false, false"), "PV001");
  CHECK_THAT(refused(story.alba, change(1, "'{}', '{a.example}', true, true"), "PV001"),
             Contains("strangers share"));
  // The table itself refuses what no function let through.
  must(story.root.exec("SET session_replication_role = replica"));
  refused(story.root, "UPDATE contacts SET spf = true, shared = true", "23514");
  refused(story.root, "UPDATE contacts SET signing_domains = '{UK}'", "23514");
}

TEST_CASE("an admin changes the proof with a reason, and sees what it was") {
  Story story;
  story.designated("Norte", "norte@example.org");
  const auto since = value(story.root, "SELECT state_since FROM contacts");
  CHECK(proof_in_force(story) == "login login; DKIM by example.org");
  const auto done = must(story.alba.query(change(1, new_proof, "new provider")));
  CHECK(done.text(0, "before") == "login login; DKIM by example.org");
  CHECK(done.text(0, "after") == "login norte2; DKIM by norte.example");
  CHECK(done.text(0, "state") == "designated");
  CHECK(done.integer(0, "deciders_missing") == 0);
  CHECK(proof_in_force(story) == "login norte2; DKIM by norte.example");

  const auto seen = must(story.alba.query("SELECT * FROM contacts_overview"));
  CHECK(seen.text(0, "decision_kind") == "vouch");  // what designated it is as it was
  CHECK(seen.integer(0, "decision_id") == 1);
  CHECK(seen.integer(0, "proof_decision_id") == done.integer(0, "decision_id"));
  CHECK(seen.text(0, "proof_decided_by") == "alba");
  CHECK(seen.text(0, "proof_reason") == "new provider");
  CHECK(seen.is_null(0, "proof_waits"));
  CHECK(value(story.root, "SELECT state_since FROM contacts") == since);
  auto anybody = story.as("public1");
  CHECK(value(anybody, "SELECT how FROM public_contacts") == "vouched");
}

TEST_CASE("a change of the proof that is none, or of a contact that may not post, is refused") {
  Story story;
  const auto applied = story.apply("Sur", "sur@example.org");
  CHECK_THAT(refused(story.alba, change(applied, new_proof), "PV003"),
             Contains("is applied") && Contains("designated or lapsing"));
  const auto contact = story.designated("Norte", "norte@example.org");
  CHECK_THAT(refused(story.alba, change(contact, "'{login}', '{example.org}', false, false"), "PV003"),
             Contains("has this proof already: login login; DKIM by example.org"));
  refused(story.alba, change(contact, new_proof, " "), "PV001");
  refused(story.alba, change(99, new_proof), "PV002");
  refused(story.alba, "SELECT change_proof(NULL, '{}', '{}', false, false, 'x')", "PV002");
  auto carla = story.as("carla");
  refused(carla, change(contact, new_proof), "PV004");  // an admin without an account
  must(story.alba.query("SELECT suspend($1, 'stolen')", {std::to_string(contact)}));
  refused(story.alba, change(contact, new_proof), "PV003");
  CHECK(number(story.root, "SELECT count(*) FROM decisions WHERE kind = 'change-proof'") == 0);
}

TEST_CASE("on a two-person list two admins say the same proof before it is in force") {
  Story story(2);
  story.confirmed("Norte", "norte@example.org");
  must(story.alba.query("SELECT vouch(1, 'x')"));
  must(story.bruno.query("SELECT vouch(1, 'x')"));
  const std::string before = proof_in_force(story);

  CHECK(must(story.alba.query(change(1, new_proof))).integer(0, "deciders_missing") == 1);
  CHECK(proof_in_force(story) == before);
  const auto waits = value(story.bruno, "SELECT proof_waits FROM contacts_overview");
  CHECK_THAT(waits, Contains("\"by\": \"alba\"") && Contains("norte.example"));
  CHECK_THAT(refused(story.alba, change(1, new_proof), "PV003"), Contains("two different admins"));

  // Another proof is another matter: it does not count for the first one.
  CHECK(must(story.bruno.query(change(1, other_proof))).integer(0, "deciders_missing") == 1);
  CHECK(proof_in_force(story) == before);
  // Bruno changes his mind, with the domains in another order and twice: it is the same proof.
  const auto agreed =
      must(story.bruno.query(change(1, "'{norte2,norte2}', '{norte.example,norte.example}', false, false")));
  CHECK(agreed.integer(0, "deciders_missing") == 0);
  CHECK(proof_in_force(story) == "login norte2; DKIM by norte.example");
  CHECK(value(story.alba, "SELECT proof_decided_by FROM contacts_overview") == "alba, bruno");
  CHECK(value(story.alba, "SELECT proof_waits FROM contacts_overview").empty());
}

TEST_CASE("of the two deciders only the last word counts, and only while the account is enabled") {
  Story story(2);
  story.confirmed("Norte", "norte@example.org");
  must(story.alba.query("SELECT vouch(1, 'x')"));
  must(story.bruno.query("SELECT vouch(1, 'x')"));
  must(story.alba.query(change(1, new_proof)));
  must(story.alba.query(change(1, other_proof)));  // alba took the first one back
  CHECK(must(story.bruno.query(change(1, new_proof))).integer(0, "deciders_missing") == 1);
  must(story.root.exec("SELECT account_disable('alba')"));
  CHECK(must(story.bruno.query(change(1, other_proof))).integer(0, "deciders_missing") == 1);
  must(story.root.exec("SELECT account_add('alba', 'Alba')"));
  CHECK(must(story.alba.query(change(1, new_proof))).integer(0, "deciders_missing") == 1);
  CHECK(must(story.alba.query(change(1, other_proof))).integer(0, "deciders_missing") == 0);
}

TEST_CASE("what was said about an older proof does not count for the next one") {
  Story story(2);
  story.confirmed("Norte", "norte@example.org");
  must(story.alba.query("SELECT vouch(1, 'x')"));
  must(story.bruno.query("SELECT vouch(1, 'x')"));
  must(story.alba.query(change(1, new_proof)));
  must(story.bruno.query(change(1, new_proof)));
  must(story.alba.query(change(1, other_proof)));
  must(story.bruno.query(change(1, other_proof)));
  // Both wanted new_proof once. To have it again both must say so again.
  CHECK(must(story.bruno.query(change(1, new_proof))).integer(0, "deciders_missing") == 1);
  CHECK(proof_in_force(story) == "login norte2; DKIM by eva.example");
}

TEST_CASE("without a decision that says exactly this, no proof changes, whoever writes") {
  Story story;
  story.designated("Norte", "norte@example.org");
  const auto other = story.designated("Sur", "sur@example.org");
  let_admins_try(story);
  const std::string before = proof_in_force(story);
  const auto with = [](const std::string& decision) {
    return set(whole + ", proof_decision_id = " + decision);
  };

  for (const std::string& assignments :
       {std::string("logins = '{eva}'"), std::string("signing_domains = '{eva.example}'"),
        std::string("spf = true"), std::string("shared = true"), std::string("proof_decision_id = 1"), whole})
    refused(story.alba, set(assignments), "PV004");
  INFO("a superuser's own UPDATE");
  refused(story.root, "UPDATE contacts SET signing_domains = '{eva.example}' WHERE contact_id = 1", "PV004");
  INFO("the decision that designated it");
  refused(story.alba, with("1"), "PV004");
  INFO("a decision about another contact");
  refused(story.alba, with(decided(story, "change-proof", whole_row, "true", std::to_string(other))),
          "PV004");
  INFO("a decision that has no effect");
  refused(story.alba, with(decided(story, "change-proof", whole_row, "false")), "PV004");
  INFO("a decision that says another proof");
  const auto wrong = decided(story, "change-proof", "ROW('{norte2}', '{sur.example}', false, false)::proof");
  refused(story.alba, with(wrong), "PV004");
  const auto right = decided(story, "change-proof", whole_row);
  INFO("together with a move, or with another designation");
  refused(story.alba, set(whole + ", state = 'suspended', proof_decision_id = " + right), "PV004");
  refused(story.alba, set(whole + ", decision_id = 2, proof_decision_id = " + right), "PV004");
  refused(story.alba, set(whole + ", stage = 1, proof_decision_id = " + right), "PV004");
  refused(story.alba, set(whole + ", state_since = now(), proof_decision_id = " + right), "PV004");
  INFO("together with what a contact applied with");
  refused(story.alba, set(whole + ", address = 'eva@example.org', proof_decision_id = " + right), "PV004");
  refused(story.alba, set(whole + ", evidence_url = 'https://eva.example/', proof_decision_id = " + right),
          "PV004");
  INFO("by who is no admin");
  for (const std::string login : {"clerk1", "verifier1", "gate1", "door1", "public1"}) {
    auto connection = story.as(login);
    refused(connection, with(right), "PV004");
  }
  CHECK(proof_in_force(story) == before);

  must(story.alba.query(with(right)));
  CHECK(proof_in_force(story) == "login norte2; DKIM by norte.example");
  INFO("the same decision a second time");
  must(story.alba.query(change(1, other_proof)));
  refused(story.alba, with(right), "PV004");
  INFO("while it may not post");
  must(story.alba.query("SELECT suspend(1, 'x')"));
  const auto late = decided(story, "change-proof", whole_row);
  refused(story.alba, with(late), "PV004");
}

TEST_CASE("the owner's own code cannot change the proof on a two-person list by one admin's word") {
  Story story(2);
  story.confirmed("Norte", "norte@example.org");
  must(story.alba.query("SELECT vouch(1, 'x')"));
  must(story.bruno.query("SELECT vouch(1, 'x')"));
  let_admins_try(story);
  const auto mine = decided(story, "change-proof", whole_row);
  CHECK_THAT(refused(story.alba, set(whole + ", proof_decision_id = " + mine), "PV003"),
             Contains("2 different admins"));
}

TEST_CASE("a decision carries a proof if it changes one, and else none") {
  Story story;
  story.designated("Norte", "norte@example.org");
  let_admins_try(story);
  refused(story.alba, "SELECT test_decide('change-proof', 1, NULL, true)", "23514");
  refused(story.alba, "SELECT test_decide('change-proof', 1, ROW('{}', NULL, false, false)::proof, true)",
          "23514");
  refused(story.alba, "SELECT test_decide('suspend', 1, " + whole_row + ", true)", "23514");
}

TEST_CASE("a contact begins with no decision about its proof") {
  Story story;
  story.designated("Norte", "norte@example.org");
  refused(story.root,
          "INSERT INTO contacts (list_id, assembly_id, address, evidence_url, language, proof_decision_id) "
          "VALUES "
          "(1, 1, 'x@example.org', 'https://x.example/', 'es', 1)",
          "PV003");
}

TEST_CASE(
    "each change of a proof stands in the history, with the logins of its time, and the chain stays whole") {
  Story story;
  story.designated("Norte", "norte@example.org");
  must(story.alba.query(change(1, new_proof, "new provider")));
  must(story.alba.query(change(1, "'{}', '{norte.example}', true, false")));
  CHECK(value(story.alba, "SELECT (audit_verify()).ok") == "true");

  const auto detail = [&](const std::string& which) {
    return value(story.alba, "SELECT detail FROM history WHERE " + which);
  };
  CHECK_THAT(detail("action = 'apply'"),
             Contains("\"logins\": [\"login\"]") && Contains("[\"example.org\"]"));
  const auto entries =
      must(story.alba.query("SELECT detail::text FROM history WHERE action = 'proof' ORDER BY seq"));
  REQUIRE(entries.size() == 2);
  CHECK_THAT(std::string(entries.text(0, "detail")), Contains("\"logins\": [\"norte2\"]") &&
                                                         Contains("[\"norte.example\"]") &&
                                                         Contains("\"spf\": false"));
  CHECK_THAT(std::string(entries.text(1, "detail")), Contains("\"logins\": []") && Contains("\"spf\": true"));
  CHECK_THAT(detail("action = 'decide' AND detail ->> 'reason' = 'new provider'"),
             Contains("\"kind\": \"change-proof\"") && Contains("\"logins\": [\"norte2\"]"));

  const auto tampered = [&](const std::string& sql) {
    must(story.root.exec("BEGIN; SET session_replication_role = replica; " + sql));
    const auto problem = value(story.root, "SELECT (audit_verify()).problem");
    must(story.root.exec("ROLLBACK"));
    return problem;
  };
  // The logins in force, those of before, those that were decided: each is somewhere in the chain.
  CHECK_THAT(tampered("UPDATE contacts SET logins = '{eva}'"), Contains("The logins of contact:1"));
  CHECK_THAT(tampered("UPDATE contacts SET logins = '{norte2}'"), Contains("The logins of contact:1"));
  CHECK_THAT(
      tampered(
          "UPDATE decisions SET replaced = ROW('{eva}', '{}', false, false)::proof WHERE replaced IS NOT "
          "NULL AND (replaced).logins = '{login}'"),
      Contains("The logins of contact:1"));
  CHECK_THAT(
      tampered("UPDATE decisions SET proof = ROW('{eva}', '{}', false, false)::proof WHERE (proof).logins = "
               "'{norte2}'"),
      Contains("The logins of decision:"));
  // Erased with their salts they leave the chain whole.
  CHECK(tampered("UPDATE contacts SET address = NULL, logins = '{}', salt = NULL, state = 'retired'; UPDATE "
                 "decisions "
                 "SET reason = NULL, salt = NULL, proof = NULL, replaced = NULL")
            .empty());
}

TEST_CASE("a change of a proof is told to the rolls at COMMIT; half of one is not") {
  Story story(2);
  story.confirmed("Norte", "norte@example.org");
  must(story.alba.query("SELECT vouch(1, 'x')"));
  must(story.bruno.query("SELECT vouch(1, 'x')"));
  auto gate = story.as("gate1");
  must(gate.exec("LISTEN portavoz_roll"));
  must(story.alba.query(change(1, new_proof)));
  must(gate.exec("SELECT 1"));
  CHECK_FALSE(gate.wait_notification(Millis{0}));
  must(story.bruno.query(change(1, new_proof)));
  CHECK(gate.wait_notification(Millis{20'000}));
}

TEST_CASE("a list holds what is not proven when it is told to, with a reason") {
  Story story;
  CHECK(value(story.alba, "SELECT holds_unproven FROM lists_overview") == "false");
  auto gate = story.as("gate1");
  must(gate.exec("LISTEN portavoz_roll"));
  must(story.alba.query("SELECT list_hold('avisos-es@listas.example', true, 'providers without DKIM')"));
  CHECK(gate.wait_notification(Millis{20'000}));
  CHECK(value(gate, "SELECT holds_unproven FROM roll_lists") == "true");
  CHECK_THAT(refused(story.alba, "SELECT list_hold('avisos@listas.example', true, 'x')", "PV003"),
             Contains("already"));
  refused(story.alba, "SELECT list_hold('avisos@listas.example', false, ' ')", "PV001");
  refused(story.alba, "SELECT list_hold('avisos@listas.example', NULL, 'x')", "PV001");
  refused(story.alba, "SELECT list_hold('none@listas.example', true, 'x')", "PV002");
  auto carla = story.as("carla");
  refused(carla, "SELECT list_hold('avisos@listas.example', false, 'x')", "PV004");
  CHECK_THAT(value(story.alba, "SELECT detail FROM history WHERE action = 'list-hold'"),
             Contains("providers without DKIM") && Contains("\"holds_unproven\": true"));
  refused(story.root, "UPDATE list_changes SET reason = reason", "PV004");
  must(story.alba.query(
      "SELECT list_add('otra@listas.example', NULL, '{es}', 'admin@listas.example', 1, true)"));
  CHECK(value(story.alba, "SELECT holds_unproven FROM lists_overview WHERE posting_address LIKE 'otra%'") ==
        "true");
  CHECK(value(story.alba, "SELECT (audit_verify()).ok") == "true");
}

TEST_CASE("a register from before keeps each contact's proof: its logins, and nothing that nobody approved") {
  shared_cluster();
  Database database;
  auto root = database.superuser();
  const auto all = real_migrations();
  constexpr std::size_t before = 10;
  REQUIRE(all.at(before).name == "0011-proof.sql");
  must(pg::migrate(root, {all.begin(), all.begin() + before}));
  must(root.exec("SELECT portavoz.account_add('alba', 'Alba')"));
  auto alba = database.as("alba");
  must(alba.exec(
      "SELECT list_add('avisos@listas.example', NULL, '{es}', 'admin@listas.example', 1);"
      "SELECT apply_for('avisos@listas.example', 'Norte', 'norte@example.org', 'https://n.example/', "
      "'{z,a}', NULL); SELECT confirm(1, 'x'); SELECT vouch(1, 'x')"));
  const auto head = value(alba, "SELECT (audit_verify()).head");

  must(pg::migrate(root, all));
  CHECK(value(alba, "SELECT proof FROM contacts_overview") == "login z, a");
  CHECK(value(alba, "SELECT (audit_verify('" + head + "')).ok") == "true");
  CHECK(value(alba, "SELECT detail ->> 'logins' FROM history WHERE action = 'apply'") == R"(["z", "a"])");
  must(alba.query(change(1, "'{a,z}', '{example.org}', false, false")));
  CHECK(value(alba, "SELECT proof FROM contacts_overview") == "login a, z; DKIM by example.org");
  CHECK(value(alba, "SELECT (audit_verify('" + head + "')).ok") == "true");
}
