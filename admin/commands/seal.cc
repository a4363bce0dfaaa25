#include <array>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include "adapters/os/clock.h"
#include "adapters/os/files.h"
#include "adapters/os/host.h"
#include "adapters/sodium/keys.h"
#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"
#include "core/base/text.h"
#include "core/text_table/display.h"

namespace portavoz::admin {
namespace {

constexpr Millis poll_period{500};

constexpr std::array<Column, 9> key_columns{{
    {"key_id", Form::text, "KEY"},
    {"host", Form::text, "OF THE GATE ON"},
    {"state", Form::text, "STATE"},
    {"published_at", Form::time, "PUBLISHED (UTC)"},
    {"published_by", Form::text, "BY"},
    {"in_rolls_of", Form::texts, "IN THE ROLLS OF"},
    {"retired_at", Form::time, "RETIRED (UTC)"},
    {"retired_by", Form::text, "BY"},
    {"reason", Form::text, ""},
}};

constexpr std::array<Column, 3> roll_columns{{
    {"host", Form::text, "ROLL OF"},
    {"seen_at", Form::time, "LAST HEARD (UTC)"},
    {"key_ids", Form::texts, "KEYS"},
}};

// A key of which only the public half is of interest here.
struct Key {
  std::string id;
  std::string public_key;  // raw octets
};

Result<Key> load_key(const std::string& secret) {
  const auto key = SigningKey::load(secret);
  if (!key) return key.error();
  return Key{key->key_id(), key->public_key()};
}

Result<Key> new_key(const std::string& secret) {
  auto made = make_key(secret);
  if (!made) return made.error();
  return Key{made->key_id, made->public_key};
}

// The name under which this host's gate and roll are known to the register.
Result<std::string> this_host(Context& context) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  return (*settings)->gate.host.empty() ? host_name() : (*settings)->gate.host;
}

// Whether there is a register; where there is one it is asked now.
Result<bool> has_register(Context& context) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  if ((*settings)->database.none) return false;
  const auto registry = context.registry();
  return registry ? Result<bool>(true) : registry.error();
}

Result<void> publish(Context& context, const Key& key) {
  const auto host = this_host(context);
  if (!host) return host.error();
  const auto rows =
      tell(context, "SELECT portavoz.publish_seal_key($1, $2, $3)", {key.id, to_hex(key.public_key), *host});
  if (!rows) return rows.error();
  return {};
}

void forget_file(const std::string& path) {
  std::error_code nothing_to_do;
  std::filesystem::remove(path, nothing_to_do);
}

// The key that stands beside the present one. One that an interrupted run left is taken up again; a
// half-written one was never published, so it is made anew.
Result<Key> next_key(const std::string& secret) {
  auto found = load_key(secret);
  if (found || (found.error().kind != ErrorKind::not_found && found.error().kind != ErrorKind::bad_input))
    return found;
  if (found.error().kind == ErrorKind::bad_input) forget_file(secret);
  return new_key(secret);
}

// The hosts whose rolls were heard of lately, and those of them that do not know the key.
struct Rolls {
  std::vector<std::string> hosts;
  std::vector<std::string> without;

  [[nodiscard]] bool all_know() const { return !hosts.empty() && without.empty(); }
};

Result<Rolls> rolls_now(Context& context, const std::string& key_id) {
  const auto settings = context.settings();
  if (!settings) return settings.error();
  const auto rows =
      ask(context,
          "SELECT host, $1 = ANY (key_ids) AS knows FROM portavoz.roll_hosts WHERE seconds_ago <= "
          "$2::bigint ORDER BY host",
          {key_id, std::to_string((*settings)->roll.max_age.count())});
  if (!rows) return rows.error();
  Rolls rolls;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    rolls.hosts.push_back(text(*rows, row, "host"));
    if (!rows->boolean(row, "knows")) rolls.without.push_back(rolls.hosts.back());
  }
  return rolls;
}

std::string progress(const Rolls& rolls) {
  if (rolls.hosts.empty()) return "no gate has told the register of its roll yet";
  return std::to_string(rolls.hosts.size() - rolls.without.size()) + " of " +
         std::to_string(rolls.hosts.size()) + " rolls know the new key" +
         (rolls.without.empty() ? "" : ", not yet: " + join(rolls.without, ", "));
}

// On standard error, because standard output is for the answer.
void tell_progress(const std::string& line) {
  std::fputs((screen_text(line) + '\n').c_str(), stderr);
  std::fflush(stderr);
}

Result<std::vector<std::string>> wait_for_rolls(Context& context, const std::string& key_id,
                                                Seconds patience) {
  const Millis deadline = monotonic() + patience;
  std::string told;
  for (;;) {
    auto rolls = rolls_now(context, key_id);
    if (!rolls) return rolls.error();
    const std::string line = progress(*rolls);
    if (line != told) tell_progress(line);
    told = line;
    if (rolls->all_know()) return std::move(rolls->hosts);
    if (monotonic() >= deadline)
      return Error{
          ErrorKind::unavailable,
          "The new key " + key_id + " does not seal yet: " + line +
              ". Look whether the gates of those hosts run and reach the register, then run the same "
              "command again; until then posts are sealed with the old key as before."};
    std::this_thread::sleep_for(poll_period);
  }
}

}  // namespace

Result<Answer> run(Context& context, const SealMakeKey& args) {
  // Asked first, so that no secret is made while nobody could be told of it.
  const auto published_there = has_register(context);
  if (!published_there) return published_there.error();
  auto key = new_key(args.secret);
  const bool made = key.has_value();
  if (!made && key.error().kind == ErrorKind::conflict) key = load_key(args.secret);
  if (!key) return key.error();
  if (const auto published = *published_there ? publish(context, *key) : Result<void>(); !published) {
    if (made && published.error().kind != ErrorKind::in_doubt) forget_file(args.secret);
    return published.error();
  }
  const std::string begins =
      made ? "Made the key " + key->id + ". The secret is " + args.secret +
                 "; give it to the gate's user alone: `chown portavoz-milter " + args.secret + "`."
           : args.secret + " holds the key " + key->id + " already; it stays as it is.";
  return Answer{
      Json::object({{"key_id", key->id}, {"secret", args.secret}, {"made", made}}),
      lay_out(begins + (*published_there
                            ? " Its public half stands in the register, and every door has it within "
                              "moments. For another key later: `portavoz seal rotate --secret " +
                                  args.secret + "`."
                            : " Next: `portavoz roll build FILE` takes its public half to the doors."),
              context.screen()),
      0};
}

Result<Answer> run(Context& context, const SealRotate& args) {
  const auto patience = duration(args.timeout, "--timeout");
  if (!patience) return patience.error();
  const auto old = load_key(args.secret);
  if (!old) return old.error();
  if (const auto registry = context.registry(); !registry) return registry.error();
  const std::string beside = args.secret + ".next";
  const auto key = next_key(beside);
  if (!key) return key.error();
  if (const auto published = publish(context, *key); !published) {
    if (published.error().kind != ErrorKind::conflict) return published.error();
    return Error{ErrorKind::conflict, published.error().what + " Remove " + beside + " and begin again."};
  }
  auto hosts = wait_for_rolls(context, key->id, *patience);
  if (!hosts) return hosts.error();
  if (const auto placed = put_in_place_of(args.secret, beside); !placed) return placed.error();
  return Answer{
      Json::object({{"key_id", key->id},
                    {"old_key_id", old->id},
                    {"secret", args.secret},
                    {"rolls", std::move(*hosts)}}),
      lay_out("Posts are sealed with the key " + key->id + " from now on. The key " + old->id +
                  " stays good for posts that wait in a queue. Next, when a week has passed: `portavoz "
                  "seal retire " +
                  old->id + " --reason …`.",
              context.screen()),
      0};
}

Result<Answer> run(Context& context, const SealRetire& args) {
  const auto done = tell(context, "SELECT portavoz.retire_seal_key($1, $2)", {args.key_id, args.reason});
  if (!done) return done.error();
  const auto left =
      ask(context,
          "SELECT k.host, EXISTS (SELECT FROM portavoz.seal_keys_overview AS o WHERE o.host = k.host "
          "AND o.state = 'published') AS has_another FROM portavoz.seal_keys_overview AS k "
          "WHERE k.key_id = $1",
          {args.key_id});
  if (!left) return left.error();
  std::string said = "No door that hears of it takes a seal of the key " + args.key_id + " any more.";
  if (!left->boolean(0, "has_another")) {
    said += " The gate on " + text(*left, 0, "host") +
            " has no published key now: what it seals is kept aside. For a new one, remove its old secret "
            "and run "
            "`portavoz seal make-key` there.";
  }
  return Answer{Json::object({{"key_id", args.key_id},
                              {"host", text(*left, 0, "host")},
                              {"has_another", left->boolean(0, "has_another")}}),
                lay_out(said, context.screen()), 0};
}

Result<Answer> run(Context& context, const SealList& /*args*/) {
  const auto keys = ask(context, "SELECT " + select_list(key_columns) +
                                     " FROM portavoz.seal_keys_overview ORDER BY host, published_at");
  if (!keys) return keys.error();
  const auto rolls =
      ask(context, "SELECT " + select_list(roll_columns) + " FROM portavoz.roll_hosts ORDER BY host");
  if (!rolls) return rolls.error();
  std::string out =
      keys->size() == 0
          ? lay_out(std::string("There is no key yet. `portavoz seal make-key --help` shows how to "
                                "make one."),
                    context.screen())
          : lay_out(table_of(*keys, key_columns), context.screen());
  if (rolls->size() > 0) out += '\n' + lay_out(table_of(*rolls, roll_columns), context.screen());
  return Answer{
      Json::object({{"keys", json_of(*keys, key_columns)}, {"rolls", json_of(*rolls, roll_columns)}}),
      std::move(out), 0};
}

}  // namespace portavoz::admin
