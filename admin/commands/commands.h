// The commands. Each judges what was typed, asks the register (which makes every rule hold and knows who
// asks), and says what changed and what comes next. No rule about contacts, reports or decisions stands here.
// Errors: those of the register and of the inputs, as they are. Threads: one.
#pragma once

#include "admin/arguments.h"
#include "admin/context.h"

namespace portavoz::admin {

// lists.cc
[[nodiscard]] Result<Answer> run(Context& context, const ListAdd& args);
[[nodiscard]] Result<Answer> run(Context& context, const ListHold& args);
[[nodiscard]] Result<Answer> run(Context& context, const ListShow& args);
// contacts.cc
[[nodiscard]] Result<Answer> run(Context& context, const Apply& args);
[[nodiscard]] Result<Answer> run(Context& context, const Confirm& args);
[[nodiscard]] Result<Answer> run(Context& context, const CheckAgain& args);
[[nodiscard]] Result<Answer> run(Context& context, const Contacts& args);
[[nodiscard]] Result<Answer> run(Context& context, const ContactShow& args);
// reports.cc
[[nodiscard]] Result<Answer> run(Context& context, const Reports& args);
[[nodiscard]] Result<Answer> run(Context& context, const ReportShow& args);
// decisions.cc
[[nodiscard]] Result<Answer> run(Context& context, const Decide& args);
// proof.cc
[[nodiscard]] Result<Answer> run(Context& context, const ChangeProof& args);
// history.cc
[[nodiscard]] Result<Answer> run(Context& context, const Log& args);
[[nodiscard]] Result<Answer> run(Context& context, const AuditVerify& args);
// explain.cc
[[nodiscard]] Result<Answer> run(Context& context, const Explain& args);
// try.cc
[[nodiscard]] Result<Answer> run(Context& context, const Try& args);
// status.cc
[[nodiscard]] Result<Answer> run(Context& context, const Status& args);
[[nodiscard]] Result<Answer> run(Context& context, const Metrics& args);
// held.cc
[[nodiscard]] Result<Answer> run(Context& context, const HeldList& args);
[[nodiscard]] Result<Answer> run(Context& context, const HeldShow& args);
[[nodiscard]] Result<Answer> run(Context& context, const HeldRelease& args);
[[nodiscard]] Result<Answer> run(Context& context, const HeldDrop& args);
// accounts.cc
[[nodiscard]] Result<Answer> run(Context& context, const AccountAdd& args);
[[nodiscard]] Result<Answer> run(Context& context, const AccountList& args);
[[nodiscard]] Result<Answer> run(Context& context, const AccountDisable& args);
// setup.cc
[[nodiscard]] Result<Answer> run(Context& context, const ConfigCheck& args);
[[nodiscard]] Result<Answer> run(Context& context, const DbMigrate& args);
// roll_build.cc
[[nodiscard]] Result<Answer> run(Context& context, const RollBuild& args);
// roll.cc
[[nodiscard]] Result<Answer> run(Context& context, const RollDump& args);
[[nodiscard]] Result<Answer> run(Context& context, const RollVerify& args);
[[nodiscard]] Result<Answer> run(Context& context, const RollAge& args);
// seal.cc
[[nodiscard]] Result<Answer> run(Context& context, const SealMakeKey& args);
[[nodiscard]] Result<Answer> run(Context& context, const SealRotate& args);
[[nodiscard]] Result<Answer> run(Context& context, const SealRetire& args);
[[nodiscard]] Result<Answer> run(Context& context, const SealList& args);
// verifier.cc
[[nodiscard]] Result<Answer> run(Context& context, const VerifierStatus& args);
[[nodiscard]] Result<Answer> run(Context& context, const RobotsOverride& args);
[[nodiscard]] Result<Answer> run(Context& context, const RobotsObey& args);
[[nodiscard]] Result<Answer> run(Context& context, const RobotsList& args);
// inspect.cc
[[nodiscard]] Result<Answer> run(Context& context, const Inspect& args);

// The rows of one query in the register, for reading (ask) and for a change (tell). `sql` names the schema.
[[nodiscard]] Result<pg::Rows> ask(Context& context, const std::string& sql,
                                   const std::vector<pg::Connection::Param>& params = {});
[[nodiscard]] Result<pg::Rows> tell(Context& context, const std::string& sql,
                                    const std::vector<pg::Connection::Param>& params = {});

}  // namespace portavoz::admin
