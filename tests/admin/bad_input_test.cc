#include <regex>

#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

Words replaced(Words words, const std::string& option, const std::string& value) {
  const auto at = std::find(words.begin(), words.end(), option);
  REQUIRE(at != words.end());
  *(at + 1) = value;
  return words;
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const Words list_add{
    "list", "add", "otra@listas.example", "--languages", "es,en", "--admin-address", "admin@listas.example"};
const Words apply{"apply",           "--list", list_address,
                  "--assembly",      "Sur",    "--address",
                  "sur@example.org", "--url",  "https://sur.example/contacto",
                  "--login",         "sur"};

}  // namespace

TEST_CASE("bad input on the command line gets its exit code and a sentence, and changes nothing") {
  Desk desk;
  const auto applied = std::to_string(desk.apply("Norte", "norte@example.org"));
  const auto decided = std::to_string(desk.reported("Este", "este@example.org"));
  REQUIRE(desk.run({"reject", decided, "--reason", "no"}).status == 0);
  const auto voice = std::to_string(desk.designated("Oeste", "oeste@example.org"));
  const auto second = std::to_string(desk.confirmed("Oeste", "oeste2@example.org"));
  const auto same_address = std::to_string(desk.confirmed("Centro", "oeste@example.org"));
  const std::string before = desk.everything();

  struct Row {
    const char* name;
    Words words;
    int status;
    const char* kind;
    std::string says;  // a regular expression
  };
  const std::vector<Row> rows{
      {"a posting address that is none", replaced(list_add, "add", "otra.listas.example"), 65, "bad_input",
       "the posting address: 'otra\\.listas\\.example' is not a mail address"},
      {"two addresses in one", replaced(list_add, "add", "a@x.example, b@x.example"), 65, "bad_input",
       "not a mail address"},
      {"an admin address that is none", replaced(list_add, "--admin-address", "nobody"), 65, "bad_input",
       "--admin-address: 'nobody'"},
      {"a language without wording", replaced(list_add, "--languages", "es,xx"), 65, "bad_input",
       "'xx' is no language that Portavoz has wording for. Give one of: en, es\\."},
      {"a language that is a path", replaced(list_add, "--languages", "../es"), 65, "bad_input",
       "is no language"},
      {"a list that is guarded already", replaced(list_add, "add", "AVISOS@Listas.example"), 65, "conflict",
       "guarded already"},
      {"an alias that belongs to another list", replaced(list_add, "add", "avisos-es@listas.example"), 65,
       "conflict", "guarded already"},
      {"an applicant's address that is none", replaced(apply, "--address", "sur@"), 65, "bad_input",
       "--address: 'sur@' is not a mail address"},
      {"an address with a display name", replaced(apply, "--address", "Sur <sur@example.org>"), 65,
       "bad_input", "not a mail address"},
      {"a URL without a scheme", replaced(apply, "--url", "sur.example/contacto"), 65, "bad_input",
       "sur\\.example/contacto"},
      {"a URL of another scheme", replaced(apply, "--url", "ftp://sur.example/"), 65, "bad_input", "ftp"},
      {"a javascript URL", replaced(apply, "--url", "javascript:alert(1)"), 65, "bad_input", "javascript"},
      {"a URL without a host", replaced(apply, "--url", "https:///contacto"), 65, "bad_input",
       "https:///contacto"},
      {"a URL with credentials", replaced(apply, "--url", "https://me:secret@sur.example/"), 65, "bad_input",
       "."},
      {"an unknown list", replaced(apply, "--list", "none@listas.example"), 66, "not_found",
       "There is no list none@listas\\.example\\. The lists are: avisos@listas\\.example"},
      {"a list to show that is unknown",
       {"list", "show", "none@listas.example"},
       66,
       "not_found",
       "portavoz list show"},
      {"an empty name of an assembly", replaced(apply, "--assembly", " "), 65, "bad_input",
       "name of an assembly"},
      {"a language that the list does not have",
       [] {
         Words w = apply;
         w.insert(w.end(), {"--language", "xx"});
         return w;
       }(),
       65, "bad_input", "'xx'"},
      {"a signing domain that is none", with(apply, {"--signing-domain", "not a domain"}), 65, "bad_input",
       "--signing-domain: 'not a domain' is no domain"},
      {"a signing domain that is an address", with(apply, {"--signing-domain", "a@sur.example"}), 65,
       "bad_input", "is no domain"},
      {"a signing domain of one label", with(apply, {"--signing-domain", "example"}), 65, "bad_input",
       "is no domain"},
      {"a public suffix as signing domain", with(apply, {"--signing-domain", "CO.uk"}), 65, "bad_input",
       "'CO\\.uk' is a public suffix"},
      {"a private suffix as signing domain", with(apply, {"--signing-domain", "github.io"}), 65, "bad_input",
       "is a public suffix"},
      {"an address whose own domain is a public suffix", replaced(apply, "--address", "barrio@eu.org"), 65,
       "bad_input", "'eu\\.org' is a public suffix.*--no-dkim"},
      {"eleven signing domains",
       [] {
         Words w = apply;
         for (int i = 0; i < 11; ++i)
           w.insert(w.end(), {"--signing-domain", "d" + std::to_string(i) + ".example"});
         return w;
       }(),
       65, "bad_input", "at most 10"},
      {"an empty login", with(apply, {"--login", ""}), 65, "bad_input", "A login is empty"},
      {"SPF alone at a shared provider", with(apply, {"--spf", "--shared"}), 65, "bad_input",
       "strangers share"},
      {"a new proof that says nothing of DKIM",
       {"change-proof", voice, "--login", "x", "--reason", "y"},
       65,
       "bad_input",
       "--signing-domain DOMAIN for each domain, or --no-dkim"},
      {"a new proof with a public suffix",
       {"change-proof", voice, "--signing-domain", "co.uk", "--reason", "y"},
       65,
       "bad_input",
       "is a public suffix"},
      {"a new proof that is the old one",
       {"change-proof", voice, "--login", "login", "--signing-domain", "example.org", "--reason", "y"},
       65,
       "conflict",
       "has this proof already: login login; DKIM by example\\.org"},
      {"a new proof for one who may not post",
       {"change-proof", applied, "--no-dkim", "--reason", "y"},
       65,
       "conflict",
       "is applied"},
      {"a new proof for nobody",
       {"change-proof", "999999", "--no-dkim", "--reason", "y"},
       66,
       "not_found",
       "There is no contact 999999"},
      {"a new proof for a word",
       {"change-proof", "norte", "--no-dkim", "--reason", "y"},
       65,
       "bad_input",
       "is no number of a contact"},
      {"a new proof without a reason",
       {"change-proof", voice, "--no-dkim", "--reason", " "},
       65,
       "bad_input",
       "reason is empty"},
      {"a list that holds perhaps",
       {"list", "hold", list_address, "perhaps", "--reason", "y"},
       65,
       "bad_input",
       "'perhaps' is neither on nor off"},
      {"an unknown list that holds",
       {"list", "hold", "none@listas.example", "on", "--reason", "y"},
       66,
       "not_found",
       "There is no list"},
      {"a list that holds nothing already",
       {"list", "hold", list_address, "off", "--reason", "y"},
       65,
       "conflict",
       "refuses posts that are not proven already"},
      {"a key that is unknown",
       {"seal", "retire", "0123456789abcdef", "--reason", "y"},
       66,
       "not_found",
       "There is no seal key 0123456789abcdef"},
      {"a secret that is not there",
       {"seal", "rotate", "--secret", desk.directory.path("none")},
       66,
       "not_found",
       "none"},
      {"a patience that is no time",
       {"seal", "rotate", "--secret", "x", "--timeout", "soon"},
       65,
       "bad_input",
       "--timeout: 'soon' is no time"},
      {"no patience", {"seal", "rotate", "--secret", "x", "--timeout", "0s"}, 65, "bad_input", "is no time"},
      {"endless patience",
       {"seal", "rotate", "--secret", "x", "--timeout", "99999999999999999999d"},
       65,
       "bad_input",
       "is no time"},
      {"a report already decided",
       {"approve", decided, "--reason", "yes"},
       65,
       "conflict",
       "Report " + decided + " was decided already: rejected by alba"},
      {"a report that is unknown",
       {"approve", "999999", "--reason", "yes"},
       66,
       "not_found",
       "There is no report 999999"},
      {"a report to show that is unknown",
       {"report", "show", "999999"},
       66,
       "not_found",
       "There is no report 999999"},
      {"a contact that is unknown",
       {"vouch", "999999", "--reason", "yes"},
       66,
       "not_found",
       "There is no contact 999999"},
      {"a second designated contact of an assembly",
       {"vouch", second, "--reason", "yes"},
       65,
       "conflict",
       "Oeste already has a designated contact on avisos@listas\\.example: oeste@example\\.org"},
      {"a second assembly with the same address",
       {"vouch", same_address, "--reason", "yes"},
       65,
       "conflict",
       "already speaks on avisos@listas\\.example for Oeste"},
      {"vouching before the holder confirmed",
       {"vouch", applied, "--reason", "yes"},
       65,
       "conflict",
       "cannot be vouched for"},
      {"restoring what was never suspended",
       {"restore", applied, "--reason", "yes"},
       65,
       "conflict",
       "cannot be restored"},
      {"an empty reason", {"confirm", applied, "--reason", " "}, 65, "bad_input", "reason is empty"},
      {"a check of a contact that did not confirm", {"check", applied}, 65, "conflict", "portavoz confirm"},
      {"a number that is none",
       {"approve", "one", "--reason", "x"},
       65,
       "bad_input",
       "'one' is no number of a report"},
      {"a negative number", {"report", "show", "0"}, 65, "bad_input", "'0' is no number of a report"},
      {"a number past all numbers",
       {"check", "99999999999999999999"},
       65,
       "bad_input",
       "is no number of a contact"},
      {"an address where a contact's number is meant",
       {"confirm", "norte@example.org", "--reason", "x"},
       65,
       "bad_input",
       "`portavoz contacts` shows the numbers"},
      {"a state that is none",
       {"contacts", "--state", "happy"},
       65,
       "bad_input",
       "'happy' is no state.*applied, confirmed"},
      {"a list that is no address", {"contacts", "--list", "x"}, 65, "bad_input", "--list: 'x'"},
      {"a limit that is no number", {"log", "--limit", "many"}, 65, "bad_input", "--limit: 'many'"},
      {"a head that is none", {"audit", "verify", "--head", "abc"}, 65, "bad_input", "64 hexadecimal digits"},
      {"an id that nobody knows",
       {"explain", "4Bx1Yk2yRzz9"},
       66,
       "not_found",
       "no verdict on '4Bx1Yk2yRzz9'"},
      {"an empty id", {"explain", "<>"}, 66, "not_found", "no verdict"},
      {"an admin adding an account",
       {"account", "add", "eve", "--name", "Eve"},
       77,
       "forbidden",
       "sudo -u postgres"},
      {"an admin closing an account", {"account", "disable", "bruno"}, 77, "forbidden", "sudo -u postgres"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Words words = row.words;
    words.emplace_back("--json");
    const Ran result = desk.run(words);
    INFO(result.err);
    CHECK(result.status == row.status);
    CHECK(result.err.starts_with("portavoz: "));
    CHECK(std::regex_search(result.err, std::regex(row.says)));
    CHECK(result.json().at("error").at("kind") == row.kind);
    CHECK(desk.everything() == before);
  }
}

TEST_CASE("a decision by nobody is refused and changes nothing") {
  Desk desk;
  const auto contact = std::to_string(desk.confirmed("Norte", "norte@example.org"));
  const std::string before = desk.everything();
  struct Row {
    const char* login;
    const char* says;
  };
  // An admin without an account, the programs' logins, and somebody whom PostgreSQL does not know.
  for (const Row& row :
       {Row{"carla", "The login carla has no enabled account"}, Row{"gate1", "permission denied"},
        Row{"verifier1", "permission denied"}, Row{"stranger", "The register refuses the connection"}}) {
    CAPTURE(row.login);
    const Ran result = desk.run({"vouch", contact, "--reason", "I say so"}, row.login);
    INFO(result.err);
    CHECK(result.status == 77);
    CHECK(result.err.find(row.says) != std::string::npos);
    CHECK(desk.everything() == before);
  }
}

TEST_CASE("when PostgreSQL is away the command line says so and exits 69") {
  Desk desk;
  const std::string config = desk.config("alba");
  struct Away {
    Away() { shared_cluster().stop(); }
    Away(const Away&) = delete;
    Away& operator=(const Away&) = delete;
    ~Away() { shared_cluster().start(); }
  };
  {
    const Away away;
    for (const Words& words :
         {Words{"contacts"}, Words{"vouch", "1", "--reason", "x"}, Words{"log", "--posts"}}) {
      Words all{"--json", "--config", config};
      all.insert(all.end(), words.begin(), words.end());
      const Ran result = command_line(all);
      INFO(result.err);
      CHECK(result.status == 69);
      CHECK(result.err.starts_with("portavoz: The register cannot be reached"));
      CHECK(result.err.find("Check that PostgreSQL runs") != std::string::npos);
      CHECK(result.json().at("error").at("kind") == "unavailable");
    }
    // What is wrong with the words is said without PostgreSQL.
    CHECK(command_line({"--config", config, "approve", "one", "--reason", "x"}).status == 65);
  }
}

TEST_CASE("a register without its schema is told from one that is away by what to do") {
  const Database empty;
  const TemporaryDirectory directory;
  auto superuser = empty.superuser();
  const std::string dsn = shared_cluster().dsn(value(superuser, "SELECT current_database()"));
  const std::string config = directory.write("p.yaml", "register:\n  dsn: \"" + dsn + "\"\n");
  const Ran result = command_line({"--config", config, "contacts"});
  CHECK(result.status == 69);
  CHECK(result.err.find("portavoz db migrate") != std::string::npos);
}
