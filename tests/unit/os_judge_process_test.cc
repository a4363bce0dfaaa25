// portavoz-judge as the process that reads pages, and tests/confinement/bad_judge.cc, which some pages
// bring down.
#include <cerrno>
#include <csignal>
#include <fstream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "adapters/os/judge_process.h"
#include "core/evidence/judge_wire.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const std::string real_program = PORTAVOZ_BINARY_DIR "/bin/portavoz-judge";
const std::string bad_program = PORTAVOZ_BINARY_DIR "/tests/confinement/bad_judge";
const std::string good_page = "<h2>Contact</h2><p><a href='mailto:north@example.org'>write</a></p>";

FetchResult page_of(std::string body, std::string type = "text/html",
                    std::string url = "https://north.example/") {
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.final_url = std::move(url);
  page.content_type = std::move(type);
  page.body = std::move(body);
  return page;
}

FetchResult page_at(const std::string& path) {
  return page_of(good_page, "text/html", "https://north.example/" + path);
}

MailAddress north() { return *MailAddress::parse("north@example.org"); }

struct Bench {
  EpollReactor loop{monotonic};
  JudgeProcess judge;

  explicit Bench(const std::string& program, Millis answer = Millis(60'000), std::string lexicon = {})
      : judge(loop, {.program = program, .lexicon = std::move(lexicon), .answer = answer}) {}

  Result<Inspection> ask(const FetchResult& page, const MailAddress& address = north()) {
    std::optional<Result<Inspection>> answer;
    judge.ask(page, address, [&](Result<Inspection> seen) { answer = std::move(seen); });
    loop.run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  Result<PageLines> ask_lines(const FetchResult& page) {
    std::optional<Result<PageLines>> answer;
    judge.ask_lines(page, [&](Result<PageLines> read) { answer = std::move(read); });
    loop.run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }
};

// The English sentence when the page was not judged; empty when it was.
std::string not_judged_text(const Result<Inspection>& seen) {
  REQUIRE(seen);
  const Finding& finding = seen->finding;
  if (finding.reasons.size() != 1 || finding.reasons[0].code != ReasonCode::not_judged) return {};
  CHECK(seen->outcome == FetchOutcome::ok);
  CHECK_FALSE(finding.published);
  CHECK_FALSE(finding.official);
  CHECK(seen->links.empty());
  return reason_text(finding.reasons[0], ReasonLanguage::english);
}

const std::string folder = PORTAVOZ_SOURCE_DIR "/tests/corpus/pages/";

bool is_published(const Result<Inspection>& seen) { return seen && seen->finding.published == true; }

std::string type_of(const std::string& file) {
  return file.ends_with(".txt") ? "text/plain" : file.ends_with(".vcf") ? "text/vcard" : "text/html";
}

}  // namespace

TEST_CASE("the confined process finds the same as the program itself would, on every labelled page",
          "[judge]") {
  std::ifstream labels(folder + "labels.jsonl");
  Bench bench(real_program);
  int judged = 0;
  for (std::string line; std::getline(labels, line);) {
    const auto label = nlohmann::json::parse(line);
    const std::string file = label.at("file");
    CAPTURE(file);
    const auto address = MailAddress::parse(label.at("address").get<std::string>());
    if (!address) continue;  // some labels ask for what is none, and nobody is asked then
    ++judged;
    const FetchResult page = page_of(read_all(folder + file), type_of(file), "https://north.example/" + file);
    const auto seen = bench.ask(page, *address);
    REQUIRE(seen);
    CHECK(answer_message(*seen) == answer_message(inspect_fetched(page, *address)));
  }
  CHECK(judged > 80);
}

TEST_CASE("the confined process reads every encoding that the program itself reads", "[judge]") {
  const std::string label =
      GENERATE("utf-8", "iso-8859-1", "us-ascii", "windows-1252", "iso-8859-15", "iso-8859-2", "iso-8859-3",
               "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9",
               "iso-8859-13", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255",
               "windows-1256", "windows-1257", "windows-1258", "windows-874", "koi8-r", "koi8-u", "macintosh",
               "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr", "");
  CAPTURE(label);
  Bench bench(real_program);
  // Something for one octet a character and for two, beside the address, so that the excerpt shows it.
  const std::string signs = label == "iso-2022-jp" ? "\x1b$BF|K\\\x1b(B" : "\xc6\xfc\xcb\xdc \xe4\xc0";
  const FetchResult page =
      page_of("<p>" + signs + " north@example.org " + signs, "text/html; charset=" + label);
  const auto seen = bench.ask(page);
  REQUIRE(is_published(seen));
  CHECK_FALSE(seen->finding.excerpt.find("north@example.org") == std::string::npos);
  CHECK(answer_message(*seen) == answer_message(inspect_fetched(page, north())));
}

TEST_CASE("the confined process gives the lines of every labelled page as the program itself would",
          "[judge]") {
  std::ifstream labels(folder + "labels.jsonl");
  Bench bench(real_program);
  std::set<std::string> files;
  for (std::string line; std::getline(labels, line);) files.insert(nlohmann::json::parse(line).at("file"));
  std::size_t lines = 0;
  for (const std::string& file : files) {
    CAPTURE(file);
    const FetchResult page = page_of(read_all(folder + file), type_of(file));
    const auto seen = bench.ask_lines(page);
    REQUIRE(seen);
    CHECK(seen->outcome == FetchOutcome::ok);
    CHECK(seen->lines == page_lines(read_page(page.body, page.content_type).page));
    lines += seen->lines.size();
  }
  CHECK(lines > files.size());
}

TEST_CASE("the program that reads pages has a reader of HTML in it, and the verifier has none", "[judge]") {
  const auto has_reader = [](const std::string& program) {
    return read_all(program).find("libgumbo.so") != std::string::npos;
  };
  CHECK(has_reader(real_program));
  CHECK_FALSE(has_reader(PORTAVOZ_BINARY_DIR "/bin/portavoz-verifier"));
}

TEST_CASE("lines and judgements are asked of one process, in any order", "[judge]") {
  Bench bench(real_program);
  const FetchResult page = page_of(good_page);
  CHECK(bench.ask_lines(page)->lines ==
        std::vector<std::string>{"Contact", "write", "<mailto:north@example.org>"});
  const auto pid = bench.judge.pid();
  CHECK(is_published(bench.ask(page)));
  CHECK(bench.ask_lines(page_of("\x89PNG", "image/png"))->outcome == FetchOutcome::wrong_type);
  CHECK(bench.judge.pid() == pid);
}

TEST_CASE("the confined process reads pages of 16-bit units", "[judge]") {
  const bool big_endian = GENERATE(true, false);
  std::string octets = big_endian ? "\xfe\xff" : "\xff\xfe";
  for (const char c : good_page) octets += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  Bench bench(real_program);
  const FetchResult page = page_of(octets);
  const auto seen = bench.ask(page);
  CHECK(is_published(seen));
  CHECK(answer_message(*seen) == answer_message(inspect_fetched(page, north())));
}

TEST_CASE("the words that the operator added reach the process", "[judge]") {
  const std::string words = "xx\tzufaltu\t\t\t\t\t\n";
  const auto lexicon = Lexicon::with_file(words, "words");
  REQUIRE(lexicon);
  Bench bench(real_program, Millis(60'000), words);
  const FetchResult page = page_of("<h2>Zufaltu</h2><p>north@example.org</p>");
  const auto seen = bench.ask(page);
  REQUIRE(seen);
  CHECK(answer_message(*seen) == answer_message(inspect_fetched(page, north(), *lexicon)));
  CHECK(answer_message(*seen) != answer_message(inspect_fetched(page, north())));
}

namespace {

// A page, the one that brings its reader down, and a page.
void bring_down(const std::string& path, const std::string& why) {
  Bench bench(bad_program);
  CHECK(is_published(bench.ask(page_at("first"))));
  CHECK(not_judged_text(bench.ask(page_at(path))) ==
        "The page could not be judged: it brought the program that reads pages down (" + why +
            "). Nothing is known about the address; look at the page with your own eyes.");
  CHECK(is_published(bench.ask(page_at("next"))));
}

}  // namespace

TEST_CASE("a page that brings its reader down is a finding, and the next page is judged", "[judge]") {
  struct Row {
    std::string path, why;
  };
  const auto row = GENERATE(values<Row>({
      {"crash", "signal 11"},
      {"abort", "signal 6"},
      {"open", "it tried what it is not allowed"},
      {"leave", "exit status 0"},
      {"compute", "it took more computing time than a page may take"},
      {"nonsense", "it said what cannot be read"},
      {"flood", "it said what cannot be read"},
      {"elsewhere", "it said what cannot be read"},
  }));
  CAPTURE(row.path);
  bring_down(row.path, row.why);
  Bench bench(bad_program);
  const auto lines = bench.ask_lines(page_at(row.path));
  REQUIRE_FALSE(lines);
  CHECK(lines.error().kind == ErrorKind::unavailable);
  CHECK(lines.error().what == "the page brought the program that reads pages down (" + row.why + ")");
  CHECK(bench.ask_lines(page_at("next")));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // beside which memory is not bounded
TEST_CASE("a page that takes too much memory is a finding, and the next page is judged", "[judge]") {
  bring_down("memory", "it took more memory than a page may take");
}
#endif

TEST_CASE("questions that wait behind such a page are answered", "[judge]") {
  Bench bench(bad_program);
  std::map<std::string, Result<Inspection>> answers;
  const MailAddress address = north();
  std::map<std::string, FetchResult> pages;
  for (const char* path : {"1", "2-crash", "3", "4-crash", "5"}) pages[path] = page_at(path);
  for (const auto& [path, page] : pages)
    bench.judge.ask(page, address, [&answers, path = path](Result<Inspection> seen) {
      answers.emplace(path, std::move(seen));
    });
  bench.loop.run_until([&] { return answers.size() == pages.size(); });
  for (const auto& [path, seen] : answers) {
    CAPTURE(path);
    CHECK(is_published(seen) == not_judged_text(seen).empty());
    CHECK(is_published(seen) == (path.find("crash") == std::string::npos));
  }
}

TEST_CASE("a process that gives no answer in time is killed, and nothing is left of it", "[judge]") {
  Bench bench(bad_program, Millis(300));
  std::optional<Result<Inspection>> answer;
  std::optional<pid_t> pid;
  const FetchResult page = page_at("silent");
  const MailAddress address = north();
  bench.judge.ask(page, address, [&](Result<Inspection> seen) { answer = std::move(seen); });
  pid = bench.judge.pid();
  REQUIRE(pid);
  bench.loop.run_until([&] { return answer.has_value(); });
  CHECK_THAT(not_judged_text(*answer), Catch::Contains("no answer came within"));
  CHECK_FALSE(bench.judge.pid());
  CHECK((::kill(*pid, 0) == -1 && errno == ESRCH));  // reaped, too
}

TEST_CASE("a process that is killed from outside is replaced, whether it judges or waits", "[judge]") {
  const bool judging = GENERATE(true, false);
  CAPTURE(judging);
  Bench bench(bad_program);
  REQUIRE(is_published(bench.ask(page_at("first"))));
  const auto pid = bench.judge.pid();
  REQUIRE(pid);
  std::optional<Result<Inspection>> answer;
  const FetchResult page = page_at("silent");
  const MailAddress address = north();
  if (judging) bench.judge.ask(page, address, [&](Result<Inspection> seen) { answer = std::move(seen); });
  ::kill(*pid, SIGKILL);
  bench.loop.run_until([&] { return bench.judge.pid() != pid; });
  if (judging) CHECK_THAT(not_judged_text(*answer), Catch::Contains("(signal 9)"));
  CHECK(is_published(bench.ask(page_at("next"))));
}

TEST_CASE("a process that speaks unasked is replaced", "[judge]") {
  Bench bench(bad_program);
  // Whether the page counts as judged depends on how the two answers came.
  CHECK(bench.ask(page_at("twice")));
  bench.loop.run_until([&] { return !bench.judge.pid(); });
  CHECK(is_published(bench.ask(page_at("next"))));
}

TEST_CASE("a process is replaced after so many pages, without a page being lost", "[judge]") {
  Bench bench(real_program);
  REQUIRE(is_published(bench.ask(page_at("0"))));
  const auto first = bench.judge.pid();
  for (int i = 1; i < pages_of_a_life; ++i) REQUIRE(is_published(bench.ask(page_at(std::to_string(i)))));
  CHECK(bench.judge.pid() == first);
  CHECK(is_published(bench.ask(page_at("last"))));
  CHECK(bench.judge.pid() != first);
}

TEST_CASE("where no such process can be started, nothing is known of any page", "[judge]") {
  const std::string program = GENERATE("/does/not/exist", "/bin/false", "/bin/true");
  CAPTURE(program);
  Bench bench(program);
  for (int i = 0; i < 3; ++i) {
    const auto seen = bench.ask(page_at("first"));
    REQUIRE_FALSE(seen);
    CHECK(seen.error().kind == ErrorKind::unavailable);
    CHECK_THAT(seen.error().what, Catch::Contains("cannot be started") && Catch::Contains(program));
    const auto lines = bench.ask_lines(page_at("first"));
    REQUIRE_FALSE(lines);
    CHECK(lines.error().what == seen.error().what);
  }
  CHECK_FALSE(bench.judge.pid());
}
