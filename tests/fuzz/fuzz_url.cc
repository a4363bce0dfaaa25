// A URL that is taken is itself when it is read again, and joining never leaves http and https.
#include "core/net/url.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto check = [](const Result<Url>& url) {
    if (!url) return must(!url.error().what.empty(), "a refusal says why");
    const std::string whole = url->text();
    const auto again = Url::parse(whole);
    must(again && again->text() == whole && again->host() == url->host() && again->port() == url->port(),
         "a URL is itself");
    must(whole.starts_with("http://") || whole.starts_with("https://"), "only http and https");
    must(whole.find_first_of(std::string_view("\r\n \0\\", 5)) == std::string::npos,
         "nothing that ends a line or a word");
  };
  check(Url::parse(text));
  static const Url base = *Url::parse("https://north.example/a/b?c");
  check(base.join(text));
  return 0;
}
