#include "deliver/door.h"

#include <algorithm>
#include <array>
#include <variant>

#include <sysexits.h>

#include "adapters/os/process.h"
#include "adapters/shelf/seal_memory.h"
#include "adapters/shelf/shelf.h"
#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/base/text.h"
#include "core/mail/message.h"
#include "core/policy/guard.h"
#include "core/seal/body_canon.h"
#include "core/seal/handover.h"
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

// Exit codes of sysexits.h that say "never". Everything else may be better next time: a full disk gives
// mlmmj's exit 1.
bool is_permanent(int status) {
  constexpr std::array permanent = {EX_USAGE,    EX_DATAERR,     EX_NOINPUT,  EX_NOUSER,
                                    EX_NOHOST,   EX_UNAVAILABLE, EX_SOFTWARE, EX_OSFILE,
                                    EX_PROTOCOL, EX_NOPERM,      EX_CONFIG};
  return std::find(permanent.begin(), permanent.end(), status) != permanent.end();
}

// One message at the door.
class Visit {
 public:
  Visit(const Delivery& delivery, const Settings::Door& settings, std::string_view octets, Instant now)
      : delivery_(delivery),
        settings_(settings),
        octets_(octets),
        now_(now),
        message_(split_message(without_mbox_line(octets))),
        body_sha256_(canonical_body_sha256(message_.body)) {}

  Result<Delivered> command() { return hand_over(OwnFields::remove); }

  Result<Delivered> post() {
    const auto keys = VerifyKeys::load_directory(settings_.seal_keys);
    if (!keys) return keys.error();
    const SealQuestion question{delivery_.list, body_sha256_, now_, settings_.seal_lifetime};
    const auto judged = judge_seal(message_.fields, question, [&](auto key_id, auto text, auto signature) {
      return keys->verify(key_id, text, signature);
    });
    if (std::holds_alternative<HeldReason>(judged)) return hold(std::get<HeldReason>(judged), {});
    return sealed(std::get<Seal>(judged));
  }

 private:
  Result<Delivered> sealed(const Seal& seal) {
    auto memory = SealMemory::open(settings_.memory);
    if (!memory) return memory.error();
    if (auto swept = memory->forget_before(now_ - settings_.seal_lifetime - clock_difference); !swept)
      return swept.error();
    auto claim = memory->claim(seal.nonce, seal.time, delivery_.queue_id);
    if (!claim) return claim.error();
    if (claim->use() == SealUse::posted)
      return Delivered{Outcome::repeated, "seal-repeated: the list has this post already, by " +
                                              claim->taken_by() + "; this copy ends here"};
    if (claim->use() == SealUse::taken_elsewhere)
      return Error{ErrorKind::conflict,
                   "seal-taken: " + claim->taken_by() +
                       " brought the same post and the list manager has not taken it yet; this "
                       "copy waits until then"};
    auto handed = hand_over(OwnFields::keep);
    if (!handed || handed->outcome != Outcome::handed_over) return handed;
    if (auto marked = claim->mark_posted(); !marked)
      // The list has it. The seal stays taken by this queue id, so that no other copy gets in.
      handed->what += "; but this could not be remembered (" + marked.error().what + ")";
    return handed;
  }

  Result<Delivered> hand_over(OwnFields own_fields) {
    const HandOver envelope{delivery_.list, delivery_.recipient, delivery_.sender, own_fields};
    const Command command{.argv = delivery_.list_manager,
                          .input = message_for_list_manager(octets_, envelope),
                          .identity = std::nullopt};
    const auto ended = run(command);
    if (!ended) return ended.error();
    if (ended->succeeded()) return Delivered{Outcome::handed_over, "the list manager took it"};
    const std::string how =
        "the list manager " + delivery_.list_manager.front() + " ended with " + describe(*ended);
    if (ended->signal == 0 && is_permanent(exit_code(*ended))) {
      // EX_IOERR, which stands for "did not read everything", is not among the permanent ones.
      return hold(HeldReason::list_manager_refused, how);
    }
    return Error{ErrorKind::unavailable, how + "; the message waits"};
  }

  Result<Delivered> hold(HeldReason reason, const std::string& detail) {
    auto shelf = Shelf::open(settings_.held, {settings_.held_max_posts, settings_.held_max_bytes});
    if (!shelf) return shelf.error();
    HeldPost held;
    held.list = delivery_.list;
    held.recipient = delivery_.recipient;
    held.sender = delivery_.sender;
    held.queue_id = delivery_.queue_id;
    held.reason = info(reason).word;
    held.detail = detail;
    held.message_id = first_value("Message-ID");
    held.from = first_value("From");
    held.subject = first_value("Subject");
    held.body_sha256 = to_hex(body_sha256_);
    held.argv = delivery_.list_manager;
    const auto id = shelf->put(held, octets_, now_);
    if (!id) return id.error();
    std::string what = std::string(info(reason).word) + ": kept aside as " + *id;
    if (!detail.empty()) what += " (" + detail + ")";
    return Delivered{Outcome::held, what + "; see: portavoz held show " + *id};
  }

  std::string first_value(std::string_view name) const {
    constexpr std::size_t enough = 998;  // RFC 5322 §2.1.1: one line; the whole stands in the post
    const auto values = field_values(message_.fields, name);
    return values.empty() ? std::string() : std::string(trim(values.front()).substr(0, enough));
  }

  const Delivery& delivery_;
  const Settings::Door& settings_;
  std::string_view octets_;
  Instant now_;
  Message message_;
  std::string body_sha256_;
};

}  // namespace

Result<Delivered> deliver(const Delivery& delivery, const Settings::Door& settings, std::string_view octets,
                          Instant now) {
  Visit visit(delivery, settings, octets, now);
  return is_command_address(delivery.recipient, delivery.list) ? visit.command() : visit.post();
}

}  // namespace portavoz
