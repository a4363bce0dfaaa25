// Bad input: each gets a sentence that says what to do, and changes nothing.
#include "tests/register/story.h"

using namespace portavoz::test;
using Catch::Contains;

TEST_CASE("an application with bad input is refused with a sentence, and nothing is left of it") {
  Story story;
  struct Row {
    std::string name, assembly, address, url, language, sqlstate, says;
  };
  const std::vector<Row> rows{
      {"no @", "A", "norte", "https://a.example/", "es", "PV001", "'norte' is not a mail address"},
      {"empty address", "A", "", "https://a.example/", "es", "PV001", "is not a mail address"},
      {"one label", "A", "a@localhost", "https://a.example/", "es", "PV001", "is not a mail address"},
      {"capitals", "A", "Norte@example.org", "https://a.example/", "es", "PV001", "lower case"},
      {"two addresses", "A", "a@b.example, c@d.example", "https://a.example/", "es", "PV001",
       "is not a mail address"},
      {"a line break", "A", "a@b.example\nx", "https://a.example/", "es", "PV001", "is not a mail address"},
      {"ftp", "A", "a@b.example", "ftp://a.example/", "es", "PV001", "begins with https://"},
      {"javascript", "A", "a@b.example", "javascript:alert(1)", "es", "PV001",
       "not the address of a web page"},
      {"credentials", "A", "a@b.example", "https://u:p@a.example/", "es", "PV001", "without a user name"},
      {"no host", "A", "a@b.example", "https:///x", "es", "PV001", "not the address of a web page"},
      {"blank in URL", "A", "a@b.example", "https://a.example/x y", "es", "PV001",
       "not the address of a web page"},
      {"no name", " ", "a@b.example", "https://a.example/", "es", "PV001", "name of an assembly"},
      {"unknown language", "A", "a@b.example", "https://a.example/", "fr", "PV001", "es, en"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    const auto result = story.alba.query("SELECT apply_for($1, $2, $3, $4, '{}', $5)",
                                         {list_address, row.assembly, row.address, row.url, row.language});
    REQUIRE_FALSE(result.has_value());
    CHECK(story.alba.last_sqlstate() == row.sqlstate);
    CHECK_THAT(result.error().what, Contains(row.says));
  }
  CHECK(number(story.root, "SELECT count(*) FROM contacts") == 0);
  CHECK(number(story.root, "SELECT count(*) FROM assemblies") == 0);
}

TEST_CASE("addresses in their canonical form are taken, quoted and non-ASCII ones too") {
  Story story;
  for (const std::string address :
       {"norte@example.org", "a.b+c@sub.example.org", "\"the board\"@example.org",
        "ñandú@xn--andu-hqa.example", "o'neil@example.org", "\"a\\\"b\"@example.org"})
    CHECK(story.apply("Asamblea Norte", address) > 0);
}

TEST_CASE("an unknown list is answered with the lists that exist, at most five of them") {
  Story story;
  CHECK_THAT(
      refused(story.alba,
              "SELECT apply_for('x@y.example', 'A', 'a@b.example', 'https://b.example/', '{}', '')", "PV002"),
      Contains("There is no list x@y.example. The lists are: avisos@listas.example."));
  for (int i = 1; i <= 6; ++i)
    must(story.alba.query("SELECT list_add($1, NULL, '{es}', 'admin@listas.example', 1)",
                          {"l" + std::to_string(i) + "@listas.example"}));
  const auto many = refused(story.alba, "SELECT list_guideline_set('x@y.example', 'es', 'x')", "PV002");
  CHECK_THAT(many, Contains("Some of the 7 lists are: avisos@listas.example, l1@listas.example") &&
                       Contains("l4@listas.example") && !Contains("l5@"));
}

TEST_CASE("a list is added with clean facts, and no address guards two lists") {
  Story story;
  const auto add = [](const std::string& arguments) { return "SELECT list_add(" + arguments + ")"; };
  const std::string admin = "'admin@listas.example'";
  refused(story.alba, add("'avisos', NULL, '{es}', " + admin + ", 1"), "PV001");
  refused(story.alba, add("'b@listas.example', '{nope}', '{es}', " + admin + ", 1"), "PV001");
  refused(story.alba, add("'b@listas.example', NULL, '{}', " + admin + ", 1"), "PV001");
  refused(story.alba, add("'b@listas.example', NULL, '{Spanish}', " + admin + ", 1"), "PV001");
  refused(story.alba, add("'b@listas.example', NULL, '{es}', 'admin', 1"), "PV001");
  refused(story.alba, add("'b@listas.example', NULL, '{es}', " + admin + ", 3"), "PV001");
  refused(story.alba, add("'b@listas.example', NULL, '{es}', " + admin + ", NULL"), "PV001");
  CHECK_THAT(
      refused(story.alba, add("'b@listas.example', '{avisos-es@listas.example}', '{es}', " + admin + ", 1"),
              "PV003"),
      Contains("avisos-es@listas.example is guarded already, for the list avisos@listas.example"));
  refused(story.alba, add("'avisos@listas.example', NULL, '{es}', " + admin + ", 1"), "PV003");
  auto carla = story.as("carla");
  refused(carla, add("'b@listas.example', NULL, '{es}', " + admin + ", 1"), "PV004");
  CHECK(number(story.root, "SELECT count(*) FROM lists") == 1);
}

TEST_CASE("guidelines are versioned per language") {
  Story story;
  const auto set = [&](const std::string& language, const std::string& body) {
    return must(story.alba.query("SELECT list_guideline_set($1, $2, $3)", {list_address, language, body}))
        .integer(0, "list_guideline_set");
  };
  CHECK(set("es", "uno") == 1);
  CHECK(set("es", "dos") == 2);
  CHECK(set("en", "one") == 1);
  refused(story.alba, "SELECT list_guideline_set('avisos@listas.example', 'fr', 'un')", "PV001");
  refused(story.alba, "SELECT list_guideline_set('avisos@listas.example', 'es', ' ')", "PV001");
}

TEST_CASE("the public applies without logins, and its application goes the same way") {
  Story story;
  auto anybody = story.as("public1");
  must(anybody.query(
      "SELECT apply_public($1, 'Asamblea Sur', 'sur@example.org', 'https://sur.example/', 'en')",
      {list_address}));
  const auto rows = must(story.alba.query("SELECT * FROM contacts_overview"));
  CHECK(rows.text(0, "state") == "applied");
  CHECK(rows.text_array(0, "logins").empty());
  CHECK(value(story.alba, "SELECT actor FROM history WHERE action = 'apply'") == "public");
}

TEST_CASE("accounts: added, disabled, and brought back") {
  Register reg;
  auto root = reg.superuser();
  must(root.exec("SET search_path = portavoz"));
  refused(root, "SELECT account_add('alba', 'Alba')", "PV003");
  refused(root, "SELECT account_add('', 'Alba')", "PV001");
  refused(root, "SELECT account_disable('nobody')", "PV002");
  must(root.exec("SELECT account_disable('alba')"));
  CHECK(value(root, "SELECT enabled FROM accounts_overview WHERE login = 'alba'") == "false");
  CHECK(number(root, "SELECT account_add('alba', 'Alba B.')") == 1);
  CHECK(value(root, "SELECT enabled FROM accounts_overview WHERE login = 'alba'") == "true");
}

TEST_CASE("what was done with a held post needs an action, a post and a reason") {
  Story story;
  refused(story.alba, "SELECT record_held('release', 'q1', 'l', ' ')", "PV001");
  refused(story.alba, "SELECT record_held('burn', 'q1', 'l', 'x')", "PV001");
  refused(story.alba, "SELECT record_held('drop', '', 'l', 'x')", "PV001");
  must(story.alba.query("SELECT record_held('drop', 'q1', 'avisos@listas.example', 'spam')"));
  const auto detail = value(story.alba, "SELECT detail FROM history WHERE action = 'held'");
  CHECK_THAT(detail, Contains("\"held_id\": \"q1\"") && Contains("\"reason\": \"spam\""));
}
