// Signs messages for tests with libopendkim itself, with RSA keys that `openssl` makes for this run; not with
// Ed25519, where the library's signer leaks the key. Threads: one at a time.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <stdbool.h>

#include <opendkim/dkim.h>

#include "core/base/text.h"
#include "core/mail/message.h"

namespace portavoz::test {

struct DkimKeyPair {
  std::string secret;  // PEM
  std::string p;       // p= of the key record
  std::string record(const std::string& more = "") const { return "v=DKIM1; " + more + "p=" + p; }
};

inline std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) std::abort();
  std::string out;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
  if (::pclose(pipe) != 0) std::abort();
  return out;
}

// `number` tells two keys of one size apart. Each is made once a run.
inline const DkimKeyPair& dkim_key(int bits = 1024, int number = 0) {
  static std::map<std::pair<int, int>, DkimKeyPair> made;
  DkimKeyPair& key = made[{bits, number}];
  if (!key.secret.empty()) return key;
  key.secret = output_of("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:" + std::to_string(bits) +
                         " 2>/dev/null");
  key.p =
      output_of("printf '%s' '" + key.secret + "' | openssl pkey -pubout -outform DER | openssl base64 -A");
  return key;
}

struct DkimHow {
  std::string domain = "north.example";
  std::string selector = "s1";
  dkim_canon_t header = DKIM_CANON_RELAXED;
  dkim_canon_t body = DKIM_CANON_RELAXED;
  dkim_alg_t algorithm = DKIM_SIGN_RSASHA256;
  long length = -1;                   // l=, when not negative
  std::string identity;               // i=
  std::vector<std::string> names;     // what to sign; empty: everything
  std::vector<std::string> oversign;  // named once more than they are there
  std::uint64_t at = 0;               // t=; 0: now
  std::uint64_t lives = 0;            // x=, seconds after t=; 0: no x=
};

// The value of the DKIM-Signature field of a message: `body` with CRLF line ends.
inline std::string dkim_sign_value(const std::vector<Field>& fields, std::string body, const DkimKeyPair& key,
                                   const DkimHow& how) {
  DKIM_LIB* library = ::dkim_init(nullptr, nullptr);
  unsigned int least_bits = 0;
  ::dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &least_bits, sizeof least_bits);
  std::uint64_t at = how.at;
  std::uint64_t lives = how.lives;
  if (at != 0) ::dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &at, sizeof at);
  if (lives != 0) ::dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_SIGNATURETTL, &lives, sizeof lives);
  const auto pointers = [](const std::vector<std::string>& names) {
    std::vector<const char*> out;
    for (const std::string& name : names) out.push_back(name.c_str());
    out.push_back(nullptr);
    return out;
  };
  auto oversign = pointers(how.oversign);
  if (!how.oversign.empty())
    ::dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_OVERSIGNHDRS, oversign.data(), sizeof(const char**));

  DKIM_STAT status = DKIM_STAT_OK;
  std::string secret = key.secret;
  const auto octets = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  DKIM* handle = ::dkim_sign(library, octets("test"), nullptr,
                             reinterpret_cast<unsigned char*>(secret.data()), octets(how.selector),
                             octets(how.domain), how.header, how.body, how.algorithm, how.length, &status);
  if (handle == nullptr) std::abort();
  auto names = pointers(how.names);
  if (!how.names.empty()) ::dkim_signhdrs(handle, names.data());
  if (!how.identity.empty()) ::dkim_set_signer(handle, octets(how.identity));
  for (const Field& field : fields) {
    std::string text = field.name + ":";
    for (const char c : field.value) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    ::dkim_header(handle, reinterpret_cast<unsigned char*>(text.data()), text.size());
  }
  if (::dkim_eoh(handle) != DKIM_STAT_OK) std::abort();
  if (!body.empty()) ::dkim_body(handle, reinterpret_cast<unsigned char*>(body.data()), body.size());
  if (::dkim_eom(handle, nullptr) != DKIM_STAT_OK) std::abort();
  unsigned char* text = nullptr;
  std::size_t size = 0;
  if (::dkim_getsighdr_d(handle, 16, &text, &size) != DKIM_STAT_OK) std::abort();
  std::string value = " " + std::string(reinterpret_cast<char*>(text), size);
  ::dkim_free(handle);
  ::dkim_close(library);
  return value;
}

}  // namespace portavoz::test
