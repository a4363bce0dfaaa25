// portavoz: the admins' command line. Parse, run one command, print its answer or its error, exit as
// sysexits.h says.
#include <cstdio>
#include <exception>
#include <string>

#include <sysexits.h>

#include "adapters/terminal/terminal.h"
#include "admin/arguments.h"
#include "admin/commands/commands.h"
#include "admin/context.h"
#include "core/text_table/display.h"

namespace portavoz::admin {
namespace {

struct Ending {
  const char* kind;  // in JSON
  int exit_code;
};

Ending ending(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input: return {"bad_input", EX_DATAERR};
    case ErrorKind::not_found: return {"not_found", EX_NOINPUT};
    case ErrorKind::conflict: return {"conflict", EX_DATAERR};
    case ErrorKind::forbidden: return {"forbidden", EX_NOPERM};
    case ErrorKind::unavailable: return {"unavailable", EX_UNAVAILABLE};
    case ErrorKind::in_doubt: return {"in_doubt", EX_TEMPFAIL};
    case ErrorKind::internal: return {"internal", EX_SOFTWARE};
  }
  return {"internal", EX_SOFTWARE};
}

int print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return EX_OK;
  std::perror("portavoz: cannot write to standard output");
  return EX_IOERR;
}

int fail(const Ending& how, const std::string& what, bool json) {
  const std::string sentence = what.ends_with('\n') ? what : what + '\n';
  std::fputs(("portavoz: " + screen_text(sentence)).c_str(), stderr);
  if (json)
    print(Json::object({{"error", Json::object({{"kind", how.kind}, {"what", what}})}}).text() + '\n');
  return how.exit_code;
}

int run_and_print(const Arguments& arguments) {
  Context context(arguments, standard_output_screen());
  const auto answer = std::visit([&](const auto& args) { return run(context, args); }, arguments.command);
  if (!answer) {
    const Ending how =
        context.configuration_failed() ? Ending{"configuration", EX_CONFIG} : ending(answer.error().kind);
    return fail(how, answer.error().what, arguments.json);
  }
  const int printed = print(arguments.json ? answer->json.text() + '\n' : answer->text);
  return printed == EX_OK ? answer->exit_code : printed;
}

}  // namespace
}  // namespace portavoz::admin

int main(int argc, char** argv) {
  using namespace portavoz::admin;
  try {
    const auto parsed = parse_arguments(argc, argv);
    if (const auto* help = std::get_if<Help>(&parsed)) return print(help->text);
    if (const auto* mistake = std::get_if<UsageMistake>(&parsed)) {
      return fail({"usage", EX_USAGE}, mistake->what, mistake->json);
    }
    return run_and_print(std::get<Arguments>(parsed));
  } catch (const std::exception& bug) {  // an admin gets a sentence, not a core dump
    std::fprintf(stderr, "portavoz: This is a mistake of Portavoz: %s. Please report it.\n", bug.what());
    return EX_SOFTWARE;
  }
}
