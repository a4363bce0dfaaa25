#include <algorithm>
#include <array>
#include <filesystem>

#include <sysexits.h>

#include "adapters/ares/mail_resolver.h"
#include "adapters/libmilter/probe.h"
#include "adapters/lmdb/roll_file.h"
#include "adapters/os/clock.h"
#include "adapters/os/files.h"
#include "adapters/os/process.h"
#include "adapters/shelf/shelf.h"
#include "adapters/sodium/keys.h"
#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "core/base/text.h"
#include "core/config/reload.h"

namespace portavoz::admin {
namespace {

constexpr int needs_you = 1;
constexpr Millis gate_time_out{3'000};
// The gate asks the register every few seconds; what is older was missed many times.
constexpr Seconds roll_is_fresh = std::chrono::minutes(5);
constexpr std::uint64_t largest_state = std::uint64_t{1} << 20U;
constexpr std::uint64_t largest_spool = std::uint64_t{256} << 20U;

// One thing that was looked at.
struct Part {
  std::string name;
  bool good = false;
  std::string what;
  Json::Members numbers = {};  // for programs
  bool waits = false;          // good, and something waits for somebody
};

std::string counted(std::size_t number, const std::string& one, const std::string& many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string age_shown(Seconds age) {
  const auto seconds = age.count();
  if (seconds < 120) return std::to_string(seconds) + " seconds ago";
  if (seconds < 7200) return std::to_string(seconds / 60) + " minutes ago";
  return std::to_string(seconds / 3600) + " hours ago";
}

Part register_part(Context& context, const Settings& settings) {
  if (settings.database.none) return {"register", true, "none: the roll is built from a roster"};
  const auto rows = ask(context, "SELECT 1");
  return {"register", rows.has_value(), rows ? "can be reached" : rows.error().what};
}

std::string in_words(const RollCounts& has) {
  return counted(has.lists, "list", "lists") + ", " +
         counted(has.contacts, "designated contact", "designated contacts") + ", " +
         counted(has.seal_keys, "seal key", "seal keys") + ", " +
         counted(has.marks, "mark of a signed post", "marks of signed posts");
}

// What is wrong with a roll whose word is this old, and what to do; empty when nothing is.
std::string trouble(const Settings& settings, const LastWord& word, Seconds age) {
  const bool none = settings.database.none;
  const auto over = expired(word, settings.roll.max_age, now());
  if (word.of_roster && !none) return "The register has not been heard since. Is the gate running?";
  if (word.of_roster) return over ? "Posts get 451: " + *over + ". Build it anew: `portavoz roll build`" : "";
  if (none)
    return "It is a register's, which nobody asks any more. Build one from a roster: `portavoz roll build`";
  if (over) return "It is too old: posts get 451. Is the gate running, and does it reach the register?";
  return age > roll_is_fresh ? "Is the gate running, and does it reach the register?" : "";
}

Part roll_part(const Settings& settings, const Result<std::unique_ptr<LmdbRoll>>& roll) {
  Part part{"roll", false, ""};
  if (!roll) {
    part.what = roll.error().what;
    return part;
  }
  const auto counts = (*roll)->counts();
  const auto word = (*roll)->last_word();
  if (!counts.found() || !word) {
    part.what = counts.unavailable() ? counts.why() : "the register was never heard";
    return part;
  }
  const Seconds age = now() - word->at;
  const RollCounts& has = counts.value();
  part.numbers = {{"last_word", to_rfc3339(word->at)}, {"age_seconds", age.count()}, {"lists", has.lists},
                  {"contacts", has.contacts},          {"seal_keys", has.seal_keys}, {"marks", has.marks}};
  part.what = (word->of_roster ? "built from a roster " : "the register was heard ") + age_shown(age) + "; " +
              in_words(has);
  if (word->valid_until) part.what += "; valid until " + to_rfc3339(*word->valid_until);
  const std::string wrong = trouble(settings, *word, age);
  part.good = wrong.empty();
  if (!part.good) part.what += ". " + wrong;
  return part;
}

Part gate_part(const Settings& settings) {
  const auto answers = milter_answers(settings.gate.socket, gate_time_out);
  return {"gate", answers.has_value(), answers ? "answers at " + settings.gate.socket : answers.error().what};
}

Part seal_key_part(const Settings& settings, const Result<std::unique_ptr<LmdbRoll>>& roll) {
  const auto key = SigningKey::load(settings.gate.seal_key);
  if (!key) return {"seal key", false, key.error().what};
  Part part{"seal key", false, key->key_id(), {{"key_id", key->key_id()}}};
  const auto known = roll ? (*roll)->seal_key(key->key_id()) : Lookup<std::string>(Unavailable{""});
  part.good = known.found() && known.value() == key->public_key();
  if (part.good)
    part.what += ", which the roll has";
  else if (known.unavailable())
    part.what += "; whether the doors know it cannot be said without a roll";
  else
    part.what += std::string(", which the roll does not have: no door takes its seals. ") +
                 (settings.database.none ? "`portavoz roll build` puts it there"
                                         : "`portavoz seal make-key` publishes it");
  return part;
}

Part dns_part(const Settings& settings) {
  const auto servers = NameServers::choose(settings.dns.resolvers, settings.dns.trust_network);
  return {"dns", servers.has_value(), servers ? "resolvers " + servers->text() : servers.error().what};
}

Part shelf_part(const Settings& settings) {
  Part part{"shelf", true, "no post is kept aside", {{"posts", 0}, {"in_contacts_names", 0}}};
  std::error_code problem;
  if (!std::filesystem::exists(settings.door.held, problem) && !problem) return part;  // the door makes it
  const auto shelf =
      Shelf::open(settings.door.held, {settings.door.held_max_posts, settings.door.held_max_bytes});
  const auto posts = shelf ? shelf->list() : Result<std::vector<HeldPost>>(shelf.error());
  if (!posts) return {"shelf", false, posts.error().what};
  const auto named = static_cast<std::size_t>(std::count_if(
      posts->begin(), posts->end(), [](const HeldPost& post) { return !post.contact.empty(); }));
  part.numbers = {{"posts", posts->size()}, {"in_contacts_names", named}};
  if (posts->empty()) return part;
  part.waits = true;
  part.good = posts->size() < settings.door.held_max_posts;
  part.what = counted(posts->size(), "post is", "posts are") + " kept aside, " + std::to_string(named) +
              " in a designated contact's name: `portavoz held list`";
  if (!part.good) part.what += ". The shelf is full, and more waits in the mail server's queue";
  return part;
}

// The verdicts in the files of the gate's spool whose names end so, one a line.
Result<std::size_t> lines_of(const std::string& directory, std::string_view suffix) {
  std::size_t lines = 0;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(directory, problem)) {
    if (!entry.path().filename().string().ends_with(suffix)) continue;
    const auto octets = read_file(entry.path(), largest_spool);
    if (!octets && octets.error().kind != ErrorKind::not_found)
      return octets.error();  // it was carried just now
    if (octets) lines += static_cast<std::size_t>(std::count(octets->begin(), octets->end(), '\n'));
  }
  if (problem) return error_from_errno("look into the spool", directory, problem.value());
  return lines;
}

Part verdicts_part(const Settings& settings) {
  if (settings.database.none) return {"verdicts", true, "stand in the gate's log alone"};
  const auto all = lines_of(settings.gate.spool, ".jsonl");
  if (!all) return {"verdicts", false, all.error().what};
  const auto refused = lines_of(settings.gate.spool, ".refused.jsonl");
  if (!refused) return {"verdicts", false, refused.error().what};
  const std::size_t waiting = *all - std::min(*all, *refused);
  Part part{"verdicts",
            *refused == 0,
            counted(waiting, "waits", "wait") + " for the register",
            {{"waiting", waiting}, {"refused", *refused}},
            waiting > 0};
  if (*refused > 0)
    part.what += "; what the register refused is kept in " + settings.gate.spool + "/verdicts.refused.jsonl";
  return part;
}

// What the clerk and the checks have come to, of the contacts that may post.
Part contacts_part(Context& context) {
  const auto rows =
      ask(context,
          "SELECT count(*) FILTER (WHERE misses > 0) AS missed, count(lapsing_until) AS lapsing, "
          "to_char(min(lapsing_until) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS until, "
          "count(blind_since) AS blind, "
          "to_char(min(blind_since) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS since, "
          "count(domain_held_since) AS held, (SELECT count(*) FROM portavoz.pages_to_look_at) AS to_look_at "
          "FROM portavoz.watches_overview");
  if (!rows) return {"contacts", false, "nothing can be said of them without the register"};
  const auto number = [&](const char* name) { return static_cast<std::size_t>(rows->integer(0, name)); };
  Part part{"contacts", true, "nothing is wrong with a page or a domain"};
  part.numbers = {{"missed", number("missed")},
                  {"lapsing", number("lapsing")},
                  {"blind", number("blind")},
                  {"domain_held", number("held")},
                  {"to_look_at", number("to_look_at")}};
  std::vector<std::string> said;
  if (number("held") > 0)
    said.push_back(counted(number("held"), "waits", "wait") + " for you, because its domain was gone");
  if (number("lapsing") > 0)
    said.push_back(counted(number("lapsing"), "is", "are") + " lapsing, suspended from " +
                   shown_time(rows->text(0, "until")) + " UTC on");
  if (number("missed") > 0)
    said.push_back(counted(number("missed"), "page does", "pages do") + " not show the address");
  if (number("blind") > 0)
    said.push_back(counted(number("blind"), "page was", "pages were") + " not seen, the first since " +
                   shown_time(rows->text(0, "since")) + " UTC");
  if (said.empty()) return part;
  part.waits = number("to_look_at") > 0;
  part.what = join(said, "; ") + (part.waits ? ": `portavoz reports`" : "");
  return part;
}

std::string refused_shown(const ServiceState& state, Service service) {
  return "a newer configuration was refused " + age_shown(now() - state.refusal->at) + ", and that of " +
         to_rfc3339(state.since) + " stays in force: " + state.refusal->why +
         ". Mend it, and: systemctl reload " + std::string(program_of(service));
}

// What the services of this host say of their configuration; a service that never ran here has no part.
std::vector<Part> configuration_parts(const std::string& run) {
  std::vector<Part> parts;
  for (const Service service : {Service::gate, Service::door, Service::verifier, Service::clerk}) {
    const std::string file = service_state_file(run, service);
    const auto text = read_file(file, largest_state);
    if (!text && text.error().kind == ErrorKind::not_found) continue;
    Part part{std::string(word(service)) + " configuration", false, ""};
    const auto state = text ? parse_service_state(*text) : std::nullopt;
    if (!state) {
      part.what =
          text ? file + " is not what " + std::string(program_of(service)) + " writes" : text.error().what;
    } else {
      part.numbers = {{"since", to_rfc3339(state->since)}};
      if (state->refusal)
        part.numbers.insert(part.numbers.end(), {{"refused_at", to_rfc3339(state->refusal->at)},
                                                 {"refused", state->refusal->why}});
      part.good = process_lives(static_cast<pid_t>(state->pid)) && !state->refusal;
      part.what = part.good ? "in force since " + to_rfc3339(state->since)
                  : state->refusal
                      ? refused_shown(*state, service)
                      : "process " + std::to_string(state->pid) + " of " + std::string(program_of(service)) +
                            " ended without a word; its log may say why";
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

// What the testing: block lets happen, in words that nobody overlooks; empty when it is not in force.
std::string testing_shown(const Settings::Testing& testing) {
  if (!testing.in_force()) return "";
  std::string out = "TESTING IS IN FORCE ON THIS HOST.";
  if (testing.believe_xclient) out += " WHOEVER MAY SAY XCLIENT CAN POST IN ANYBODY'S NAME.";
  if (testing.clock) out += " THE GATE'S CLOCK STANDS AT " + to_rfc3339(*testing.clock) + ".";
  return out +
         " TAKE testing: OUT OF THE CONFIGURATION AND RELOAD THE GATE (systemctl reload portavoz-milter).";
}

std::string told(const std::vector<Part>& parts, const std::string& testing, const Screen& screen) {
  Table table{{"PART", "STATE", "WHAT"}, {}};
  for (const Part& part : parts) {
    const Style style = !part.good ? Style::bad : part.waits ? Style::waiting : Style::good;
    table.rows.push_back({{part.name, Style::plain},
                          {!part.good   ? "not good"
                           : part.waits ? "waiting"
                                        : "good",
                           style},
                          {part.what, Style::plain}});
  }
  if (testing.empty()) return lay_out(table, screen);
  return styled(lay_out(testing, screen), Style::bad, screen) + "\n" + lay_out(table, screen);
}

std::string word_of(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::vector<Part> parts_of(Context& context, const Settings& settings) {
  const auto roll = LmdbRoll::open(settings.roll.directory);
  std::vector<Part> parts{register_part(context, settings), roll_part(settings, roll), gate_part(settings),
                          seal_key_part(settings, roll),    dns_part(settings),        shelf_part(settings),
                          verdicts_part(settings)};
  if (!settings.database.none) parts.push_back(contacts_part(context));
  for (Part& part : configuration_parts(settings.run)) parts.push_back(std::move(part));
  return parts;
}

bool all_good(const std::vector<Part>& parts, const Settings& settings) {
  return !settings.testing.in_force() &&
         std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.good; });
}

// Prometheus' text format 0.0.4. Every name and label is of ours: letters and '_'.
std::string metrics_of(const std::vector<Part>& parts) {
  std::string out =
      "# HELP portavoz_good Whether this part of `portavoz status` is as it should be.\n"
      "# TYPE portavoz_good gauge\n";
  for (const Part& part : parts)
    out += "portavoz_good{part=\"" + word_of(part.name) + "\"} " + (part.good ? "1\n" : "0\n");
  for (const Part& part : parts)
    for (const auto& [name, number] : part.numbers)
      if (const auto value = number.integer()) {
        const std::string metric = "portavoz_" + word_of(part.name) + "_" + name;
        out += "# TYPE " + metric + " gauge\n" + metric + " " + std::to_string(*value) + "\n";
      }
  return out;
}

Json json_of(const Part& part) {
  Json out = Json::object({{"good", part.good}, {"what", part.what}});
  for (const auto& [name, number] : part.numbers) out.set(name, number);
  return out;
}

Json json_of(const std::vector<Part>& parts, bool good, bool testing) {
  Json json = Json::object({{"good", good}, {"testing", testing}});
  for (const Part& part : parts) json.set(word_of(part.name), json_of(part));
  return Json::object({{"status", std::move(json)}});
}

// Nothing can be looked at by a configuration with mistakes; but what runs may still have an earlier one.
Answer without_configuration(Context& context, const Error& mistakes) {
  std::vector<Part> parts{{"configuration", false, mistakes.what}};
  for (Part& part : configuration_parts(Settings().run)) parts.push_back(std::move(part));
  return {json_of(parts, false, false), told(parts, "", context.screen()), EX_CONFIG};
}

}  // namespace

Result<Answer> run(Context& context, const Status& /*args*/) {
  const auto loaded = context.settings();
  if (!loaded && loaded.error().kind == ErrorKind::bad_input) {
    context.forget_configuration_failure();  // it is a part of the answer
    return without_configuration(context, loaded.error());
  }
  if (!loaded) return loaded.error();
  const Settings& settings = **loaded;
  const auto parts = parts_of(context, settings);
  const bool good = all_good(parts, settings);
  return Answer{json_of(parts, good, settings.testing.in_force()),
                told(parts, testing_shown(settings.testing), context.screen()), good ? 0 : needs_you};
}

Result<Answer> run(Context& context, const Metrics& /*args*/) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  const auto parts = parts_of(context, **settings);
  return Answer{json_of(parts, all_good(parts, **settings), (*settings)->testing.in_force()),
                metrics_of(parts)};
}

}  // namespace portavoz::admin
