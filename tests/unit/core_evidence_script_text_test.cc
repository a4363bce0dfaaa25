#include <algorithm>

#include "core/evidence/script_text.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

bool builds(std::string_view script, std::string_view text) {
  const auto texts = script_texts(script);
  return std::any_of(texts.begin(), texts.end(), [&](const ScriptText& each) { return each.text == text; });
}

}  // namespace

TEST_CASE("a script's constants are folded", "[script]") {
  struct Row {
    const char* name;
    const char* script;
    const char* text;
  };
  const auto row = GENERATE(values<Row>({
      {"pieces", "location.href='mai'+'lto:'+'a'+'@'+'b.org'", "mailto:a@b.org"},
      {"variables", "var n='a';var d=\"b.org\"; x(n+'@'+d)", "a@b.org"},
      {"a variable that grows", "var addy = 'a' + '&#64;'; addy = addy + 'b' + '&#46;org';",
       "a&#64;b&#46;org"},
      {"a variable that grows by +=", "let s='a@'; s+='b'; s += '.org';", "a@b.org"},
      {"character codes", "document.write(String.fromCharCode(97,64,98))", "a@b"},
      {"escapes", R"(var a='\x61\x40\u0062.org')", "a@b.org"},
      {"unescape", "document.write(unescape('a%40b%2Eorg'))", "a@b.org"},
      {"unescape of units", "f(unescape('%u0061@b'))", "a@b"},
      {"base64", "el.innerHTML = atob('YUBiLm9yZw==')", "a@b.org"},
      {"joined", "x = ['a','b.org'].join('@')", "a@b.org"},
      {"turned around", "x = 'gro.b@a'.split('').reverse().join('')", "a@b.org"},
      {"replaced", "x = 'a#b.org'.replace('#','@')", "a@b.org"},
      {"replaced by a pattern", "x = 'a(at)b(at)c'.replace(/\\(at\\)/g, '@')", "a@b@c"},
      {"rot13 by a function",
       "w('n@o.bet'.replace(/[a-zA-Z]/g,function(c){return "
       "String.fromCharCode((c<='Z'?90:122)>=(c=c.charCodeAt(0)+13)?c:c-26)}))",
       "a@b.org"},
      {"concat", "x = 'a'.concat('@','b.org')", "a@b.org"},
      {"brackets", "x = ('a' + ('@')) + 'b.org'", "a@b.org"},
      {"an element of a list", "var p=['b.org','a']; x = p[1]+'@'+p[0]", "a@b.org"},
      {"written in pieces", "document.write('a');document.write('@');document.write('b.org')", "a@b.org"},
      {"inside of a function", "jQuery(function($){ var a='x'; $('#m').html(a+'@b.org'); })", "x@b.org"},
      {"inside of a function that is called", "(function(){document.write('a'+'@b.org')})()", "a@b.org"},
      {"an argument", "mail('name', 'b.org')", "b.org"},
      {"behind a comment", "/* 'x */ // 'y\n x = 'a'+'@b'", "a@b"},
      {"a pattern with quotes", "s.replace(/['\"]/g,''); x='a'+'@b'", "a@b"},
  }));
  DYNAMIC_SECTION(row.name) { CHECK(builds(row.script, row.text)); }
}

TEST_CASE("nothing is joined across what is not known", "[script]") {
  CHECK_FALSE(builds("x = 'a' + name() + 'b.org'", "ab.org"));
  CHECK_FALSE(builds("x = 'a@' + y.z + 'b.org'", "a@b.org"));
  CHECK_FALSE(builds("x = 'info'; y = '@b.org'", "info@b.org"));
  CHECK_FALSE(builds("var s; s += 'a@'; s += 'b.org'", "a@b.org"));
}

TEST_CASE("a script says whether a text was put together, and whether it is shown", "[script]") {
  const auto data = script_texts("var config = {mail: 'a@b.org'}");
  REQUIRE(data.size() == 1);
  CHECK_FALSE(data[0].built);
  CHECK_FALSE(data[0].shown);
  const auto shown = script_texts("e.innerHTML = 'a@b.org'");
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].shown);
}

TEST_CASE("hostile scripts end in bounded time and memory", "[script]") {
  CHECK(script_texts(std::string(longest_script + 1, ' ')).empty());
  const std::string deep(100'000, '(');
  CHECK(script_texts(deep + "'a'").size() <= 100'000);
  std::string doubling = "a='x'";
  for (int i = 0; i < 200; ++i) doubling += ";a=a+a";
  for (const ScriptText& each : script_texts(doubling)) CHECK(each.text.size() <= 16'384);
  std::string unended = "x = 'abc";
  for (int i = 0; i < 20'000; ++i) unended += "[('{";
  static_cast<void>(script_texts(unended));
}
