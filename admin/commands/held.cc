// The shelf lies on the door's host, and only root and the door's group can open it; who released or dropped
// what is recorded in the register like any other decision, and in the system's log where there is none.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapters/lmtp/client.h"
#include "adapters/os/log.h"
#include "adapters/os/process.h"
#include "adapters/shelf/shelf.h"
#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "core/base/text.h"
#include "core/base/time.h"
#include "core/policy/rules.h"
#include "core/seal/judge.h"
#include "core/text_table/display.h"

namespace portavoz::admin {
namespace {

Result<Shelf> open_shelf(Context& context) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  const Settings::Door& door = (*settings)->door;
  // Shelf::open makes the directory, as the door needs it; looking must not.
  std::error_code problem;
  if (!std::filesystem::exists(door.held, problem) && !problem) {
    return Error{ErrorKind::not_found,
                 "There is no shelf of held posts at " + door.held +
                     ". Run this on the door's host, and see door.held in the configuration."};
  }
  return Shelf::open(door.held, {door.held_max_posts, door.held_max_bytes});
}

std::string meaning(const HeldPost& post) {
  const HeldReasonInfo* info = find_held_reason(post.reason);
  return info == nullptr ? post.reason : post.reason + ": " + std::string(info->meaning);
}

Json json_of(const HeldPost& post) {
  return Json::object({{"id", post.id},
                       {"held_at", to_rfc3339(post.time)},
                       {"list", post.list},
                       {"reason", post.reason},
                       {"detail", post.detail},
                       {"contact", post.contact.empty() ? Json() : Json(post.contact)},
                       {"from", post.from},
                       {"subject", post.subject},
                       {"message_id", post.message_id},
                       {"sender", post.sender},
                       {"recipient", post.recipient},
                       {"queue_id", post.queue_id},
                       {"size", post.size}});
}

std::string facts_of(const HeldPost& post, const Screen& screen) {
  return lay_out({{"held post", post.id, Style::strong},
                  {"since", shown_time(to_rfc3339(post.time)) + " UTC", Style::plain},
                  {"why", meaning(post), Style::plain},
                  {"detail", post.detail, Style::plain},
                  {"list", post.list, Style::plain},
                  {"in the name of", post.contact, Style::plain},
                  {"From (proves nothing)", post.from, Style::plain},
                  {"subject", post.subject, Style::plain},
                  {"sender (MAIL)", post.sender, Style::plain},
                  {"recipient", post.recipient, Style::plain},
                  {"queue id", post.queue_id, Style::plain},
                  {"Message-ID", post.message_id, Style::plain},
                  {"octets", std::to_string(post.size), Style::plain}},
                 screen);
}

std::string how_it_ended(const Release& release, const Ended& ended) {
  std::string out = "The list manager " + release.post.argv.front();
  if (ended.signal != 0) {
    out += " was ended by signal " + std::to_string(ended.signal);
  } else if (ended.exit_status != 0) {
    out += " ended with status " + std::to_string(ended.exit_status);
  } else {
    out += " did not read the whole post";
  }
  const std::string said(trim(ended.err.empty() ? ended.out : ended.err));
  return said.empty() ? out : out + " and said: " + said;
}

// As the user that the door ran as: the list manager's files belong to it.
Result<Ended> run_list_manager(const Release& release) {
  std::optional<Identity> identity;
  if (geteuid() == 0) {
    identity = Identity{release.uid, release.gid};
  } else if (geteuid() != release.uid) {
    return Error{ErrorKind::forbidden,
                 "The list manager has to run as the door's user, and only root can do that. Run it with "
                 "sudo."};
  }
  return portavoz::run({.argv = release.post.argv, .input = release.message, .identity = identity});
}

// Where the list manager takes mail by LMTP; a post that came by LMTP names no command.
Result<int> hand_over_by_lmtp(const Release& release, const std::string& next_hop, std::string& why) {
  if (next_hop.empty()) {
    return Error{ErrorKind::bad_input,
                 "Post " + release.post.id +
                     " came by LMTP, and door.lmtp_next_hop does not say where its list "
                     "manager takes mail. Set it, or drop the post."};
  }
  const auto answer = lmtp_hand_over(next_hop, {release.post.sender, release.post.list}, release.message);
  if (!answer) return answer.error();
  if (answer->good()) return EX_OK;
  why = "The list manager at " + next_hop + " answered " + std::to_string(answer->code) + " " + answer->text;
  return EX_UNAVAILABLE;
}

// EX_OK when the list manager has it; else `why` says what it said.
Result<int> hand_over_to_list_manager(const Release& release, const std::string& next_hop, std::string& why) {
  if (release.post.argv.empty()) return hand_over_by_lmtp(release, next_hop, why);
  const auto ended = run_list_manager(release);
  if (!ended) return ended.error();
  if (ended->succeeded()) return EX_OK;
  why = how_it_ended(release, *ended);
  return ended->exit_status != 0 ? ended->exit_status : EX_IOERR;
}

// The user who runs this; behind sudo, the one who called it.
std::string who_decides() {
  const passwd* user = ::getpwuid(::getuid());
  const char* behind_sudo = ::getuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  const std::string name = user != nullptr ? user->pw_name : std::to_string(::getuid());
  return behind_sudo != nullptr ? name + " for " + behind_sudo : name;
}

// Where it stands who released or dropped what, and why: in the register, or in the system's log.
class History {
 public:
  // `registry`: nullptr where there is none.
  explicit History(pg::Connection* registry) : registry_(registry) {}

  // It stands there once kept; else the register's transaction ends with the program, and nothing happened.
  Result<void> note(const std::string& action, const HeldPost& post, const std::string& reason) {
    entry_ = "held " + action + " " + post.id + " of " + post.list + " by " + who_decides() + ": " + reason;
    if (registry_ == nullptr) return {};
    if (auto begun = registry_->exec("BEGIN"); !begun) return begun;
    const auto rows =
        registry_->query("SELECT portavoz.record_held($1, $2, $3, $4)", {action, post.id, post.list, reason});
    if (!rows) return rows.error();
    return {};
  }

  Result<void> keep() {
    if (registry_ != nullptr) return registry_->exec("COMMIT");
    log_open("portavoz", Syslog::yes);
    log_info(entry_);
    return {};
  }

 private:
  pg::Connection* registry_;
  std::string entry_;
};

// Hands the post over before the note of it is kept, so that the history has it exactly when it went out.
Result<void> hand_over(History& history, Shelf& shelf, const HeldPost& post, const std::string& next_hop,
                       const std::string& reason) {
  if (auto noted = history.note("release", post, reason); !noted) return noted;
  std::string why;
  const auto status = shelf.release(
      post.id, [&](const Release& release) { return hand_over_to_list_manager(release, next_hop, why); });
  // In doubt: it went out and could not be taken off the shelf. That it went out belongs into the history.
  const bool went_out = status ? *status == EX_OK : status.error().kind == ErrorKind::in_doubt;
  if (went_out) {
    if (const auto kept = history.keep(); !kept) {
      return Error{ErrorKind::in_doubt,
                   "Post " + post.id +
                       " went to the list, but the register may not have it in its history: " +
                       kept.error().what + " Do not release it again."};
    }
  }
  if (!status) return status.error();
  if (*status == EX_OK) return {};
  return Error{ErrorKind::unavailable,
               why + ". Post " + post.id + " stays on the shelf and nothing was recorded."};
}

// The post and the history, both needed before anything is changed.
struct Both {
  Shelf shelf;
  HeldPost post;
  History history;
};

// "unsealed", and the rule by which the door did not let it in, when there was one.
std::string why_held(const HeldPost& post) {
  const std::string rule = post.detail.substr(0, post.detail.find(':'));
  return find_rule(rule) == nullptr ? post.reason : post.reason + ", " + rule;
}

Table table_of(const std::vector<HeldPost>& posts, bool in_a_contacts_name) {
  Table table{{"ID", "SINCE (UTC)", "LIST", "FROM (PROVES NOTHING)", "SUBJECT", "WHY"}, {}};
  for (const HeldPost& post : posts) {
    if (post.contact.empty() == in_a_contacts_name) continue;
    table.rows.push_back({{post.id, Style::plain},
                          {shown_time(to_rfc3339(post.time)), Style::plain},
                          {post.list, Style::plain},
                          {post.from, Style::plain},
                          {post.subject, Style::plain},
                          {why_held(post), Style::waiting}});
  }
  return table;
}

std::string listed(const std::vector<HeldPost>& posts, const Screen& screen) {
  if (posts.empty()) return "No post is held. Everything that reached the door was proven.\n";
  const Table theirs = table_of(posts, true);
  const Table strangers = table_of(posts, false);
  std::string out;
  if (!theirs.rows.empty()) out += "In the name of a designated contact:\n" + lay_out(theirs, screen) + "\n";
  if (!strangers.rows.empty()) out += "By strangers:\n" + lay_out(strangers, screen) + "\n";
  return out + "Next: `portavoz held show ID`.\n";
}

Result<Both> find_both(Context& context, const std::string& id) {
  auto shelf = open_shelf(context);
  if (!shelf) return shelf.error();
  auto post = shelf->find(id);
  if (!post) return post.error();
  if ((*context.settings())->database.none)
    return Both{std::move(*shelf), std::move(*post), History(nullptr)};
  const auto registry = context.registry();
  if (!registry) return registry.error();
  return Both{std::move(*shelf), std::move(*post), History(*registry)};
}

}  // namespace

Result<Answer> run(Context& context, const HeldList& /*args*/) {
  const auto shelf = open_shelf(context);
  if (!shelf) return shelf.error();
  auto posts = shelf->list();
  if (!posts) return posts.error();
  // A contact that waits for its post comes before whatever a stranger sent.
  std::stable_partition(posts->begin(), posts->end(),
                        [](const HeldPost& post) { return !post.contact.empty(); });
  std::vector<Json> items;
  for (const HeldPost& post : *posts) items.push_back(json_of(post));
  return Answer{Json::object({{"held", Json::array(std::move(items))}}), listed(*posts, context.screen()), 0};
}

Result<Answer> run(Context& context, const HeldShow& args) {
  const auto shelf = open_shelf(context);
  if (!shelf) return shelf.error();
  const auto post = shelf->find(args.id);
  if (!post) return post.error();
  const auto octets = shelf->octets(args.id);
  if (!octets) return octets.error();
  Json json = json_of(*post);
  json.set("message", *octets);
  std::string out = facts_of(*post, context.screen()) + '\n' + screen_text(*octets) +
                    (octets->ends_with('\n') ? "\n" : "\n\n") + "Next: `portavoz held release " + post->id +
                    " --reason …` or `portavoz held drop " + post->id + " --reason …`.\n";
  return Answer{Json::object({{"held", std::move(json)}}), std::move(out), 0};
}

Result<Answer> run(Context& context, const HeldRelease& args) {
  auto both = find_both(context, args.id);
  if (!both) return both.error();
  const auto settings = context.settings();
  if (!settings) return settings.error();
  // A failure leaves the transaction open; the connection ends with the program, and PostgreSQL rolls it
  // back.
  const std::string& next_hop = (*settings)->door.lmtp_next_hop;
  if (const auto done = hand_over(both->history, both->shelf, both->post, next_hop, args.reason); !done)
    return done.error();
  return Answer{Json::object({{"id", args.id}, {"action", "release"}}),
                lay_out("Post " + args.id + " went to the list manager of " + both->post.list +
                            " and is off the shelf. Next: `portavoz held list`.",
                        context.screen()),
                0};
}

Result<Answer> run(Context& context, const HeldDrop& args) {
  auto both = find_both(context, args.id);
  if (!both) return both.error();
  if (const auto noted = both->history.note("drop", both->post, args.reason); !noted) return noted.error();
  if (const auto kept = both->history.keep(); !kept) return kept.error();
  if (const auto removed = both->shelf.remove(args.id); !removed) {
    return Error{removed.error().kind, "The history says that post " + args.id +
                                           " was dropped, but it is still on the shelf: " +
                                           removed.error().what + ". Drop it again."};
  }
  return Answer{Json::object({{"id", args.id}, {"action", "drop"}}),
                lay_out("Post " + args.id + " is thrown away. Next: `portavoz held list`.", context.screen()),
                0};
}

}  // namespace portavoz::admin
