#include "core/policy/decide.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/dkim/reading.h"
#include "core/mail/address_list.h"
#include "core/mail/date.h"
#include "core/mail/encoded_word.h"
#include "core/mail/from.h"
#include "core/policy/marks.h"

namespace portavoz {
namespace {

// RFC 5322 §3.6 (at most once), and RFC 2045 §3: the MIME fields that say how the body is read.
constexpr std::array single_fields{"From",         "Sender",
                                   "Reply-To",     "To",
                                   "Cc",           "Bcc",
                                   "Subject",      "Date",
                                   "Message-ID",   "In-Reply-To",
                                   "References",   "MIME-Version",
                                   "Content-Type", "Content-Transfer-Encoding"};

std::string_view first_value(const std::vector<Field>& fields, std::string_view name) {
  const auto values = field_values(fields, name);
  return values.empty() ? std::string_view() : trim(values.front());
}

// Some field that may stand once and stands twice, or nothing.
std::optional<std::string> repeated_field(const std::vector<Field>& fields) {
  for (const std::string_view name : single_fields) {
    // Nearly all names differ in size already.
    const auto of_that_name = [name](const Field& field) {
      return field.name.size() == name.size() && ascii_iequals(field.name, name);
    };
    if (std::count_if(fields.begin(), fields.end(), of_that_name) > 1) return std::string(name);
  }
  return std::nullopt;
}

// Text between the last '<' and the '>' after it, as in List-Id (RFC 2919 §2).
std::string_view in_angles(std::string_view value) {
  const auto open = value.rfind('<');
  if (open == std::string_view::npos) return value;
  return value.substr(open + 1, value.find('>', open) - open - 1);
}

std::string list_id_of(std::string_view posting_address) {
  std::string id(posting_address);
  std::replace(id.begin(), id.end(), '@', '.');
  return id;
}

// Why the message is an automatic one, or nothing.
std::optional<std::string> automatic(const PostFacts& facts, const std::string& list) {
  if (facts.mail_from.empty()) return "the envelope sender is null";
  // RFC 3834 §5: any keyword but "no"; parameters may follow a semicolon.
  for (const auto value : field_values(facts.fields, "Auto-Submitted"))
    if (!ascii_iequals(trim(value.substr(0, value.find(';'))), "no")) return "Auto-Submitted says so";
  // No standard has it; mail programs that answer by themselves do.
  if (ascii_iequals(first_value(facts.fields, "Precedence"), "auto_reply")) return "Precedence says so";
  const auto type = first_value(facts.fields, "Content-Type");
  if (ascii_istarts_with(type, "multipart/report") ||
      ascii_istarts_with(type, "message/disposition-notification"))
    return "it is a delivery report or a receipt";
  for (const auto value : field_values(facts.fields, "List-Id"))
    if (ascii_iequals(in_angles(trim(value)), list_id_of(list)))
      return "this list has already sent it (List-Id)";
  return std::nullopt;
}

constexpr Seconds longest_delay =
    std::chrono::hours(7 * 24);                            // a signed post older than this is nobody's news
constexpr Seconds fastest_clock = std::chrono::hours(24);  // senders' clocks and time zones go wrong
constexpr std::size_t most_signatures = 10;                // as many as core/dkim/dkim.h says are looked at
constexpr unsigned shortest_rsa_key = 1024;                // RFC 8301 §3.2

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Why a signature by a domain that counts proves nothing, or nothing when it does. The library's own pass is
// not enough: it takes test keys and bodies that are signed in part.
std::optional<std::string> flaw(const DkimSignature& signature) {
  if (signature.result != DkimResult::pass) return signature.why;
  if (signature.algorithm != "rsa-sha256" && signature.algorithm != "ed25519-sha256")
    return signature.algorithm + " is not taken";  // RFC 8301 §3.1
  if (signature.algorithm == "rsa-sha256" && signature.key_bits < shortest_rsa_key)
    return "the key has " + std::to_string(signature.key_bits) + " bits only";
  if (signature.test_key) return "the key is marked as a test (t=y)";         // RFC 6376 §3.6.1
  if (!signature.whole_body) return "it does not cover the whole body (l=)";  // RFC 6376 §8.2
  return std::nullopt;
}

// The signatures of a post, sorted by what they are worth for one designation.
struct Signatures {
  std::vector<DkimSignature> allowed;  // by a domain that counts
  std::vector<DkimSignature> good;     // of these, those that prove the author
  std::string unavailable;             // why one could not be checked now; empty when all could
  std::string flaw;                    // of the first that is not good; empty when there is none
};

Signatures sort_out(const DkimFacts& dkim, const std::vector<std::string>& domains) {
  Signatures sorted;
  for (const DkimSignature& signature : dkim.signatures) {
    if (!contains(domains, signature.domain)) continue;
    sorted.allowed.push_back(signature);
    const auto why = flaw(signature);
    const std::string who = "the signature of " + signature.domain + ": ";
    if (!why) {
      sorted.good.push_back(signature);
    } else if (signature.result == DkimResult::unavailable) {
      sorted.unavailable = who + *why;
    } else if (sorted.flaw.empty()) {
      sorted.flaw = who + *why;
    }
  }
  return sorted;
}

// One list's answer to one post.
class Hearing {
 public:
  Hearing(const GuardHit& hit, const PostFacts& facts, const Roll& roll, const DecideLimits& limits,
          Instant now)
      : hit_(hit), facts_(facts), roll_(roll), limits_(limits), now_(now) {
    verdict_.list = hit.address;
    verdict_.guarded_list = hit.list;
  }

  std::variant<Verdict, Question> decide() {
    if (const auto why = roll_too_old()) return because(Rule::roll_unavailable, *why);
    if (!hit_.list) return because(Rule::list_unknown, "the roll has no list at this address");
    if (const auto field = repeated_field(facts_.fields))
      return because(Rule::repeated_field, *field + " stands twice");
    noted(Rule::repeated_field, "no field stands twice that may stand once");

    const auto values = field_values(facts_.fields, "From");
    if (values.empty()) return because(Rule::broken_from, "From is missing");
    const auto from = parse_from(values.front());
    if (!from) return because(Rule::broken_from, from.error().what);
    verdict_.header_from = from->text();
    noted(Rule::broken_from, "From holds one mailbox, " + verdict_.header_from);

    if (const auto why = automatic(facts_, hit_.address)) return because(Rule::automatic_mail, *why);
    noted(Rule::automatic_mail, "nothing says that a program wrote it");

    const auto designation = roll_.designation(hit_.list->id, *from);
    if (designation.unavailable()) return because(Rule::roll_unavailable, designation.why());
    if (designation.absent())
      return because(Rule::not_designated, verdict_.header_from + " is designated by nobody");
    verdict_.designation = designation.value();
    noted(Rule::not_designated, "designated by " + by_whom(designation.value()));
    // Before any proof: whoever has the domain now signs as the contact did.
    if (designation.value().domain_gone)
      return because(Rule::domain_gone,
                     from->domain() + " was gone from the DNS, and no admin decided since");
    noted(Rule::domain_gone, "the domain of the address is not known to be gone");
    return facts_.login ? by_login() : by_signature();
  }

 private:
  using Answered = std::variant<Verdict, Question>;

  Verdict because(Rule rule, std::string why) {
    verdict_.rule = rule;
    verdict_.steps.push_back({rule, true, why});
    verdict_.detail = std::move(why);
    return std::move(verdict_);  // the hearing is over
  }
  void noted(Rule rule, std::string why) { verdict_.steps.push_back({rule, false, std::move(why)}); }

  // Refused, or kept aside where the list wants to see what only a person can judge.
  Verdict doubtful(Rule rule, std::string why) {
    if (!hit_.list->holds_unproven || !limits_.can_hold) return because(rule, std::move(why));
    noted(rule, why);
    return because(Rule::needs_confirmation, std::string(info(rule).word) + ": " + why);
  }

  Verdict accepted(Rule rule, std::string why, std::vector<std::string> marks) {
    Verdict verdict = because(rule, std::move(why));
    verdict.accepted.push_back({rule, *hit_.list, *verdict.designation, std::move(marks)});
    return verdict;
  }

  [[nodiscard]] const Designation& proof_owner() const { return *verdict_.designation; }
  [[nodiscard]] const Proof& proof() const { return proof_owner().proof; }

  [[nodiscard]] std::optional<std::string> roll_too_old() const {
    const auto word = roll_.last_word();
    return word ? expired(*word, limits_.roll_max_age, now_) : "the roll was never loaded";
  }

  // A login is the strongest proof; the wrong one shows that somebody else is writing.
  Answered by_login() {
    if (!contains(proof().logins, *facts_.login))
      return because(Rule::wrong_login, "logged in as " + *facts_.login);
    return accepted(Rule::proven_by_login, "logged in as " + *facts_.login,
                    marks_of(unverified_signatures(), facts_.fields));
  }

  // A post that a login proves may be signed as well, and must not come again by its signature. For that no
  // key is looked up: what does not hold proves nothing later either.
  [[nodiscard]] std::vector<DkimSignature> unverified_signatures() const {
    std::vector<DkimSignature> signatures;
    for (const auto value : field_values(facts_.fields, "DKIM-Signature")) {
      auto signature = read_signature(value);
      if (signature && contains(proof().signing_domains, signature->domain))
        signatures.push_back(std::move(*signature));
      if (signatures.size() == most_signatures) break;
    }
    return signatures;
  }

  Answered by_signature() {
    noted(Rule::wrong_login, "no login");
    if (proof().signing_domains.empty() || field_values(facts_.fields, "DKIM-Signature").empty()) {
      noted(Rule::proven_by_dkim, proof().signing_domains.empty() ? "no signature counts for this contact"
                                                                  : "the post is not signed");
      return by_spf({});
    }
    if (!facts_.dkim) return Question{Question::About::dkim, proof().signing_domains};
    const Signatures signatures = sort_out(*facts_.dkim, proof().signing_domains);
    if (!signatures.good.empty()) return signed_post(signatures);
    if (!signatures.unavailable.empty())
      noted(Rule::dkim_unavailable, signatures.unavailable);
    else
      noted(Rule::proven_by_dkim,
            signatures.allowed.empty() ? "no signature by a domain that counts" : signatures.flaw);
    return by_spf(signatures);
  }

  // The author is proven. Is this post meant for the list, now, and for the first time?
  Answered signed_post(const Signatures& signatures) {
    const std::string domain = signatures.good.front().domain;
    for (const std::string& mark : marks_of(signatures.good, facts_.fields)) {
      const auto posted = roll_.was_posted(hit_.list->id, mark);
      if (posted.unavailable()) return because(Rule::roll_unavailable, posted.why());
      if (posted.found() && posted.value())
        return because(Rule::already_posted, "a post with this signature of " + domain + " went to the list");
    }
    noted(Rule::already_posted, "the signature was not used before");

    // One signature has to show everything: two of them may be of two different posts with the same text.
    const DkimSignature& best =
        *std::max_element(signatures.good.begin(), signatures.good.end(),
                          [this](const auto& one, const auto& other) { return worth(one) < worth(other); });
    const bool addressed = addressed_to_list(best);
    if (!addressed || proof().shared) {
      if (facts_.client && !facts_.spf) return Question{Question::About::spf, {}};
      if (spf_unavailable()) return because(Rule::spf_unavailable, facts_.spf->why);
    }
    if (proof().shared && !spf_agrees())
      return doubtful(Rule::shared_provider, "signed by " + domain + ", and " + spf_in_words());
    if (!addressed && !spf_agrees())
      return doubtful(Rule::not_for_this_list, "the list is not in a signed To or Cc, and " + spf_in_words());
    if (const auto why = stale(best)) return doubtful(Rule::too_old, *why);
    // All that count are remembered, also those that do not hold today: a copy without the good one is then
    // known.
    return accepted(Rule::proven_by_dkim, "signed by " + domain, marks_of(signatures.allowed, facts_.fields));
  }

  [[nodiscard]] int worth(const DkimSignature& signature) const {
    return (stale(signature) ? 0 : 2) + (addressed_to_list(signature) ? 1 : 0);
  }

  [[nodiscard]] bool addressed_to_list(const DkimSignature& signature) const {
    for (const auto& [field, name] : {std::pair("To", "to"), std::pair("Cc", "cc")}) {
      const auto values = field_values(facts_.fields, field);
      if (values.empty() || !contains(signature.signed_names, name)) continue;
      for (const MailAddress& address : addresses_in(values.front()))
        if (contains(hit_.list->addresses, address.text())) return true;
    }
    return false;
  }

  // Why the signed Date does not show a recent post, or nothing when it does.
  [[nodiscard]] std::optional<std::string> stale(const DkimSignature& signature) const {
    const auto values = field_values(facts_.fields, "Date");
    if (values.empty() || !contains(signature.signed_names, "date")) return "Date is not signed";
    const auto date = parse_date(values.front());
    if (!date) return "Date cannot be read";
    if (now_ - *date > longest_delay) return "it is of " + to_rfc3339(*date);
    if (*date - now_ > fastest_clock) return "it is of " + to_rfc3339(*date) + ", which is to come";
    return std::nullopt;
  }

  [[nodiscard]] bool spf_unavailable() const {
    return facts_.spf && facts_.spf->result == SpfResult::temperror;
  }

  // SPF passes, says something, and is about the very mailbox in From.
  [[nodiscard]] bool spf_agrees() const {
    if (!facts_.spf || facts_.spf->result != SpfResult::pass || facts_.spf->open) return false;
    const auto sender = MailAddress::parse(facts_.mail_from);
    return sender && sender->text() == verdict_.header_from;
  }

  [[nodiscard]] std::string spf_in_words() const {
    if (!facts_.client) return "SPF cannot be judged here";
    if (!facts_.spf) return "SPF was not looked at";
    if (facts_.spf->result != SpfResult::pass)
      return "SPF gives " + std::string(word(facts_.spf->result)) + " (" + facts_.spf->why + ")";
    if (facts_.spf->open) return "SPF lets everybody in (" + facts_.spf->mechanism + ")";
    return "SPF passes for another mailbox, " + facts_.mail_from;
  }

  Answered by_spf(const Signatures& signatures) {
    if (proof().spf && facts_.client) {
      if (!facts_.spf) return Question{Question::About::spf, {}};
      if (spf_agrees())
        return accepted(Rule::proven_by_spf, facts_.spf->why, marks_of(signatures.allowed, facts_.fields));
      noted(Rule::proven_by_spf, spf_in_words());
    }
    if (!signatures.unavailable.empty()) return because(Rule::dkim_unavailable, signatures.unavailable);
    if (proof().spf && spf_unavailable()) return because(Rule::spf_unavailable, facts_.spf->why);
    if (proof().spf && !facts_.client)
      return doubtful(Rule::not_proven, "SPF is what proves this contact, and it cannot be judged here");
    if (proof().logins.empty() && proof().signing_domains.empty() && !proof().spf)
      return doubtful(Rule::not_proven, "nothing is recorded that could prove this contact");
    if (!signatures.flaw.empty()) return because(Rule::dkim_failed, signatures.flaw);
    if (proof().spf) return because(Rule::spf_failed, spf_in_words());
    return because(Rule::not_proven, "no login, and no signature by a domain that counts");
  }

  const GuardHit& hit_;
  const PostFacts& facts_;
  const Roll& roll_;
  const DecideLimits& limits_;
  Instant now_;
  Verdict verdict_;
};

// A refusal for good outweighs "try later": what will never be taken is said at once.
int weight(Answer answer) {
  switch (answer) {
    case Answer::reject: return 3;
    case Answer::tempfail: return 2;
    case Answer::hold: return 1;
    case Answer::pass:
    case Answer::accept: return 0;
  }
  return 0;
}

// Both questions in one, so that what several lists want to know is looked up once.
Question joined(const std::optional<Question>& before, Question more) {
  if (!before || (before->about == Question::About::spf && more.about == Question::About::dkim)) return more;
  Question both = *before;
  if (more.about == Question::About::dkim)
    for (std::string& domain : more.signing_domains)
      if (!contains(both.signing_domains, domain)) both.signing_domains.push_back(std::move(domain));
  return both;
}

}  // namespace

std::string_view proof_of(Rule rule) {
  switch (rule) {
    case Rule::proven_by_login: return "login";
    case Rule::proven_by_dkim: return "dkim";
    case Rule::proven_by_spf: return "spf";
    default: return "";
  }
}

std::variant<Verdict, Question> decide(const PostFacts& facts, const Roll& roll, const DecideLimits& limits,
                                       Instant now) {
  Verdict whole;
  whole.rule = Rule::not_guarded;
  std::vector<AcceptedList> accepted;
  std::optional<Question> question;
  for (const GuardHit& hit : facts.lists) {
    auto answered = Hearing(hit, facts, roll, limits, now).decide();
    if (auto* asked = std::get_if<Question>(&answered)) {
      question = joined(question, std::move(*asked));
      continue;
    }
    auto& verdict = std::get<Verdict>(answered);
    for (AcceptedList& list : verdict.accepted) accepted.push_back(std::move(list));
    verdict.accepted.clear();
    const bool first = whole.rule == Rule::not_guarded;
    if (first || weight(verdict.answer()) > weight(whole.answer())) whole = std::move(verdict);
  }
  // One list's refusal is the whole message's; then nothing need be looked up for the others.
  if (question && whole.answer() != Answer::reject) return *question;
  if (whole.answer() == Answer::accept || whole.answer() == Answer::hold)
    whole.accepted = std::move(accepted);
  return whole;
}

std::vector<Field> fields_for_readers(const AcceptedList& accepted) {
  const Designation& designation = accepted.designation;
  return {{"Portavoz-Proof", std::string(proof_of(accepted.rule))},
          {"Portavoz-Designation",
           encode_unstructured(
               "list=" + accepted.list.posting_address + "; contact=" + designation.address + "; decision=" +
               (designation.decision_id == 0 ? "roster" : std::to_string(designation.decision_id)))},
          {"Portavoz-Assembly", encode_unstructured(designation.assembly)}};
}

}  // namespace portavoz
