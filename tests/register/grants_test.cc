// Rule: only a decision designates, and the roles' grants see to it. Each of these statements must be refused
// by PostgreSQL itself, as insufficient privilege.
#include <algorithm>
#include <map>

#include "tests/register/story.h"

using namespace portavoz::test;

namespace {

struct Row {
  std::string login;
  std::string statement;
};

const std::vector<Row> forbidden{
    // The verifier writes reports and nothing else.
    {"verifier1", "SELECT approve(1, 'x')"},
    {"verifier1", "SELECT vouch(1, 'x')"},
    {"verifier1", "SELECT reject(1, 'x')"},
    {"verifier1", "SELECT restore(1, 'x')"},
    {"verifier1", "SELECT confirm(1, 'x')"},
    {"verifier1", "SELECT decide('vouch', 1, NULL, 'x')"},
    {"verifier1", "SELECT request_check(1)"},
    {"verifier1", "SELECT * FROM decisions"},
    {"verifier1",
     "INSERT INTO decisions (kind, contact_id, account_id, reason, at, stage, takes_effect) "
     "VALUES ('vouch', 1, 1, 'x', now(), 1, true)"},
    {"verifier1", "INSERT INTO reports (check_id) VALUES (1)"},
    {"verifier1", "UPDATE contacts SET state = 'designated'"},
    {"verifier1", "SELECT * FROM contacts"},
    {"verifier1", "SELECT * FROM contacts_overview"},
    {"verifier1", "SELECT * FROM history"},
    {"verifier1", "SELECT audit_verify()"},
    {"verifier1", "SELECT record_verdicts('[]')"},
    {"verifier1", "SELECT change_proof(1, '{}', '{}', false, false, 'x')"},
    {"verifier1", "SELECT record_posted('l', '{}')"},
    {"verifier1", "SELECT note_roll('h', '{}')"},
    {"verifier1", "SELECT publish_seal_key('k', 'p', 'h')"},
    {"verifier1", "SELECT * FROM roll_marks"},
    {"verifier1", "SELECT robots_rule('a.example', true, 'x')"},
    {"verifier1", "UPDATE checks SET due_at = now()"},
    {"verifier1", "SELECT * FROM sites"},
    {"verifier1", "SELECT * FROM sites_overview"},
    {"verifier1", "SELECT * FROM evidence_overview"},
    {"verifier1", "SELECT * FROM evidence_files"},
    {"verifier1", "INSERT INTO evidence_files (report_id) VALUES (1)"},
    {"verifier1", "SELECT last_approved_report(1)"},
    // The gate reads the roll and appends verdicts.
    {"gate1", "SELECT * FROM contacts"},
    {"gate1", "SELECT * FROM contacts_overview"},
    {"gate1", "SELECT * FROM reports"},
    {"gate1", "SELECT * FROM reports_overview"},
    {"gate1", "SELECT * FROM decisions"},
    {"gate1", "SELECT * FROM verdicts"},
    {"gate1", "SELECT * FROM accounts"},
    {"gate1", "INSERT INTO contacts (list_id) VALUES (1)"},
    {"gate1", "UPDATE contacts SET state = 'designated'"},
    {"gate1", "DELETE FROM contacts"},
    {"gate1",
     "INSERT INTO verdicts (id, at, host, rule, verdict) VALUES (gen_random_uuid(), now(), 'h', 'r', "
     "'accept')"},
    {"gate1", "DELETE FROM verdicts"},
    {"gate1", "INSERT INTO roll_lists (posting_address) VALUES ('a@b.example')"},
    {"gate1", "SELECT vouch(1, 'x')"},
    {"gate1", "SELECT apply_public('a', 'b', 'c', 'd', 'e')"},
    {"gate1", "SELECT claim_checks('w', 1, '1 minute')"},
    {"gate1", "SELECT give_back_checks('w', '{1}', '{1}', '0', 'x')"},
    {"gate1", "SELECT note_sites('[]')"},
    {"gate1", "SELECT evidence_in_use()"},
    {"gate1", "SELECT * FROM site_rules"},
    // It looks at marks and keys; recording and publishing are for others.
    {"gate1", "SELECT record_posted('l', '{}')"},
    {"gate1", "INSERT INTO marks (list_id, mark) VALUES (1, repeat('0', 32))"},
    {"gate1", "DELETE FROM marks"},
    {"gate1", "SELECT * FROM marks"},
    {"gate1", "SELECT publish_seal_key('k', 'p', 'h')"},
    {"gate1", "SELECT retire_seal_key('k', 'x')"},
    {"gate1", "SELECT * FROM seal_keys"},
    {"gate1", "SELECT * FROM roll_hosts"},
    {"gate1", "SELECT * FROM roll_sightings"},
    {"gate1", "SELECT change_proof(1, '{}', '{}', false, false, 'x')"},
    {"gate1", "SELECT list_hold('l', true, 'x')"},
    // The door reads, and records what it handed over.
    {"door1", "INSERT INTO marks (list_id, mark) VALUES (1, repeat('0', 32))"},
    {"door1", "DELETE FROM marks"},
    {"door1", "SELECT note_roll('h', '{}')"},
    {"door1", "SELECT publish_seal_key('k', 'p', 'h')"},
    {"door1", "SELECT retire_seal_key('k', 'x')"},
    {"door1", "SELECT * FROM roll_hosts"},
    {"door1", "SELECT change_proof(1, '{}', '{}', false, false, 'x')"},
    {"door1", "SELECT record_verdicts('[]')"},
    {"door1", "SELECT record_held('release', '1', 'l', 'x')"},
    {"door1", "INSERT INTO held_actions (action) VALUES ('drop')"},
    {"door1", "UPDATE contacts SET state = 'designated'"},
    {"door1", "UPDATE roll_lists SET admin_address = NULL"},
    {"door1", "SELECT * FROM contacts"},
    {"door1", "SELECT * FROM verdicts"},
    // The public reads its view and applies.
    {"public1", "SELECT * FROM contacts"},
    {"public1", "SELECT * FROM contacts_overview"},
    {"public1", "SELECT * FROM reports"},
    {"public1", "SELECT * FROM report_detail"},
    {"public1", "SELECT * FROM accounts"},
    {"public1", "SELECT * FROM verdicts"},
    {"public1", "SELECT * FROM history"},
    {"public1", "SELECT * FROM roll_contacts"},
    {"public1", "SELECT * FROM roll_marks"},
    {"public1", "SELECT * FROM roll_seal_keys"},
    {"public1", "SELECT change_proof(1, '{}', '{}', false, false, 'x')"},
    {"public1", "SELECT record_posted('l', '{}')"},
    {"public1", "SELECT approve(1, 'x')"},
    {"public1", "SELECT vouch(1, 'x')"},
    {"public1", "SELECT confirm(1, 'x')"},
    {"public1", "SELECT apply('a', 'b', 'c', 'd', '{}', 'e', '{}', true, true)"},
    {"public1", "SELECT apply_for('a', 'b', 'c', 'd', '{}', 'e')"},
    {"public1", "INSERT INTO contacts (list_id) VALUES (1)"},
    // Admins decide through functions; no table is theirs.
    {"alba", "INSERT INTO contacts (list_id) VALUES (1)"},
    {"alba", "UPDATE contacts SET state = 'designated'"},
    {"alba", "DELETE FROM contacts"},
    {"alba", "INSERT INTO decisions (kind) VALUES ('vouch')"},
    {"alba", "UPDATE decisions SET reason = 'another'"},
    {"alba", "INSERT INTO audit (action) VALUES ('x')"},
    {"alba", "UPDATE audit SET detail = '{}'"},
    {"alba", "DELETE FROM audit"},
    {"alba", "TRUNCATE audit"},
    {"alba", "UPDATE audit_head SET seq = 0"},
    {"alba", "UPDATE accounts_overview SET enabled = true"},
    {"alba", "UPDATE accounts SET enabled = true"},
    {"alba", "UPDATE lists SET deciders = 1"},
    {"alba", "INSERT INTO contact_transitions VALUES ('applied', 'designated', 'admin', 'none')"},
    {"alba", "SELECT account_add('dora', 'Dora')"},
    {"alba", "SELECT account_disable('bruno')"},
    {"alba", "SELECT decide('vouch', 1, NULL, 'x')"},
    {"alba", "SELECT finish_check(1, 'w', 1, '{}')"},
    {"alba", "SELECT finish_check(1, 'w', 1, '{}', '{}')"},
    {"alba", "SELECT evidence_in_use()"},
    {"alba", "DELETE FROM evidence_files"},
    {"alba", "SELECT record_verdicts('[]')"},
    {"alba", "SELECT record_posted('l', '{}')"},
    {"alba", "SELECT note_roll('h', '{}')"},
    {"alba", "UPDATE contacts SET signing_domains = '{eva.example}'"},
    {"alba", "UPDATE lists SET holds_unproven = true"},
    {"alba", "INSERT INTO list_changes (list_id) VALUES (1)"},
    {"alba", "INSERT INTO seal_keys (key_id) VALUES ('x')"},
    {"alba", "UPDATE seal_keys SET retired_at = NULL"},
    {"alba", "DELETE FROM marks"},
    {"alba", "ALTER TABLE contacts DISABLE TRIGGER contact_moves"},
    {"alba", "DROP TRIGGER contact_moves ON contacts"},
    // The clerk moves by time and verifies the chain.
    {"clerk1", "SELECT * FROM outbox"},
    {"clerk1", "UPDATE page_watches SET misses = 0"},
    {"clerk1", "UPDATE page_watches SET domain_held_since = NULL"},
    {"clerk1", "SELECT tell(1, 'suspended', now(), now())"},
    {"clerk1", "SELECT approve(1, 'x')"},
    {"clerk1", "SELECT vouch(1, 'x')"},
    {"clerk1", "SELECT restore(1, 'x')"},
    {"clerk1", "SELECT suspend(1, 'x')"},
    {"clerk1", "SELECT change_proof(1, '{}', '{}', false, false, 'x')"},
    {"clerk1", "SELECT retire_seal_key('k', 'x')"},
    {"clerk1", "UPDATE contacts SET state = 'designated'"},
    {"clerk1", "SELECT * FROM contacts"},
    {"clerk1", "SELECT * FROM verdicts"},
};

}  // namespace

TEST_CASE("a grant that must not exist does not exist") {
  Register reg;
  std::map<std::string, portavoz::pg::Connection> connections;
  for (const std::string& login : all_logins) connections.emplace(login, reg.as(login));
  // ALTER and DROP say "must be owner", which has the same SQLSTATE.
  for (const Row& row : forbidden) refused(connections.at(row.login), row.statement, "42501");
}

TEST_CASE("no role can become another, or make objects beside the register's") {
  Register reg;
  for (const std::string& login : all_logins) {
    auto connection = reg.as(login);
    for (const std::string role : {"portavoz_owner", "portavoz_admin", "portavoz_gate", "portavoz_door",
                                   "portavoz_verifier", "portavoz_clerk", "portavoz_public", "bruno"}) {
      const std::string own = value(connection, "SELECT pg_has_role(session_user, '" + role + "', 'MEMBER')");
      if (own == "false") refused(connection, "SET ROLE " + role, "42501");
    }
    refused(connection, "SET SESSION AUTHORIZATION bruno", "42501");
    refused(connection, "CREATE TABLE portavoz.mine ()", "42501");
    refused(connection, "CREATE FUNCTION portavoz.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "42501");
    refused(connection,
            "CREATE OR REPLACE FUNCTION portavoz.acting_as() RETURNS text LANGUAGE sql AS 'SELECT ''x'''",
            "42501");
    refused(connection, "CREATE TABLE public.mine ()", "42501");
    refused(connection, "CREATE SCHEMA mine", "42501");
    refused(connection, "CREATE ROLE mine", "42501");
    refused(connection, "SELECT * FROM schema_migrations", "42501");
  }
}

TEST_CASE("the grants are exactly these") {
  Register reg;
  auto root = reg.superuser();
  const auto rows = must(root.query(R"(
    SELECT objects.object || ' ' || coalesce(r.rolname, 'PUBLIC') || ' ' || acl.privilege_type AS grant
      FROM (SELECT relname::text AS object, relacl AS acl, relowner AS owner FROM pg_class
             WHERE relnamespace = 'portavoz'::regnamespace AND relkind IN ('r', 'v', 'm', 'S', 'p')
            UNION ALL
            SELECT proname::text, coalesce(proacl, acldefault('f', proowner)), proowner FROM pg_proc
             WHERE pronamespace = 'portavoz'::regnamespace
            UNION ALL
            SELECT 'schema ' || nspname::text, nspacl, nspowner FROM pg_namespace WHERE nspname = 'portavoz') AS objects,
           LATERAL aclexplode(objects.acl) AS acl LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
     WHERE acl.grantee <> objects.owner
     ORDER BY (objects.object || ' ' || coalesce(r.rolname, 'PUBLIC') || ' ' || acl.privilege_type) COLLATE "C")"));
  std::vector<std::string> grants;
  for (std::size_t row = 0; row < rows.size(); ++row) grants.emplace_back(rows.text(row, "grant"));

  std::vector<std::string> expected;
  for (const std::string role : {"admin", "clerk", "door", "gate", "public", "verifier"})
    expected.push_back("schema portavoz portavoz_" + role + " USAGE");
  for (const std::string name :
       {"apply_for", "approve", "audit_verify", "change_proof", "confirm", "list_add", "list_guideline_set",
        "list_hold", "proof_in_words", "publish_seal_key", "record_held", "reject", "request_check",
        "restore", "retire", "retire_seal_key", "robots_rule", "suspend", "vouch"})
    expected.push_back(name + " portavoz_admin EXECUTE");
  expected.insert(expected.end(),
                  {"audit_verify portavoz_clerk EXECUTE",      "apply_public portavoz_public EXECUTE",
                   "claim_checks portavoz_verifier EXECUTE",   "finish_check portavoz_verifier EXECUTE",
                   "finish_check portavoz_verifier EXECUTE",   "evidence_in_use portavoz_verifier EXECUTE",
                   "take_turns portavoz_verifier EXECUTE",     "leave_sites portavoz_verifier EXECUTE",
                   "next_turn portavoz_verifier EXECUTE",      "give_back_checks portavoz_verifier EXECUTE",
                   "note_sites portavoz_verifier EXECUTE",     "site_rules portavoz_verifier SELECT",
                   "queue_overview portavoz_verifier SELECT",  "postpone_check portavoz_verifier EXECUTE",
                   "record_verdicts portavoz_gate EXECUTE",    "note_roll portavoz_gate EXECUTE",
                   "prune_roll_changes portavoz_gate EXECUTE", "roll_changes_since portavoz_gate EXECUTE",
                   "roll_source portavoz_gate EXECUTE",        "roll_state portavoz_gate EXECUTE",
                   "record_posted portavoz_door EXECUTE",      "move_by_time portavoz_clerk EXECUTE",
                   "recheck_rules portavoz_admin EXECUTE"});
  for (const std::string name :
       {"accounts_overview", "checks_overview", "contacts_overview", "evidence_overview", "history",
        "lists_overview", "outcomes_overview", "pages_to_look_at", "queue_overview", "report_detail",
        "reports_overview", "robots_overview", "roll_hosts", "seal_keys_overview", "sites_overview",
        "verdicts_overview", "watches_overview"})
    expected.push_back(name + " portavoz_admin SELECT");
  for (const std::string role : {"door", "gate"})
    for (const std::string name : {"roll_contacts", "roll_lists", "roll_marks", "roll_seal_keys"})
      expected.push_back(name + " portavoz_" + role + " SELECT");
  expected.emplace_back("public_contacts portavoz_public SELECT");
  std::sort(expected.begin(), expected.end());
  CHECK(grants == expected);
}

TEST_CASE("every function is the owner's and pins its search path; those that are granted run as the owner") {
  Register reg;
  auto root = reg.superuser();
  const auto loose = must(root.query(R"(
    SELECT proname::text AS name FROM pg_proc
     WHERE pronamespace = 'portavoz'::regnamespace
       AND (proowner <> 'portavoz_owner'::regrole
            OR proconfig IS DISTINCT FROM ARRAY['search_path=portavoz, pg_temp']
            OR (NOT prosecdef AND EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee <> proowner))))"));
  for (std::size_t row = 0; row < loose.size(); ++row) FAIL_CHECK(loose.text(row, "name"));
  CHECK(number(root, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'portavoz'::regnamespace") > 30);
  CHECK(number(root,
               "SELECT count(*) FROM pg_class WHERE relnamespace = 'portavoz'::regnamespace "
               "AND relowner <> 'portavoz_owner'::regrole") == 0);
}

TEST_CASE("a login with two of the register's roles, or none, can do nothing") {
  Story story;
  must(
      story.root.exec("CREATE ROLE two_roles LOGIN IN ROLE portavoz_admin, portavoz_verifier;"
                      "SELECT account_add('two_roles', 'Two')"));
  auto two = story.as("two_roles");
  CHECK_THAT(
      refused(two,
              "SELECT apply_for('avisos@listas.example', 'A', 'a@b.example', 'https://b.example/', '{}', '')",
              "PV004"),
      Catch::Contains("more than one"));
  must(story.root.exec("CREATE ROLE no_role LOGIN"));
  auto none = story.as("no_role");
  refused(none, "SELECT 1 FROM portavoz.public_contacts", "42501");
  must(story.root.exec("DROP ROLE two_roles; DROP ROLE no_role"));
}
