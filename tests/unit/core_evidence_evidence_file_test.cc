// The WARC files of checks: written and read again, and what strangers' octets may do to them.
#include "core/base/gzip.h"
#include "core/evidence/evidence_file.h"
#include "core/evidence/warc.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

const std::string page = "<p>north@example.org</p>";

FetchResult answered(const std::string& octets) {
  FetchResult fetched;
  fetched.outcome = FetchOutcome::ok;
  fetched.whole = true;
  fetched.final_url = "https://norte.example/contacto";
  fetched.request_octets = "GET /contacto HTTP/1.1\r\nHost: norte.example\r\n\r\n";
  fetched.response_octets = octets;
  fetched.server = *IpAddress::parse("192.0.2.7");
  return fetched;
}

FetchResult good_answer() {
  return answered("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page);
}

EvidenceFile file_of(const FetchResult& fetched, const KeptResponse* earlier = nullptr,
                     const std::string& name = "host/check-1-1") {
  return evidence_file({fetched, name, *parse_rfc3339("2026-11-23T09:00:00Z"),
                        "portavoz-verifier/0.1 on host", "https://norte.example/", R"({"published":true})"},
                       earlier);
}

std::vector<WarcRecord> records(std::string_view file) {
  std::vector<WarcRecord> out;
  while (!file.empty()) {
    const auto member = first_gzip_member(file, 1 << 20);
    REQUIRE(member);
    const auto record = read_warc_record(member->octets);
    REQUIRE(record);
    out.push_back(*record);
    file.remove_prefix(member->length);
  }
  return out;
}

KeptResponse kept(const EvidenceFile& file) {
  auto response = read_kept_response(file.octets);
  if (!response) FAIL(response.error().what);
  return *response;
}

}  // namespace

TEST_CASE("the evidence of a check is its request, its response as it came, and the finding") {
  const FetchResult fetched = good_answer();
  const auto all = records(file_of(fetched).octets);
  REQUIRE(all.size() == 4);
  CHECK(all[0].field("WARC-Type") == "warcinfo");
  CHECK_THAT(all[0].block, Catch::Contains("software: portavoz-verifier/0.1 on host\r\n"));
  CHECK(all[1].field("WARC-Type") == "request");
  CHECK(all[1].block == fetched.request_octets);
  CHECK(all[1].field("WARC-Concurrent-To") == all[2].field("WARC-Record-ID"));
  CHECK(all[2].field("WARC-Type") == "response");
  CHECK(all[2].block == fetched.response_octets);
  CHECK(all[2].field("Content-Type") == "application/http;msgtype=response");
  CHECK(all[2].field("WARC-Target-URI") == fetched.final_url);
  CHECK(all[2].field("WARC-IP-Address") == "192.0.2.7");
  CHECK(all[2].field("WARC-Date") == "2026-11-23T09:00:00Z");
  CHECK(all[2].field("WARC-Payload-Digest") == warc_digest(page));
  CHECK(all[2].field("WARC-Truncated").empty());
  CHECK(all[3].field("WARC-Type") == "metadata");
  CHECK(all[3].block == R"({"published":true})");
  CHECK(all[3].field("WARC-Concurrent-To") == all[2].field("WARC-Record-ID"));
  CHECK(file_of(fetched).octets == file_of(fetched).octets);
  CHECK(file_of(fetched).octets != file_of(fetched, nullptr, "host/check-1-2").octets);
}

TEST_CASE("the page is read from the response again, out of its chunks and its encoding") {
  const std::string packed = gzip(page);
  for (const std::string& octets :
       {good_answer().response_octets, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n" + page + "\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + page}) {
    CAPTURE(octets);
    CHECK(kept(file_of(answered(octets))).body == page);
  }
}

TEST_CASE("a page that has not changed is a revisit of the response that is kept") {
  const FetchResult fetched = good_answer();
  const KeptResponse first = kept(file_of(fetched));
  SECTION("because its octets are the same") {
    const EvidenceFile again = file_of(fetched, &first, "host/check-2-1");
    CHECK(again.revisit);
    const WarcRecord revisit = records(again.octets).at(2);
    CHECK(revisit.field("WARC-Type") == "revisit");
    CHECK(revisit.field("WARC-Profile") ==
          "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest");
    CHECK(revisit.field("WARC-Refers-To") == first.record_id);
    CHECK(revisit.field("WARC-Refers-To-Date") == first.date);
    CHECK(revisit.field("WARC-Refers-To-Target-URI") == first.url);
    CHECK(revisit.field("WARC-Payload-Digest") == warc_digest(page));
    CHECK(revisit.block == "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n");
    CHECK_FALSE(read_kept_response(again.octets));
  }
  SECTION("because the server says so") {
    FetchResult told = answered("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
    told.http_status = 304;
    const EvidenceFile again = file_of(told, &first, "host/check-2-1");
    CHECK(again.revisit);
    const WarcRecord revisit = records(again.octets).at(2);
    CHECK(revisit.field("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/server-not-modified");
    CHECK(revisit.block == told.response_octets);
  }
  SECTION("and not when one octet is another") {
    const FetchResult changed = answered(fetched.response_octets + "\n");
    CHECK_FALSE(file_of(changed, &first).revisit);
  }
  SECTION("nor when the look failed") {
    FetchResult failed = fetched;
    failed.outcome = FetchOutcome::truncated;
    CHECK_FALSE(file_of(failed, &first).revisit);
  }
}

TEST_CASE("what did not come whole says so, and is no page") {
  struct Row {
    FetchOutcome outcome;
    const char* truncated;
  };
  for (const Row& row :
       {Row{FetchOutcome::too_large, "length"}, Row{FetchOutcome::timeout, "time"},
        Row{FetchOutcome::truncated, "disconnect"}, Row{FetchOutcome::http_error, "unspecified"}}) {
    FetchResult fetched = answered("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + page);
    fetched.outcome = row.outcome;
    fetched.whole = false;
    const EvidenceFile file = file_of(fetched);
    CHECK(records(file.octets).at(2).field("WARC-Truncated") == row.truncated);
    CHECK(records(file.octets).at(2).field("WARC-Payload-Digest").empty());
    CHECK_FALSE(read_kept_response(file.octets));
  }
}

TEST_CASE("a check that nobody answered leaves its finding") {
  FetchResult fetched;
  fetched.outcome = FetchOutcome::dns_failed;
  fetched.final_url = "https://norte.example/";
  const auto all = records(file_of(fetched).octets);
  REQUIRE(all.size() == 2);
  CHECK(all[1].field("WARC-Type") == "metadata");
  CHECK(all[1].field("WARC-Concurrent-To").empty());
}

TEST_CASE("no octets of a stranger make a field or a record") {
  FetchResult fetched = answered("HTTP/1.1 200 OK\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\n");
  fetched.final_url = "https://norte.example/\r\nWARC-Type: warcinfo\r\n\r\n\x7f";
  const auto all = records(file_of(fetched).octets);
  REQUIRE(all.size() == 4);
  CHECK(all[2].field("WARC-Type") == "response");
  CHECK(all[2].field("WARC-Target-URI") ==
        "https://norte.example/%0d%0aWARC-Type:%20warcinfo%0d%0a%0d%0a%7f");
  CHECK(all[2].block == fetched.response_octets);
}

TEST_CASE("a file that was changed, cut or is another one gives no page") {
  const std::string file = file_of(good_answer()).octets;
  const std::string record = warc_record({{{"WARC-Type", "response"}}, good_answer().response_octets});
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = record;
    changed.replace(changed.find(from), from.size(), to);
    return gzip(changed);
  };
  REQUIRE(read_kept_response(gzip(record)));
  for (const std::string& octets :
       {std::string(), file.substr(0, 100), file.substr(1), std::string("WARC/1.1\r\n\r\n"),
        gzip("WARC/1.1\r\n\r\n"), gzip(""), with("WARC/1.1", "WARC/1.0"), with("north@", "south@"),
        with("WARC-Type: ", "WARC-Type:"), with("Content-Length: ", "Content-Length: 1"),
        with("sha256:", "sha256:0"), gzip(record + "x"), gzip(std::string(100'000, 'x'))}) {
    CAPTURE(octets);
    const auto response = read_kept_response(octets);
    REQUIRE_FALSE(response);
    CHECK_THAT(response.error().what, Catch::Contains("no page can be read from it: "));
  }
}

TEST_CASE("a record's name is a UUID of its own making, always the same") {
  CHECK(warc_record_id("a") == warc_record_id("a"));
  CHECK(warc_record_id("a") != warc_record_id("b"));
  CHECK(warc_record_id("abc") ==
        "<urn:uuid:ba7816bf-8f01-8fea-8141-40de5dae2223>");  // sha256("abc") is published
}
