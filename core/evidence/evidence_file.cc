#include "core/evidence/evidence_file.h"

#include <optional>
#include <utility>

#include "core/base/gzip.h"
#include "core/evidence/warc.h"
#include "core/net/http_response.h"

namespace portavoz {
namespace {

constexpr std::size_t largest_record = std::size_t{8} << 20U;  // that is read
constexpr std::size_t largest_body = std::size_t{4} << 20U;    // more than is ever fetched
constexpr int not_modified = 304;
constexpr std::string_view picture_type = "image/png";

class Writer {
 public:
  explicit Writer(const CheckEvidence& check)
      : check_(check), info_(id("warcinfo")), response_(id("response")), answer_(read(check.fetched)) {}

  EvidenceFile file(const KeptResponse* earlier) {
    put_warcinfo();
    if (!check_.fetched.request_octets.empty()) put_request();
    if (earlier && same(*earlier)) {
      put_revisit(*earlier);
    } else if (!check_.fetched.response_octets.empty()) {
      put_response();
    }
    put_finding();
    if (!check_.document.empty()) put_document();
    if (!check_.picture.empty()) put_picture();
    return std::move(out_);
  }

 private:
  static std::optional<HttpResponse> read(const FetchResult& fetched) {
    return read_http_response(fetched.response_octets);
  }

  [[nodiscard]] std::string id(std::string_view kind) const {
    return warc_record_id(check_.name + "/" + std::string(kind));
  }

  [[nodiscard]] WarcRecord record(std::string_view type, std::string record_id, std::string_view content_type,
                                  std::string block) const {
    return {{{"WARC-Type", std::string(type)},
             {"WARC-Record-ID", std::move(record_id)},
             {"WARC-Date", to_rfc3339(check_.at)},
             {"Content-Type", std::string(content_type)}},
            std::move(block)};
  }

  // Of the server: the request, and what it answered.
  [[nodiscard]] WarcRecord exchanged(std::string_view type, std::string record_id, std::string_view message,
                                     std::string_view block) const {
    WarcRecord out = record(type, std::move(record_id), "application/http;msgtype=" + std::string(message),
                            std::string(block));
    out.fields.emplace_back("WARC-Target-URI", check_.fetched.final_url);
    if (check_.fetched.server) out.fields.emplace_back("WARC-IP-Address", check_.fetched.server->text());
    out.fields.emplace_back("WARC-Warcinfo-ID", info_);
    return out;
  }

  void put(const WarcRecord& written) { out_.octets += gzip(warc_record(written)); }

  void put_warcinfo() {
    put(record("warcinfo", info_, "application/warc-fields",
               "software: " + check_.verifier + "\r\nformat: WARC File Format 1.1\r\n"));
  }

  void put_request() {
    WarcRecord request = exchanged("request", id("request"), "request", check_.fetched.request_octets);
    if (!check_.fetched.response_octets.empty()) request.fields.emplace_back("WARC-Concurrent-To", response_);
    put(request);
  }

  // Interim answers (RFC 9110 §15.2) are left out: a reader takes the first head for the page's.
  [[nodiscard]] std::string_view response_block() const {
    return answer_ ? answer_->octets : std::string_view(check_.fetched.response_octets);
  }

  void put_response() {
    WarcRecord response = exchanged("response", response_, "response", response_block());
    if (!check_.fetched.whole) response.fields.emplace_back("WARC-Truncated", truncated());
    // §5.9 means what is inside of the chunks, many readers the chunks themselves. A digest that half of them
    // call wrong helps nobody.
    else if (answer_ && !answer_->chunked)
      response.fields.emplace_back("WARC-Payload-Digest",
                                   warc_digest(response_block().substr(answer_->head.size())));
    put(response);
  }

  // The reasons of WARC-Truncated.
  [[nodiscard]] std::string truncated() const {
    switch (check_.fetched.outcome) {
      case FetchOutcome::too_large:
      case FetchOutcome::too_large_headers: return "length";
      case FetchOutcome::timeout: return "time";
      case FetchOutcome::truncated: return "disconnect";
      default: return "unspecified";
    }
  }

  [[nodiscard]] bool told_unchanged() const { return check_.fetched.http_status == not_modified; }

  [[nodiscard]] bool same(const KeptResponse& earlier) const {
    return check_.fetched.outcome == FetchOutcome::ok &&
           (told_unchanged() ||
            (answer_ && answer_->payload && warc_digest(*answer_->payload) == earlier.payload_digest));
  }

  // §6.7.2 and §6.7.3. The block is the head alone.
  void put_revisit(const KeptResponse& earlier) {
    WarcRecord revisit =
        exchanged("revisit", response_, "response", answer_ ? answer_->head : response_block());
    revisit.fields.emplace_back("WARC-Profile",
                                std::string("http://netpreserve.org/warc/1.1/revisit/") +
                                    (told_unchanged() ? "server-not-modified" : "identical-payload-digest"));
    revisit.fields.emplace_back("WARC-Refers-To", earlier.record_id);
    revisit.fields.emplace_back("WARC-Refers-To-Target-URI", earlier.url);
    revisit.fields.emplace_back("WARC-Refers-To-Date", earlier.date);
    revisit.fields.emplace_back("WARC-Payload-Digest", earlier.payload_digest);
    put(revisit);
    out_.revisit = true;
  }

  void put_finding() {
    WarcRecord metadata = record("metadata", id("metadata"), "application/json", check_.finding);
    metadata.fields.emplace_back("WARC-Target-URI", check_.url);
    if (!check_.fetched.response_octets.empty())
      metadata.fields.emplace_back("WARC-Concurrent-To", response_);
    metadata.fields.emplace_back("WARC-Warcinfo-ID", info_);
    put(metadata);
  }

  // §6.8
  void put_document() {
    WarcRecord conversion =
        record("conversion", id("conversion"), "text/html; charset=utf-8", std::string(check_.document));
    conversion.fields.emplace_back("WARC-Target-URI", check_.fetched.final_url);
    conversion.fields.emplace_back("WARC-Refers-To", response_);
    conversion.fields.emplace_back("WARC-Warcinfo-ID", info_);
    put(conversion);
  }

  // §6.4. The URI is that of a view of the page, as tools for web archives name it.
  void put_picture() {
    WarcRecord resource = record("resource", id("resource"), picture_type, std::string(check_.picture));
    resource.fields.emplace_back("WARC-Target-URI", "urn:view:" + check_.fetched.final_url);
    resource.fields.emplace_back("WARC-Concurrent-To", response_);
    resource.fields.emplace_back("WARC-Warcinfo-ID", info_);
    put(resource);
  }

  const CheckEvidence& check_;
  std::string info_, response_;
  std::optional<HttpResponse> answer_;
  EvidenceFile out_;
};

Error no_page(const std::string& why) {
  return {ErrorKind::bad_input, "no page can be read from it: " + why};
}

Result<KeptResponse> page_of(const WarcRecord& record) {
  const auto answer = read_http_response(record.block);
  if (!answer || !answer->payload) return no_page("its response is not whole");
  auto content = content_of(*answer, largest_body);
  if (content.outcome != FetchOutcome::ok) return no_page("its response cannot be decoded");
  return KeptResponse{std::string(record.field("WARC-Record-ID")),
                      std::string(record.field("WARC-Date")),
                      std::string(record.field("WARC-Target-URI")),
                      answer->content_type,
                      warc_digest(*answer->payload),
                      std::move(content.octets)};
}

}  // namespace

EvidenceFile evidence_file(const CheckEvidence& check, const KeptResponse* earlier) {
  return Writer(check).file(earlier);
}

Result<std::string> read_kept_picture(std::string_view file) {
  while (!file.empty()) {
    const auto member = first_gzip_member(file, largest_record);
    if (!member) return Error{ErrorKind::bad_input, "it is no gzip file, or was damaged"};
    auto record = read_warc_record(member->octets);
    if (!record) return record.error();
    if (record->field("WARC-Type") == "resource" && record->field("Content-Type") == picture_type)
      return std::move(record->block);
    file.remove_prefix(member->length);
  }
  return std::string();
}

Result<KeptResponse> read_kept_response(std::string_view file) {
  while (!file.empty()) {
    const auto member = first_gzip_member(file, largest_record);
    if (!member) return no_page("it is no gzip file, or was damaged");
    const auto record = read_warc_record(member->octets);
    if (!record) return no_page(record.error().what);
    if (record->field("WARC-Type") == "response") return page_of(*record);
    file.remove_prefix(member->length);
  }
  return no_page("it holds no response");
}

}  // namespace portavoz
