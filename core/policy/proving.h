// Deciding to the end: asks decide(), has looked up what it misses, and asks again until there is a verdict.
// The gate, the door and `portavoz try` decide by this, each with its own Prover, so that the same facts give
// the same verdict.
//
// It looks nothing up itself, and nothing at all before decide() asks. DKIM and SPF are asked for once a
// message at most. Errors: a decision that asks for what it was told already is a mistake of ours, and gives
// internal-error. Threads: as the Prover.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/policy/decide.h"

namespace portavoz {

// How this program finds out what a message proves.
struct Prover {
  // What the message's signatures by exactly these domains are worth.
  std::function<DkimFacts(const std::vector<std::string>& domains)> dkim;
  // Not called without a client, or when the envelope sender is no mailbox: SPF then says "none".
  std::function<SpfAnswer(const SpfQuestion& question)> spf;
  std::string helo = {};  // the client's, for SPF's macros; may be empty
};

// The client whose SPF can be judged: nothing behind a relay of ours, where it was somebody else who
// connected.
[[nodiscard]] std::optional<IpAddress> judged_client(const IpAddress& client,
                                                     const std::vector<IpAddress>& relays);

// What was looked up is left in `facts`, for the record.
[[nodiscard]] Verdict decide_with(PostFacts& facts, const Roll& roll, const DecideLimits& limits, Instant now,
                                  const Prover& prover);

}  // namespace portavoz
