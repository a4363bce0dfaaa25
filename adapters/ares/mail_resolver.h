// MailResolver: the DNS for one post, through c-ares. It has a channel, and so a source port, of its own,
// opened with the first question; all its questions together have one deadline, counted from that first one;
// a question is asked once, and its answer kept as long as the object lives and no longer, so no record
// outlives its post, whatever its TTL says (the resolver has a cache). What UDP cuts comes over TCP.
//
// NXDOMAIN and no such record are absent; a name that no DNS name can be is absent, too. SERVFAIL, REFUSED, a
// time-out, a broken packet and too many questions are unavailable.
//
// NameServers: which resolvers are asked, judged once when a program starts. Who can forge an answer can
// forge a post, so they must be on this machine unless the operator trusts the network up to them.
//
// Units: milliseconds of the clock it was given. Errors: bad_input, unavailable. Threads: one post, one
// MailResolver; a NameServers may be read by any.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/dns/dns.h"

namespace portavoz {

class NameServers {
 public:
  // IP:port each; none means those of `resolv_conf`.
  [[nodiscard]] static Result<NameServers> choose(const std::vector<std::string>& servers, bool trust_network,
                                                  const std::string& resolv_conf = "/etc/resolv.conf");

  [[nodiscard]] const std::string& text() const { return text_; }  // with commas

 private:
  explicit NameServers(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

class MailResolver final : public Dns {
 public:
  using MonotonicClock = Millis (*)();

  // RFC 7208 §4.6.4 lets SPF ask for 1 record, 10 more, and 10 hosts of each; ten signatures have a key each.
  static constexpr std::size_t max_questions = 1 + 10 + 10 * 10 + 10;

  MailResolver(NameServers servers, MonotonicClock clock, Millis budget);
  ~MailResolver();
  MailResolver(const MailResolver&) = delete;
  MailResolver& operator=(const MailResolver&) = delete;
  MailResolver(MailResolver&&) = delete;
  MailResolver& operator=(MailResolver&&) = delete;

  [[nodiscard]] DnsAnswer ask(const std::string& name, DnsType type) override;

 private:
  struct Connection;
  [[nodiscard]] DnsAnswer ask_servers(const std::string& name, DnsType type);

  NameServers servers_;
  MonotonicClock clock_;
  Millis budget_;
  std::unique_ptr<Connection> connection_;
  std::map<std::pair<std::string, DnsType>, DnsAnswer> answers_;
};

}  // namespace portavoz
