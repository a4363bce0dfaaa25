#include "milter/gate_session.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "adapters/json/facts_json.h"
#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"
#include "core/seal/body_canon.h"
#include "core/seal/seal.h"

namespace portavoz {
namespace {

constexpr std::string_view our_prefix = "Portavoz-";

// The login of a real authentication. XCLIENT is a proxy's or a test's word for one, and proves nothing.
std::optional<std::string> login_of(const MilterMacros& macros, bool believe_xclient) {
  auto login = macros.macro("{auth_authen}");
  if (!login || login->empty()) return std::nullopt;
  if (macros.macro("{auth_type}") == "XCLIENT" && !believe_xclient) return std::nullopt;
  return login;
}

// The address in the macro {client_addr}; nothing when it is none.
std::optional<IpAddress> client_address(std::string_view client) {
  constexpr std::string_view tag = "IPv6:";  // RFC 5321 §4.1.3, as some servers write it
  const auto address = IpAddress::parse(client.starts_with(tag) ? client.substr(tag.size()) : client);
  if (!address) return std::nullopt;
  return *address;
}

std::string message_id_of(const std::vector<Field>& fields) {
  const auto values = field_values(fields, "Message-ID");
  return values.empty() ? std::string() : std::string(trim(values.front()));
}

Seal seal(const SealFacts& facts, const SigningKey& key) {
  Seal made{key.key_id(), facts.list, random_hex(16), facts.marks, "", facts.time};
  made.signature = key.sign(seal_text_to_sign(facts, made.key_id, made.nonce));
  return made;
}

// A verdict's id: a random UUID (RFC 4122 §4.4).
constexpr std::size_t usual_line = 512;   // of the log, in octets
constexpr std::size_t usual_fields = 32;  // of a post's header

std::string random_uuid() {
  std::string hex = random_hex(16);
  hex[12] = '4';
  hex[16] = '8';
  for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
  return hex;
}

bool goes_on(const Verdict& verdict) {
  return verdict.answer() == Answer::accept || verdict.answer() == Answer::hold;
}

std::string log_line(const VerdictRecord& entry, std::string_view detail) {
  std::string line;
  line.reserve(usual_line);
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>("verdict=", entry.verdict),
                                    {" rule=", entry.rule},
                                    {" queue-id=", entry.queue_id},
                                    {" list=", entry.list},
                                    {" from=", entry.header_from},
                                    {" login=", entry.login},
                                    {" client=", entry.client},
                                    {" message-id=", entry.message_id}})
    line.append(name).append(value);
  if (!detail.empty()) line.append(" detail=\"").append(detail).append(1, '"');
  return line;
}

// What a sender put there in our name says nothing: every Portavoz-* field goes.
void remove_our_fields(MilterEnd& message, const std::vector<Field>& fields) {
  std::map<std::string, int> counts;
  for (const Field& field : fields)
    if (ascii_istarts_with(field.name, our_prefix)) ++counts[ascii_lower(field.name)];
  for (const auto& [name, count] : counts)
    for (int nth = count; nth > 0; --nth) message.remove_field(name, nth);  // numbers shift while removing
}

}  // namespace

struct GateSession::Post {
  PostFacts facts;
  bool header_seen = false;
  std::optional<Verdict> verdict;  // that the header alone allows, whatever the body says
  std::unique_ptr<Dns> dns;
  std::vector<std::string> signing_domains;  // those that `dkim` looks at
  std::optional<DkimVerification> dkim;      // last but for the hash: it uses the others
  Sha256 body_sha256;
  BodyHash body{[this](std::string_view octets) { body_sha256.update(octets); }};
};

GateSession::GateSession(const Present<GateServices>& present)
    : present_(present), services_(present.get()) {}
GateSession::~GateSession() = default;

void GateSession::mail(const MilterMacros& macros) {
  services_ = present_.get();
  mail_from_ = macros.macro("{mail_addr}").value_or("");
  login_ = login_of(macros, services_->settings.testing.believe_xclient);
  client_ = macros.macro("{client_addr}").value_or("");
  // By SMTP the queue id comes with the first recipient; sendmail(1) has it from the start.
  by_smtp_ = macros.macro("i").value_or("").empty();
}

MilterAnswer GateSession::rcpt(MilterReplying& step, std::string_view argument) {
  auto hit = guarded_recipient(step, argument);
  if (!hit) return MilterAnswer::proceed;
  // No header can make a post of what has a null reverse-path (RFC 5321 §4.5.5). Postfix cannot refuse a
  // recipient of a message that was handed in on the machine: that one is answered at its end.
  if (mail_from_.empty() && by_smtp_) return refuse_recipient(step, *hit);
  if (!post_) {
    post_ = std::make_unique<Post>();
    post_->facts.fields.reserve(usual_fields);
  }
  auto& lists = post_->facts.lists;
  if (std::find(lists.begin(), lists.end(), *hit) == lists.end()) lists.push_back(std::move(*hit));
  return MilterAnswer::proceed;
}

std::optional<GuardHit> GateSession::guarded_recipient(const MilterMacros& macros,
                                                       std::string_view argument) {
  const auto rcpt_addr = macros.macro("{rcpt_addr}");
  auto hit =
      guarded({std::string(argument), rcpt_addr}, services_->roll, services_->settings.gate.always_guard);
  if (!hit || rcpt_addr || !services_->settings.gate.door) return hit;
  log_error("the mail server does not send the macro {rcpt_addr}: mail for " + hit->address +
            " goes on without a seal, and the door decides; add {rcpt_addr} to its milter_rcpt_macros");
  return std::nullopt;
}

MilterAnswer GateSession::refuse_recipient(MilterReplying& step, const GuardHit& hit) {
  Verdict verdict;
  verdict.rule = Rule::automatic_mail;
  verdict.list = hit.address;
  verdict.guarded_list = hit.list;
  verdict.detail = "the envelope sender is null";
  verdict.steps = {{verdict.rule, true, verdict.detail}};
  PostFacts facts;
  facts.lists = {hit};
  record(verdict, facts, "");
  step.set_reply(compose_reply(verdict, services_->replies));
  return MilterAnswer::reject;
}

void GateSession::header(std::string_view name, std::string_view value) {
  if (post_) post_->facts.fields.push_back({std::string(name), std::string(value)});
}

// The whole header is there: is the body needed, and to check which signatures?
void GateSession::look_at_header() {
  post_->header_seen = true;
  post_->facts.mail_from = mail_from_;
  post_->facts.login = login_;
  if (const auto client = client_address(client_))
    post_->facts.client = judged_client(*client, services_->settings.gate.relays);
  const DecideLimits limits{services_->settings.roll.max_age, services_->settings.gate.door};
  auto first = decide(post_->facts, services_->roll, limits, services_->clock());
  if (const auto* question = std::get_if<Question>(&first)) {
    post_->dns = services_->dns();
    post_->signing_domains = question->signing_domains;
    if (question->about == Question::About::dkim)
      post_->dkim.emplace(services_->dkim, post_->facts.fields, post_->signing_domains, *post_->dns);
    return;
  }
  // It holds at the end as well: the mail server has the whole message before it shows the header.
  post_->verdict = std::get<Verdict>(std::move(first));
}

bool GateSession::body(std::string_view chunk) {
  if (!post_) return false;
  if (!post_->header_seen) look_at_header();
  if (post_->verdict && !goes_on(*post_->verdict)) return false;
  post_->body.update(chunk);
  if (post_->dkim) post_->dkim->body(chunk);
  return true;
}

MilterAnswer GateSession::end(MilterEnd& message) {
  if (!post_) return MilterAnswer::proceed;
  if (!post_->header_seen) look_at_header();  // there was no body
  Verdict verdict = post_->verdict ? std::move(*post_->verdict) : decide_post();
  if (goes_on(verdict)) {
    if (const auto sealed = seal_accepted(message, verdict); !sealed) {
      verdict.rule = Rule::seal_unavailable;
      verdict.detail = sealed.error().what;
      verdict.accepted.clear();
    }
  }
  record(verdict, post_->facts, message.macro("i").value_or(""));
  if (goes_on(verdict)) return MilterAnswer::proceed;
  message.set_reply(compose_reply(verdict, services_->replies));
  return verdict.answer() == Answer::reject ? MilterAnswer::reject : MilterAnswer::tempfail;
}

Verdict GateSession::decide_post() {
  Prover prover;
  prover.dkim = [this](const std::vector<std::string>& domains) {
    // The roll may have changed while the body came in; what was not checked on the way cannot be known now.
    if (!post_->dkim || domains != post_->signing_domains)
      throw std::runtime_error("the designation changed while its post came in");
    return post_->dkim->finish();
  };
  prover.spf = [this](const SpfQuestion& question) {
    if (!post_->dns) post_->dns = services_->dns();
    return check_host(question, *post_->dns);
  };
  const DecideLimits limits{services_->settings.roll.max_age, services_->settings.gate.door};
  return decide_with(post_->facts, services_->roll, limits, services_->clock(), prover);
}

// Takes off what a stranger may have put on, and puts on what the door and the readers look for. A post that
// is held for one list goes on without a seal for it.
Result<void> GateSession::seal_accepted(MilterEnd& message, const Verdict& verdict) {
  std::shared_ptr<const SigningKey> key;
  if (!verdict.accepted.empty()) {
    auto current = services_->signer->current();
    if (!current) return current.error();
    key = std::move(*current);
  }
  remove_our_fields(message, post_->facts.fields);
  post_->body.finish();
  const std::string body_sha256 = post_->body_sha256.finish();
  for (const AcceptedList& accepted : verdict.accepted) {
    for (const Field& field : fields_for_readers(accepted)) message.insert_field(field.name, field.value);
    const SealFacts facts{accepted.list.posting_address,
                          message_id_of(post_->facts.fields),
                          verdict.header_from,
                          body_sha256,
                          accepted.marks,
                          now()};
    message.insert_field("Portavoz-Seal", format_seal(seal(facts, *key)));
  }
  return {};
}

void GateSession::record(const Verdict& verdict, const PostFacts& facts, const std::string& queue_id) {
  VerdictRecord entry;
  entry.at = now();
  entry.host = services_->host;
  entry.queue_id = queue_id;
  entry.message_id = message_id_of(facts.fields);
  entry.client = client_;
  entry.mail_from = mail_from_;
  entry.header_from = verdict.header_from;
  entry.login = login_.value_or("");
  entry.facts = facts_json(facts, verdict);
  const auto note = [&](Rule rule, const std::string& list, const std::optional<Designation>& designation) {
    entry.id = random_uuid();
    entry.list = list;
    entry.rule = info(rule).word;
    entry.verdict = word(info(rule).answer);
    entry.code = std::string(info(rule).code) + " " + std::string(info(rule).enhanced);
    entry.proof = proof_of(rule);
    if (designation) {
      entry.contact_id = designation->contact_id;
      if (designation->decision_id != 0) entry.decision_id = designation->decision_id;
    }
    log_info(log_line(entry, verdict.detail));
    if (services_->spool != nullptr) services_->spool->append(entry);
  };
  if (verdict.answer() != Answer::accept) note(verdict.rule, verdict.list, verdict.designation);
  for (const AcceptedList& accepted : verdict.accepted)
    note(accepted.rule, accepted.list.posting_address, accepted.designation);
}

void GateSession::forget() noexcept {
  post_.reset();
  client_.clear();
  mail_from_.clear();
  login_.reset();
  by_smtp_ = true;
}

Reply GateSession::failed(std::string_view step, std::string_view what) noexcept {
  try {
    log_error("rule=" + std::string(info(Rule::internal_error).word) + " step=\"" + std::string(step) +
              "\" what=\"" + std::string(what) +
              "\" post=" + (is_ours() ? "yes, answered 451" : "no, left alone"));
    Verdict verdict;
    verdict.rule = Rule::internal_error;
    return compose_reply(verdict, services_->replies);
  } catch (...) {  // no memory even for a line of log: the answer is what matters
    return {};
  }
}

}  // namespace portavoz
