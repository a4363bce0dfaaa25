// A roster reads as what a roll is filled with, or every mistake is shown with its line.
#include "core/registry/csv.h"
#include "core/registry/roster.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using Texts = std::vector<std::string>;

namespace {

const RosterChecks checks{{"en", "es"},
                          [](const std::string& domain) { return Result<bool>(domain == "eu.org"); }};
const std::string head = "assembly,list,address\n";

RollContents read(const std::string& text) {
  auto read = read_roster(text, checks);
  CAPTURE(text, format_problems("roster.csv", read.problems));
  REQUIRE(read.problems.empty());
  return std::move(read.contents);
}

std::string problems(const std::string& text) {
  return format_problems("f", read_roster(text, checks).problems);
}

}  // namespace

TEST_CASE("a line of CSV reads as its cells", "[roster]") {
  const std::vector<std::pair<std::string, Texts>> good{
      {"a,b,c", {"a", "b", "c"}},
      {"", {""}},
      {",", {"", ""}},
      {" a , b\t,", {"a", "b", ""}},
      {R"("Norte, y Sur",x)", {"Norte, y Sur", "x"}},
      {R"("the ""old"" one" , x)", {R"(the "old" one)", "x"}},
      {R"("")", {""}},
  };
  for (const auto& [line, cells] : good) {
    CAPTURE(line);
    const auto read_back = read_csv_line(line);
    REQUIRE(read_back);
    CHECK(*read_back == cells);
    CHECK(*read_csv_line(csv_line(cells)) == cells);
  }
  for (const char* bad : {R"("open, x)", R"(a "b" c)", R"("a"b,c)", R"(")"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_csv_line(bad));
  }
}

TEST_CASE("three columns are enough for a roster; the rest has defaults", "[roster]") {
  const auto roll = read(head + "Asamblea del Norte,Avisos@Listas.example,Info@Norte.example\n");
  REQUIRE(roll.lists.size() == 1);
  const GuardedList& list = roll.lists.front();
  CHECK(list.posting_address == "avisos@listas.example");
  CHECK(list.addresses == Texts{"avisos@listas.example"});
  CHECK(list.languages == Texts{"en"});
  CHECK(list.admin_address == "postmaster@listas.example");
  CHECK_FALSE(list.holds_unproven);
  REQUIRE(roll.contacts.size() == 1);
  CHECK(roll.contacts.front().list_id == list.id);
  const Designation& contact = roll.contacts.front().designation;
  CHECK(contact.assembly == "Asamblea del Norte");
  CHECK(contact.address == "info@norte.example");
  CHECK(contact.decision_id == 0);
  CHECK(contact.proof.logins.empty());
  CHECK(contact.proof.signing_domains == Texts{"norte.example"});
  CHECK_FALSE(contact.proof.spf);
  CHECK_FALSE(contact.proof.shared);
  CHECK_FALSE(roll.last_word.valid_until);
}

TEST_CASE("every column is read, in any order, from a file as a spreadsheet writes it", "[roster]") {
  const auto roll = read(
      "\xEF\xBB\xBF# valid-until: 2027-01-31,,,,,,,,,,\r\n"
      "Hold,Admin,Languages,Aliases,Shared,SPF,Signing_Domains,Logins,Address,List,Assembly\r\n"
      "yes,admins@listas.example,es; "
      "en,noticias@listas.example;avisos-es@listas.example,,,,,,avisos@listas.example,"
      "\r\n"
      "\r\n"
      ",,,,,yes,Norte.example; norte.EXAMPLE; b\xC3\xBC"
      "cher.example,norte; prensa ;norte,info@norte.example,avisos@listas.example,\"Norte, la  Asamblea\"\r\n"
      ",,,,yes,no,,,sur@correo.example,avisos@listas.example,Sur\r\n"
      ",,,,,yes,none,,rio@rio.example,avisos@listas.example,Rio\r\n"
      ",,,,,,,,,,\r\n");
  REQUIRE(roll.lists.size() == 1);
  const GuardedList& list = roll.lists.front();
  CHECK(list.addresses ==
        Texts{"avisos@listas.example", "noticias@listas.example", "avisos-es@listas.example"});
  CHECK(list.languages == Texts{"es", "en"});
  CHECK(list.admin_address == "admins@listas.example");
  CHECK(list.holds_unproven);
  REQUIRE(roll.contacts.size() == 3);
  const Designation& norte = roll.contacts[0].designation;
  CHECK(norte.assembly == "Norte, la Asamblea");
  CHECK(norte.proof.logins == Texts{"norte", "prensa"});
  CHECK(norte.proof.signing_domains == Texts{"norte.example", "xn--bcher-kva.example"});
  CHECK(norte.proof.spf);
  CHECK(roll.contacts[1].designation.proof.shared);
  CHECK(roll.contacts[1].designation.proof.signing_domains == Texts{"correo.example"});
  CHECK(roll.contacts[2].designation.proof.signing_domains.empty());
  CHECK(roll.contacts[2].designation.proof.spf);
  // The day is included.
  CHECK(roll.last_word.valid_until == parse_rfc3339("2027-02-01T00:00:00Z"));
}

TEST_CASE("a roster may say a moment until which it counts", "[roster]") {
  const auto roll = read("# valid-until: 2027-01-31T12:00:00Z\n" + head + "N,a@l.example,n@n.example\n");
  CHECK(roll.last_word.valid_until == parse_rfc3339("2027-01-31T12:00:00Z"));
}

TEST_CASE("a list can stand without a contact, and an assembly on several lists", "[roster]") {
  const auto roll = read(head + ",empty@l.example,\nN,a@l.example,n@n.example\nN,b@l.example,n@n.example\n");
  CHECK(roll.lists.size() == 3);
  CHECK(roll.contacts.size() == 2);
  CHECK(roll.lists[1].id != roll.lists[2].id);
  CHECK(roll.contacts[0].designation.contact_id != roll.contacts[1].designation.contact_id);
}

TEST_CASE("ids stay whatever else stands in the roster, and in whatever order", "[roster]") {
  const auto one = read(head + "N,a@l.example,n@n.example\nS,a@l.example,s@s.example\n");
  const auto other = read(head + "X,b@l.example,x@x.example\nS renamed,a@l.example,s@s.example\n");
  CHECK(other.lists[1].id == one.lists[0].id);
  CHECK(other.contacts[1].designation.contact_id == one.contacts[1].designation.contact_id);
  CHECK(one.lists[0].id > 0);
  CHECK(one.lists[0].id < std::int64_t{1} << 53);
  CHECK(roster_list_id("a@l.example") == one.lists[0].id);
}

TEST_CASE("what makes no roster is named with its line and what to do", "[roster]") {
  const std::string wide =
      "assembly,list,address,logins,signing_domains,spf,shared,aliases,languages,admin,hold\n";
  const std::string norte = "N,a@l.example,n@n.example";
  struct Row {
    const char* what;
    std::string text;
    std::string said;  // of it
  };
  const std::vector<Row> rows{
      {"nothing", "", "f:1: the file names no list"},
      {"columns alone", head, "f:1: the file names no list"},
      {"a column is missing", "assembly,address\n", "f:1: the column list is missing"},
      {"a column is mistyped", "assembly,list,adress\nx\n", "f:1: 'adress' is no column"},
      {"a column stands twice", "assembly,list,address,list\n", "f:1: the column list stands twice"},
      {"semicolons between cells", "assembly;list;address\n", "save the file with commas"},
      {"no columns, rows alone", norte + "\n", "f:1: 'n' is no column"},
      {"a remark", "# our lists\n" + head, "f:1: a roster has no remarks"},
      {"a contact that was taken out by a mark", head + "#" + norte + "\n", "f:2: a roster has no remarks"},
      {"valid-until after the columns", head + "# valid-until: 2027-01-31\n", "f:2: a roster has no remarks"},
      {"valid-until twice", "# valid-until: 2027-01-31\n# valid-until: 2027-01-31\n" + head,
       "f:2: a roster has no remarks"},
      {"a mistyped valid-until", "# valid until: 2027-01-31\n" + head, "f:1: a roster has no remarks"},
      {"a day that is none", "# valid-until: 2027-02-30\n" + head + norte + "\n",
       "f:1: valid-until: '2027-02-30'"},
      {"no day", "# valid-until:\n" + head + norte + "\n", "f:1: valid-until: ''"},
      {"a cell too few", head + "N,a@l.example\n", "f:2: the row has 2 cells, and there are 3 columns"},
      {"a cell too many", head + norte + ",\n", "f:2: the row has 4 cells"},
      {"an open quotation mark", head + "\"N,a@l.example,n@n.example\n" + norte + "\n",
       "f:2: a cell in quotation"},
      {"not UTF-8", head + "\xF1,a@l.example,n@n.example\n", "f:2: the line is not UTF-8"},
      {"a control character", head + "N\x1b[31m,a@l.example,n@n.example\n", "f:2: a control character"},
      {"no list", head + "N,,n@n.example\n", "f:2: list: it is missing"},
      {"a list that is no address", head + "N,avisos,n@n.example\n", "f:2: list: "},
      {"no assembly", head + ",a@l.example,n@n.example\n", "f:2: assembly: it is missing"},
      {"an assembly of blanks", head + "\"  \",a@l.example,n@n.example\n", "f:2: assembly: it is missing"},
      {"a name that is too long", head + std::string(201, 'x') + ",a@l.example,n@n.example\n",
       "f:2: assembly: the name"},
      {"no address", head + "N,a@l.example,\n", "f:2: address: it is missing"},
      {"an address that is none", head + "N,a@l.example,n@n@n.example\n", "f:2: address: "},
      {"two addresses", head + "N,a@l.example,n@n.example;m@n.example\n", "f:2: address: "},
      {"two contacts of an assembly", head + norte + "\nn,a@l.example,other@n.example\n",
       "f:3: n has a contact on a@l.example already (line 2)"},
      {"two spellings of an assembly",
       head + "\xC3\x91"
              "and\xC3\xBA,a@l.example,n@n.example\n\"n\xCC\x83"
              "and\xC3\x9A\",a@l.example,m@n.example\n",
       "f:3: "},
      {"two assemblies of an address", head + norte + "\nS,a@l.example,N@N.example\n",
       "f:3: n@n.example speaks on a@l.example for an assembly already (line 2)"},
      {"the same row twice", head + norte + "\n" + norte + "\n", "f:3: "},
      {"a public suffix signs by default", head + "N,a@l.example,barrio@eu.org\n",
       "f:2: signing_domains: 'eu.org' is a public suffix"},
      {"a public suffix signs", wide + norte + ",,n.example;eu.org,,,,,,\n",
       "f:2: signing_domains: 'eu.org'"},
      {"a signing domain that is none", wide + norte + ",,not a domain,,,,,,\n",
       "f:2: signing_domains: 'not a domain' is no domain"},
      {"none and a domain", wide + norte + ",,none;n.example,,,,,,\n",
       "f:2: signing_domains: 'none' is no domain"},
      {"eleven signing domains", wide + norte + ",,a.b;b.b;c.b;d.b;e.b;f.b;g.b;h.b;i.b;j.b;k.b,,,,,,\n",
       "f:2: signing_domains: at most 10"},
      {"a flag that is none", wide + norte + ",,,true,,,,,\n", "f:2: spf: 'true' is neither yes nor no"},
      {"SPF alone at a shared provider", wide + norte + ",,,yes,yes,,,,\n", "f:2: SPF alone proves nothing"},
      {"a language without wording", wide + norte + ",,,,,,xx,,\n",
       "f:2: languages: there is no wording in 'xx'; give one of: en, es"},
      {"an admin who is no address", wide + norte + ",,,,,,,admins,\n", "f:2: admin: "},
      {"an alias that is no address", wide + norte + ",,,,,noticias,,,\n", "f:2: aliases: "},
      {"an alias that is a list",
       wide + "S,b@l.example,s@s.example,,,,,,,,\n" + norte + ",,,,,b@l.example,,,\n",
       "f:3: b@l.example belongs to the list b@l.example (line 2)"},
      {"a list that is an alias", wide + norte + ",,,,,b@l.example,,,\nS,b@l.example,s@s.example,,,,,,,,\n",
       "f:3: b@l.example belongs to the list a@l.example (line 2)"},
      {"an alias of two lists",
       wide + norte + ",,,,,c@l.example,,,\nS,b@l.example,s@s.example,,,,,c@l.example,,,\n",
       "f:3: c@l.example belongs to the list a@l.example (line 2)"},
      {"a list about which two rows differ",
       wide + norte + ",,,,,,es,,\nS,a@l.example,s@s.example,,,,,,en,,\n",
       "f:3: languages of a@l.example: line 2 says something else"},
      {"a list that holds and does not", wide + norte + ",,,,,,,,yes\nS,a@l.example,s@s.example,,,,,,,,no\n",
       "f:3: hold of a@l.example: line 2 says something else"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what, row.text);
    const std::string said = problems(row.text);
    CAPTURE(said);
    CHECK(said.find(row.said) != std::string::npos);
  }
}

TEST_CASE("all mistakes are shown at once, by line", "[roster]") {
  const std::string said = problems(head +
                                    "N,a@l.example,nobody\n"
                                    "S,a@l.example,s@s.example\n"
                                    ",nowhere,also nobody\n"
                                    "\"R,a@l.example,r@r.example\n"
                                    "T,a@l.example,s@s.example\n");
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < said.size();) {
    const auto end = std::min(said.find('\n', at), said.size());
    lines.push_back(said.substr(at, 3));
    at = end + 1;
  }
  CHECK(lines == Texts{"f:2", "f:4", "f:4", "f:4", "f:5", "f:6"});
}

TEST_CASE("the example roster reads", "[roster]") {
  const auto roll = read(portavoz::test::read_all(PORTAVOZ_SOURCE_DIR "/deploy/etc/portavoz/roster.csv"));
  CHECK(roll.lists.size() == 1);
  CHECK(roll.contacts.size() == 3);
}

TEST_CASE("what cannot be known about a domain is a mistake of its row, too", "[roster]") {
  const RosterChecks unknown{
      {"en"}, [](const std::string&) {
        return Result<bool>(Error{ErrorKind::unavailable, "cannot be looked up: no list"});
      }};
  const auto read = read_roster(head + "N,a@l.example,n@n.example\n", unknown);
  REQUIRE(read.problems.size() == 1);
  CHECK(read.problems.front().what.find("cannot be looked up") != std::string::npos);
}

TEST_CASE("a roll written as a roster reads as the same roll", "[roster]") {
  RollContents roll = read(
      "# valid-until: "
      "2027-01-31\nassembly,list,address,logins,spf,shared,aliases,languages,hold,signing_domains\n"
      "\"Norte, \"\"la\"\" primera\",a@l.example,n@n.example,x;y,yes,,b@l.example,es;en,yes,none\n"
      "S,a@l.example,\"\"\"the board\"\"@s.example\",,,yes,,,,s.example;t.example\n"
      ",c@l.example,,,,,,,,\n");
  const std::string text = format_roster(roll);
  CAPTURE(text);
  const auto again = read_roster(text, checks);
  CHECK(format_problems("f", again.problems).empty());
  CHECK(format_roster(again.contents) == text);
  CHECK(again.contents.last_word == roll.last_word);
  REQUIRE(again.contents.contacts.size() == 2);
  CHECK(again.contents.contacts[0].designation.assembly == "Norte, \"la\" primera");
  CHECK(again.contents.contacts[0].designation.proof.logins == Texts{"x", "y"});
  CHECK(again.contents.contacts[0].designation.proof.signing_domains.empty());
  CHECK(again.contents.contacts[1].designation.address == "\"the board\"@s.example");
  CHECK(again.contents.contacts[1].designation.proof.shared);
  CHECK(again.contents.lists[0].addresses == roll.lists[0].addresses);
  CHECK(again.contents.lists[0].holds_unproven);
  CHECK(again.contents.lists[1].id == roll.lists[1].id);
}
