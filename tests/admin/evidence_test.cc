// `portavoz report show` and the evidence on this host's disk.
#include <filesystem>

#include "adapters/os/host.h"
#include "tests/admin/program.h"
#include "verifier/evidence_store.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A desk with a verifier beside it, whose checks see what the test says.
struct Archive {
  Desk desk;
  EvidenceStore store{desk.directory.path("evidence"), host_name()};
  std::string url = "https://norte.example/contacto";  // of the pages that are looked at
  std::string contact = std::to_string(desk.confirmed("Norte", "norte@example.org"));

  // The next check of the contact; the number of its report.
  std::string report(const std::string& html, const std::string& host = host_name()) {
    desk.end_turns();
    must(desk.verifier.query("SELECT claim_checks('w1', 100, '1 hour')"));
    const auto check = must(desk.root.query(
        "SELECT check_id, attempt FROM checks WHERE contact_id = $1 AND finished_at IS NULL", {contact}));
    FetchResult fetched;
    fetched.outcome = FetchOutcome::ok;
    fetched.whole = true;
    fetched.http_status = 200;
    fetched.final_url = url;
    fetched.body = html;
    fetched.response_octets = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html;
    KeptEvidence kept =
        must(store.keep(check.integer(0, "check_id"), 1,
                        {fetched, {}, *parse_rfc3339("2026-11-23T09:00:00Z"), "v", "u", "{}"}, {}));
    kept.host = host;
    const auto rows =
        must(desk.verifier.query("SELECT finish_check($1, 'w1', $2, $3, $4::jsonb)",
                                 {std::string(check.text(0, "check_id")),
                                  std::string(check.text(0, "attempt")), good_report, evidence_json(kept)}));
    return std::string(rows.text(0, "finish_check"));
  }
  std::string next_report(const std::string& html, const std::string& host = host_name()) {
    must(desk.alba.query("SELECT request_check($1)", {contact}));
    return report(html, host);
  }
  std::string approved(const std::string& html) {
    const std::string number = report(html);
    must(desk.alba.query("SELECT approve($1, 'yes')", {number}));
    return number;
  }
  std::string shown(const std::string& number) { return unwrapped(desk.run({"report", "show", number}).out); }
  nlohmann::json asked(const std::string& number) { return desk.ask({"report", "show", number}); }
  std::string remark(const std::string& number) { return asked(number).at("evidence").at("remark"); }
  std::string path(const std::string& number) { return asked(number).at("evidence").at("path"); }
};

const std::string old_page =
    "<h1>Contact</h1><p>Tuesdays at seven</p><p>Write to <a href='mailto:norte@example.org'>us</a></p>";
const std::string new_page =
    "<h1>Contact</h1><p>Tuesdays at seven</p><p>Write to <a "
    "href='mailto:eva@example.net'>us</a></p><p>News</p>";

}  // namespace

TEST_CASE("report show names the file of the evidence, and says that it is there") {
  Archive archive;
  const auto number = archive.report(old_page);
  const auto evidence = archive.asked(number).at("evidence");
  CHECK(evidence.at("host") == host_name());
  CHECK(evidence.at("path") == archive.desk.directory.path("evidence") + "/2026/11/check-1-1.warc.gz");
  CHECK(evidence.at("there") == true);
  CHECK(evidence.at("remark") == "");
  CHECK(evidence.at("sha256").get<std::string>().size() == 64);
  const Ran ran = archive.desk.run({"report", "show", number});
  std::string out = ran.out;
  std::erase_if(out, [](char c) { return c == ' ' || c == '\n'; });  // a long path is broken into lines
  CHECK(has(out, host_name() + ":" + evidence.at("path").get<std::string>()));
  CHECK(has(out, evidence.at("sha256").get<std::string>()));
  CHECK(has(archive.shown(number), "No report of this contact was approved yet"));
}

TEST_CASE("report show still names what was kept before there were web archives") {
  Desk desk;
  const auto number = std::to_string(desk.reported("Norte", "norte@example.org"));
  const auto evidence = desk.ask({"report", "show", number}).at("evidence");
  CHECK(evidence.at("path") == "e3/b0");
  CHECK(evidence.at("host").is_null());
  CHECK(evidence.at("there").is_null());
  CHECK(evidence.at("remark") == "it is not on this host, or not any more");
}

TEST_CASE("report show says what a reader sees otherwise than in the report that was approved last") {
  Archive archive;
  const auto first = archive.approved(old_page);
  CHECK(has(archive.shown(first), "This is the report that was approved last"));
  const auto second = archive.next_report(new_page);
  const Ran ran = archive.desk.run({"report", "show", second});
  CHECK(has(ran.out, "What a reader sees, beside report " + first));
  CHECK(has(ran.out, "  Write to us\n- <mailto:norte@example.org>\n+ <mailto:eva@example.net>\n+ News\n"));
  const auto diff = archive.asked(second).at("diff");
  CHECK(diff.at("approved_report") == std::stoi(first));
  CHECK(diff.at("remark") == "");
  CHECK(diff.at("lines") == nlohmann::json{"…", " Tuesdays at seven", " Write to us",
                                           "-<mailto:norte@example.org>", "+<mailto:eva@example.net>",
                                           "+News"});
  const auto third = archive.next_report("<!-- new -->" + old_page);
  CHECK(has(archive.shown(third), "A reader of the page sees the same as in report " + first));
  CHECK(archive.asked(third).at("diff").at("lines").empty());
}

TEST_CASE("report show says when a page brought its reader down, or nobody can read it") {
  Archive archive;
  const auto first = archive.approved(old_page);
  archive.url += "/crash";
  const auto second = archive.next_report(new_page);
  const auto shown = [&](const std::string& judge) {
    const Ran ran =
        command_line_with_judge(judge, {"--config", archive.desk.config("alba"), "report", "show", second});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    return unwrapped(ran.out);
  };
  const std::string cannot =
      "The page cannot be compared with report " + first + ", which was approved last, because of ";
  const std::string down = shown(PORTAVOZ_BAD_JUDGE);
  CHECK(has(down, cannot + "this report's evidence: "));
  CHECK(has(down, "the page brought the program that reads pages down (signal 11)"));
  const std::string missing = shown("");
  CHECK(has(missing, cannot + "this report's evidence: "));
  CHECK(has(missing, "the program that reads pages cannot be started"));
}

TEST_CASE("a long difference is cut, and nothing of a page steers the terminal") {
  Archive archive;
  archive.approved(old_page);
  std::string many =
      "<p>\x1b[31mred \xe2\x80\xae"
      "desrever</p>";
  for (int i = 0; i < 100; ++i) many += "<p>line " + std::to_string(i) + "</p>";
  const auto number = archive.next_report(many);
  const Ran ran = archive.desk.run({"report", "show", number});
  CHECK(has(ran.out, "red"));
  CHECK_FALSE(has(ran.out, "\x1b"));
  CHECK_FALSE(has(ran.out, "\xe2\x80\xae"));
  CHECK(has(ran.out, "+ line 50\n"));
  CHECK_FALSE(has(ran.out, "+ line 60\n"));
  CHECK(has(ran.out, " more lines\n"));
  CHECK(archive.asked(number).at("diff").at("lines").size() > 100);
}

TEST_CASE("evidence that was removed, exchanged or is elsewhere is said to be so") {
  Archive archive;
  const auto first = archive.approved(old_page);
  const auto second = archive.next_report(new_page);
  const auto third = archive.next_report(new_page, "other.example");
  CHECK(archive.asked(third).at("evidence").at("there").is_null());
  CHECK(has(archive.shown(third), "is on other.example: run this command there"));
  CHECK(has(archive.shown(third), "because of this report's evidence"));
  const std::string approved_file = archive.path(first);
  const std::string file = archive.path(second);
  std::filesystem::remove(approved_file);
  CHECK(archive.asked(first).at("evidence").at("there") == false);
  CHECK(has(archive.remark(first), "is not there any more: it was removed for its age or for room"));
  CHECK(has(archive.shown(second), "because of that report's evidence"));
  std::filesystem::remove(file);
  archive.desk.directory.write(file.substr(archive.desk.directory.path("").size()), "exchanged");
  CHECK(archive.asked(second).at("evidence").at("there") == false);
  CHECK(has(archive.remark(second), "is not the one that was kept"));
}
