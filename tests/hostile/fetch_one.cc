// fetch_one URL [--any-port] [--allow IP:PORT]… [--dns IP:PORT] [--dns-ms N] [--ca FILE]
//
// Fetches one page as the verifier does, inside of the bounds of a test, and judges it. Prints one line of
// JSON: outcome, detail, raw and body (octets), published, ms, cpu_ms, rss_kb. tests/hostile/run asks it
// about every hostile case. Exit status: 64 usage.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sysexits.h>

#include "adapters/ares/resolver.h"
#include "adapters/json/json_writer.h"
#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "core/base/text.h"
#include "core/evidence/inspect.h"
#include "tests/lib/fetcher.h"

namespace {

using namespace portavoz;

struct Arguments {
  std::string url;
  Ports ports = Ports::web;
  std::vector<Endpoint> allowed;
  std::vector<std::string> dns;
  Millis dns_limit{2'000};
  std::string ca = "/etc/ssl/certs/ca-certificates.crt";
};

bool take(Arguments& arguments, std::string_view name, const std::string& value) {
  if (name == "--allow") {
    const auto endpoint = parse_endpoint(value);
    if (endpoint) arguments.allowed.push_back(*endpoint);
    return endpoint.has_value();
  }
  if (name == "--dns") {
    arguments.dns = {value};
  } else if (name == "--dns-ms") {
    const auto number = parse_decimal(value);
    if (!number) return false;
    arguments.dns_limit = Millis(static_cast<std::int64_t>(*number));
  } else if (name == "--ca") {
    arguments.ca = value;
  } else {
    return false;
  }
  return true;
}

bool parse(int argc, char** argv, Arguments& arguments) {
  if (argc < 2) return false;
  arguments.url = argv[1];
  for (int i = 2; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--any-port") {
      arguments.ports = Ports::any;
    } else if (i + 1 >= argc || !take(arguments, argv[i], argv[i + 1])) {
      return false;
    } else {
      ++i;
    }
  }
  return true;
}

FetcherOptions options_of(const Arguments& arguments) {
  FetcherOptions options;
  options.limits.total = Millis(4'000);
  options.limits.connect = Millis(2'000);
  options.limits.dns = arguments.dns_limit;
  options.about = "https://portavoz.invalid/";
  options.ca_bundle = arguments.ca;
  return options;
}

std::int64_t milliseconds(const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; }

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fputs(
        "usage: fetch_one URL [--any-port] [--allow IP:PORT]… [--dns IP:PORT] [--dns-ms N] [--ca FILE]\n",
        stderr);
    return EX_USAGE;
  }
  EpollReactor loop(monotonic);
  const auto resolver = Resolver::create(loop, arguments.dns);
  const auto address = MailAddress::parse("secretary@hostile.test");
  if (!resolver || !address) return EX_USAGE;
  const Millis begun = monotonic();
  test::Fetcher fetcher(loop, ConnectRule(arguments.allowed, arguments.ports), resolver->function(),
                        options_of(arguments));
  const FetchResult fetched = fetcher.fetch({arguments.url, {}, {}});
  const Inspection seen = inspect_fetched(fetched, *address);
  const Millis took = monotonic() - begun;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  JsonWriter json;
  json.open('{').member("outcome", outcome_word(seen.outcome)).member("detail", fetched.detail);
  json.key("raw").number(fetched.raw_bytes);
  json.key("body").number(fetched.body.size());
  json.key("published").boolean(seen.finding.published == true);
  json.key("ms").number(took.count());
  json.key("cpu_ms").number(milliseconds(used.ru_utime) + milliseconds(used.ru_stime));
  json.key("rss_kb").number(used.ru_maxrss);
  std::puts(json.close('}').take().c_str());
  return EX_OK;
}
