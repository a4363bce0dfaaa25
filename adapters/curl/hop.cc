#include "adapters/curl/hop.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portavoz::curl {
namespace {

constexpr std::size_t pinned_addresses = 4;  // of an answer with many; all of them were judged

// What the callbacks share during one transfer.
struct Transfer {
  const HopInput& input;
  ResponseHead head;
  std::string body;
  std::size_t header_bytes = 0;
  std::size_t body_wire = 0;  // with chunk sizes and chunk extensions
  std::optional<Step> ended;  // why a callback stopped the transfer

  void end(Step step) {
    if (!ended) ended = std::move(step);
  }
  void end(FetchOutcome outcome, std::string detail) { end({Step::What::stop, outcome, std::move(detail)}); }
};

// The one gate between libcurl and C++: whatever is thrown (memory, most likely) ends this transfer and no
// more.
template <typename F>
std::size_t guarded(void* transfer, F&& work) noexcept {
  try {
    return work(*static_cast<Transfer*>(transfer));
  } catch (...) {
    static_cast<Transfer*>(transfer)->ended = Step{Step::What::stop, FetchOutcome::too_large, {}};
    return 0;
  }
}

// Returning another number than was offered tells libcurl to stop.
std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  return guarded(user, [&](Transfer& t) -> std::size_t {
    const std::size_t octets = size * count;
    t.header_bytes += octets;
    if (t.header_bytes > t.input.limits.headers) {
      t.end(FetchOutcome::too_large_headers,
            "more than " + std::to_string(t.input.limits.headers) + " octets of headers");
      return 0;
    }
    const bool was_complete = t.head.complete();
    if (!t.head.take({data, octets})) {
      t.end(FetchOutcome::bad_http, t.head.detail());
      return 0;
    }
    if (was_complete || !t.head.complete()) return octets;
    Step step = t.head.step(t.input.limits);
    if (step.what == Step::What::read_body) return octets;
    t.end(std::move(step));  // so the body of a redirect or of an error page is never read
    return 0;
  });
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  return guarded(user, [&](Transfer& t) -> std::size_t {
    const std::size_t octets = size * count;
    if (t.body.size() + octets > t.input.limits.wire) {
      t.end(FetchOutcome::too_large, "more than " + std::to_string(t.input.limits.wire) + " octets");
      return 0;
    }
    t.body.append(data, octets);
    return octets;
  });
}

// libcurl shows here what came off the wire before it takes chunks apart: endless chunk extensions never
// reach on_body.
int on_debug(CURL* /*easy*/, curl_infotype type, char* /*data*/, std::size_t octets, void* user) noexcept {
  if (type == CURLINFO_DATA_IN) static_cast<Transfer*>(user)->body_wire += octets;
  return 0;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  const std::size_t go_on = guarded(user, [](Transfer& t) -> std::size_t {
    const std::size_t limit =
        t.input.limits.wire + t.input.limits.headers;  // room for the sizes of honest chunks
    if (t.input.wire_spent + t.body_wire <= limit) return 1;
    t.end(FetchOutcome::too_large, "more than " + std::to_string(limit) + " octets on the wire");
    return 0;
  });
  return go_on == 1 ? 0 : 1;
}

std::optional<Endpoint> endpoint_of(const curl_sockaddr& address) {
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.addr, sizeof v4);
    return Endpoint{IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  if (address.family == AF_INET6 && address.addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.addr, sizeof v6);
    return Endpoint{IpAddress::v6(std::span<const std::uint8_t, 16>(v6.sin6_addr.s6_addr)),
                    ntohs(v6.sin6_port)};
  }
  return std::nullopt;
}

// The belt: whatever way libcurl came to an address, it is judged once more before there is a socket.
curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept {
  int fd = CURL_SOCKET_BAD;
  guarded(user, [&](Transfer& t) -> std::size_t {
    const auto endpoint = endpoint_of(*address);
    const FetchOutcome judged = endpoint ? t.input.rule.judge(*endpoint) : FetchOutcome::blocked_address;
    if (judged != FetchOutcome::ok) {
      t.end(judged, endpoint ? endpoint->address.text() : "an address of an unknown family");
      return 0;
    }
    fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return 1;
  });
  return fd;
}

std::string addresses_to_pin(const std::vector<IpAddress>& addresses) {
  std::string list;
  for (std::size_t i = 0; i < std::min(addresses.size(), pinned_addresses); ++i) {
    if (i > 0) list += ',';
    list += addresses[i].is_v6() ? "[" + addresses[i].text() + "]" : addresses[i].text();
  }
  return list;
}

// What libcurl shall know instead of asking the DNS: forget the name of the hop before, learn this one.
List pin(std::string& pinned, const HopInput& input) {
  List list;
  if (!pinned.empty()) list.reset(curl_slist_append(nullptr, ("-" + pinned).c_str()));
  pinned.clear();
  if (input.addresses.empty()) return list;
  pinned = input.url.host() + ":" + std::to_string(input.url.port());
  const std::string entry = pinned + ":" + addresses_to_pin(input.addresses);
  curl_slist* longer = curl_slist_append(list.get(), entry.c_str());
  if (longer != list.get()) list.reset(longer);
  return list;
}

List request_headers() {
  List list(curl_slist_append(nullptr, "Accept: text/html,application/xhtml+xml,text/plain;q=0.8"));
  // By ourselves: with CURLOPT_ACCEPT_ENCODING libcurl would also decode what was not asked for.
  curl_slist_append(list.get(), "Accept-Encoding: gzip");
  return list;
}

void set_callbacks(CURL* easy, Transfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);  // on_debug is called only then
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
}

// Everything that libcurl could do on its own is off.
void set_distrust(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // libcurl may read this a hundred times before it calls on_progress.
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 2048L);
}

// Debian compiles a CA directory into libcurl, and with it the handle does not keep the parsed bundle: 39
// instead of 2.3 ms a page.
void set_tls(CURL* easy, const std::string& ca_bundle) {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_bundle.c_str());
}

void set_times(CURL* easy, const HopInput& input) {
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(input.left.count()));
  const Millis connect = std::min(input.left, input.limits.connect);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
}

bool connected(CURL* easy) {
  curl_off_t micros = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &micros);
  return micros > 0;
}

// The one place that translates libcurl's word into ours.
FetchOutcome outcome_of(CURLcode code, CURL* easy, const Transfer& t) {
  switch (code) {
    case CURLE_OK: return FetchOutcome::ok;
    case CURLE_OPERATION_TIMEDOUT:
      return connected(easy) ? FetchOutcome::timeout : FetchOutcome::connect_timeout;
    case CURLE_COULDNT_CONNECT: return FetchOutcome::connect_failed;
    case CURLE_COULDNT_RESOLVE_HOST: return FetchOutcome::dns_failed;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE: return FetchOutcome::tls_failed;
    case CURLE_PARTIAL_FILE: return FetchOutcome::truncated;
    case CURLE_FILESIZE_EXCEEDED: return FetchOutcome::too_large;
    case CURLE_URL_MALFORMAT: return FetchOutcome::bad_url;
    case CURLE_OUT_OF_MEMORY:  // libcurl's word for a header line past its own bound
      return t.head.complete() ? FetchOutcome::too_large : FetchOutcome::too_large_headers;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return !connected(easy) && t.input.url.is_https() ? FetchOutcome::tls_failed : FetchOutcome::bad_http;
    default: return FetchOutcome::bad_http;
  }
}

Step step_of(CURLcode code, CURL* easy, Transfer& t, const char* message) {
  if (t.ended) return *t.ended;
  const FetchOutcome outcome = outcome_of(code, easy, t);
  if (outcome == FetchOutcome::ok && t.head.complete()) return {Step::What::read_body, FetchOutcome::ok, {}};
  if (outcome == FetchOutcome::too_large_headers)
    return {Step::What::stop, outcome, "a header line without end"};
  const std::string said = *message != '\0' ? message : curl_easy_strerror(code);
  return {Step::What::stop, outcome == FetchOutcome::ok ? FetchOutcome::bad_http : outcome, said};
}

}  // namespace

HopResult run_hop(Handle& handle, const HopInput& input) {
  CURL* easy = handle.easy.get();
  Transfer transfer{input, {}, {}, 0, 0, {}};
  std::array<char, CURL_ERROR_SIZE> message{};
  const std::string url = input.url.text();
  const List pinned = pin(handle.pinned, input);
  const List headers = request_headers();
  curl_easy_reset(easy);
  set_distrust(easy);
  set_tls(easy, input.ca_bundle);
  set_times(easy, input);
  set_callbacks(easy, transfer);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, input.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message.data());
  if (pinned) curl_easy_setopt(easy, CURLOPT_RESOLVE, pinned.get());
  const CURLcode code = curl_easy_perform(easy);
  HopResult result{step_of(code, easy, transfer, message.data()), std::move(transfer.head),
                   std::move(transfer.body), transfer.header_bytes + transfer.body_wire};
  curl_easy_reset(easy);  // it points at what ends with this function
  return result;
}

}  // namespace portavoz::curl
