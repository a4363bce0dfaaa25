// One SMTP connection as the gate sees it: gathers the facts of each message, asks the core for the verdict,
// acts.
//
// For a message without a guarded recipient it keeps nothing, looks nothing up, reads no body beyond the
// first chunk, and changes nothing. DNS is asked only about posts in a designated contact's name. Everything
// that belongs to one message lives in one object that is dropped when the message is over. A message is
// handled from its first step to its last with the configuration that held when it began. Threads: one at a
// time (libmilter); what it shares is safe from any.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/libmilter/milter.h"
#include "adapters/opendkim/verifier.h"
#include "core/base/present.h"
#include "core/config/settings.h"
#include "core/policy/proving.h"
#include "core/policy/reply.h"
#include "milter/seal_signer.h"
#include "milter/verdict_spool.h"

namespace portavoz {

// What sessions share: one configuration, and what all configurations share. That outlives them.
struct GateServices {
  Settings settings;
  std::string host;
  ReplyTexts replies;
  std::shared_ptr<SealSigner> signer;
  const Roll& roll;
  VerdictSpool* spool;  // none without a register: the verdicts stand in the log alone
  DkimLibrary& dkim;
  std::function<std::unique_ptr<Dns>()> dns;  // one for each post, with a deadline of its own
  std::function<Instant()> clock;
};

class GateSession final : public MilterSession {
 public:
  explicit GateSession(const Present<GateServices>& present);
  ~GateSession() override;
  GateSession(const GateSession&) = delete;
  GateSession& operator=(const GateSession&) = delete;

  void mail(const MilterMacros& macros) override;
  [[nodiscard]] MilterAnswer rcpt(MilterReplying& step, std::string_view argument) override;
  void header(std::string_view name, std::string_view value) override;
  [[nodiscard]] bool body(std::string_view chunk) override;
  [[nodiscard]] MilterAnswer end(MilterEnd& message) override;
  void forget() noexcept override;
  [[nodiscard]] bool is_ours() const noexcept override { return post_ != nullptr; }
  [[nodiscard]] Reply failed(std::string_view step, std::string_view what) noexcept override;

 private:
  struct Post;  // a message that has a guarded recipient

  [[nodiscard]] std::optional<GuardHit> guarded_recipient(const MilterMacros& macros,
                                                          std::string_view argument);
  [[nodiscard]] MilterAnswer refuse_recipient(MilterReplying& step, const GuardHit& hit);
  void look_at_header();
  [[nodiscard]] Verdict decide_post();
  [[nodiscard]] Result<void> seal_accepted(MilterEnd& message, const Verdict& verdict);
  void record(const Verdict& verdict, const PostFacts& facts, const std::string& queue_id);

  const Present<GateServices>& present_;
  std::shared_ptr<const GateServices> services_;  // of this message
  std::string client_;
  std::string mail_from_;
  std::optional<std::string> login_;
  bool by_smtp_ = true;  // not handed in on this machine, by sendmail(1)
  std::unique_ptr<Post> post_;
};

}  // namespace portavoz
