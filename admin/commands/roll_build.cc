// Without a register: a roster becomes the roll.
#include <algorithm>

#include "adapters/lmdb/roll_file.h"
#include "adapters/os/clock.h"
#include "adapters/os/files.h"
#include "adapters/psl/public_suffix.h"
#include "adapters/sodium/keys.h"
#include "admin/commands/commands.h"
#include "core/base/text.h"
#include "core/registry/roster.h"

namespace portavoz::admin {
namespace {

constexpr std::uint64_t largest_roster = std::uint64_t{16} << 20U;

Error register_fills_it(const std::string& config) {
  return {ErrorKind::conflict,
          "The register fills the roll of this host, and would replace what a roster says. Write "
          "`register: none` in " +
              config + " in place of register.dsn, restart the gate, and build again."};
}

Result<RollContents> roster_in(Context& context, const std::string& file) {
  const auto text = read_file(file, largest_roster);
  if (!text) return text.error();
  const auto languages = context.languages();
  if (!languages) return languages.error();
  auto read = read_roster(*text, {*languages, is_public_suffix});
  if (read.problems.empty()) return std::move(read.contents);
  return Error{ErrorKind::bad_input,
               format_problems(file, read.problems) + "\nNothing was written, the roll stays as it is."};
}

// The public halves of the gate's key and of those beside it, while a key is changed.
Result<std::vector<RollSealKey>> public_keys(const std::string& secret) {
  std::vector<RollSealKey> keys;
  for (const char* beside : {"", ".next", ".old"}) {
    const auto key = SigningKey::load(secret + beside);
    if (key) {
      keys.push_back({key->key_id(), key->public_key()});
    } else if (*beside == '\0' && key.error().kind == ErrorKind::not_found) {
      return Error{ErrorKind::not_found, key.error().what +
                                             ". The doors need its public half: make it with `portavoz "
                                             "seal make-key --secret " +
                                             secret + "` and give it to the gate's user."};
    } else if (key.error().kind != ErrorKind::not_found) {
      return key.error();
    }
  }
  return keys;
}

const GuardedList* list_with(const RollContents& roll, std::int64_t id) {
  const auto found =
      std::find_if(roll.lists.begin(), roll.lists.end(), [&](const auto& list) { return list.id == id; });
  return found == roll.lists.end() ? nullptr : &*found;
}

// What went to a list stays known, also when it was the register that gave the list its id.
std::vector<RollMark> kept_marks(const RollContents& before, const RollContents& after) {
  std::vector<RollMark> marks;
  for (const RollMark& mark : before.marks) {
    const GuardedList* list = list_with(before, mark.list_id);
    const std::int64_t id = list == nullptr ? 0 : roster_list_id(list->posting_address);
    if (list_with(after, id) != nullptr) marks.push_back({id, mark.mark});
  }
  return marks;
}

std::vector<std::string> no_longer_guarded(const RollContents& before, const RollContents& after) {
  std::vector<std::string> gone;
  for (const GuardedList& list : before.lists)
    if (list_with(after, roster_list_id(list.posting_address)) == nullptr)
      gone.push_back(list.posting_address);
  return gone;
}

// What somebody has to hear of besides the numbers; empty when there is nothing.
std::string warnings(const std::vector<std::string>& gone, const std::string& unread,
                     const std::optional<std::string>& over) {
  std::string out;
  if (!gone.empty())
    out += "NO LONGER GUARDED: " + join(gone, ", ") +
           ". The gate lets everybody's mail to it pass. A list to which nobody may post needs a row without "
           "assembly "
           "and address. ";
  if (!unread.empty())
    out +=
        "The roll that stood here could not be read, so it no longer says which signed posts went out; the "
        "door's "
        "own memory does (" +
        unread + "). ";
  if (over) out += "Posts get 451 already: " + *over + ". ";
  return out;
}

std::vector<std::string> ids_of(const std::vector<RollSealKey>& keys) {
  std::vector<std::string> ids;
  for (const RollSealKey& key : keys) ids.push_back(key.key_id);
  return ids;
}

Answer built(const RollContents& roll, const RollContents& before, const std::string& unread,
             const Screen& screen) {
  const auto gone = no_longer_guarded(before, roll);
  const auto over = expired(roll.last_word, {}, roll.last_word.at);
  const auto& until = roll.last_word.valid_until;
  const std::string end = until ? to_rfc3339(*until) : "the roster does not say: it has no age";
  const auto ids = ids_of(roll.seal_keys);
  const std::vector<Fact> facts{{"lists", std::to_string(roll.lists.size()), Style::plain},
                                {"designated contacts", std::to_string(roll.contacts.size()), Style::plain},
                                {"seal keys", join(ids, ", "), Style::plain},
                                {"valid until", end, over ? Style::bad : Style::plain}};
  const std::string warned = warnings(gone, unread, over);
  return {
      Json::object({{"lists", roll.lists.size()},
                    {"contacts", roll.contacts.size()},
                    {"marks", roll.marks.size()},
                    {"seal_keys", ids},
                    {"valid_until", until ? Json(to_rfc3339(*until)) : Json()},
                    {"decides", !over},
                    {"no_longer_guarded", gone}}),
      lay_out(facts, screen) + "\n" +
          (warned.empty() ? "" : styled(lay_out(warned, screen), Style::bad, screen)) +
          lay_out(std::string(
                      "Gate and doors of this host decide by it from the next message on. Next: `portavoz "
                      "roll dump` shows all that they know."),
                  screen),
      0};
}

}  // namespace

Result<Answer> run(Context& context, const RollBuild& args) {
  const auto loaded = context.settings();
  if (!loaded) return loaded.error();
  const Settings& settings = **loaded;
  if (!settings.database.none) return register_fills_it(context.config());
  auto roll = roster_in(context, args.file);
  if (!roll) return roll.error();
  auto keys = public_keys(settings.gate.seal_key);
  if (!keys) return keys.error();

  // Read before it is opened for writing, which makes anew what is damaged.
  const auto present = LmdbRoll::open(settings.roll.directory);
  const auto read = present ? (*present)->contents() : Result<RollContents>(present.error());
  const bool unread = !read && read.error().kind != ErrorKind::not_found;
  const RollContents before = read ? *read : RollContents();
  roll->marks = kept_marks(before, *roll);
  roll->seal_keys = std::move(*keys);
  roll->last_word.at = now();
  roll->last_word.of_roster = true;
  const auto file = RollFile::open(settings.roll.directory);
  if (!file) return file.error();
  if (const auto written = (*file)->replace(*roll); !written) return written.error();
  return built(*roll, before, unread ? read.error().what : "", context.screen());
}

}  // namespace portavoz::admin
