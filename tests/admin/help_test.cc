#include "tests/admin/program.h"

using namespace portavoz::test;

namespace {

const std::vector<Words> commands{{"list", "add"},
                                  {"list", "hold"},
                                  {"list", "show"},
                                  {"apply"},
                                  {"confirm"},
                                  {"check"},
                                  {"contacts"},
                                  {"contact", "show"},
                                  {"reports"},
                                  {"report", "show"},
                                  {"approve"},
                                  {"reject"},
                                  {"vouch"},
                                  {"suspend"},
                                  {"restore"},
                                  {"retire"},
                                  {"change-proof"},
                                  {"log"},
                                  {"explain"},
                                  {"try"},
                                  {"status"},
                                  {"metrics"},
                                  {"held", "list"},
                                  {"held", "show"},
                                  {"held", "release"},
                                  {"held", "drop"},
                                  {"audit", "verify"},
                                  {"account", "add"},
                                  {"account", "list"},
                                  {"account", "disable"},
                                  {"config", "check"},
                                  {"db", "migrate"},
                                  {"roll", "build"},
                                  {"roll", "dump"},
                                  {"roll", "verify"},
                                  {"roll", "age"},
                                  {"seal", "make-key"},
                                  {"seal", "rotate"},
                                  {"seal", "retire"},
                                  {"seal", "list"},
                                  {"inspect"}};

std::string joined(const Words& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

TEST_CASE("help lists every command and every exit code") {
  const Ran help = command_line({"--help"});
  CHECK(help.status == 0);
  CHECK(help.err.empty());
  for (const Words& command : commands) {
    CAPTURE(joined(command));
    CHECK(help.out.find("\n  " + joined(command) + " ") != std::string::npos);
  }
  for (const char* code :
       {"   0  ", "  64  ", "  65  ", "  66  ", "  69  ", "  70  ", "  75  ", "  77  ", "  78  "}) {
    CAPTURE(code);
    CHECK(help.out.find(code) != std::string::npos);
  }
}

TEST_CASE("the help of each command has an example and what comes next") {
  for (Words words : commands) {
    const std::string command = joined(words);
    CAPTURE(command);
    words.emplace_back("--help");
    const Ran help = command_line(words);
    CHECK(help.status == 0);
    CHECK(help.out.find("\nExample\n") != std::string::npos);
    CHECK(help.out.find("portavoz " + command) != std::string::npos);
    CHECK(help.out.find("\nNext: ") != std::string::npos);
  }
}

TEST_CASE("the version is one line") {
  const Ran version = command_line({"--version"});
  CHECK(version.status == 0);
  CHECK(version.out.starts_with("portavoz "));
  CHECK(std::count(version.out.begin(), version.out.end(), '\n') == 1);
}

TEST_CASE("a mistake in the command itself is exit 64 with a sentence and where the help is") {
  struct Row {
    const char* name;
    Words words;
    const char* says;
  };
  const auto row = GENERATE(values<Row>({
      {"no command", {}, "No command was given. `portavoz --help`"},
      {"a misspelt command",
       {"reprots"},
       "There is no command 'reprots' (did you mean 'reports'?). `portavoz --help`"},
      {"a misspelt second word", {"list", "ad"}, "(did you mean 'add'?). `portavoz list --help`"},
      {"half a command", {"held"}, "needs one more word: list show release drop"},
      {"an unknown option", {"log", "--colour"}, "--colour. `portavoz log --help`"},
      {"a missing argument", {"approve", "--reason", "x"}, "N is required. `portavoz approve --help`"},
      {"a missing reason", {"approve", "1"}, "--reason is required. `portavoz approve --help`"},
      {"a reason without its text", {"vouch", "1", "--reason"}, "`portavoz vouch --help`"},
      {"one argument too many", {"approve", "1", "2", "--reason", "x"}, "`portavoz approve --help`"},
      {"an option twice", {"approve", "1", "--reason", "x", "--reason", "y"}, "`portavoz approve --help`"},
      {"an option that would say who decides", {"approve", "1", "--reason", "x", "--as", "alba"}, "--as"},
      {"signing domains and none at once",
       {"change-proof", "1", "--reason", "x", "--no-dkim", "--signing-domain", "a.example"},
       "--no-dkim"},
      {"an argument that is not UTF-8", {"explain", "a\xFF"}, "is not UTF-8"},
  }));
  DYNAMIC_SECTION(row.name) {
    const Ran result = command_line(row.words);
    INFO(result.err);
    CHECK(result.status == 64);
    CHECK(result.out.empty());
    CHECK(result.err.starts_with("portavoz: "));
    CHECK(result.err.find(row.says) != std::string::npos);
  }
}

TEST_CASE("with --json a mistake is an object on standard output too, wherever --json stands") {
  for (const Words& words :
       {Words{"--json", "reprots"}, Words{"reprots", "--json"}, Words{"report", "show", "--json"}}) {
    const Ran result = command_line(words);
    CHECK(result.status == 64);
    CHECK(result.err.starts_with("portavoz: "));
    const auto error = result.json().at("error");
    CHECK(error.at("kind") == "usage");
    CHECK("portavoz: " + error.at("what").get<std::string>() + "\n" == result.err);
  }
}

TEST_CASE("the names of commands can be what other commands are about") {
  // `explain list` asks about an id called "list"; it is not taken for the command.
  const Ran result = command_line({"--config", "/nonexistent/portavoz.yaml", "explain", "list"});
  CHECK(result.status == 78);
}
