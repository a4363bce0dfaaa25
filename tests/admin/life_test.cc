#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("from an application to a post that is explained, by commands alone") {
  Desk desk;
  const auto applied =
      desk.ask({"apply", "--list", "Avisos-ES@Listas.example", "--assembly", "Asamblea del Norte",
                "--address", "Norte@Example.org", "--url", "https://norte.example/contacto", "--login",
                "norte", "--login", "norte2", "--language", "en"});
  const auto contact = std::to_string(applied.at("contact_id").get<int>());
  auto shown = desk.ask({"contacts"}).at("contacts").at(0);
  CHECK(shown.at("address") == "norte@example.org");
  CHECK(shown.at("list") == list_address);
  CHECK(shown.at("state") == "applied");
  CHECK(shown.at("logins") == nlohmann::json{"norte", "norte2"});

  const Ran confirmed = desk.run({"confirm", contact, "--reason", "they answered"});
  CHECK(confirmed.status == 0);
  CHECK(has(confirmed.out, "Next: `portavoz reports`"));
  CHECK(has(desk.run({"reports"}).out, "No report waits. `portavoz reports --all` shows the decided ones."));

  const auto report = std::to_string(desk.report(std::stoll(contact)));
  CHECK(desk.ask({"reports"}).at("reports").size() == 1);
  const Ran evidence = desk.run({"report", "show", report});
  CHECK(evidence.status == 0);
  for (const char* part :
       {"address     norte@example.org", "published   yes", "official    yes", "»norte@example.org«",
        "stands in a contact section", "norte, norte2", "e3/b0", "none yet", "portavoz approve "}) {
    CAPTURE(part, evidence.out);
    CHECK(has(evidence.out, part));
  }
  const auto detail = desk.ask({"report", "show", report}).at("report");
  CHECK(detail.at("published") == true);
  CHECK(detail.at("evidence").at(0).at("form") == "mailto");
  CHECK(detail.at("reasons").at(0) == "stands in a contact section");
  CHECK(detail.at("rivals").empty());
  CHECK(detail.at("decision_kind").is_null());

  const Ran approved = desk.run({"approve", report, "--reason", "the page names it"});
  CHECK(approved.status == 0);
  CHECK(has(approved.out,
            "norte@example.org (Asamblea del Norte) may post to avisos@listas.example from now on"));
  CHECK(has(approved.out, "knows within moments"));
  CHECK(desk.ask({"reports"}).at("reports").empty());
  CHECK(desk.ask({"reports", "--all"}).at("reports").at(0).at("decision_kind") == "approve");
  shown = desk.ask({"contacts", "--state", "designated", "--list", "avisos-es@listas.example"})
              .at("contacts")
              .at(0);
  CHECK(shown.at("decided_by") == "alba");
  CHECK(shown.at("reason") == "the page names it");
  CHECK(desk.ask({"list", "show", list_address}).at("list").at("may_post").at(0).at("address") ==
        "norte@example.org");

  // The gate's verdicts on a post of theirs and on one of somebody else.
  const auto decision = value(desk.root, "SELECT decision_id FROM contacts WHERE contact_id = " + contact);
  auto gate = desk.as("gate1");
  must(gate.query(
      "SELECT record_verdicts($1::jsonb)",
      {R"([{"id":"00000000-0000-4000-8000-000000000001","at":"2026-11-23T10:00:00Z","host":"mx1","queue_id":"4Bx1","message_id":"<1@norte.example>",)"
       R"("list":"avisos@listas.example","client":"192.0.2.1","mail_from":"norte@example.org","header_from":"norte@example.org",)"
       R"("login":"norte","rule":"proven-by-login","verdict":"accept","code":"250","contact_id":)" +
       contact + R"(,"decision_id":)" + decision +
       R"(,"proof":"login"},{"id":"00000000-0000-4000-8000-000000000002","at":"2026-11-23T10:01:00Z","host":"mx1","queue_id":"4Bx2",)"
       R"("message_id":"<2@x.example>","list":"avisos@listas.example","client":"192.0.2.1","mail_from":"x@x.example",)"
       R"("header_from":"x@x.example","login":"","rule":"not-designated","verdict":"reject","code":"550","contact_id":null,)"
       R"("decision_id":null,"proof":null}])"}));
  CHECK(desk.ask({"log", "--posts"}).at("posts").size() == 2);
  CHECK(desk.ask({"log", "--posts", "--limit", "1"}).at("posts").at(0).at("queue_id") == "4Bx2");
  for (const char* id : {"4Bx1", "1@norte.example", "<1@norte.example>"}) {
    CAPTURE(id);
    const auto verdicts = desk.ask({"explain", id}).at("verdicts");
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts.at(0).at("rule") == "proven-by-login");
    CHECK(verdicts.at(0).at("decided_by") == "alba");
    CHECK(verdicts.at(0).at("reason") == "the page names it");
    CHECK(verdicts.at(0).at("report_id") == std::stoi(report));
    CHECK_FALSE(verdicts.at(0).at("meaning").get<std::string>().empty());
  }
  const Ran accepted = desk.run({"explain", "4Bx1"});
  CHECK(has(accepted.out, "approve by alba on "));
  CHECK(has(accepted.out, "`portavoz report show " + report + "`"));
  const Ran refused = desk.run({"explain", "4Bx2"});
  CHECK(has(refused.out, "reject 550"));
  CHECK(has(refused.out, "not-designated"));
  CHECK(has(refused.out, "is not the designated contact of an assembly on this list"));

  for (const char* step : {"suspend", "restore", "retire"}) {
    CAPTURE(step);
    CHECK(desk.run({step, contact, "--reason", "because"}).status == 0);
  }
  CHECK(desk.ask({"contacts"}).at("contacts").at(0).at("state") == "retired");
  const auto history = desk.ask({"log", "--limit", "3"}).at("history");
  CHECK(history.size() == 3);
  CHECK(history.at(0).at("actor") == "alba");

  const auto whole = desk.ask({"audit", "verify"});
  CHECK(whole.at("ok") == true);
  const std::string head = whole.at("head");
  CHECK(desk.run({"audit", "verify", "--head", head}).status == 0);
  const Ran foreign = desk.run({"audit", "verify", "--head", std::string(64, 'f'), "--json"});
  CHECK(foreign.status == 65);
  CHECK(foreign.json().at("ok") == false);
}

TEST_CASE("on a two-person list the first approval says that another admin is needed") {
  Desk desk(2);
  const auto report = std::to_string(desk.reported("Norte", "norte@example.org"));
  const Ran first = desk.run({"approve", report, "--reason", "yes"});
  CHECK(first.status == 0);
  CHECK(has(first.out, "changes nothing yet"));
  CHECK(has(desk.run({"report", "show", report}).out, "approved by alba, and another admin must agree"));
  const Ran again = desk.run({"approve", report, "--reason", "yes"});
  CHECK(again.status == 65);
  CHECK(has(again.err, "Ask another admin"));
  const Ran second = desk.run({"approve", report, "--reason", "yes", "--json"}, "bruno");
  CHECK(second.status == 0);
  CHECK(second.json().at("state") == "designated");
  CHECK(second.json().at("deciders_missing") == 0);
}

TEST_CASE("a list is added in its canonical form, with its languages once each") {
  Desk desk;
  const Ran added = desk.run({"list", "add", "Noticias@Listas.EXAMPLE", "--languages", "en,es,en",
                              "--admin-address", "Admin@listas.example", "--alias", "news@listas.example",
                              "--alias", "news-en@listas.example", "--two-person"});
  CHECK(added.status == 0);
  CHECK(has(added.out, "noticias@listas.example is guarded"));
  const auto list = desk.ask({"list", "show", "news@listas.example"}).at("list");
  CHECK(list.at("posting_address") == "noticias@listas.example");
  CHECK(list.at("aliases") == nlohmann::json{"news-en@listas.example", "news@listas.example"});
  CHECK(list.at("languages") == nlohmann::json{"en", "es"});
  CHECK(list.at("deciders") == 2);
  CHECK(desk.ask({"list", "show"}).at("lists").size() == 2);
}

TEST_CASE("rivals of the same assembly are shown with the report") {
  Desk desk;
  desk.apply("Norte", "other@example.org");
  const auto report = std::to_string(desk.reported("norte", "norte@example.org"));
  CHECK(has(desk.run({"report", "show", report}).out, "other@example.org"));
  CHECK(desk.ask({"report", "show", report}).at("report").at("rivals").at(0).at("address") ==
        "other@example.org");
}

TEST_CASE("a check of a designated contact can be asked for again") {
  Desk desk;
  const auto contact = std::to_string(desk.designated("Norte", "norte@example.org"));
  const auto check = desk.ask({"check", contact}).at("check_id");
  CHECK(value(desk.root, "SELECT contact_id FROM checks WHERE check_id = " + check.dump()) == contact);
}
