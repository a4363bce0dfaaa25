#include <algorithm>
#include <memory>

#include "adapters/ares/mail_resolver.h"
#include "adapters/gettext/catalogues.h"
#include "adapters/json/facts_json.h"
#include "adapters/json/zone_json.h"
#include "adapters/lmdb/roll_file.h"
#include "adapters/opendkim/verifier.h"
#include "adapters/os/clock.h"
#include "adapters/os/files.h"
#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"
#include "admin/verdict_shown.h"
#include "core/base/text.h"
#include "core/policy/proving.h"
#include "core/policy/reply.h"

namespace portavoz::admin {
namespace {

constexpr std::uint64_t largest_message = std::uint64_t{64} << 20U;
constexpr std::uint64_t largest_zone = std::uint64_t{16} << 20U;
constexpr Millis dns_budget{10'000};

using GateAnswer = portavoz::Answer;  // admin::Answer is what a command hands back

// A post as the gate would have it before it decides.
struct Trial {
  Message message;
  PostFacts facts;
  Instant now;
  DecideLimits limits;
};

std::string without_angles(std::string_view path) {
  if (path.starts_with('<') && path.ends_with('>')) path = path.substr(1, path.size() - 2);
  return std::string(path);
}

// Without a roll the gate knows no list, and everything would look unguarded.
Result<std::unique_ptr<LmdbRoll>> roll_in(const std::string& directory) {
  auto roll = LmdbRoll::open(directory);
  if (!roll) return roll;
  if (const auto nobody = (*roll)->list_at(""); nobody.unavailable())
    return Error{ErrorKind::unavailable,
                 "There is no roll to decide from in " + directory + ": " + nobody.why()};
  return roll;
}

Result<std::unique_ptr<Dns>> names(const Settings& settings, const std::string& file) {
  if (file.empty()) {
    auto servers = NameServers::choose(settings.dns.resolvers, settings.dns.trust_network);
    if (!servers) return servers.error();
    return std::unique_ptr<Dns>(std::make_unique<MailResolver>(std::move(*servers), monotonic, dns_budget));
  }
  const auto json = read_file(file, largest_zone);
  if (!json) return json.error();
  auto zone = read_zone(*json);
  if (!zone) return Error{zone.error().kind, file + ": " + zone.error().what};
  return std::unique_ptr<Dns>(std::make_unique<ZoneDns>(std::move(*zone)));
}

Result<std::optional<IpAddress>> judged_client_of(const std::string& text,
                                                  const std::vector<IpAddress>& relays) {
  if (text.empty()) return std::optional<IpAddress>();
  const auto client = IpAddress::parse(text);
  if (!client) return Error{ErrorKind::bad_input, "--client: " + client.error().what};
  return judged_client(*client, relays);
}

Result<Instant> moment(const Settings& settings, const std::string& text) {
  if (text.empty()) return settings.testing.clock.value_or(now());
  if (const auto time = parse_rfc3339(text)) return *time;
  return Error{ErrorKind::bad_input,
               "--at: '" + printable_ascii(text) + "' is not a time such as 2026-01-31T12:00:00Z."};
}

Result<std::vector<GuardHit>> guarded_lists(const Settings& settings,
                                            const std::vector<std::string>& recipients, const Roll& roll) {
  std::vector<GuardHit> hits;
  for (const std::string& text : recipients) {
    const auto recipient = address(without_angles(text), "--rcpt");
    if (!recipient) return recipient.error();
    auto hit = guarded({"<" + *recipient + ">", *recipient}, roll, settings.gate.always_guard);
    if (hit && std::find(hits.begin(), hits.end(), *hit) == hits.end()) hits.push_back(std::move(*hit));
  }
  return hits;
}

Result<Trial> trial_of(const Settings& settings, const Try& args, const Roll& roll) {
  const auto octets = read_file(args.file, largest_message);
  if (!octets) return octets.error();
  const auto client = judged_client_of(args.client, settings.gate.relays);
  if (!client) return client.error();
  const auto judged_at = moment(settings, args.at);
  if (!judged_at) return judged_at.error();
  auto lists = guarded_lists(settings, args.recipients, roll);
  if (!lists) return lists.error();

  Trial trial{split_message(*octets), {}, *judged_at, {settings.roll.max_age, settings.gate.door}};
  // Another time is asked about, and the same roll: it is as old as it is.
  if (!args.at.empty()) trial.limits.roll_max_age += *judged_at - now();
  trial.facts.mail_from = without_angles(args.mail_from);
  if (!args.login.empty()) trial.facts.login = args.login;
  trial.facts.client = *client;
  trial.facts.lists = std::move(*lists);
  trial.facts.fields = trial.message.fields;
  return trial;
}

// The lines of an SMTP reply as they stand on the wire (RFC 5321 §4.2.1).
std::vector<std::string> on_the_wire(const Reply& reply) {
  std::vector<std::string> out;
  for (const std::string& line : reply.lines) {
    const bool last = out.size() + 1 == reply.lines.size();
    out.push_back(reply.code + (last ? " " : "-") + reply.enhanced + " " + line);
  }
  return out;
}

// What the sender reads, or what happens to the post in place of a refusal.
std::vector<std::string> answered(const Verdict& verdict, const ReplyTexts& texts) {
  std::vector<std::string> lists;
  for (const AcceptedList& accepted : verdict.accepted) lists.push_back(accepted.list.posting_address);
  switch (verdict.answer()) {
    case GateAnswer::reject:
    case GateAnswer::tempfail: return on_the_wire(compose_reply(verdict, texts));
    case GateAnswer::accept: return {"250 2.0.0: the post goes on, sealed for " + join(lists, " and ")};
    case GateAnswer::hold:
      return {"250 2.0.0: the post goes on without a seal for " + verdict.list +
              ", and the door keeps it aside"};
    case GateAnswer::pass: return {"nothing: no recipient is a guarded list, and the message is left alone"};
  }
  return {};
}

// Each designation that the verdict stands on, once.
std::vector<Designation> designations_of(const Verdict& verdict) {
  std::vector<Designation> out;
  if (verdict.designation) out.push_back(*verdict.designation);
  for (const AcceptedList& accepted : verdict.accepted)
    if (!std::any_of(out.begin(), out.end(), [&](const Designation& known) {
          return known.contact_id == accepted.designation.contact_id;
        }))
      out.push_back(accepted.designation);
  return out;
}

// With the register's word on the decision, where the register can be reached: a gate's host may have the
// roll alone.
std::string shown(Context& context, const Designation& designation) {
  if (designation.decision_id == 0) return designation.assembly + ": by " + by_whom(designation);
  const std::string contact = std::to_string(designation.contact_id);
  const std::string decision = std::to_string(designation.decision_id);
  const auto rows =
      ask(context,
          "SELECT contact_id, assembly, decision_id, decision_kind, decided_by, NULL AS decided_at, "
          "reason, NULL AS report_id FROM portavoz.contacts_overview WHERE contact_id = $1::bigint "
          "AND decision_id = $2::bigint",
          {contact, decision});
  if (rows && rows->size() == 1) return designation_shown(*rows, 0);
  return "contact " + contact + ", " + designation.assembly + ": decision " + decision +
         (rows ? ", which is not the latest one in the register" : " (the register does not say more now)");
}

Json json_of(const Designation& designation) {
  return Json::object({{"contact_id", designation.contact_id},
                       {"decision_id", designation.decision_id == 0 ? Json() : Json(designation.decision_id)},
                       {"assembly", designation.assembly},
                       {"address", designation.address}});
}

Json json_of(const Verdict& verdict, const std::string& facts, const std::vector<std::string>& answer) {
  std::vector<Json> accepted;
  for (const AcceptedList& each : verdict.accepted) {
    accepted.push_back(Json::object({{"list", each.list.posting_address},
                                     {"rule", info(each.rule).word},
                                     {"proof", proof_of(each.rule)},
                                     {"designation", json_of(each.designation)},
                                     {"marks", each.marks}}));
  }
  const RuleInfo& rule = info(verdict.rule);
  return Json::object({{"verdict", word(verdict.answer())},
                       {"rule", rule.word},
                       {"meaning", rule.meaning},
                       {"code", rule.code},
                       {"enhanced", rule.enhanced},
                       {"detail", verdict.detail},
                       {"list", verdict.list},
                       {"header_from", verdict.header_from},
                       {"designation", verdict.designation ? json_of(*verdict.designation) : Json()},
                       {"accepted", Json::array(std::move(accepted))},
                       {"answer", answer},
                       {"facts", Json::verbatim(facts)}});
}

std::string told(Context& context, const Verdict& verdict, const PostFacts& post,
                 const std::string& facts_text, const std::vector<std::string>& answer) {
  const auto or_none = [](const std::string& text) { return text.empty() ? std::string("none") : text; };
  const RuleInfo& rule = info(verdict.rule);
  std::vector<Fact> facts{
      {"verdict", std::string(word(verdict.answer())), state_style(word(verdict.answer()))},
      {"answer", join(answer, "\n"), Style::plain},
      {"rule", std::string(rule.word), Style::strong},
      {"meaning", std::string(rule.meaning), Style::plain},
      {"list", or_none(verdict.list), Style::plain},
      {"From", or_none(verdict.header_from), Style::plain},
      {"sender (MAIL)", or_none(post.mail_from), Style::plain},
      {"login", or_none(post.login.value_or("")), Style::plain},
      {"client", post.client ? post.client->text() : "none whose SPF is judged", Style::plain}};
  append_facts(facts, facts_text);
  const auto designations = designations_of(verdict);
  if (designations.empty() && verdict.answer() != GateAnswer::pass)
    facts.push_back({"designation", no_designation, Style::plain});
  for (const Designation& each : designations)
    facts.push_back({"designation", shown(context, each), Style::plain});
  const std::string steps = steps_shown(facts_text, context.screen());
  return lay_out(facts, context.screen()) + (steps.empty() ? "" : "\n" + steps);
}

}  // namespace

Result<Answer> run(Context& context, const Try& args) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  const auto wording = Catalogues::open((*settings)->wording);
  if (!wording) return wording.error();
  const auto roll = roll_in((*settings)->roll.directory);
  if (!roll) return roll.error();
  const auto dns = names(**settings, args.dns);
  if (!dns) return dns.error();
  const auto library = DkimLibrary::open();
  if (!library) return library.error();
  auto trial = trial_of(**settings, args, **roll);
  if (!trial) return trial.error();

  Prover prover;
  prover.dkim = [&](const std::vector<std::string>& domains) {
    DkimVerification verification(**library, trial->message.fields, domains, **dns);
    verification.body(trial->message.body);
    return verification.finish();
  };
  prover.spf = [&](const SpfQuestion& question) { return check_host(question, **dns); };
  prover.helo = args.helo;
  const Verdict verdict = decide_with(trial->facts, **roll, trial->limits, trial->now, prover);

  const std::string facts = facts_json(trial->facts, verdict);
  const auto answer = answered(verdict, {*wording, wording->languages()});
  return Answer{json_of(verdict, facts, answer), told(context, verdict, trial->facts, facts, answer), 0};
}

}  // namespace portavoz::admin
