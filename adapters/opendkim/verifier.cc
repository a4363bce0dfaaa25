#include "adapters/opendkim/verifier.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <stdexcept>
#include <utility>

#include <stdbool.h>

#include <opendkim/dkim.h>

#include "core/base/text.h"
#include "core/dkim/reading.h"

namespace portavoz {
namespace {

constexpr std::size_t most_signatures = 10;

// libopendkim 2.11 writes one pointer past its list when h= names every field and one more, and reads past an
// i= that ends in "="; with this room behind each piece of memory neither meets anything.
constexpr std::size_t spare = 64;

void* get_memory(void* /*closure*/, std::size_t octets) { return std::calloc(1, octets + spare); }
void free_memory(void* /*closure*/, void* memory) { std::free(memory); }

unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string_view text_of(const unsigned char* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

[[noreturn]] void lost(const char* step, DKIM_STAT status) {
  const char* words = dkim_getresultstr(status);
  throw std::runtime_error(std::string("libopendkim: ") + step + ": " +
                           (words == nullptr ? "unknown result" : words));
}

bool is_signature(const Field& field) { return ascii_iequals(field.name, "DKIM-Signature"); }

// Whether a field holds what libopendkim's relaxed form (RFC 6376 §3.4.2) reads otherwise than the RFC: a CR
// that ends no line, VT and FF, which it takes for blanks, and NUL, where it stops.
bool has_controls(std::string_view value) {
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char c = value[at];
    if (c == '\0' || c == '\v' || c == '\f') return true;
    if (c == '\r' && value.substr(at + 1, 1) != "\n") return true;
  }
  return false;
}

// A field as it was sent (RFC 5322 §2.2): a fold is CRLF and a blank.
std::string as_sent(const Field& field) {
  std::string text = field.name + ":";
  for (const char c : field.value) {
    if (c == '\n' && text.back() != '\r') text.push_back('\r');
    text.push_back(c);
  }
  return text;
}

// A signature that was handed to the library, in the library's order.
struct Handed {
  DkimSignature* wanted = nullptr;  // nothing: a stranger's, handed over because another one may sign it
  DKIM_SIGINFO* info = nullptr;
  DkimKey key{Absent{}, ""};
  bool asked = false;
};

}  // namespace

struct DkimVerification::Message {
  struct Free {
    void operator()(DKIM* handle) const noexcept { dkim_free(handle); }
  };

  explicit Message(Dns& the_dns) : dns(the_dns) {}

  void hand_over(const std::vector<Field>& fields, const std::vector<std::string>& domains);
  void hand_over_signature(const Field& field, const std::vector<std::string>& domains, bool strangers_too);
  bool header(std::string text);
  void end_header(const std::vector<Field>& fields);
  void recognise();
  void ask_for_keys();
  void judge(Handed& signature) const;

  Dns& dns;
  std::unique_ptr<DKIM, Free> handle;  // nothing: there is no signature to verify
  std::deque<DkimSignature> wanted;
  std::deque<Handed> handed;
  bool more = false;
  std::string piece;  // of the body, with its line ends made right
  char last = '\n';
  bool lone_cr = false;
};

namespace {

// The library asks here for the key of a signature; the answer is already there.
DKIM_CBSTAT give_key(DKIM* handle, DKIM_SIGINFO* info, u_char* buffer, std::size_t size) {
  const auto& handed = *static_cast<const std::deque<Handed>*>(dkim_get_user_context(handle));
  for (const Handed& signature : handed) {
    if (signature.info != info) continue;
    if (signature.key.record.unavailable()) return DKIM_CBSTAT_TRYAGAIN;
    if (signature.key.record.absent() || signature.key.record.value().size() >= size)
      return DKIM_CBSTAT_NOTFOUND;
    const std::string& record = signature.key.record.value();
    std::memcpy(buffer, record.c_str(), record.size() + 1);
    return DKIM_CBSTAT_CONTINUE;
  }
  return DKIM_CBSTAT_NOTFOUND;
}

}  // namespace

Result<std::unique_ptr<DkimLibrary>> DkimLibrary::open() {
  DKIM_LIB* handle = dkim_init(get_memory, free_memory);
  if (handle == nullptr) return Error{ErrorKind::unavailable, "libopendkim could not start: no memory"};
  std::unique_ptr<DkimLibrary> library(new DkimLibrary(handle));
  if (!dkim_libfeature(handle, DKIM_FEATURE_SHA256) || !dkim_libfeature(handle, DKIM_FEATURE_ED25519))
    return Error{ErrorKind::unavailable,
                 "this libopendkim cannot verify rsa-sha256 and ed25519-sha256; install 2.11 with OpenSSL "
                 "1.1.1 or newer"};
  // Keys are looked up after the body, all at once; and a From that libopendkim cannot read is no reason to
  // verify nothing, since nobody but us reads From.
  unsigned int flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;
  if (dkim_options(handle, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags) != DKIM_STAT_OK ||
      dkim_set_key_lookup(handle, give_key) != DKIM_STAT_OK)
    return Error{ErrorKind::internal, "libopendkim takes other options than we know"};
  return library;
}

DkimLibrary::~DkimLibrary() { dkim_close(handle_); }

DkimVerification::DkimVerification(DkimLibrary& library, const std::vector<Field>& fields,
                                   const std::vector<std::string>& domains, Dns& dns)
    : message_(std::make_unique<Message>(dns)) {
  DKIM_STAT status = DKIM_STAT_OK;
  static constexpr unsigned char id[] = "-";
  message_->handle.reset(dkim_verify(library.handle_, id, nullptr, &status));
  if (message_->handle == nullptr) lost("start", status);
  dkim_set_user_context(message_->handle.get(), &message_->handed);
  message_->hand_over(fields, domains);
  if (message_->wanted.empty()) {
    message_->handle.reset();
    return;
  }
  message_->end_header(fields);
}

DkimVerification::~DkimVerification() = default;

void DkimVerification::Message::hand_over(const std::vector<Field>& fields,
                                          const std::vector<std::string>& domains) {
  // Each signature costs a hash of the header, and each l= one of the body. RFC 6376 §3.5 lets h= name other
  // DKIM-Signature fields, so strangers' are handed over too, unless there are more than any honest message
  // has.
  const bool strangers_too =
      std::count_if(fields.begin(), fields.end(), is_signature) <= std::ptrdiff_t{most_signatures};
  for (const Field& field : fields) {
    if (is_signature(field)) {
      hand_over_signature(field, domains, strangers_too);
    } else {
      header(as_sent(field));
    }
  }
}

void DkimVerification::Message::hand_over_signature(const Field& field,
                                                    const std::vector<std::string>& domains,
                                                    bool strangers_too) {
  auto read = has_controls(field.value) ? std::nullopt : read_signature(field.value);
  std::string value = field.value;
  if (!read || dkim_sig_syntax(handle.get(), octets_of(value), value.size()) != DKIM_STAT_OK) return;
  const bool asked_for = std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
    return ascii_iequals(domain, read->domain);
  });
  if (asked_for && wanted.size() == most_signatures) more = true;
  const bool verify = asked_for && wanted.size() < most_signatures;
  if (!verify && !strangers_too) return;
  if (!header(as_sent(field))) return;
  if (verify) wanted.push_back(std::move(*read));
  handed.emplace_back().wanted = verify ? &wanted.back() : nullptr;
}

// False when the library does not take it for a field; it is then in no hash, which is right: nobody could
// sign it.
bool DkimVerification::Message::header(std::string text) {
  const DKIM_STAT status = dkim_header(handle.get(), octets_of(text), text.size());
  if (status != DKIM_STAT_OK && status != DKIM_STAT_SYNTAX) lost("header field", status);
  return status == DKIM_STAT_OK;
}

void DkimVerification::Message::end_header(const std::vector<Field>& fields) {
  const DKIM_STAT status = dkim_eoh(handle.get());
  if (status != DKIM_STAT_OK) lost("end of header", status);
  recognise();
  for (DkimSignature& signature : wanted) {
    const auto spoilt = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
      const auto& names = signature.signed_names;
      return has_controls(field.value) &&
             std::find(names.begin(), names.end(), ascii_lower(field.name)) != names.end();
    });
    if (spoilt == fields.end()) continue;
    signature.why = "a signed field holds control characters";
    for (Handed& one : handed)
      if (one.wanted == &signature) one.wanted = nullptr;
  }
  for (const Handed& one : handed)
    if (one.wanted == nullptr) dkim_sig_ignore(one.info);
}

// Pairs what the library read with what we read; where the two differ, nothing is believed.
void DkimVerification::Message::recognise() {
  DKIM_SIGINFO** infos = nullptr;
  int count = 0;
  const DKIM_STAT status = dkim_getsiglist(handle.get(), &infos, &count);
  if (status != DKIM_STAT_OK || static_cast<std::size_t>(count) != handed.size())
    lost("list of signatures", status);
  for (std::size_t at = 0; at < handed.size(); ++at) {
    Handed& one = handed[at];
    one.info = infos[at];
    if (one.wanted == nullptr) continue;
    if (ascii_iequals(text_of(dkim_sig_getdomain(one.info)), one.wanted->domain) &&
        text_of(dkim_sig_getselector(one.info)) == one.wanted->selector)
      continue;
    one.wanted->why = "libopendkim reads this signature otherwise than we do";
    one.wanted = nullptr;
  }
}

void DkimVerification::body(std::string_view chunk) {
  Message& message = *message_;
  if (message.handle == nullptr) return;
  message.piece.clear();
  for (const char c : chunk) {
    if (message.last == '\r' && c != '\n') message.lone_cr = true;
    if (c == '\n' && message.last != '\r') message.piece.push_back('\r');
    message.piece.push_back(c);
    message.last = c;
  }
  if (message.piece.empty()) return;
  const DKIM_STAT status = dkim_body(message.handle.get(), octets_of(message.piece), message.piece.size());
  if (status != DKIM_STAT_OK) lost("body", status);
}

void DkimVerification::Message::ask_for_keys() {
  std::map<std::string, DkimKey> keys;
  for (Handed& one : handed) {
    // One that has expired, say, needs no key any more.
    if (one.wanted == nullptr || dkim_sig_geterror(one.info) != DKIM_SIGERROR_UNKNOWN) continue;
    one.asked = true;
    const auto name = key_name(*one.wanted);
    if (!name) {
      one.key.why = "there can be no such key name";
      continue;
    }
    auto known = keys.find(*name);
    if (known == keys.end()) known = keys.emplace(*name, choose_key(dns.ask(*name, DnsType::txt))).first;
    one.key = known->second;
    if (one.key.record.found() && !is_key_for(one.key.record.value(), one.wanted->algorithm))
      one.key = {Absent{}, "the key is of another kind than the signature"};
  }
}

void DkimVerification::Message::judge(Handed& signature) const {
  DkimSignature& facts = *signature.wanted;
  const auto flags = dkim_sig_getflags(signature.info);
  const int error = dkim_sig_geterror(signature.info);
  unsigned int bits = 0;
  if (dkim_sig_getkeysize(signature.info, &bits) == DKIM_STAT_OK) facts.key_bits = bits;
  if (facts.key_bits == 0 && signature.key.record.found())
    facts.key_bits = ed25519_bits(signature.key.record.value());
  facts.test_key = (flags & DKIM_SIGFLAG_TESTKEY) != 0;

  // A key whose t=s forbids this i= leaves the flag and the body hash as they were, and sets the error only.
  const bool holds = (flags & DKIM_SIGFLAG_PASSED) != 0 &&
                     dkim_sig_getbh(signature.info) == DKIM_SIGBH_MATCH && error == DKIM_SIGERROR_OK;
  if (signature.asked && !signature.key.record.found()) {
    if (signature.key.record.unavailable()) facts.result = DkimResult::unavailable;
    facts.why = signature.key.why;
  } else if (holds && lone_cr) {
    facts.why = "the body has a CR without LF";
  } else if (holds) {
    facts.result = DkimResult::pass;
    facts.why.clear();
  } else if (dkim_sig_getbh(signature.info) == DKIM_SIGBH_MISMATCH) {
    facts.why = "the body is not what was signed";
  } else if (const char* words = dkim_sig_geterrorstr(error); words != nullptr) {
    facts.why = words;
  }
}

DkimFacts DkimVerification::finish() {
  Message& message = *message_;
  DkimFacts facts;
  if (message.handle != nullptr) {
    // RFC 6376 §3.4.3 and §3.4.4: a body that does not end in CRLF is hashed as if it did.
    if (message.last == '\r') message.lone_cr = true;
    if (message.last != '\n') body("\n");
    message.ask_for_keys();
    const DKIM_STAT status = dkim_eom(message.handle.get(), nullptr);
    if (status == DKIM_STAT_NORESOURCE || status == DKIM_STAT_INTERNAL || status == DKIM_STAT_INVALID)
      lost("end of message", status);
    for (Handed& one : message.handed)
      if (one.wanted != nullptr) message.judge(one);
  }
  facts.signatures.assign(std::make_move_iterator(message.wanted.begin()),
                          std::make_move_iterator(message.wanted.end()));
  facts.more = message.more;
  return facts;
}

}  // namespace portavoz
