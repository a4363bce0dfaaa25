// Roll: the gate's own local copy of what it needs from the register. The gate asks nothing else while a
// message waits. This is the interface; core/policy/memory_roll.h holds one in memory.
//
// Every question has three answers (Lookup): found, absent, and unavailable when there is no roll to ask.
// Threads: a Roll is never changed after it was made; any thread may read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/mail/address.h"

namespace portavoz {

// A guarded list, as the roll knows it.
struct GuardedList {
  std::int64_t id = 0;
  std::string posting_address;         // canonical
  std::vector<std::string> languages;  // language tags, in the order in which a reply speaks
  std::string admin_address;           // whom a refused sender may ask
  std::vector<std::string> addresses;  // posting address and aliases, canonical
  bool holds_unproven = false;         // posts that only a person can judge are kept aside instead of refused
};

// What shows that a sender is this contact. Recorded with the application, approved by the decision.
struct Proof {
  std::vector<std::string> logins;           // SASL logins that own the address, compared as they stand
  std::vector<std::string> signing_domains;  // exact d= of DKIM signatures that count, lower-case A-labels
  bool spf = false;                          // SPF alone may count
  bool shared = false;                       // the provider is shared by strangers: DKIM and SPF together
};

// The right to post: one designated contact of one assembly on one list (its state is designated or lapsing).
struct Designation {
  std::int64_t contact_id = 0;
  std::int64_t decision_id = 0;  // 0: no decision, a roster says so (core/registry/roster.h)
  std::string assembly;
  std::string address;  // canonical
  Proof proof;
  bool domain_gone = false;  // the domain of the address was gone for days, and no admin decided since
};

// Who stands behind a designation: "decision 12", or "the roster".
[[nodiscard]] std::string by_whom(const Designation& designation);

// What a roll says of itself. The register's word gets old; a roster's does not, but may say until when it
// counts.
struct LastWord {
  LastWord() = default;
  LastWord(Instant heard) : at(heard) {}  // the register's

  Instant at;                          // when the register was last heard, or the roll was built
  bool of_roster = false;              // built from a file (core/registry/roster.h)
  std::optional<Instant> valid_until;  // of a roster that says so: from then on it counts no more

  friend bool operator==(const LastWord&, const LastWord&) = default;
};

// Why a roll with this word says nobody's rights any more, as one clause; nothing while it does.
[[nodiscard]] std::optional<std::string> expired(const LastWord& word, Seconds max_age, Instant now);

class Roll {
 public:
  virtual ~Roll() = default;

  // The list that has this canonical address as its posting address or alias.
  [[nodiscard]] virtual Lookup<GuardedList> list_at(const std::string& address) const = 0;
  // The list whose address has this local part, for mail servers that name local recipients without their
  // domain.
  [[nodiscard]] virtual Lookup<GuardedList> list_with_local_part(const std::string& local_part) const = 0;
  // Whether any list has an address in this domain.
  [[nodiscard]] virtual Lookup<bool> has_list_in(const std::string& domain) const = 0;
  [[nodiscard]] virtual Lookup<Designation> designation(std::int64_t list_id,
                                                        const MailAddress& from) const = 0;
  // Whether a post with this mark (core/policy/marks.h) has gone to the list already.
  [[nodiscard]] virtual Lookup<bool> was_posted(std::int64_t list_id, const std::string& mark) const = 0;
  // The public half of a gate's seal key (32 raw octets), by its id.
  [[nodiscard]] virtual Lookup<std::string> seal_key(const std::string& key_id) const = 0;
  // Nothing when there never was a roll.
  [[nodiscard]] virtual std::optional<LastWord> last_word() const = 0;
};

// The roll before the first one was loaded: every question is unavailable.
class NoRoll final : public Roll {
 public:
  [[nodiscard]] Lookup<GuardedList> list_at(const std::string&) const override { return never(); }
  [[nodiscard]] Lookup<GuardedList> list_with_local_part(const std::string&) const override {
    return never();
  }
  [[nodiscard]] Lookup<bool> has_list_in(const std::string&) const override { return never(); }
  [[nodiscard]] Lookup<Designation> designation(std::int64_t, const MailAddress&) const override {
    return never();
  }
  [[nodiscard]] Lookup<bool> was_posted(std::int64_t, const std::string&) const override { return never(); }
  [[nodiscard]] Lookup<std::string> seal_key(const std::string&) const override { return never(); }
  [[nodiscard]] std::optional<LastWord> last_word() const override { return std::nullopt; }

 private:
  static Unavailable never() { return {"the roll has never been loaded"}; }
};

}  // namespace portavoz
