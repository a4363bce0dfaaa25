#include "core/evidence/inspect.h"

#include <algorithm>
#include <array>

#include "adapters/ares/resolver.h"
#include "adapters/curl/fetch_loop.h"
#include "adapters/json/finding_json.h"
#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "adapters/os/files.h"
#include "adapters/os/judge_process.h"
#include "adapters/os/lexicon_file.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"
#include "core/base/text.h"
#include "core/crawl/crawler.h"

namespace portavoz::admin {
namespace {

constexpr std::uint64_t largest_file = std::uint64_t{64} << 20U;  // the page in it has its own, smaller bound

struct Ending {
  std::string_view suffix;
  const char* type;
};

constexpr std::array<Ending, 9> types{{
    {".html", "text/html"},
    {".htm", "text/html"},
    {".xhtml", "application/xhtml+xml"},
    {".txt", "text/plain"},
    {".xml", "application/xml"},
    {".vcf", "text/vcard"},
    {".json", "application/json"},
    {".pdf", "application/pdf"},
    {".md", "text/markdown"},
}};

// What a server would say of a file with this name; a page when the name says nothing.
std::string guessed_type(const std::string& file) {
  const std::string name = ascii_lower(file);
  const auto* const found = std::find_if(types.begin(), types.end(),
                                         [&](const Ending& each) { return name.ends_with(each.suffix); });
  return found == types.end() ? "text/html" : found->type;
}

// The settings of the verifier where there are any: this command works without a configuration, too.
Result<Settings::Verifier> verifier_settings(Context& context) {
  const auto settings = context.settings();
  if (settings) return (*settings)->verifier;
  if (context.config_named() || settings.error().kind == ErrorKind::bad_input) return settings.error();
  context.forget_configuration_failure();
  return Settings::Verifier{};
}

// What the verifier would see: the same examination, with robots.txt and links.
Result<Look> fetch(const Settings::Verifier* settings, const std::string& url, const MailAddress& address,
                   const std::string& lexicon) {
  auto rule = ConnectRule::read(settings->allow);
  if (!rule) return rule.error();
  EpollReactor loop(monotonic);
  const auto resolver = Resolver::create(loop, settings->resolvers);
  if (!resolver) return resolver.error();
  FetcherOptions options;
  options.about = settings->about;
  const FetchLimits limits = options.limits;
  JudgeProcess judge(loop, {.lexicon = lexicon});
  FetchLoop pages(loop, std::move(*rule), resolver->function(), std::move(options));
  std::optional<Look> look;
  std::optional<Error> failure;
  Crawler crawler(loop,
                  {.fetch =
                       [&](FetchRequest request, std::function<void(FetchResult)> done) {
                         pages.start(std::move(request), std::move(done));
                       },
                   .judge = [&](const FetchResult& page, const MailAddress& wanted,
                                JudgeProcess::Judged judged) { judge.ask(page, wanted, std::move(judged)); },
                   .exists = resolver->existence(),
                   .done = [&](std::uint64_t /*id*/, Look seen) { look = std::move(seen); },
                   .give_back =
                       [&](std::uint64_t /*id*/, Seconds delay, const std::string& why) {
                         failure =
                             Error{ErrorKind::unavailable,
                                   why + ": try again in " + std::to_string(delay.count()) + " seconds."};
                       },
                   .seen = [](const SiteSeen& /*seen*/) {}},
                  {.pause = settings->pause, .total = limits.total, .octets = limits.wire});
  crawler.take({{1, url, address, std::nullopt}});
  loop.run_until([&] { return look || failure; });
  if (failure) return *failure;
  return std::move(*look);
}

// The file as an answer of the page's server.
Result<FetchResult> page_of_file(const Inspect& args, const std::string& url) {
  auto octets = read_file(args.html, largest_file);
  if (!octets) return octets.error();
  FetchResult page;
  page.outcome = FetchOutcome::ok;
  page.final_url = url;
  page.content_type = args.content_type.empty() ? guessed_type(args.html) : args.content_type;
  page.body = std::move(*octets);
  if (page.body.size() <= FetchLimits().body) return page;
  page.outcome = FetchOutcome::too_large;
  page.detail = "the page has more than 2 MiB";
  page.body.clear();
  return page;
}

Result<Inspection> judged(const FetchResult& page, const MailAddress& address, const std::string& lexicon) {
  EpollReactor loop(monotonic);
  JudgeProcess judge(loop, {.lexicon = lexicon});
  std::optional<Result<Inspection>> answer;
  judge.ask(page, address, [&](Result<Inspection> seen) { answer = std::move(seen); });
  loop.run_until([&] { return answer.has_value(); });
  return std::move(*answer);
}

Result<Look> look(Context& context, const Inspect& args, const std::string& url, const MailAddress& address) {
  const auto settings = verifier_settings(context);
  if (!settings) return settings.error();
  const auto lexicon = read_lexicon(settings->lexicon);
  if (!lexicon) return lexicon.error();
  if (args.html.empty()) return fetch(&*settings, url, address, *lexicon);
  auto page = page_of_file(args, url);
  if (!page) return page.error();
  auto inspection = judged(*page, address, *lexicon);
  if (!inspection) return inspection.error();
  Look look;
  look.inspection = std::move(*inspection);
  look.fetched = std::move(*page);
  return look;
}

std::string yes_no(const std::optional<bool>& value) {
  return !value ? "cannot tell" : *value ? "yes" : "no";
}

std::string domain_shown(AddressDomain domain) {
  return domain == AddressDomain::unknown ? "cannot tell" : std::string(domain_word(domain));
}

std::string told(const Look& look, const std::string& url, const std::string& address, const Screen& screen) {
  const Finding& finding = look.inspection.finding;
  std::string page(outcome_word(look.inspection.outcome));
  if (look.fetched.http_status != 0) page += ", HTTP " + std::to_string(look.fetched.http_status);
  if (!look.fetched.content_type.empty()) page += ", " + look.fetched.content_type;
  const auto language = screen.language == "es" ? ReasonLanguage::spanish : ReasonLanguage::english;
  std::vector<std::string> reasons;
  for (const Reason& reason : finding.reasons) reasons.push_back(reason_text(reason, language));
  std::vector<Fact> facts{{"address", address, Style::plain}, {"page", url, Style::plain}};
  if (!look.found_url.empty())
    facts.push_back({"found behind a link", look.found_url, Style::plain});
  else if (look.fetched.final_url != url)
    facts.push_back({"led to", look.fetched.final_url, Style::plain});
  facts.insert(facts.end(), {{"read", page, Style::plain},
                             {"published", yes_no(finding.published), Style::strong},
                             {"official", yes_no(finding.official), Style::strong},
                             {"written as", finding.form, Style::plain},
                             {"where", finding.context, Style::plain},
                             {"domain", domain_shown(look.domain), Style::plain}});
  if (!finding.excerpt.empty()) facts.push_back({"excerpt", finding.excerpt, Style::plain});
  facts.push_back({"reasons", join(reasons, "\n"), Style::plain});
  std::string out = lay_out(facts, screen);
  if (finding.evidence.empty()) return out;
  Table table{{"WRITTEN AS", "WHERE", "TEXT"}, {}};
  for (const Evidence& each : finding.evidence) {
    table.rows.push_back({{each.form, Style::plain}, {each.where, Style::plain}, {each.text, Style::plain}});
  }
  return out + '\n' + lay_out(table, screen);
}

}  // namespace

Result<Answer> run(Context& context, const Inspect& args) {
  const auto url = page_url(args.url);
  if (!url) return url.error();
  const auto wanted = MailAddress::parse(args.address);
  if (!wanted) return wanted.error();
  if (args.html.empty() && !args.content_type.empty()) {
    return Error{ErrorKind::bad_input,
                 "--content-type says what a file is; it goes with --html FILE alone. From the network, the "
                 "server says it."};
  }
  const auto looked = look(context, args, *url, *wanted);
  if (!looked) return looked.error();
  return Answer{Json::verbatim(finding_json(looked->inspection.finding, wanted->text(), *url,
                                            looked->inspection.outcome, domain_word(looked->domain))),
                told(*looked, *url, wanted->text(), context.screen()), 0};
}

}  // namespace portavoz::admin
