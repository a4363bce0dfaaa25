// The chain of hashes: what was written stays as it was, or everybody who looks can tell. The tampering is
// done as a superuser with the triggers off, because nobody else gets that far.
#include <thread>

#include "tests/register/story.h"

using namespace portavoz;
using namespace portavoz::test;
using Catch::Contains;

namespace {

struct Finding {
  bool ok;
  std::int64_t entries;
  std::string head;
  std::string problem;
};

Finding verify(pg::Connection& connection, const pg::Connection::Param& kept_head = std::nullopt) {
  const auto rows = must(connection.query("SELECT * FROM audit_verify($1)", {kept_head}));
  return {rows.boolean(0, "ok"), rows.integer(0, "entries"), std::string(rows.text(0, "head")),
          std::string(rows.text(0, "problem"))};
}

void tamper(Story& story, const std::string& sql) {
  must(story.root.exec("SET session_replication_role = replica; " + sql +
                       "; SET session_replication_role = origin"));
}

// A register with some history.
class Lived : public Story {
 public:
  Lived() {
    designated("Asamblea Norte", "norte@example.org");
    reported("Asamblea Sur", "sur@example.org");
    must(alba.query("SELECT suspend(1, 'stolen mailbox')"));
  }
};

}  // namespace

TEST_CASE("an untouched chain is whole, and each head that was kept is part of it") {
  Lived story;
  const auto early = verify(story.alba);
  CHECK(early.ok);
  CHECK(early.entries == number(story.root, "SELECT count(*) FROM audit"));
  must(story.alba.query("SELECT restore(1, 'mailbox is theirs again')"));
  const auto late = verify(story.alba, early.head);
  CHECK(late.ok);
  CHECK(late.entries > early.entries);
  CHECK(late.head != early.head);
  auto clerk = story.as("clerk1");
  CHECK(verify(clerk, std::string(64, '0')).ok);  // the head of an empty register
  refused(story.alba, "SELECT audit_verify('abc')", "PV001");
}

TEST_CASE("a rewritten entry is found, whichever field was rewritten") {
  Lived story;
  const auto seq = number(story.root, "SELECT min(seq) FROM audit WHERE action = 'decide'");
  for (const std::string change :
       {"detail = detail || '{\"kind\": \"approve\"}'", "account_id = account_id + 1", "actor = 'clerk'",
        "action = 'x'", "at = at + interval '1 microsecond'", "subject_id = subject_id + 1",
        "subject_kind = 'report'", "digests = '{}'"}) {
    must(story.root.exec("BEGIN"));
    tamper(story, "UPDATE audit SET " + change + " WHERE seq = " + std::to_string(seq));
    const auto finding = verify(story.root);
    INFO(change);
    CHECK_FALSE(finding.ok);
    CHECK(finding.entries == seq - 1);
    CHECK_THAT(finding.problem, Contains("Entry " + std::to_string(seq) + " was rewritten"));
    must(story.root.exec("ROLLBACK"));
  }
}

TEST_CASE("a rewritten entry whose hash was computed anew is found at the next one") {
  Lived story;
  tamper(story,
         "UPDATE audit SET action = 'x' WHERE seq = 5;"
         "UPDATE audit SET hash = audit_hash(previous, seq, at, actor, account_id, action, subject_kind, "
         "subject_id, "
         "detail, digests) WHERE seq = 5");
  const auto finding = verify(story.alba);
  CHECK_FALSE(finding.ok);
  CHECK_THAT(finding.problem, Contains("Entry 6 does not follow"));
}

TEST_CASE("a chain that was rewritten to its end is found by who kept a head") {
  Lived story;
  const auto kept = verify(story.alba).head;
  tamper(story, R"(
    UPDATE audit SET action = 'x' WHERE seq = 5;
    DO $$
    DECLARE
      e audit;
      last bytea := (SELECT hash FROM audit WHERE seq = 4);
    BEGIN
      FOR e IN SELECT * FROM audit WHERE seq >= 5 ORDER BY seq LOOP
        e.hash := audit_hash(last, e.seq, e.at, e.actor, e.account_id, e.action, e.subject_kind, e.subject_id, e.detail,
                             e.digests);
        UPDATE audit SET previous = last, hash = e.hash WHERE seq = e.seq;
        last := e.hash;
      END LOOP;
      UPDATE audit_head SET hash = last;
    END $$)");
  CHECK(verify(story.alba).ok);
  const auto finding = verify(story.alba, kept);
  CHECK_FALSE(finding.ok);
  CHECK_THAT(finding.problem, Contains("not part of the chain"));
}

TEST_CASE("a removed entry is found") {
  Lived story;
  tamper(story, "DELETE FROM audit WHERE seq = 4");
  const auto finding = verify(story.alba);
  CHECK_FALSE(finding.ok);
  CHECK(finding.problem == "Entry 4 is missing.");
}

TEST_CASE("a cut tail is found by the head row, and by a kept head where that was cut too") {
  Lived story;
  const auto kept = verify(story.alba);
  const std::string last = std::to_string(kept.entries);
  tamper(story, "DELETE FROM audit WHERE seq = " + last);
  CHECK_THAT(verify(story.alba).problem, Contains("Entry " + last + " is missing"));
  must(story.root.exec(
      "UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1)"));
  CHECK(verify(story.alba).ok);
  const auto finding = verify(story.alba, kept.head);
  CHECK_FALSE(finding.ok);
  CHECK_THAT(finding.problem, Contains("not part of the chain"));
}

TEST_CASE(
    "a personal value that was rewritten where it stands is found; an erased one leaves the chain whole") {
  Lived story;
  must(story.root.exec("BEGIN"));
  tamper(story, "UPDATE decisions SET reason = 'another reason' WHERE kind = 'vouch'");
  CHECK_THAT(verify(story.root).problem, Contains("The reason of decision:"));
  must(story.root.exec("ROLLBACK"));
  const auto kept = verify(story.alba).head;
  tamper(
      story,
      "UPDATE decisions SET reason = NULL, salt = NULL; UPDATE confirmations SET reason = NULL, salt = NULL;"
      "UPDATE contacts SET address = NULL, logins = '{}', salt = NULL, state = 'retired'");
  CHECK(verify(story.alba, kept).ok);
  CHECK(number(story.root, "SELECT count(*) FROM history WHERE detail::text LIKE '%norte@example.org%'") ==
        0);
}

TEST_CASE("personal values stand in the chain as salted digests only") {
  Lived story;
  for (const std::string value :
       {"norte@example.org", "sur@example.org", "stolen mailbox", "alba", "admin@listas"})
    CHECK(number(story.root, "SELECT count(*) FROM audit AS a WHERE a::text LIKE '%" + value + "%'") == 0);
  CHECK(number(story.root, "SELECT count(*) FROM audit WHERE digests ? 'address'") >= 2);
}

TEST_CASE("everything that counts leaves an entry, with who did it") {
  Story story;
  must(story.alba.query("SELECT list_guideline_set($1, 'es', 'sé breve')", {list_address}));
  const auto report = story.reported("Asamblea Norte", "norte@example.org");
  must(story.bruno.query("SELECT approve($1, 'seen')", {std::to_string(report)}));
  must(story.bruno.query("SELECT record_held('drop', 'q', 'l', 'spam')"));
  must(story.root.exec("SELECT account_disable('bruno')"));
  const auto trail = value(story.alba,
                           "SELECT string_agg(action || ' ' || actor, ', ' ORDER BY seq) FROM history "
                           "WHERE action <> 'account-add' AND action <> 'list-address-add'");
  CHECK(trail ==
        "list-add alba, list-guideline-set alba, assembly-add alba, apply alba, confirm alba, move alba, "
        "report verifier, move verifier, decide bruno, move bruno, held bruno, account-change owner");
}

TEST_CASE("entries cannot be forged: place, author and hash are set by the chain, for the owner too") {
  Lived story;
  must(story.root.query(
      "INSERT INTO audit (seq, at, actor, action, subject_kind, subject_id, detail, digests, previous, "
      "hash) VALUES (99, '2001-01-01', 'alba', 'x', 'list', 1, '{}', '{}', '\\x00', '\\x00')"));
  CHECK(verify(story.alba).ok);
  CHECK(value(story.root, "SELECT actor FROM audit ORDER BY seq DESC LIMIT 1") == "owner");
}

TEST_CASE("entries that are written at once are one chain") {
  Story story;
  constexpr int writers = 4;
  constexpr int each = 15;
  const auto before = verify(story.alba).entries;
  std::vector<pg::Connection> connections;
  for (int i = 0; i < writers; ++i) connections.push_back(story.as(i % 2 == 0 ? "alba" : "bruno"));
  std::vector<int> done(writers);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < writers; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < each; ++n) {
        const auto id = std::to_string(i) + "-" + std::to_string(n);
        const auto made =
            connections[i].query("SELECT apply_for($1, $2, $3, 'https://a.example/', '{}', 'es')",
                                 {list_address, "Asamblea " + id, "a" + id + "@example.org"});
        done[i] += made ? 1 : 0;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(done == std::vector<int>(writers, each));
  const auto after = verify(story.alba);
  CHECK(after.ok);
  CHECK(after.entries == before + 2 * writers * each);  // each application names a new assembly too
}
