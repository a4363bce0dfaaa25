// The command line as values: one struct a command, with what the person typed, not yet judged
// (admin/inputs.h does that). arguments.cc is the one file that knows the argument library; the help texts
// live there too, because the help is where a new admin learns the work. Threads: none; called once.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/registry/contact_state.h"

namespace portavoz::admin {

struct ListAdd {
  std::string address;
  std::vector<std::string> languages;
  std::string admin_address;
  std::vector<std::string> aliases;
  bool two_person = false;
  bool hold_unproven = false;
};
struct ListHold {
  std::string address, on_or_off, reason;
};
struct ListShow {
  std::string address;  // empty: every list
};
// What shall prove that a post is a contact's.
struct ProofWords {
  std::vector<std::string> logins, signing_domains;
  bool no_dkim = false;
  bool spf = false;
  bool shared = false;
};
struct Apply {
  std::string list, assembly, address, url, language;
  ProofWords proof;
};
struct Confirm {
  std::string contact, reason;
};
struct CheckAgain {
  std::string contact;
};
struct Contacts {
  std::string list, state;  // empty: any
};
struct ContactShow {
  std::string contact;
};
struct Reports {
  bool all = false;
};
struct ReportShow {
  std::string report;
  std::string picture;  // where to write it; empty: nowhere
};
struct Decide {
  DecisionKind kind = DecisionKind::reject;
  std::string subject;  // a report for approve and reject, a contact for the others
  std::string reason;
};
struct ChangeProof {
  std::string contact, reason;
  ProofWords proof;
};
struct Log {
  bool posts = false;
  std::string limit = "30";
};
struct Explain {
  std::string id;
};
struct Try {
  std::string file, mail_from, login, client, helo, dns, at;
  std::vector<std::string> recipients;
};
struct Status {};
struct Metrics {};
struct HeldList {};
struct HeldShow {
  std::string id;
};
struct HeldRelease {
  std::string id, reason;
};
struct HeldDrop {
  std::string id, reason;
};
struct AuditVerify {
  std::string head;  // empty: no head to compare with
};
struct AccountAdd {
  std::string login, name;
};
struct AccountList {};
struct AccountDisable {
  std::string login;
};
struct ConfigCheck {};
struct DbMigrate {
  std::string sql = "/usr/share/portavoz/sql";
};
struct RollBuild {
  std::string file;
};
struct RollDump {
  bool csv = false;
};
struct RollVerify {};
struct RollAge {};
struct SealMakeKey {
  std::string secret;
};
struct SealRotate {
  std::string secret;
  std::string timeout = "10m";
};
struct SealRetire {
  std::string key_id, reason;
};
struct SealList {};
struct VerifierStatus {};
struct RobotsOverride {
  std::string host, reason;
};
struct RobotsObey {
  std::string host, reason;
};
struct RobotsList {};
struct Inspect {
  std::string url, address, html, content_type;
};

using Command =
    std::variant<ListAdd, ListHold, ListShow, Apply, Confirm, CheckAgain, Contacts, ContactShow, Reports,
                 ReportShow, Decide, ChangeProof, Log, Explain, Try, Status, Metrics, HeldList, HeldShow,
                 HeldRelease, HeldDrop, AuditVerify, AccountAdd, AccountList, AccountDisable, ConfigCheck,
                 DbMigrate, RollBuild, RollDump, RollVerify, RollAge, SealMakeKey, SealRotate, SealRetire,
                 SealList, VerifierStatus, RobotsOverride, RobotsObey, RobotsList, Inspect>;

struct Arguments {
  std::string config = "/etc/portavoz/portavoz.yaml";
  bool config_named = false;  // by --config
  bool json = false;
  Command command;
};

// Nothing to run: help or version that was asked for (goes to standard output), or a usage mistake.
struct Help {
  std::string text;
};
struct UsageMistake {
  std::string what;
  bool json = false;
};

[[nodiscard]] std::variant<Arguments, Help, UsageMistake> parse_arguments(int argc, char** argv);

}  // namespace portavoz::admin
