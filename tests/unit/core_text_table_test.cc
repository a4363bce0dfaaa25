#include "core/text_table/display.h"
#include "core/text_table/table.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("the width of a line is counted in cells, not in octets") {
  struct Row {
    const char* line;
    std::size_t width;
  };
  const auto row = GENERATE(values<Row>({
      {"", 0},
      {"asamblea", 8},
      {"Asamblea Sants – Montjuïc", 25},
      {"mo\xCC\x81n", 3},  // o and a combining acute
      {"集会", 4},         // East Asian wide
      {"a\xE2\x80\x8B"
       "b",
       2},                            // zero width space
      {"\xF0\x9F\x93\xA3 aviso", 8},  // an emoji takes two cells
  }));
  CAPTURE(row.line);
  CHECK(display_width(row.line) == row.width);
}

TEST_CASE("nothing that a terminal obeys reaches the screen") {
  struct Row {
    const char* name;
    std::string text;
    const char* shown;
  };
  const auto row = GENERATE(values<Row>({
      {"an escape sequence loses its escape", "a\x1b[31mb", "a [31mb"},
      {"carriage return and bell become blanks", "a\rb\a", "a b "},
      {"a C1 control in UTF-8 becomes a blank",
       "a\xC2\x9B"
       "b",
       "a b"},
      {"delete becomes a blank",
       "a\x7F"
       "b",
       "a b"},
      {"a NUL becomes a blank", std::string("a\0b", 3), "a b"},
      {"a direction override is shown as a replacement",
       "a\xE2\x80\xAE"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"an octet that is not UTF-8 is shown as a replacement",
       "a\xFF"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"a cut character is shown as a replacement", "a\xC3", "a\xEF\xBF\xBD"},
      {"a surrogate is shown as replacements", "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"an overlong slash is shown as replacements", "\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"line feeds and letters stay", "línea 1\nlínea 2", "línea 1\nlínea 2"},
  }));
  DYNAMIC_SECTION(row.name) { CHECK(screen_text(row.text) == row.shown); }
}

TEST_CASE("text wraps at blanks, and inside a word only when it must") {
  CHECK(wrap_text("", 10) == std::vector<std::string>{""});
  CHECK(wrap_text("uno dos tres", 20) == std::vector<std::string>{"uno dos tres"});
  CHECK(wrap_text("uno dos tres", 7) == std::vector<std::string>{"uno dos", "tres"});
  CHECK(wrap_text("uno dos tres", 8) == std::vector<std::string>{"uno dos", "tres"});
  CHECK(wrap_text("contacto@asamblea.example", 10) ==
        std::vector<std::string>{"contacto@a", "samblea.ex", "ample"});
  CHECK(wrap_text("uno\ndos", 10) == std::vector<std::string>{"uno", "dos"});
  CHECK(wrap_text("集会集会", 3) == std::vector<std::string>{"集", "会", "集", "会"});
  CHECK(wrap_text("ab", 0) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("columns are aligned under their titles and no line ends in blanks") {
  const Table table{
      {"LIST", "ASSEMBLY", "STATE"},
      {{{"news@lists.example"}, {"Montjuïc"}, {"designated"}}, {{"a@b.example"}, {"集会"}, {"applied"}}}};
  CHECK(lay_out(table, Screen{}) ==
        "LIST                ASSEMBLY  STATE\n"
        "news@lists.example  Montjuïc  designated\n"
        "a@b.example         集会      applied\n");
}

TEST_CASE("a table wider than the screen wraps its widest columns and loses nothing") {
  const Table table{{"N", "REASON"}, {{{"1"}, {"they rang and read the code back"}}}};
  CHECK(lay_out(table, Screen{.width = 20}) ==
        "N  REASON\n"
        "1  they rang and\n"
        "   read the code\n"
        "   back\n");
}

TEST_CASE("colours surround the text of a cell and never its padding, and are absent by default") {
  const Table table{{"STATE", "N"}, {{{"ok", Style::good}, {"1"}}}};
  CHECK(lay_out(table, Screen{.width = 80, .colours = true}) ==
        "\x1b[1mSTATE\x1b[0m  \x1b[1mN\x1b[0m\n"
        "\x1b[32mok\x1b[0m     1\n");
  CHECK(lay_out(table, Screen{}).find('\x1b') == std::string::npos);
}

TEST_CASE("a cell cannot smuggle a colour into the table") {
  const Table table{{"FROM"}, {{{"\x1b[2J evil"}}}};
  CHECK(lay_out(table, Screen{.width = 80, .colours = false}) == "FROM\n [2J evil\n");
}

TEST_CASE("facts stand beside their labels and wrap under themselves") {
  const std::vector<Fact> facts{{"list", "news@lists.example"}, {"reason", "one two three four"}};
  CHECK(lay_out(facts, Screen{.width = 19}) ==
        "list    news@lists.\n"
        "        example\n"
        "reason  one two\n"
        "        three four\n");
}
