#include <filesystem>

#include "tests/admin/program.h"

using namespace portavoz::test;

TEST_CASE("config check shows every mistake of the file with its place and exits 78") {
  const TemporaryDirectory directory;
  const std::string config = directory.write("p.yaml", "regster:\n  dsn: x\ndoor:\n  held_max_posts: many\n");
  const Ran result = command_line({"config", "check", "--config", config});
  CHECK(result.status == 78);
  CHECK(result.out.empty());
  CHECK(result.err.find(config + ":1:1: ") != std::string::npos);
  CHECK(result.err.find("did you mean 'register'") != std::string::npos);
  CHECK(result.err.find(config + ":4:") != std::string::npos);
  const Ran json = command_line({"config", "check", "--config", config, "--json"});
  CHECK(json.status == 78);
  CHECK(json.json().at("error").at("kind") == "configuration");
}

TEST_CASE("config check prints what is in force when there is no mistake") {
  const TemporaryDirectory directory;
  const std::string config = directory.write("p.yaml", "gate:\n  host: mx1.example.org\n");
  const Ran result = command_line({"config", "check", "--config", config});
  CHECK(result.status == 0);
  CHECK(result.out.find("gate.host = mx1.example.org\n") != std::string::npos);
  CHECK(result.out.find("door.held_max_posts = 1000\n") != std::string::npos);
  CHECK(
      command_line({"config", "check", "--config", config, "--json"}).json().at("settings").at("gate.host") ==
      "mx1.example.org");
}

TEST_CASE("a configuration that is not there is exit 78, for every command that needs one") {
  for (const Words& command : {Words{"config", "check"}, Words{"contacts"}, Words{"held", "list"}}) {
    Words words{"--config", "/nonexistent/portavoz.yaml"};
    words.insert(words.end(), command.begin(), command.end());
    const Ran result = command_line(words);
    CHECK(result.status == 78);
    CHECK(result.err.find("/nonexistent/portavoz.yaml") != std::string::npos);
  }
}

TEST_CASE("db migrate makes the schema once, and account add lets a login decide") {
  const Database empty;
  const TemporaryDirectory directory;
  auto superuser = empty.superuser();
  const std::string dsn = shared_cluster().dsn(value(superuser, "SELECT current_database()"));
  const std::string config = directory.write("p.yaml", "register:\n  dsn: \"" + dsn + "\"\n");
  const auto run = [&](Words words) {
    words.insert(words.begin(), {"--config", config});
    return command_line(words);
  };

  const Ran first = run({"db", "migrate", "--sql", PORTAVOZ_SOURCE_DIR "/sql", "--json"});
  INFO(first.err);
  REQUIRE(first.status == 0);
  CHECK(first.json().at("applied").size() == real_migrations().size());
  const Ran second = run({"db", "migrate", "--sql", PORTAVOZ_SOURCE_DIR "/sql"});
  CHECK(second.status == 0);
  CHECK(second.out.find("there was nothing to do") != std::string::npos);
  CHECK(value(superuser,
              "SELECT count(*) FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member "
              "JOIN pg_roles AS g ON g.oid = m.roleid WHERE (r.rolname, g.rolname) IN (('portavoz-milter', "
              "'portavoz_gate'), ('portavoz-deliver', 'portavoz_door'), ('portavoz-verifier', "
              "'portavoz_verifier'), ('portavoz-outbox', 'portavoz_clerk')) AND r.rolcanlogin") == "4");
  CHECK(run({"db", "migrate", "--sql", directory.path("none")}).status == 69);
  CHECK(run({"db", "migrate", "--sql", std::filesystem::path(config).parent_path()}).status == 65);

  CHECK(run({"account", "list"}).out.find("Nobody may decide yet.") == 0);
  // A name that SQL must quote, and one that was an admin's role before.
  for (const char* login : {"odd\"name; DROP ROLE x", "carla"}) {
    CAPTURE(login);
    const Ran added = run({"account", "add", login, "--name", "Somebody"});
    INFO(added.err);
    CHECK(added.status == 0);
    const auto member =
        must(superuser.query("SELECT count(*) AS n FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = "
                             "m.member WHERE r.rolname = $1 "
                             "AND m.roleid = 'portavoz_admin'::regrole AND r.rolcanlogin",
                             {login}));
    CHECK(member.integer(0, "n") == 1);
  }
  CHECK(run({"account", "add", "carla", "--name", "Carla"}).status == 65);
  CHECK(run({"account", "list", "--json"}).json().at("accounts").size() == 2);
  CHECK(run({"account", "disable", "carla"}).status == 0);
  CHECK(run({"account", "disable", "carla"}).status == 66);
  must(superuser.exec("DROP ROLE \"odd\"\"name; DROP ROLE x\""));
}

TEST_CASE("an account whose role cannot be made is not added either") {
  Desk desk;
  // The register's owner may add accounts; without CREATEROLE it cannot make a login.
  must(desk.root.exec("DROP ROLE IF EXISTS owner1; CREATE ROLE owner1 LOGIN IN ROLE portavoz_owner"));
  const std::string before = desk.everything();
  const Ran result = desk.run({"account", "add", "eve", "--name", "Eve"}, "owner1");
  INFO(result.err);
  CHECK(result.status == 77);
  CHECK(desk.everything() == before);
  must(desk.root.exec("DROP ROLE owner1"));
}
