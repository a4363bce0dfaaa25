#include "admin/proof.h"

#include "admin/inputs.h"

namespace portavoz::admin {
namespace {

// As one word of a shell.
std::string quoted(const std::string& word) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<Proof> stated(const ProofWords& words, const std::optional<std::string>& own_domain) {
  Proof proof{words.logins, {}, words.spf, words.shared};
  if (words.no_dkim) return proof;
  if (words.signing_domains.empty() && !own_domain)
    return Error{ErrorKind::bad_input,
                 "Whose DKIM signatures count is missing. Give --signing-domain DOMAIN for each domain, or "
                 "--no-dkim."};
  auto domains = words.signing_domains.empty()
                     ? signing_domains({*own_domain}, "the domain of --address, which signs by default")
                     : signing_domains(words.signing_domains, "--signing-domain");
  if (!domains) return domains.error();
  proof.signing_domains = std::move(*domains);
  return proof;
}

std::string as_options(const Proof& proof) {
  std::string out;
  for (const std::string& login : proof.logins) out += "--login " + quoted(login) + ' ';
  for (const std::string& domain : proof.signing_domains) out += "--signing-domain " + quoted(domain) + ' ';
  if (proof.signing_domains.empty()) out += "--no-dkim ";
  if (proof.spf) out += "--spf ";
  if (proof.shared) out += "--shared ";
  out.pop_back();
  return out;
}

bool proves_nothing(const Proof& proof) {
  return proof.logins.empty() && proof.signing_domains.empty() && !proof.spf;
}

}  // namespace portavoz::admin
