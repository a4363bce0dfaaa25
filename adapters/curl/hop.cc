#include "adapters/curl/hop.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace portavoz::curl {
namespace {

constexpr std::size_t pinned_addresses = 4;      // of an answer with many; all of them were judged
constexpr std::size_t longest_validator = 1024;  // a longer one is not sent back

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

std::string addresses_to_pin(const std::vector<IpAddress>& addresses) {
  std::string list;
  for (std::size_t i = 0; i < std::min(addresses.size(), pinned_addresses); ++i) {
    if (i > 0) list += ',';
    list += addresses[i].is_v6() ? "[" + addresses[i].text() + "]" : addresses[i].text();
  }
  return list;
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
}

// Debian compiles a CA directory into libcurl, and with it the multi handle does not keep the parsed bundle:
// 39 instead of 2.3 ms a page.
void set_tls(CURL* easy, const std::string& ca_bundle) {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_bundle.c_str());
}

// A validator came from a stranger: what could break the request is left out.
bool may_send(const std::string& validator) {
  return !validator.empty() && validator.size() <= longest_validator &&
         std::none_of(validator.begin(), validator.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void append(List& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  if (!longer) throw std::bad_alloc();
  if (!list) list.reset(longer);
}

List request_headers(const FetchRequest& request) {
  List list;
  append(list, "Accept: text/html,application/xhtml+xml,text/plain;q=0.8");
  // By ourselves: with CURLOPT_ACCEPT_ENCODING libcurl would also decode what was not asked for.
  append(list, "Accept-Encoding: gzip");
  // RFC 9110 §13.1.2 and §13.1.3
  if (may_send(request.if_none_match)) append(list, "If-None-Match: " + request.if_none_match);
  if (may_send(request.if_modified_since)) append(list, "If-Modified-Since: " + request.if_modified_since);
  return list;
}

}  // namespace

struct Hop::Callbacks {
  // The one gate between libcurl and C++: whatever is thrown (memory, most likely) ends this transfer and no
  // more.
  template <typename F>
  static std::size_t guarded(void* user, F&& work) noexcept {
    auto& hop = *static_cast<Hop*>(user);
    try {
      return work(hop);
    } catch (...) {
      hop.stopped_ = Step{Step::What::stop, FetchOutcome::too_large, {}};
      return 0;
    }
  }

  // Returning another number than was offered tells libcurl to stop.
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) noexcept {
    return guarded(user, [&](Hop& hop) -> std::size_t {
      const std::size_t octets = size * count;
      const FetchLimits& limits = hop.rules_.limits;
      hop.header_bytes_ += octets;
      if (hop.header_bytes_ > limits.headers) {
        hop.stop(FetchOutcome::too_large_headers,
                 "more than " + std::to_string(limits.headers) + " octets of headers");
        return 0;
      }
      const bool was_complete = hop.head_.complete();
      if (!hop.head_.take({data, octets})) {
        hop.stop(FetchOutcome::bad_http, hop.head_.detail());
        return 0;
      }
      if (was_complete || !hop.head_.complete()) return octets;
      Step step = hop.head_.step(limits, hop.conditional_);
      if (step.what == Step::What::read_body) {
        hop.head_octets_ = hop.response_octets_.size() + octets;  // on_debug gets this line after us
        // Announced, and so at most limits.wire.
        hop.response_octets_.reserve(hop.head_octets_ + hop.head_.length());
        return octets;
      }
      hop.response_octets_.append(data, octets);  // on_debug does not get it any more
      hop.stop(std::move(step));  // so the body of a redirect or of an error page is never read
      return 0;
    });
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) noexcept {
    return guarded(user, [&](Hop& hop) -> std::size_t {
      const std::size_t octets = size * count;
      const std::size_t limit = hop.rules_.limits.wire;
      hop.body_octets_ += octets;
      if (hop.body_octets_ > limit) {
        hop.stop(FetchOutcome::too_large, "more than " + std::to_string(limit) + " octets");
        return 0;
      }
      // Without chunks it stands in response_octets_ as it is.
      if (hop.head_.chunked()) hop.unchunked_.append(data, octets);
      return octets;
    });
  }

  // libcurl shows here what is on the wire before it takes chunks apart: endless chunk extensions never reach
  // on_body.
  static int on_debug(CURL* /*easy*/, curl_infotype type, char* data, std::size_t octets,
                      void* user) noexcept {
    guarded(user, [&](Hop& hop) -> std::size_t {
      if (type == CURLINFO_HEADER_OUT) hop.request_octets_.append(data, octets);
      if (type == CURLINFO_DATA_IN) hop.count(octets);
      if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) {
        const std::size_t room = hop.most_on_wire() + hop.rules_.limits.headers - hop.response_octets_.size();
        hop.response_octets_.append(data, std::min(octets, room));
      }
      return 0;
    });
    return 0;
  }

  // Where count() could not end it.
  static int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<Hop*>(user)->stopped_ ? 1 : 0;
  }

  // The belt: whatever way libcurl came to an address, it is judged once more before there is a socket.
  static curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept {
    int fd = CURL_SOCKET_BAD;
    guarded(user, [&](Hop& hop) -> std::size_t {
      const auto endpoint = endpoint_of(*address);
      const FetchOutcome judged =
          endpoint ? hop.rules_.connect.judge(*endpoint) : FetchOutcome::blocked_address;
      if (judged != FetchOutcome::ok) {
        hop.stop(judged, endpoint ? endpoint->address.text() : "an address of an unknown family");
        return 0;
      }
      fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
      return 1;
    });
    return fd;
  }

  // Connected, TLS included, and nothing sent yet. What libcurl does before that needs no words: making them
  // for on_debug would cost more than the rest.
  static int on_connected(void* user, char* address, char* /*local*/, int, int) noexcept {
    const std::size_t go_on = guarded(user, [&](Hop& hop) -> std::size_t {
      hop.connected_ = true;
      if (const auto server = IpAddress::parse(address)) hop.server_ = *server;
      curl_easy_setopt(hop.easy_.get(), CURLOPT_VERBOSE, 1L);
      return 1;
    });
    return go_on == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }
};

Hop::Hop(const HopRules& rules) : rules_(rules) {
  CURL* easy = easy_.get();
  if (!easy || !names_) std::abort();
  curl_share_setopt(names_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_easy_setopt(easy, CURLOPT_SHARE, names_.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_.data());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, rules.user_agent.c_str());
  set_distrust(easy);
  set_tls(easy, rules.ca_bundle);
  set_callbacks();
}

void Hop::set_callbacks() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Callbacks::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Callbacks::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &Callbacks::on_debug);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Callbacks::on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Callbacks::on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Callbacks::on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

// What libcurl shall know instead of asking the DNS: forget the name of the transfer before, learn this one.
List Hop::pin(const HopInput& input) {
  List list;
  if (!pinned_.empty()) append(list, "-" + pinned_);
  pinned_.clear();
  if (input.addresses.empty()) return list;
  pinned_ = input.url.host() + ":" + std::to_string(input.url.port());
  append(list, pinned_ + ":" + addresses_to_pin(input.addresses));
  return list;
}

void Hop::begin(CURLM* multi, const HopInput& input, void* owner) {
  https_ = input.url.is_https();
  conditional_ = may_send(input.request.if_none_match) || may_send(input.request.if_modified_since);
  connected_ = false;
  socket_ = CURL_SOCKET_BAD;
  wire_spent_ = input.wire_spent;
  header_bytes_ = body_wire_ = head_octets_ = body_octets_ = 0;
  head_ = ResponseHead();
  server_.reset();
  stopped_.reset();
  message_.front() = '\0';
  CURL* easy = easy_.get();
  List pinned = pin(input);
  List headers = request_headers(input.request);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, owner);
  curl_easy_setopt(easy, CURLOPT_URL, input.url.text().c_str());
  curl_easy_setopt(easy, CURLOPT_RESOLVE, pinned.get());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 0L);
  const Millis connect = std::min(input.left, rules_.limits.connect);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
  resolve_ = std::move(pinned);
  headers_ = std::move(headers);
  if (curl_multi_add_handle(multi, easy) != CURLM_OK) std::abort();  // never, unless memory is out
}

HopResult Hop::end(CURLM* multi, CURLcode code) {
  Step step = step_of(code);
  abandon(multi);
  return result(std::move(step));
}

HopResult Hop::out_of_time(CURLM* multi) {
  abandon(multi);
  return result({Step::What::stop, connected_ ? FetchOutcome::timeout : FetchOutcome::connect_timeout,
                 "not whole within " + std::to_string(rules_.limits.total.count()) + " ms"});
}

void Hop::abandon(CURLM* multi) { curl_multi_remove_handle(multi, easy_.get()); }

HopResult Hop::result(Step step) {
  HopResult out{std::move(step),
                std::exchange(head_, {}),
                std::exchange(unchunked_, {}),
                header_bytes_ + body_wire_,
                head_octets_,
                body_octets_,
                std::exchange(request_octets_, {}),
                std::exchange(response_octets_, {}),
                server_};
  return out;
}

std::size_t Hop::most_on_wire() const {
  return rules_.limits.wire + rules_.limits.headers;  // room for the sizes of honest chunks
}

void Hop::count(std::size_t octets) {
  body_wire_ += octets;
  if (wire_spent_ + body_wire_ <= most_on_wire()) return;
  stop(FetchOutcome::too_large, "more than " + std::to_string(most_on_wire()) + " octets on the wire");
  // on_debug cannot stop a transfer, and libcurl would read on, up to a hundred times. This takes the
  // connection apart, with all that waits in its queue: the next read fails.
  const sockaddr nobody{AF_UNSPEC, {}};
  ::connect(socket_, &nobody, sizeof nobody);
}

void Hop::stop(Step step) {
  if (!stopped_) stopped_ = std::move(step);
}

void Hop::stop(FetchOutcome outcome, std::string detail) {
  stop({Step::What::stop, outcome, std::move(detail)});
}

// The one place that translates libcurl's word into ours.
FetchOutcome Hop::outcome_of(CURLcode code) const {
  switch (code) {
    case CURLE_OK: return FetchOutcome::ok;
    case CURLE_OPERATION_TIMEDOUT: return connected_ ? FetchOutcome::timeout : FetchOutcome::connect_timeout;
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
      return head_.complete() ? FetchOutcome::too_large : FetchOutcome::too_large_headers;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return !connected_ && https_ ? FetchOutcome::tls_failed : FetchOutcome::bad_http;
    default: return FetchOutcome::bad_http;
  }
}

Step Hop::step_of(CURLcode code) const {
  if (stopped_) return *stopped_;
  const FetchOutcome outcome = outcome_of(code);
  if (outcome == FetchOutcome::ok && head_.complete()) return {Step::What::read_body, FetchOutcome::ok, {}};
  if (outcome == FetchOutcome::too_large_headers)
    return {Step::What::stop, outcome, "a header line without end"};
  const std::string said = message_.front() != '\0' ? message_.data() : curl_easy_strerror(code);
  return {Step::What::stop, outcome == FetchOutcome::ok ? FetchOutcome::bad_http : outcome, said};
}

}  // namespace portavoz::curl
