// What admins see of the verifier, and what they say of robots.txt; what they see of pages that time works
// on.
#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the verifier's queue, its outcomes and its sites, for people and for programs") {
  Desk desk;
  Ran shown = desk.run({"verifier", "status"});
  CHECK(shown.status == 0);
  for (const char* part : {"due now", "oldest due", "No report came in the last day.",
                           "No site was read yet.", "No site asks us to wait."})
    CHECK(has(shown.out, part));
  const auto contact = desk.ask({"apply", "--list", list_address, "--assembly", "Norte", "--address",
                                 "norte@example.org", "--url", "https://norte.example/", "--language", "es"})
                           .at("contact_id")
                           .get<int>();
  desk.run({"confirm", std::to_string(contact), "--reason", "they answered"});
  CHECK(desk.ask({"verifier", "status"}).at("queue").at("due") == 1);
  desk.report(contact);
  const auto after = desk.ask({"verifier", "status"});
  CHECK(after.at("queue").at("due") == 0);
  CHECK(after.at("queue").at("finished_last_hour") == 1);
  CHECK(after.at("outcomes").at(0).at("last_hour") == 1);
}

TEST_CASE("a ruling on robots.txt has a host and a reason, is listed, and is taken back") {
  Desk desk;
  CHECK(has(desk.run({"robots", "list"}).out, "No ruling: every site's robots.txt is obeyed."));
  const Ran ruled =
      desk.run({"robots", "override", "https://Norte.example/contacto", "--reason", "they asked us to"});
  CHECK(ruled.status == 0);
  CHECK(has(ruled.out, "The robots.txt of norte.example is not asked any more"));
  const auto listed = desk.ask({"robots", "list"}).at("robots").at(0);
  CHECK(listed.at("host") == "norte.example");
  CHECK(listed.at("overridden") == true);
  CHECK(listed.at("reason") == "they asked us to");
  CHECK(listed.at("decided_by") == "alba");
  CHECK(desk.run({"robots", "obey", "norte.example", "--reason", "it is mended"}).status == 0);
  CHECK(desk.ask({"robots", "list"}).at("robots").at(0).at("overridden") == false);
  CHECK(desk.run({"robots", "override", "a b", "--reason", "x"}).status == 65);
}

TEST_CASE("the pages that an admin has to look at stand below the reports") {
  Desk desk;
  const auto contact = desk.designated("Asamblea Norte", "norte@example.org");
  CHECK(desk.ask({"reports"}).at("pages").empty());
  must(desk.root.exec("INSERT INTO portavoz.page_watches (contact_id, misses, last_miss) VALUES (" +
                      std::to_string(contact) + ", 3, now())"));
  const auto page = desk.ask({"reports"}).at("pages").at(0);
  CHECK(page.at("address") == "norte@example.org");
  CHECK(page.at("why") == "missing");
  CHECK(has(desk.run({"reports"}).out, "Designated contacts to look at"));
}

TEST_CASE(
    "a contact shows what its checks have come to, and its posts that wait until an admin restores it") {
  Desk desk;
  const auto contact = std::to_string(desk.designated("Asamblea Norte", "norte@example.org"));
  CHECK(desk.ask({"contact", "show", contact}).at("contact").at("watch").is_null());
  must(desk.root.exec(
      "INSERT INTO portavoz.page_watches (contact_id, misses, last_miss, blind_since, domain_gone_since, "
      "domain_held_since) VALUES (" +
      contact + ", 2, '2026-03-01 10:00Z', '2026-03-02 10:00Z', '2026-03-03 10:00Z', '2026-03-06 11:00Z')"));
  const auto shown = desk.ask({"contact", "show", contact}).at("contact");
  CHECK(shown.at("address") == "norte@example.org");
  CHECK(shown.at("watch").at("misses") == 2);
  CHECK(shown.at("watch").at("lapsing_until").is_null());
  CHECK(shown.at("watch").at("blind_since") == "2026-03-02T10:00:00Z");
  CHECK(shown.at("watch").at("domain_held_since") == "2026-03-06T11:00:00Z");
  const Ran told = desk.run({"contact", "show", contact});
  CHECK(has(told.out, "2026-03-03 10:00 UTC"));
  CHECK(has(unwrapped(told.out), "The domain of its address is gone: its posts are answered 451"));

  const auto page = desk.ask({"reports"}).at("pages").at(0);
  CHECK(page.at("why") == "domain-gone");
  CHECK(page.at("since") == "2026-03-03T10:00:00Z");
  CHECK(desk.run({"restore", contact, "--reason", "they renewed it"}).status == 0);
  CHECK(desk.ask({"contact", "show", contact}).at("contact").at("watch").at("domain_held_since").is_null());
  CHECK(desk.ask({"contact", "show", contact}).at("contact").at("reason") == "they renewed it");
  CHECK(desk.run({"restore", contact, "--reason", "again"}).status != 0);
  CHECK(desk.run({"contact", "show", "99"}).status == 66);
}
