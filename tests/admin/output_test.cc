#include <sstream>

#include "adapters/os/process.h"
#include "core/text_table/display.h"
#include "tests/admin/program.h"

using namespace portavoz::test;

TEST_CASE("colours go to a terminal alone, and not where NO_COLOR or TERM=dumb is set") {
  Desk desk;
  desk.designated("Norte", "norte@example.org");
  const Words words{"--config", desk.config("alba"), "contacts"};
  const auto coloured = [](const Ran& result) {
    REQUIRE(result.status == 0);
    return result.out.find('\x1b') != std::string::npos;
  };
  CHECK(coloured(command_line_on_terminal(words, {"TERM=xterm"})));
  CHECK_FALSE(coloured(command_line_on_terminal(words, {"TERM=xterm", "NO_COLOR=1"})));
  CHECK(coloured(command_line_on_terminal(words, {"TERM=xterm", "NO_COLOR="})));
  CHECK_FALSE(coloured(command_line_on_terminal(words, {"TERM=dumb"})));
  CHECK_FALSE(coloured(command_line(words, {"TERM=xterm"})));
}

TEST_CASE("JSON has no colours, on a terminal either") {
  Desk desk;
  Ran result =
      command_line_on_terminal({"--config", desk.config("alba"), "contacts", "--json"}, {"TERM=xterm"});
  CHECK(result.json().at("contacts").empty());
}

TEST_CASE("a table stays within 100 columns where there is no terminal") {
  Desk desk;
  desk.designated("Asamblea General de los Barrios del Norte y de la Ribera",
                  "secretaria.general@asamblea-norte.example.org");
  const Ran result = desk.run({"contacts"});
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(portavoz::display_width(line) <= 100);
  }
  CHECK(result.out.find("CONTACT  ASSEMBLY") == 0);
}

TEST_CASE("--json works before and after the command and prints what a program can parse") {
  Desk desk;
  for (const Words& command :
       {Words{"list", "show"}, Words{"contacts"}, Words{"reports"}, Words{"reports", "--all"}, Words{"log"},
        Words{"log", "--posts"}, Words{"audit", "verify"}, Words{"account", "list"}, Words{"config", "check"},
        Words{"list", "show", list_address}}) {
    Words before{"--json"};
    before.insert(before.end(), command.begin(), command.end());
    Words after = command;
    after.emplace_back("--json");
    const Ran first = desk.run(before);
    const Ran second = desk.run(after);
    INFO(first.err);
    CHECK(first.status == 0);
    CHECK(first.json().is_object());
    CHECK(first.out == second.out);
  }
}

TEST_CASE("what strangers wrote cannot steer the terminal") {
  Desk desk;
  auto gate = desk.as("gate1");
  must(gate.query(
      "SELECT record_verdicts($1::jsonb)",
      {R"([{"id":"00000000-0000-4000-8000-000000000003","at":"2026-11-23T10:00:00Z","host":"mx1","queue_id":"4Bx3",)"
       R"("message_id":"<3@x.example>","list":"avisos@listas.example","client":"192.0.2.1","mail_from":"x@x.example",)"
       R"("header_from":"\u001b]0;owned\u0007x@x.example","login":"","rule":"not-designated","verdict":"reject","code":"550",)"
       R"("contact_id":null,"decision_id":null,"proof":null}])"}));
  for (const Words& words : {Words{"log", "--posts"}, Words{"explain", "4Bx3"}}) {
    const Ran result = desk.run(words);
    CHECK(result.status == 0);
    CHECK(result.out.find("x@x.example") != std::string::npos);
    CHECK(result.out.find('\x1b') == std::string::npos);
    CHECK(result.out.find('\a') == std::string::npos);
  }
}

TEST_CASE("output that cannot be written is an error") {
  const Ran result = command_line({"--help"}, {});
  REQUIRE(result.status == 0);
  portavoz::Command command;
  command.argv = {"/bin/sh", "-c", std::string(PORTAVOZ_PROGRAM) + " --help >/dev/full"};
  const auto ended = must(portavoz::run(command));
  CHECK(ended.exit_status == 74);
  CHECK(ended.err.find("cannot write to standard output") != std::string::npos);
}
