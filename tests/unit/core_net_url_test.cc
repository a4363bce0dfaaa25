#include "core/net/fetch.h"
#include "core/net/url.h"
#include "tests/lib/catch.h"

using namespace portavoz;

TEST_CASE("a URL is taken apart and put together in one form") {
  struct Row {
    std::string text;
    std::string canonical;
  };
  const auto row = GENERATE(values<Row>({
      {"http://example.org", "http://example.org/"},
      {"HTTP://Example.ORG.:80/A?b#c", "http://example.org/A?b"},
      {"https://example.org:443/", "https://example.org/"},
      {"https://example.org:8443/x", "https://example.org:8443/x"},
      {"http://example.org:/", "http://example.org/"},
      {"http://example.org?q", "http://example.org/?q"},
      {"http://a_b.example.org/", "http://a_b.example.org/"},
      {"https://bücher.example/über-uns", "https://xn--bcher-kva.example/%C3%BCber-uns"},
      {"http://example.org/a|b{c}\"<>^`", "http://example.org/a%7Cb%7Bc%7D%22%3C%3E%5E%60"},
      {"http://example.org/%41", "http://example.org/%41"},
      {"http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"},
      {"http://192.0.2.1/", "http://192.0.2.1/"},
      {"http://3221225985/", "http://192.0.2.1/"},
  }));
  DYNAMIC_SECTION(row.text) {
    const auto url = Url::parse(row.text);
    REQUIRE(url);
    CHECK(url->text() == row.canonical);
    CHECK(Url::parse(url->text())->text() == row.canonical);
  }
}

TEST_CASE("what is no http or https URL is refused with a sentence") {
  struct Row {
    std::string text;
    ErrorKind kind;
  };
  const auto row = GENERATE(values<Row>({
      {"file:///etc/passwd", ErrorKind::forbidden},
      {"gopher://example.org/_", ErrorKind::forbidden},
      {"ftp://example.org/", ErrorKind::forbidden},
      {"javascript:alert(1)", ErrorKind::forbidden},
      {"mailto:a@example.org", ErrorKind::forbidden},
      {"", ErrorKind::bad_input},
      {"example.org", ErrorKind::bad_input},
      {"//example.org/", ErrorKind::bad_input},
      {"127.0.0.1:80/", ErrorKind::bad_input},
      {"http:/example.org", ErrorKind::bad_input},
      {"http:example.org", ErrorKind::bad_input},
      {"http:///etc", ErrorKind::bad_input},
      {"http://u:p@example.org/", ErrorKind::bad_input},
      {"http://@example.org/", ErrorKind::bad_input},
      {"http://example.org\\@127.0.0.1/", ErrorKind::bad_input},
      {"http://example.org/a b", ErrorKind::bad_input},
      {" http://example.org/", ErrorKind::bad_input},
      {"http://example.org/\r\nX: 1", ErrorKind::bad_input},
      {"http://example.org/%00", ErrorKind::bad_input},
      {"http://example.org:65536/", ErrorKind::bad_input},
      {"http://example.org:4294967376/", ErrorKind::bad_input},
      {"http://example.org:8 0/", ErrorKind::bad_input},
      {"http://example.org:+80/", ErrorKind::bad_input},
      {"http://[::1/", ErrorKind::bad_input},
      {"http://[::1]x/", ErrorKind::bad_input},
      {"http://[127.0.0.1]/", ErrorKind::bad_input},
      {"http://ex%61mple.org/", ErrorKind::bad_input},
      {"http://example..org/", ErrorKind::bad_input},
      {"http://exa$mple.org/", ErrorKind::bad_input},
      {"http://example.org/\xff", ErrorKind::bad_input},
      {"http://example.org/" + std::string(8192, 'a'), ErrorKind::bad_input},
  }));
  DYNAMIC_SECTION(row.text.substr(0, 40)) {
    const auto url = Url::parse(row.text);
    REQUIRE_FALSE(url);
    CHECK(url.error().kind == row.kind);
    CHECK_FALSE(url.error().what.empty());
  }
}

TEST_CASE("a reference on a page is joined as RFC 3986 says") {
  struct Row {
    std::string reference;
    std::string joined;
  };
  const auto row = GENERATE(values<Row>({{"g", "http://a.example/b/c/g"},
                                         {"./g", "http://a.example/b/c/g"},
                                         {"g/", "http://a.example/b/c/g/"},
                                         {"/g", "http://a.example/g"},
                                         {"//g.example", "http://g.example/"},
                                         {"?y", "http://a.example/b/c/d;p?y"},
                                         {"g?y", "http://a.example/b/c/g?y"},
                                         {"", "http://a.example/b/c/d;p?q"},
                                         {"#s", "http://a.example/b/c/d;p?q"},
                                         {".", "http://a.example/b/c/"},
                                         {"..", "http://a.example/b/"},
                                         {"../g", "http://a.example/b/g"},
                                         {"../../../g", "http://a.example/g"},
                                         {"https://h.example/x", "https://h.example/x"}}));
  DYNAMIC_SECTION("'" + row.reference + "'") {
    const auto joined = Url::parse("http://a.example/b/c/d;p?q")->join(row.reference);
    REQUIRE(joined);
    CHECK(joined->text() == row.joined);
  }
}

TEST_CASE("a reference cannot smuggle what a URL cannot") {
  const auto base = *Url::parse("http://a.example/");
  CHECK(base.join("file:///etc/passwd").error().kind == ErrorKind::forbidden);
  CHECK(base.join("//u@b.example/").error().kind == ErrorKind::bad_input);
  CHECK(base.join("/a\rb").error().kind == ErrorKind::bad_input);
}

TEST_CASE("a Content-Type is a type and perhaps a charset") {
  CHECK(media_type("Text/HTML; charset=\"UTF-8\"") == "text/html");
  CHECK(charset_parameter("Text/HTML; x=y; Charset=\"UTF-8\"") == "utf-8");
  CHECK(charset_parameter("text/html").empty());
  CHECK(is_page_type("text/html"));
  CHECK_FALSE(is_page_type("application/pdf"));
}

TEST_CASE("only what may pass by itself is tried again") {
  CHECK(retryable(FetchOutcome::dns_timeout, 0));
  CHECK(retryable(FetchOutcome::connect_failed, 0));
  CHECK(retryable(FetchOutcome::timeout, 200));
  CHECK(retryable(FetchOutcome::retry_later, 429));
  CHECK(retryable(FetchOutcome::http_error, 500));
  CHECK_FALSE(retryable(FetchOutcome::http_error, 404));
  CHECK_FALSE(retryable(FetchOutcome::blocked_address, 0));
  CHECK_FALSE(retryable(FetchOutcome::bad_url, 0));
  CHECK_FALSE(retryable(FetchOutcome::ok, 200));
}
