#include "deliver/visit.h"

#include <utility>
#include <variant>

#include "adapters/shelf/seal_memory.h"
#include "adapters/shelf/shelf.h"
#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/base/text.h"
#include "core/mail/from.h"
#include "core/policy/proving.h"
#include "core/seal/body_canon.h"
#include "core/seal/judge.h"

namespace portavoz {
namespace {

std::string canonical_body_sha256(std::string_view body) {
  Sha256 hash;
  BodyHash canonical([&](std::string_view octets) { hash.update(octets); });
  canonical.update(body);
  canonical.finish();
  return hash.finish();
}

// Postfix pipe(8) writes the null sender as MAILER-DAEMON.
std::string mail_from(const std::string& sender) {
  return ascii_iequals(sender, "MAILER-DAEMON") ? std::string() : sender;
}

SignatureCheck check(const Roll& roll, std::string_view key_id, std::string_view text,
                     std::string_view signature) {
  const auto key = roll.seal_key(std::string(key_id));
  if (key.unavailable()) return SignatureCheck::unavailable;
  return key.absent() ? SignatureCheck::unknown_key : verify(key.value(), text, signature);
}

Error cannot_know(Rule rule, const std::string& why) {
  return {ErrorKind::unavailable, std::string(info(rule).word) + ": " + why};
}

// Whether the register says that one of the marks went to the list.
Lookup<bool> any_posted(const Roll& roll, std::int64_t list_id, const std::vector<std::string>& marks) {
  for (const std::string& mark : marks) {
    auto posted = roll.was_posted(list_id, mark);
    if (posted.unavailable() || (posted.found() && posted.value())) return posted;
  }
  return false;
}

Delivered already_posted(const std::string& how) {
  return {Outcome::repeated,
          std::string(info(Rule::already_posted).word) + ": " + how + "; this copy ends here"};
}

}  // namespace

struct Visit::Right {
  PostKeys keys;
  HandOver hand_over;
  std::string contact;
};

Visit::Visit(const DoorServices& services, Arrival arrival, std::string_view octets, Envelope envelope,
             ListManager list_manager)
    : services_(services),
      arrival_(std::move(arrival)),
      octets_(octets),
      envelope_(envelope),
      list_manager_(std::move(list_manager)),
      message_(split_message(without_mbox_line(octets))),
      body_sha256_(canonical_body_sha256(message_.body)) {}

Result<Delivered> Visit::command(Instant now) { return hand_over(envelope(), "", now); }

Result<Delivered> Visit::post(Instant now) {
  auto list = this->list(now);
  if (!list) return list.error();
  arrival_.list = list->posting_address;  // the seal names this one, whatever alias of it the door was told
  const SealQuestion question{arrival_.list, body_sha256_, now, services_.settings.door.seal_lifetime};
  const auto judged = judge_seal(message_.fields, question, [&](auto key_id, auto text, auto signature) {
    return check(services_.roll, key_id, text, signature);
  });
  if (const auto* away = std::get_if<Unavailable>(&judged))
    return cannot_know(Rule::roll_unavailable, away->why);
  if (const auto* reason = std::get_if<HeldReason>(&judged))
    return unsealed(*list, std::string(info(*reason).word), now);
  return sealed(*list, std::get<Seal>(judged), now);
}

// A roll whose time is over may name keys and lists that are no more.
Result<GuardedList> Visit::list(Instant now) const {
  if (const auto word = services_.roll.last_word())
    if (const auto why = expired(*word, services_.settings.roll.max_age, now))
      return cannot_know(Rule::roll_unavailable, *why);
  const auto found = services_.roll.list_at(arrival_.list);
  if (found.unavailable()) return cannot_know(Rule::roll_unavailable, found.why());
  if (found.absent()) return cannot_know(Rule::list_unknown, "the roll has no list at " + arrival_.list);
  return found.value();
}

Result<Delivered> Visit::sealed(const GuardedList& list, const Seal& seal, Instant now) {
  // The seal itself is good for one post at one door, whichever host that is on; its nonce is a mark like the
  // others.
  std::vector<std::string> marks = seal.marks;
  marks.push_back(seal.nonce);
  const auto posted = any_posted(services_.roll, list.id, marks);
  if (posted.unavailable()) return cannot_know(Rule::roll_unavailable, posted.why());
  if (posted.value()) return already_posted("its seal or signature went to the list before");
  Right right{{seal.nonce, seal.time, arrival_.list, seal.marks}, envelope(), {}};
  right.hand_over.own_fields = OwnFields::keep;
  // The seal covers From, and the gate seals for designated contacts only.
  if (const auto from = parse_from(field_values(message_.fields, "From").front()))
    right.contact = from->text();
  return once(right, now);
}

Result<Delivered> Visit::unsealed(const GuardedList& list, const std::string& reason, Instant now) {
  PostFacts facts;
  facts.mail_from = mail_from(arrival_.sender);
  GuardedList reached = list;
  if (const auto alias = MailAddress::parse(arrival_.original_recipient))
    reached.addresses.push_back(alias->text());
  facts.lists = {GuardHit{reached, list.posting_address, true}};
  facts.fields = message_.fields;
  Prover prover;
  prover.dkim = [&](const std::vector<std::string>& domains) { return services_.dkim(message_, domains); };
  const Instant clock = services_.settings.testing.clock.value_or(now);
  const Verdict verdict =
      decide_with(facts, services_.roll, {services_.settings.roll.max_age}, clock, prover);
  const std::string contact = verdict.designation ? verdict.designation->address : std::string();

  if (verdict.answer() == Answer::tempfail) return cannot_know(verdict.rule, verdict.detail);
  if (verdict.rule == Rule::already_posted) return already_posted(verdict.detail);
  if (verdict.answer() != Answer::accept)
    return hold(reason, std::string(info(verdict.rule).word) + ": " + verdict.detail, contact, now);

  const AcceptedList& accepted = verdict.accepted.front();
  Right right{{"", {}, arrival_.list, accepted.marks}, envelope(), contact};
  right.hand_over.for_readers = fields_for_readers(accepted);
  auto delivered = once(right, now);
  // Behind what became of it: a mail server's log shows the first hundred characters or so.
  if (delivered) delivered->what += " (" + reason + ", " + std::string(info(verdict.rule).word) + ")";
  return delivered;
}

Result<Delivered> Visit::once(const Right& right, Instant now) {
  auto memory = SealMemory::open(services_.settings.door.memory, services_.settings.door.seal_lifetime);
  if (!memory) return memory.error();
  if (auto swept = memory->forget_old(now); !swept) return swept.error();
  auto claim = memory->claim(right.keys, arrival_.queue_id, now);
  if (!claim) return claim.error();
  if (claim->use() == SealUse::posted)
    return Delivered{Outcome::repeated, "seal-repeated: the list manager had this post already, by " +
                                            claim->taken_by() + "; this copy ends here"};
  if (claim->use() == SealUse::taken_elsewhere)
    return Error{ErrorKind::conflict,
                 "seal-taken: " + claim->taken_by() +
                     " brought the same post and the list manager has not taken it yet; this "
                     "copy waits until then"};
  auto handed = hand_over(right.hand_over, right.contact, now);
  if (!handed) return handed;
  if (auto marked = claim->mark_posted(); !marked)
    // It stays taken by this queue id, so that no other copy gets in.
    handed->what += "; but this could not be remembered (" + marked.error().what + ")";
  if (handed->outcome == Outcome::handed_over) {
    std::vector<std::string> marks = right.keys.marks;
    if (!right.keys.nonce.empty()) marks.push_back(right.keys.nonce);
    services_.posted(arrival_.list, marks);
  }
  return handed;
}

Result<Delivered> Visit::hand_over(const HandOver& envelope, const std::string& contact, Instant now) {
  const Handed handed = list_manager_(message_for_list_manager(octets_, envelope));
  switch (handed.answer) {
    case Handed::Answer::taken: return Delivered{Outcome::handed_over, "the list manager took it"};
    case Handed::Answer::refused:
      return hold(std::string(info(HeldReason::list_manager_refused).word), handed.said, contact, now);
    case Handed::Answer::later: break;
  }
  return Error{ErrorKind::unavailable, handed.said + "; the message waits"};
}

Result<Delivered> Visit::hold(const std::string& reason, const std::string& detail,
                              const std::string& contact, Instant now) {
  const Settings::Door& door = services_.settings.door;
  auto shelf = Shelf::open(door.held, {door.held_max_posts, door.held_max_bytes});
  if (!shelf) return shelf.error();
  HeldPost held;
  held.list = arrival_.list;
  held.recipient = arrival_.recipient;
  held.sender = arrival_.sender;
  held.queue_id = arrival_.queue_id;
  held.reason = reason;
  held.detail = detail;
  held.contact = contact;
  held.message_id = first_value("Message-ID");
  held.from = first_value("From");
  held.subject = first_value("Subject");
  held.body_sha256 = to_hex(body_sha256_);
  held.argv = arrival_.list_manager;
  const auto id = shelf->put(held, octets_, now);
  if (!id) return id.error();
  std::string what = reason + ": kept aside as " + *id + " (" + detail + ")";
  if (!contact.empty()) what += ", in the name of " + contact;
  return Delivered{Outcome::held, what + "; see: portavoz held show " + *id};
}

HandOver Visit::envelope() const {
  HandOver envelope{arrival_.list, arrival_.recipient, arrival_.sender, OwnFields::remove};
  envelope.envelope = envelope_;
  return envelope;
}

std::string Visit::first_value(std::string_view name) const {
  constexpr std::size_t enough = 998;  // RFC 5322 §2.1.1: one line; the whole stands in the post
  const auto values = field_values(message_.fields, name);
  return values.empty() ? std::string() : std::string(trim(values.front()).substr(0, enough));
}

}  // namespace portavoz
