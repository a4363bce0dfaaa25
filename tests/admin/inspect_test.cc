#include "core/evidence/inspect.h"

#include "adapters/json/finding_json.h"
#include "core/crawl/address_domain.h"
#include "tests/admin/program.h"
#include "tests/lib/dns_server.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const std::string url = "https://norte.example/contacto";
const std::string page =
    "<html><body><h1>Contacto</h1><p>Escribe a <a "
    "href=\"mailto:info@norte.example\">info@norte.example</a></p>"
    "</body></html>";

}  // namespace

TEST_CASE("inspect judges a page from a file without configuration, register or network") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("page.html", page);
  const Ran result = command_line({"inspect", "--json", "--html", file, url, "info@norte.example"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto found = result.json();
  CHECK(found.at("address") == "info@norte.example");
  CHECK(found.at("url") == url);
  CHECK(found.at("outcome") == "ok");
  CHECK(found.at("published") == true);
  CHECK(found.at("official").is_boolean());
  CHECK(found.at("form").is_string());
  CHECK(found.at("context").is_string());
  REQUIRE_FALSE(found.at("evidence").empty());
  for (const char* member : {"form", "where", "text"})
    CHECK(found.at("evidence").at(0).at(member).is_string());
  CHECK(found.at("reasons").at(0).at("en").is_string());
  CHECK(found.at("reasons").at(0).at("es").is_string());

  const Ran otherwise = command_line({"inspect", url, "info@norte.example", "--html", file, "--json"});
  CHECK(otherwise.out == result.out);

  const Ran text = command_line({"inspect", url, "info@norte.example", "--html", file});
  CHECK(text.status == 0);
  CHECK(text.out.find("published   yes") != std::string::npos);
}

TEST_CASE("inspect exits 0 whatever the answer is, when it could judge") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("page.html", page);
  const Ran absent = command_line({"inspect", "--json", "--html", file, url, "info@sur.example"});
  CHECK(absent.status == 0);
  CHECK(absent.json().at("published") == false);
  const std::string picture = directory.write("page.bin", "\x89PNG");
  const Ran odd = command_line(
      {"inspect", "--json", "--html", picture, "--content-type", "image/png", url, "info@sur.example"});
  CHECK(odd.status == 0);
  CHECK(odd.json().at("published").is_null());
  CHECK(odd.json().at("official").is_null());
}

TEST_CASE("inspect says of every labelled page what is found on it, octet by octet") {
  const std::string folder = PORTAVOZ_SOURCE_DIR "/tests/corpus/pages/";
  std::istringstream labels(read_text(folder + "labels.jsonl"));
  int compared = 0;
  for (std::string line; std::getline(labels, line);) {
    const auto label = nlohmann::json::parse(line);
    const std::string file = folder + label.at("file").get<std::string>();
    const auto address = MailAddress::parse(label.at("address").get<std::string>());
    if (!address) continue;  // some labels ask for what is none
    CAPTURE(file);
    const Ran result = command_line({"inspect", "--json", "--html", file, url, address->text()});
    REQUIRE(result.status == 0);
    CHECK(result.err.empty());
    const std::string type = file.ends_with(".txt")   ? "text/plain"
                             : file.ends_with(".vcf") ? "text/vcard"
                                                      : "text/html";
    const Inspection seen = inspect_page(read_text(file), type, url, *address);
    const auto wanted = nlohmann::ordered_json::parse(
        finding_json(seen.finding, address->text(), url, seen.outcome, domain_word(AddressDomain::unknown)));
    CHECK(result.out == wanted.dump(2) + "\n");
    ++compared;
  }
  CHECK(compared > 80);
}

TEST_CASE("a page that brings its reader down is an answer of inspect, and no crash") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("page.html", page);
  const std::string bad_url = url + "/crash";
  const Words words{"inspect", "--json", "--html", file, bad_url, "info@norte.example"};
  const Ran result = command_line_with_judge(PORTAVOZ_BAD_JUDGE, words);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(result.json().at("published").is_null());
  CHECK(result.json().at("reasons").at(0).at("en") ==
        "The page could not be judged: it brought the program that reads pages down (signal 11). Nothing is "
        "known about the address; look at the page with your own eyes.");
}

TEST_CASE("the command line has no reader of HTML in it") {
  CHECK(read_text(PORTAVOZ_PROGRAM).find("libgumbo.so") == std::string::npos);
}

TEST_CASE("where the program that reads pages is missing, inspect says so") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("page.html", page);
  const Ran result = command_line_with_judge("", {"inspect", "--html", file, url, "info@norte.example"});
  CHECK(result.status == 69);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Catch::Contains("the program that reads pages cannot be started: cannot start ") &&
                             Catch::Contains("/portavoz-judge: No such file or directory"));
}

TEST_CASE("a file with more than the verifier would read is too large") {
  const TemporaryDirectory directory;
  std::string large = page;
  large.resize(FetchLimits().body, ' ');
  const auto outcome = [&] {
    return command_line(
               {"inspect", "--json", "--html", directory.write("a.html", large), url, "a@norte.example"})
        .json()
        .at("outcome");
  };
  CHECK(outcome() == "ok");
  large += ' ';
  CHECK(outcome() == "too_large");
}

TEST_CASE("the type of a file is guessed from its name") {
  const TemporaryDirectory directory;
  const std::string markup = "<p>info@norte.example</p>";
  const auto outcome = [&](const char* name) {
    return command_line(
               {"inspect", "--json", "--html", directory.write(name, markup), url, "info@norte.example"})
        .json()
        .at("outcome");
  };
  CHECK(outcome("a.html") == "ok");
  CHECK(outcome("a.TXT") == "ok");
  CHECK(outcome("a.pdf") == "wrong_type");
}

TEST_CASE("inspect refuses what is no page and no address") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("page.html", page);
  CHECK(command_line({"inspect", "--html", file, "ftp://norte.example/", "info@norte.example"}).status == 65);
  CHECK(command_line({"inspect", "--html", file, url, "info"}).status == 65);
  CHECK(command_line({"inspect", "--html", directory.path("none.html"), url, "info@norte.example"}).status ==
        66);
  CHECK(command_line({"inspect", "--content-type", "text/html", url, "info@norte.example"}).status == 65);
}

TEST_CASE("inspect from the network connects to no address that is not public") {
  const TemporaryDirectory directory;
  const DnsServer dns(
      R"({"norte.example": [["MX", "10 mx.norte.example"]], "a.root-servers.net": [["A", "198.41.0.4"]]})");
  const std::string config =
      directory.write("p.yaml", "verifier:\n  allow: []\n  resolvers: [\"" + dns.endpoint() + "\"]\n");
  const Ran result =
      command_line({"--config", config, "inspect", "--json", "http://127.0.0.1/", "info@norte.example"});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(result.json().at("outcome") == "blocked_address");
  CHECK(result.json().at("published").is_null());
  CHECK(result.json().at("domain") == "there");
  const Ran gone = command_line({"--config", config, "inspect", "http://127.0.0.1/", "info@sur.example"});
  CHECK(gone.out.find("domain      gone") != std::string::npos);
}
