// A roster: who may post to which list, as one CSV file of an operator who has no register. Reading one gives
// what a roll is filled with, or every mistake with its line.
//
//   # valid-until: 2027-01-31
//   assembly,list,address,logins,admin,languages,aliases,hold
//   ,avisos@listas.example,,,admins@listas.example,es;en,noticias@listas.example,
//   Asamblea del Norte,avisos@listas.example,info@norte.example,norte;prensa,,,,
//
// The first line that is not empty names the columns, in any order; before it one line may say until when the
// whole roster counts (RFC 3339: a day, which is included, or a moment in UTC). Each further row designates
// one contact, or, with neither assembly nor address, is about its list alone. Several values in a cell stand
// between semicolons, flags are yes or no, blank is the default:
//
//   assembly, list, address   needed: the assembly's name, the list's posting address, the address that posts
//   logins                    of the mail server, that may post as this address; none
//   signing_domains           whose DKIM signatures count; the address's own domain; `none`
//   spf, shared               SPF alone counts; strangers use the same provider; no
//   aliases                   further addresses of the list; none
//   languages                 of the list's answers, the first one first; en
//   admin                     where a refused sender can ask; postmaster at the list's domain
//   hold                      posts that only a person can judge are kept aside; no
//
// What is about a list (the last four) may stand on any of its rows, and is a mistake where two rows differ.
// The rules of the register hold: one contact per assembly and list, one assembly per address and list, one
// list per address, no public suffix signs, SPF alone never at a shared provider. The file is UTF-8, with or
// without a byte order mark, with lines of LF or CRLF.
//
// Ids come from the names (a hash), so that a list and a contact keep theirs from one roster to the next.
// Threads: pure, but for the question it is given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/roll_contents.h"
#include "core/registry/roster_table.h"
#include "core/registry/signing_domain.h"

namespace portavoz {

// What reading a roster asks of the outside.
struct RosterChecks {
  std::vector<std::string> languages;  // those that there is wording for
  PublicSuffixQuestion is_public_suffix;
};

struct RosterOrProblems {
  // Lists, contacts and valid_until; to be used only when there are no problems. Marks, keys and the time of
  // building are for the caller to add.
  RollContents contents;
  std::vector<RosterProblem> problems;  // by line
};

[[nodiscard]] RosterOrProblems read_roster(std::string_view text, const RosterChecks& checks);

// `FILE:LINE: what`, one a line.
[[nodiscard]] std::string format_problems(std::string_view file, const std::vector<RosterProblem>& problems);

// Lists, contacts and valid_until of a roll as a roster that reads as the same.
[[nodiscard]] std::string format_roster(const RollContents& contents);

// The id of the list with this posting address in every roster.
[[nodiscard]] std::int64_t roster_list_id(const std::string& posting_address);

}  // namespace portavoz
