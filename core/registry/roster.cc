#include "core/registry/roster.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/mail/address.h"
#include "core/mail/unicode.h"
#include "core/registry/csv.h"

namespace portavoz {
namespace {

using std::string;
using std::string_view;
using Texts = std::vector<string>;

using Column = RosterColumn;
using Row = RosterRow;

constexpr std::size_t longest_name = 200;  // of an assembly, in characters, as in the register
constexpr string_view no_domain = "none";

string name_of(Column column) { return string(roster_columns.at(static_cast<std::size_t>(column))); }

// Positive, and exact as a number of JSON (RFC 8259 §6: 53 bits).
std::int64_t id_of(string_view name) {
  const string hash = sha256(name);
  std::uint64_t id = 0;
  for (std::size_t at = 0; at < 8; ++at) id = id << 8U | static_cast<unsigned char>(hash[at]);
  return static_cast<std::int64_t>(id >> 11U);
}

// The values between semicolons, each once.
Texts values_of(const string& cell) {
  Texts values;
  for (const string& part : split(cell, ';')) {
    const string value(trim(part));
    if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end())
      values.push_back(value);
  }
  return values;
}

Texts in_order(Texts values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

string without_runs_of_blanks(string_view text) {
  string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank || !out.ends_with(' ')) out += blank ? ' ' : c;
  }
  return out;
}

std::size_t characters_of(string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Names that a reader takes for the same are one assembly, as in the register.
string assembly_key(const string& name) { return lower_case(normalise_nfkc(name)); }

class Reader {
 public:
  explicit Reader(const RosterChecks& checks) : checks_(checks) {}

  RosterOrProblems read(string_view text) {
    RosterTable table = read_roster_table(text);
    result_.problems = std::move(table.problems);
    result_.contents.last_word.valid_until = table.valid_until;
    for (const Row& each : table.rows) row(each);
    if (drafts_.empty() && result_.problems.empty())
      problem(1, "the file names no list, so nothing would be guarded; write a row for each contact");
    for (Draft& draft : drafts_) result_.contents.lists.push_back(finished(std::move(draft)));
    std::stable_sort(result_.problems.begin(), result_.problems.end(),
                     [](const RosterProblem& a, const RosterProblem& b) { return a.line < b.line; });
    return std::move(result_);
  }

 private:
  // A list, and where each thing about it was said first.
  struct Draft {
    GuardedList list;
    std::map<Column, int> said;
  };
  struct Claim {
    string posting_address;
    int line = 0;
  };

  void problem(int line, string what) { result_.problems.push_back({line, std::move(what)}); }

  void row(const Row& row) {
    const auto posting_address = address(row, Column::list, row.at(Column::list));
    Draft* draft = posting_address ? draft_of(*posting_address, row.line) : nullptr;
    if (draft != nullptr) about_list(row, *draft);
    if (row.at(Column::assembly).empty() && row.at(Column::address).empty()) return;
    contact(row, draft);
  }

  std::optional<string> address(const Row& row, Column column, const string& text) {
    auto parsed = MailAddress::parse(text);
    if (parsed) return parsed->text();
    problem(row.line, name_of(column) + ": " + (text.empty() ? "it is missing" : parsed.error().what));
    return std::nullopt;
  }

  bool flag(const Row& row, Column column) {
    const string& cell = row.at(column);
    if (!cell.empty() && cell != "yes" && cell != "no")
      problem(row.line, name_of(column) + ": '" + printable_ascii(cell) + "' is neither yes nor no");
    return cell == "yes";
  }

  // ---- lists

  // The list with this posting address; nothing when the address is another list's.
  Draft* draft_of(const string& posting_address, int line) {
    if (!claim(posting_address, posting_address, line)) return nullptr;
    const auto known = std::find_if(drafts_.begin(), drafts_.end(), [&](const Draft& draft) {
      return draft.list.posting_address == posting_address;
    });
    if (known != drafts_.end()) return &*known;
    Draft draft;
    draft.list.id = roster_list_id(posting_address);
    draft.list.posting_address = posting_address;
    return &drafts_.emplace_back(std::move(draft));
  }

  bool claim(const string& address, const string& posting_address, int line) {
    const auto [claim, is_new] = claims_.emplace(address, Claim{posting_address, line});
    if (is_new || claim->second.posting_address == posting_address) return true;
    problem(line, address + " belongs to the list " + claim->second.posting_address + " (line " +
                      std::to_string(claim->second.line) + "); an address belongs to one list");
    return false;
  }

  void about_list(const Row& row, Draft& draft) {
    say(row, Column::aliases, draft, draft.list.addresses, [&] { return aliases(row, draft); });
    say(row, Column::languages, draft, draft.list.languages, [&] { return languages(row); });
    say(row, Column::admin, draft, draft.list.admin_address,
        [&] { return address(row, Column::admin, row.at(Column::admin)).value_or(""); });
    say(row, Column::hold, draft, draft.list.holds_unproven, [&] { return flag(row, Column::hold); });
  }

  // Takes what a row says about its list, if it says anything; it must not differ from another row's.
  template <typename T, typename Value>
  void say(const Row& row, Column column, Draft& draft, T& where, const Value& value_of) {
    if (row.at(column).empty()) return;
    auto value = value_of();
    const auto [first, is_new] = draft.said.emplace(column, row.line);
    if (!is_new && where != value)
      return problem(row.line, name_of(column) + " of " + draft.list.posting_address + ": line " +
                                   std::to_string(first->second) + " says something else; say it once");
    where = std::move(value);
  }

  Texts aliases(const Row& row, const Draft& draft) {
    Texts all;
    for (const string& text : values_of(row.at(Column::aliases))) {
      auto alias = address(row, Column::aliases, text);
      if (!alias || *alias == draft.list.posting_address) continue;
      if (claim(*alias, draft.list.posting_address, row.line)) all.push_back(std::move(*alias));
    }
    return all;
  }

  Texts languages(const Row& row) {
    Texts tags = values_of(row.at(Column::languages));
    for (const string& tag : tags)
      if (std::find(checks_.languages.begin(), checks_.languages.end(), tag) == checks_.languages.end())
        problem(row.line, "languages: there is no wording in '" + printable_ascii(tag) +
                              "'; give one of: " + join(checks_.languages, ", "));
    return tags;
  }

  static GuardedList finished(Draft draft) {
    GuardedList& list = draft.list;
    list.addresses.insert(list.addresses.begin(), list.posting_address);
    if (list.languages.empty()) list.languages = {"en"};
    // RFC 5321 §4.5.1: every domain that takes mail has it.
    if (list.admin_address.empty())
      list.admin_address = "postmaster" + list.posting_address.substr(list.posting_address.rfind('@'));
    return std::move(list);
  }

  // ---- contacts

  // `draft`: its list, when it has one; else the row is only looked at.
  void contact(const Row& row, const Draft* draft) {
    auto name = assembly(row);
    auto from = address(row, Column::address, row.at(Column::address));
    Proof proof = this->proof(row, from);
    if (!name || !from || draft == nullptr) return;
    const std::int64_t list_id = draft->list.id;
    const string& list = draft->list.posting_address;
    const bool one_voice =
        alone(row, {list, "assembly " + assembly_key(*name)}, *name + " has a contact on " + list) &&
        alone(row, {list, "address " + *from}, *from + " speaks on " + list + " for an assembly");
    if (!one_voice) return;
    result_.contents.contacts.push_back(
        {list_id, {id_of(list + "\n" + *from), 0, std::move(*name), std::move(*from), std::move(proof)}});
  }

  // Rule: one voice.
  bool alone(const Row& row, const std::pair<string, string>& voice, const string& otherwise) {
    const auto [first, is_new] = voices_.emplace(voice, row.line);
    if (!is_new)
      problem(row.line,
              otherwise + " already (line " + std::to_string(first->second) + "); keep one of the rows");
    return is_new;
  }

  std::optional<string> assembly(const Row& row) {
    string name = without_runs_of_blanks(row.at(Column::assembly));
    if (!name.empty() && characters_of(name) <= longest_name) return name;
    problem(row.line,
            name.empty()
                ? "assembly: it is missing; only a row about a list alone has neither assembly nor "
                  "address"
                : "assembly: the name is longer than " + std::to_string(longest_name) + " characters");
    return std::nullopt;
  }

  Proof proof(const Row& row, const std::optional<string>& from) {
    Proof proof{
        in_order(values_of(row.at(Column::logins))), {}, flag(row, Column::spf), flag(row, Column::shared)};
    if (proof.spf && proof.shared)
      problem(row.line,
              "SPF alone proves nothing at a provider that strangers share: they pass it as well; say yes to "
              "spf or to "
              "shared, not to both");
    proof.signing_domains = signing_domains(row, from);
    return proof;
  }

  Texts signing_domains(const Row& row, const std::optional<string>& from) {
    const string& cell = row.at(Column::signing_domains);
    if (cell == no_domain || (cell.empty() && !from)) return {};
    const Texts texts = cell.empty() ? Texts{from->substr(from->rfind('@') + 1)} : values_of(cell);
    Texts domains;
    for (const string& text : texts) {
      auto domain = signing_domain(text, checks_.is_public_suffix);
      if (domain)
        domains.push_back(std::move(*domain));
      else
        problem(row.line,
                "signing_domains: '" + printable_ascii(text) + "' " + domain.error().what + ", or none");
    }
    if (domains.size() > most_signing_domains)
      problem(row.line, "signing_domains: at most " + std::to_string(most_signing_domains) +
                            " domains may sign for a contact");
    return in_order(std::move(domains));
  }

  const RosterChecks& checks_;
  RosterOrProblems result_;
  std::vector<Draft> drafts_;
  std::map<string, Claim> claims_;                   // every address of a list
  std::map<std::pair<string, string>, int> voices_;  // by list, and assembly or address
};

string yes_or_blank(bool yes) { return yes ? "yes" : ""; }

Texts list_cells(const GuardedList& list) {
  Texts aliases;
  for (const string& address : list.addresses)
    if (address != list.posting_address) aliases.push_back(address);
  return {join(aliases, ";"), join(list.languages, ";"), list.admin_address,
          yes_or_blank(list.holds_unproven)};
}

Texts contact_cells(const Designation& contact) {
  const Proof& proof = contact.proof;
  return {join(proof.logins, ";"),
          proof.signing_domains.empty() ? string(no_domain) : join(proof.signing_domains, ";"),
          yes_or_blank(proof.spf), yes_or_blank(proof.shared)};
}

string row_of(const Texts& names, const Texts& contact, const Texts& list) {
  Texts cells = names;
  cells.insert(cells.end(), contact.begin(), contact.end());
  cells.insert(cells.end(), list.begin(), list.end());
  return csv_line(cells) + "\n";
}

}  // namespace

std::int64_t roster_list_id(const string& posting_address) { return id_of(posting_address); }

RosterOrProblems read_roster(string_view text, const RosterChecks& checks) {
  return Reader(checks).read(text);
}

string format_problems(string_view file, const std::vector<RosterProblem>& problems) {
  Texts lines;
  for (const RosterProblem& problem : problems)
    lines.push_back(string(file) + ":" + std::to_string(problem.line) + ": " + problem.what);
  return join(lines, "\n");
}

string format_roster(const RollContents& contents) {
  const Texts nothing(4);
  string out;
  if (const auto& end = contents.last_word.valid_until) out += "# valid-until: " + to_rfc3339(*end) + "\n";
  out += csv_line({roster_columns.begin(), roster_columns.end()}) + "\n";
  for (const GuardedList& list : contents.lists) {
    out += row_of({"", list.posting_address, ""}, nothing, list_cells(list));
    for (const RollContact& row : contents.contacts) {
      const Designation& contact = row.designation;
      if (row.list_id == list.id)
        out += row_of({contact.assembly, list.posting_address, contact.address}, contact_cells(contact),
                      nothing);
    }
  }
  return out;
}

}  // namespace portavoz
