#include "tests/admin/program.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <stdlib.h>

#include "adapters/os/process.h"

namespace portavoz::test {

namespace {

Ran ran(const Words& argv) {
  Command command;
  command.argv = argv;
  command.max_output = std::size_t{1} << 20U;
  const Ended ended = must(portavoz::run(command));
  REQUIRE(ended.signal == 0);
  return {ended.exit_status, ended.out, ended.err};
}

Words with_environment(const Words& environment, const Words& words) {
  Words argv{"/usr/bin/env"};
  argv.insert(argv.end(), environment.begin(), environment.end());
  argv.emplace_back(PORTAVOZ_PROGRAM);
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// In the private cluster only: a login is who it says it is.
void believe_names() {
  static const bool done = [] {
    auto superuser = must(pg::Connection::open(shared_cluster().dsn("postgres")));
    const auto hba = must(superuser.query("SHOW hba_file"));
    must(superuser.exec("COPY (SELECT 'local all all trust') TO '" + std::string(hba.text(0, "hba_file")) +
                        "'"));
    must(superuser.exec("SELECT pg_reload_conf()"));
    for (int tries = 0; tries < 500; ++tries) {
      if (pg::Connection::open(shared_cluster().dsn("postgres") + " user=carla")) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }();
  REQUIRE(done);
}

}  // namespace

nlohmann::json Ran::json() const {
  const auto parsed = nlohmann::json::parse(out, nullptr, false);
  INFO(out);
  REQUIRE_FALSE(parsed.is_discarded());
  return parsed;
}

Ran command_line(const Words& words, const Words& environment) {
  return ran(with_environment(environment, words));
}

Ran command_line_with_judge(const std::string& judge, const Words& words) {
  const TemporaryDirectory folder;  // they stand in one
  std::filesystem::copy_file(PORTAVOZ_PROGRAM, folder.path("portavoz"));
  if (!judge.empty()) std::filesystem::copy_file(judge, folder.path("portavoz-judge"));
  Words argv{folder.path("portavoz")};
  argv.insert(argv.end(), words.begin(), words.end());
  return ran(argv);
}

Ran command_line_on_terminal(const Words& words, const Words& environment) {
  std::string line = "stty cols 100;";
  for (const std::string& word : with_environment(environment, words)) line += ' ' + quoted(word);
  return ran({"/usr/bin/script", "-qec", line, "/dev/null"});
}

std::string unwrapped(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

TemporaryDirectory::TemporaryDirectory() {
  path_ = std::filesystem::temp_directory_path() / "portavoz-admin-XXXXXX";
  REQUIRE(mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& text) const {
  std::ofstream file(path(name), std::ios::binary);
  file << text;
  file.close();
  REQUIRE(file);
  return path(name);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Desk::Desk(int deciders) : Story(deciders) { believe_names(); }

std::string Desk::config(const std::string& login) {
  const auto database = value(root, "SELECT current_database()");
  return directory.write(login + ".yaml",
                         "register:\n  dsn: \"" + shared_cluster().dsn(database) + " user=" + login +
                             "\"\nwording: " PORTAVOZ_WORDING "\ndoor:\n  held: " + held() + "\n");
}

Ran Desk::run(const Words& words, const std::string& login) {
  Words all{"--config", config(login)};
  all.insert(all.end(), words.begin(), words.end());
  return command_line(all);
}

nlohmann::json Desk::ask(const Words& words) {
  Words with_json = words;
  with_json.emplace_back("--json");
  const Ran result = run(with_json);
  INFO(result.err);
  REQUIRE(result.status == 0);
  return result.json();
}

std::string Desk::everything() {
  std::string all =
      value(root,
            "SELECT count(*) || ' ' || coalesce(max(encode(hash, 'hex')), '') FROM audit WHERE seq = "
            "(SELECT max(seq) FROM audit)");
  for (const char* table :
       {"accounts", "lists", "list_addresses", "assemblies", "contacts", "checks", "reports", "decisions",
        "confirmations", "held_actions", "list_changes", "seal_keys", "verdicts", "audit"}) {
    all += std::string(" ") + table + "=" + value(root, std::string("SELECT count(*) FROM ") + table);
  }
  return all +
         value(root,
               "SELECT string_agg(contact_id || state || stage, ',' ORDER BY contact_id) FROM contacts") +
         value(root, "SELECT string_agg(check_id || '@' || due_at, ',' ORDER BY check_id) FROM checks");
}

}  // namespace portavoz::test
