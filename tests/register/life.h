// A contact's life in days after its designation: the reports are written with the time that they have, and
// the clerk is told what time it is.
#pragma once

#include "tests/register/story.h"

namespace portavoz::test {

// Days after the contact was designated.
class Life : public Story {
 public:
  explicit Life(const std::string& by = "approve") : clerk(as("clerk1")) {
    contact = confirmed("Asamblea Norte", "norte@example.org");
    if (by == "approve") {
      must(alba.query("SELECT approve($1, 'it stands there')", {std::to_string(report(contact))}));
    } else {
      must(alba.query("SELECT vouch($1, 'known for years')", {std::to_string(contact)}));
    }
    // Long ago: what has not come yet cannot be told to the clerk.
    must(
        root.exec("SET session_replication_role = replica;"
                  "UPDATE contacts SET state_since = state_since - interval '5 years';"
                  "UPDATE reports SET created_at = created_at - interval '5 years';"
                  "SET session_replication_role = origin"));
    begun = value(root, "SELECT state_since FROM contacts WHERE contact_id = " + id());
    moves(0);
  }

  [[nodiscard]] std::string id() const { return std::to_string(contact); }
  [[nodiscard]] std::string day(double number) const {
    return "('" + begun + "'::timestamptz + interval '1 day' * " + std::to_string(number) + ")";
  }

  // A report of that day: "good", "miss", "doubt", "unclear", or what the fetcher said; of the address's
  // domain "there", "gone" or nothing.
  void sees(double at, const std::string& what, const std::string& domain = "") {
    const bool read = what == "good" || what == "miss" || what == "doubt" || what == "unclear";
    const std::string published = what == "good" || what == "doubt" ? "true"
                                  : what == "miss"                  ? "false"
                                                                    : "NULL";
    const std::string official = what == "good"                      ? "true"
                                 : what == "doubt" || what == "miss" ? "false"
                                                                     : "NULL";
    must(root.exec("UPDATE checks SET finished_at = " + day(at) +
                   " WHERE finished_at IS NULL AND contact_id = " + id()));
    must(root.exec(
        "WITH k AS (INSERT INTO checks (contact_id, finished_at, attempt) VALUES (" + id() + ", " + day(at) +
        ", 1) RETURNING check_id) INSERT INTO reports (check_id, attempt, contact_id, outcome, "
        "url, fetched_at, published, "
        "official, evidence, reasons, body_sha256, verifier, domain, created_at) SELECT check_id, 1, " +
        id() + ", '" + (read ? "ok" : what) + "', 'https://norte.example/', now(), " + published + ", " +
        official + ", '[]', '[]', sha256('x'), 'v', nullif('" + domain + "', ''), " + day(at) + " FROM k"));
  }

  // What the clerk moves at that time, as "from>to".
  std::string moves(double at) {
    const auto rows = must(clerk.query("SELECT from_state, to_state FROM portavoz.move_by_time(" + day(at) +
                                       ", 0, 100) WHERE to_state IS NOT NULL"));
    return rows.size() == 0
               ? ""
               : std::string(rows.text(0, "from_state")) + ">" + std::string(rows.text(0, "to_state"));
  }

  // The mail that waits, as "kind:recipient" in its order.
  std::string told() {
    return value(
        root,
        "SELECT coalesce(string_agg(kind || ':' || recipient, ' ' ORDER BY outbox_id), '') FROM outbox");
  }

  // Days from then until the open check is due.
  double due_in(double at) {
    return std::stod(
        value(root, "SELECT extract(epoch FROM due_at - " + day(at) +
                        ") / 86400 FROM checks WHERE finished_at IS NULL AND contact_id = " + id()));
  }

  pg::Connection clerk;
  std::int64_t contact = 0;
  std::string begun;
};

}  // namespace portavoz::test
