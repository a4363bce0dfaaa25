#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

bool has(const std::string& text, const std::string& part) {
  return unwrapped(text).find(part) != std::string::npos;
}

Words application(const Words& proof) {
  Words words{"apply",
              "--list",
              list_address,
              "--assembly",
              "Sur",
              "--address",
              "sur@Asamblea-Sur.example",
              "--url",
              "https://sur.example/"};
  words.insert(words.end(), proof.begin(), proof.end());
  return words;
}

}  // namespace

TEST_CASE("what shall prove the posts of a contact is said when it applies") {
  struct Row {
    const char* name;
    Words options;
    const char* proof;
  };
  const std::vector<Row> rows{
      {"nothing said: the address's own domain signs", {}, "DKIM by asamblea-sur.example"},
      {"logins", {"--login", "sur2", "--login", "sur"}, "login sur, sur2; DKIM by asamblea-sur.example"},
      {"domains, in any spelling",
       {"--signing-domain", "Correo.Example", "--signing-domain", "ñandú.example"},
       "DKIM by correo.example, xn--and-6ma2c.example"},
      {"no DKIM", {"--no-dkim", "--login", "sur"}, "login sur"},
      {"SPF", {"--no-dkim", "--spf"}, "SPF alone"},
      {"a shared provider", {"--shared"}, "DKIM by asamblea-sur.example together with SPF (shared provider)"},
  };
  Desk desk;
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Ran applied = desk.run(application(row.options));
    INFO(applied.err);
    REQUIRE(applied.status == 0);
    CHECK_FALSE(has(applied.out, "nothing could prove"));
    const auto contacts = desk.ask({"contacts"}).at("contacts");
    CHECK(contacts.at(contacts.size() - 1).at("proof") == row.proof);
  }
  CHECK(has(desk.run({"contacts"}).out, "PROOF"));
  CHECK(has(desk.run(application({"--no-dkim"})).out,
            "nothing could prove that a post comes from this address"));
  const auto last = desk.ask({"contacts"}).at("contacts").at(rows.size());
  CHECK(last.at("signing_domains").empty());
  CHECK(last.at("spf") == false);
  CHECK(last.at("shared") == false);
}

TEST_CASE("a report shows the proof that is approved with it") {
  Desk desk;
  const auto report = std::to_string(desk.reported("Norte", "norte@example.org"));
  CHECK(has(desk.run({"report", "show", report}).out, "login login; DKIM by example.org"));
  const auto detail = desk.ask({"report", "show", report}).at("report");
  CHECK(detail.at("signing_domains") == nlohmann::json{"example.org"});
  CHECK(detail.at("shared") == false);
}

TEST_CASE("a changed proof is shown beside the old one, and stands in the history") {
  Desk desk;
  const auto contact = std::to_string(desk.designated("Norte", "norte@example.org"));
  const Ran changed = desk.run({"change-proof", contact, "--login", "norte", "--signing-domain",
                                "Correo.example", "--shared", "--reason", "a mailbox at a provider now"});
  INFO(changed.err);
  REQUIRE(changed.status == 0);
  CHECK(has(changed.out, "before: login login; DKIM by example.org"));
  CHECK(has(changed.out, "after:  login norte; DKIM by correo.example together with SPF (shared provider)"));
  CHECK(has(changed.out, "It is in force"));
  const auto now = desk.ask({"contacts"}).at("contacts").at(0);
  CHECK(now.at("state") == "designated");
  CHECK(now.at("decision_kind") == "vouch");
  CHECK(now.at("logins") == nlohmann::json{"norte"});
  CHECK(now.at("signing_domains") == nlohmann::json{"correo.example"});
  CHECK(now.at("shared") == true);
  CHECK(now.at("proof_decided_by") == "alba");
  CHECK(now.at("proof_reason") == "a mailbox at a provider now");
  CHECK(has(desk.run({"log"}).out, "change-proof"));

  const auto emptied = desk.run({"change-proof", contact, "--no-dkim", "--reason", "they asked", "--json"});
  REQUIRE(emptied.status == 0);
  CHECK(emptied.json().at("before") ==
        "login norte; DKIM by correo.example together with SPF (shared provider)");
  CHECK(emptied.json().at("after") == "none");
  CHECK(emptied.json().at("deciders_missing") == 0);
  CHECK(desk.ask({"audit", "verify"}).at("ok") == true);
}

TEST_CASE("on a two-person list the first admin is told what the second has to say, and the second sees it") {
  Desk desk(2);
  const auto contact = std::to_string(desk.confirmed("Norte", "norte@example.org"));
  for (const char* login : {"alba", "bruno"})
    REQUIRE(desk.run({"vouch", contact, "--reason", "known"}, login).status == 0);

  const Ran first = desk.run({"change-proof", contact, "--login", "o'neil x", "--signing-domain", "b.example",
                              "--signing-domain", "a.example", "--spf", "--reason", "moved"});
  REQUIRE(first.status == 0);
  CHECK(has(first.out, "changes nothing yet"));
  const std::string options =
      R"(--login 'o'\''neil x' --signing-domain b.example --signing-domain a.example --spf)";
  CHECK(has(first.out, "portavoz change-proof " + contact + " " + options + " --reason"));
  CHECK(desk.ask({"contacts"}).at("contacts").at(0).at("logins") == nlohmann::json{"login"});
  const Ran seen = desk.run({"contacts"}, "bruno");
  CHECK(has(seen.out, "alba wants another proof"));
  CHECK(
      has(seen.out, R"(--login 'o'\''neil x' --signing-domain a.example --signing-domain b.example --spf)"));

  const Ran second =
      desk.run({"change-proof", contact, "--login", "o'neil x", "--signing-domain", "a.example",
                "--signing-domain", "b.example", "--spf", "--reason", "asked them"},
               "bruno");
  REQUIRE(second.status == 0);
  CHECK(has(second.out, "It is in force"));
  CHECK(desk.ask({"contacts"}).at("contacts").at(0).at("proof") ==
        "login o'neil x; DKIM by a.example, b.example; SPF alone");
  CHECK_FALSE(has(desk.run({"contacts"}).out, "wants another proof"));
}

TEST_CASE("a list can keep aside what nothing proves, from its beginning or later") {
  Desk desk;
  const Ran held =
      desk.run({"list", "hold", "avisos-es@listas.example", "on", "--reason", "providers without DKIM"});
  INFO(held.err);
  REQUIRE(held.status == 0);
  CHECK(has(held.out, "kept aside from now on"));
  CHECK(desk.ask({"list", "show", list_address}).at("list").at("holds_unproven") == true);
  CHECK(has(desk.run({"list", "show", list_address}).out, "holds unproven"));
  CHECK(desk.ask({"log", "--limit", "2"}).dump().find("providers without DKIM") != std::string::npos);
  CHECK(desk.run({"list", "hold", list_address, "off", "--reason", "too much work"}).status == 0);
  CHECK(desk.ask({"list", "show", list_address}).at("list").at("holds_unproven") == false);
  REQUIRE(desk.run({"list", "add", "otra@listas.example", "--languages", "es", "--admin-address",
                    "admin@listas.example", "--hold-unproven"})
              .status == 0);
  CHECK(desk.ask({"list", "show", "otra@listas.example"}).at("list").at("holds_unproven") == true);
}
