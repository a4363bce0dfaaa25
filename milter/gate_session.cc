#include "milter/gate_session.h"

#include <algorithm>
#include <map>

#include "adapters/os/clock.h"
#include "adapters/os/log.h"
#include "adapters/sodium/hash.h"
#include "core/base/text.h"
#include "core/mail/encoded_word.h"
#include "core/seal/body_canon.h"
#include "core/seal/seal.h"

namespace portavoz {
namespace {

constexpr std::string_view our_prefix = "Portavoz-";

// The login of a real authentication. XCLIENT is a proxy's or a test's word for one, and proves nothing.
std::optional<std::string> login_of(const MilterMacros& macros) {
  auto login = macros.macro("{auth_authen}");
  if (!login || login->empty() || macros.macro("{auth_type}") == "XCLIENT") return std::nullopt;
  return login;
}

std::string message_id_of(const std::vector<Field>& fields) {
  const auto values = field_values(fields, "Message-ID");
  return values.empty() ? std::string() : std::string(trim(values.front()));
}

Seal seal(const SealFacts& facts, const SigningKey& key) {
  Seal made{key.key_id(), facts.list, random_hex(16), "", facts.time};
  made.signature = key.sign(seal_text_to_sign(facts, made.key_id, made.nonce));
  return made;
}

// A verdict's id: a random UUID (RFC 4122 §4.4).
std::string random_uuid() {
  std::string hex = random_hex(16);
  hex[12] = '4';
  hex[16] = '8';
  for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
  return hex;
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
  std::shared_ptr<const Roll> roll;  // one roll for the whole message
  PostFacts facts;
  Sha256 body_sha256;
  BodyHash body{[this](std::string_view octets) { body_sha256.update(octets); }};
};

GateSession::GateSession(const GateServices& services) : services_(services) {}
GateSession::~GateSession() = default;

void GateSession::mail(const MilterMacros& macros) {
  mail_from_ = macros.macro("{mail_addr}").value_or("");
  login_ = login_of(macros);
  client_ = macros.macro("{client_addr}").value_or("");
}

void GateSession::rcpt(const MilterMacros& macros, std::string_view argument) {
  const auto roll = post_ ? post_->roll : services_.roll.current();
  auto hit = guarded({std::string(argument), macros.macro("{rcpt_addr}")}, *roll,
                     services_.settings.gate.always_guard);
  if (!hit) return;
  if (!post_) {
    post_ = std::make_unique<Post>();
    post_->roll = roll;
  }
  auto& lists = post_->facts.lists;
  if (std::find(lists.begin(), lists.end(), *hit) == lists.end()) lists.push_back(std::move(*hit));
}

void GateSession::header(std::string_view name, std::string_view value) {
  if (post_) post_->facts.fields.push_back({std::string(name), std::string(value)});
}

bool GateSession::body(std::string_view chunk) {
  if (!post_) return false;
  post_->body.update(chunk);
  return true;
}

MilterAnswer GateSession::end(MilterEnd& message) {
  if (!post_) return MilterAnswer::proceed;
  post_->facts.mail_from = mail_from_;
  post_->facts.login = login_;
  const DecideLimits limits{services_.settings.roll.max_age};
  const Verdict verdict = decide(post_->facts, *post_->roll, limits, now());
  if (verdict.answer() == Answer::accept) accept(message, verdict);
  record(verdict, message.macro("i").value_or(""));
  if (verdict.answer() == Answer::accept) return MilterAnswer::proceed;
  message.set_reply(compose_reply(verdict, services_.wording));
  return verdict.answer() == Answer::reject ? MilterAnswer::reject : MilterAnswer::tempfail;
}

// Takes off what a stranger may have put on, and puts on what the door and the readers look for.
void GateSession::accept(MilterEnd& message, const Verdict& verdict) {
  remove_our_fields(message, post_->facts.fields);
  post_->body.finish();
  const std::string body_sha256 = post_->body_sha256.finish();
  for (const AcceptedList& accepted : verdict.accepted) {
    const Designation& designation = accepted.designation;
    message.insert_field("Portavoz-Proof", std::string(verdict.proof()));
    message.insert_field(
        "Portavoz-Designation",
        encode_unstructured("list=" + accepted.list.posting_address + "; contact=" + designation.address +
                            "; decision=" + std::to_string(designation.decision_id)));
    message.insert_field("Portavoz-Assembly", encode_unstructured(designation.assembly));
    const SealFacts facts{accepted.list.posting_address, message_id_of(post_->facts.fields),
                          verdict.header_from, body_sha256, now()};
    message.insert_field("Portavoz-Seal", format_seal(seal(facts, services_.seal_key)));
  }
}

void GateSession::record(const Verdict& verdict, const std::string& queue_id) {
  VerdictRecord entry;
  entry.at = now();
  entry.host = services_.host;
  entry.queue_id = queue_id;
  entry.message_id = message_id_of(post_->facts.fields);
  entry.client = client_;
  entry.mail_from = mail_from_;
  entry.header_from = verdict.header_from;
  entry.login = login_.value_or("");
  entry.rule = info(verdict.rule).word;
  entry.verdict = word(verdict.answer());
  entry.code = std::string(info(verdict.rule).code) + " " + std::string(info(verdict.rule).enhanced);
  entry.proof = verdict.proof();
  const auto note = [&](const std::string& list, const std::optional<Designation>& designation) {
    entry.id = random_uuid();
    entry.list = list;
    if (designation) {
      entry.contact_id = designation->contact_id;
      entry.decision_id = designation->decision_id;
    }
    log_info("verdict=" + entry.verdict + " rule=" + entry.rule + " queue-id=" + queue_id + " list=" + list +
             " from=" + entry.header_from + " login=" + entry.login + " client=" + client_ + " message-id=" +
             entry.message_id + (verdict.detail.empty() ? "" : " detail=\"" + verdict.detail + "\""));
    services_.spool.append(entry);
  };
  if (verdict.accepted.empty()) return note(verdict.list, verdict.designation);
  for (const AcceptedList& accepted : verdict.accepted)
    note(accepted.list.posting_address, accepted.designation);
}

void GateSession::forget() noexcept {
  post_.reset();
  client_.clear();
  mail_from_.clear();
  login_.reset();
}

Reply GateSession::failed(std::string_view step, std::string_view what) noexcept {
  try {
    log_error("rule=" + std::string(info(Rule::internal_error).word) + " step=\"" + std::string(step) +
              "\" what=\"" + std::string(what) +
              "\" post=" + (is_ours() ? "yes, answered 451" : "no, left alone"));
    Verdict verdict;
    verdict.rule = Rule::internal_error;
    return compose_reply(verdict, services_.wording);
  } catch (...) {  // no memory even for a line of log: the answer is what matters
    return {};
  }
}

}  // namespace portavoz
