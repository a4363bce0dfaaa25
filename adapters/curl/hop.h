// Hop: one request to one address that was judged already, and its response up to our bounds, as a transfer
// in a multi handle. The callbacks of libcurl end here; no exception leaves them. It follows nothing. A Hop
// serves one transfer after the other, because making a handle costs; nothing of one transfer reaches the
// next. Units: octets, milliseconds. Errors: a FetchOutcome with a phrase. Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "adapters/curl/response_head.h"
#include "core/base/owned.h"
#include "core/net/connect_rule.h"
#include "core/net/fetch.h"
#include "core/net/url.h"

namespace portavoz::curl {

using Easy = Owned<CURL, curl_easy_cleanup>;
using Share = Owned<CURLSH, curl_share_cleanup>;
using List = Owned<curl_slist, curl_slist_free_all>;

// The same for every hop of a loop.
struct HopRules {
  ConnectRule connect;  // asked again for the socket's own address
  FetchLimits limits;
  std::string user_agent;
  std::string ca_bundle;
};

struct HopInput {
  const Url& url;
  const std::vector<IpAddress>& addresses;  // judged; empty when the host is an address itself
  const FetchRequest& request;              // for its validators
  Millis left;                              // of the total
  std::size_t wire_spent;                   // by the hops before
};

struct HopResult {
  Step step;
  ResponseHead head;
  std::string body;  // as it came, without chunks; only after a whole response
  std::size_t raw_bytes = 0;
  std::string request_octets, response_octets;
  std::optional<IpAddress> server;
};

class Hop {
 public:
  explicit Hop(const HopRules& rules);  // which must outlive it
  Hop(const Hop&) = delete;
  Hop& operator=(const Hop&) = delete;
  Hop(Hop&&) = delete;
  Hop& operator=(Hop&&) = delete;
  ~Hop() = default;

  // What curl_easy_getinfo(CURLINFO_PRIVATE) gives is `owner`. What `input` refers to is not kept.
  void begin(CURLM* multi, const HopInput& input, void* owner);
  // The multi handle waits for this socket now; the last one told is the one that came to be connected.
  void waits_for(curl_socket_t fd) { socket_ = fd; }
  // It ended by itself, with this code; or there is no time left; or nobody wants it any more.
  [[nodiscard]] HopResult end(CURLM* multi, CURLcode code);
  [[nodiscard]] HopResult out_of_time(CURLM* multi);
  void abandon(CURLM* multi);

 private:
  struct Callbacks;

  void set_callbacks();
  [[nodiscard]] List pin(const HopInput& input);
  void count(std::size_t octets);
  void stop(Step step);
  void stop(FetchOutcome outcome, std::string detail);
  [[nodiscard]] FetchOutcome outcome_of(CURLcode code) const;
  [[nodiscard]] Step step_of(CURLcode code) const;
  [[nodiscard]] HopResult result(Step step);
  [[nodiscard]] std::size_t most_on_wire() const;  // over all hops, without the headers

  const HopRules& rules_;
  Share names_{curl_share_init()};  // its own, or libcurl would share pinned addresses with other transfers
  Easy easy_{curl_easy_init()};
  std::string pinned_;  // HOST:PORT of the transfer before, still in names_
  List resolve_, headers_;
  std::array<char, CURL_ERROR_SIZE> message_{};

  // Of this transfer.
  bool https_ = false;
  bool conditional_ = false;
  bool connected_ = false;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::size_t wire_spent_ = 0;
  std::size_t header_bytes_ = 0;
  std::size_t body_wire_ = 0;  // with chunk sizes and chunk extensions
  ResponseHead head_;
  std::string body_, request_octets_, response_octets_;
  std::optional<IpAddress> server_;
  std::optional<Step> stopped_;  // why a callback stopped the transfer
};

}  // namespace portavoz::curl
