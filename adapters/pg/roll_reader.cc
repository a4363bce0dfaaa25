#include "adapters/pg/roll_reader.h"

#include <string>
#include <utility>

#include "core/base/text.h"

namespace portavoz {
namespace {

GuardedList list_in(const pg::Rows& rows, std::size_t row) {
  GuardedList list;
  list.id = rows.integer(row, "list_id");
  list.posting_address = rows.text(row, "posting_address");
  list.languages = rows.text_array(row, "languages");
  list.admin_address = rows.text(row, "admin_address");
  list.addresses = rows.text_array(row, "addresses");
  list.holds_unproven = rows.boolean(row, "holds_unproven");
  return list;
}

RollContact contact_in(const pg::Rows& rows, std::size_t row) {
  RollContact contact;
  contact.list_id = rows.integer(row, "list_id");
  contact.designation.contact_id = rows.integer(row, "contact_id");
  contact.designation.decision_id = rows.integer(row, "decision_id");
  contact.designation.assembly = rows.text(row, "assembly");
  contact.designation.address = rows.text(row, "address");
  contact.designation.proof = {rows.text_array(row, "logins"), rows.text_array(row, "signing_domains"),
                               rows.boolean(row, "spf"), rows.boolean(row, "shared")};
  contact.designation.domain_gone = rows.boolean(row, "domain_gone");
  return contact;
}

RollMark mark_in(const pg::Rows& rows, std::size_t row) {
  return {rows.integer(row, "list_id"), std::string(rows.text(row, "mark"))};
}

const std::string contact_columns =
    "list_id, contact_id, decision_id, assembly, address, logins, signing_domains, spf, shared, domain_gone";

template <typename Row, typename Read>
std::vector<Row> all_in(const pg::Rows& rows, const Read& read) {
  std::vector<Row> all;
  all.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) all.push_back(read(rows, row));
  return all;
}

// Keys as the two arrays that a query unnests side by side.
std::vector<pg::Connection::Param> key_arrays(const std::vector<RollKey>& keys) {
  std::vector<std::string> lists;
  std::vector<std::string> texts;
  for (const RollKey& key : keys) {
    lists.push_back(std::to_string(key.list_id));
    texts.push_back(key.text);
  }
  return {pg::array_literal(lists), pg::array_literal(texts)};
}

// The rows of a view at those keys, each by the view's index: OFFSET 0 keeps the planner from reading all of
// it.
std::string at_keys(const std::string& columns, const std::string& view, const std::string& text_column) {
  return "SELECT r.* FROM unnest($1::bigint[], $2::text[]) AS k (list_id, text) CROSS JOIN LATERAL (SELECT " +
         columns + " FROM portavoz." + view + " AS v WHERE v.list_id = k.list_id AND v." + text_column +
         " = k.text OFFSET 0) AS r";
}

// So many rows are in memory at a time.
const std::string handful = "5000";

Error not_of_form(const std::string& what) {
  return {ErrorKind::unavailable, what + "; the roll stays as it is"};
}

}  // namespace

Result<std::unique_ptr<RollReader>> RollReader::begin(pg::Connection& connection) {
  if (auto begun = connection.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun)
    return begun.error();
  std::unique_ptr<RollReader> reader(new RollReader(connection));
  const auto rows = connection.query("SELECT source, snapshot, pruned FROM portavoz.roll_state()");
  if (!rows) return rows.error();
  RegisterState& state = reader->state_;
  state.position = {std::string(rows->text(0, "source")), std::string(rows->text(0, "snapshot"))};
  if (!rows->is_null(0, "pruned")) state.pruned = static_cast<std::uint64_t>(rows->integer(0, "pruned"));
  return reader;
}

RollReader::~RollReader() {
  (void)connection_.exec("ROLLBACK");  // it wrote nothing; a connection that is lost says so when it is used
}

Result<std::vector<RollChangeEntry>> RollReader::changes_since(const RollPosition& position) {
  const auto rows = connection_.query("SELECT part, list_id, key FROM portavoz.roll_changes_since($1, $2)",
                                      {position.snapshot, std::to_string(most_changes + 1)});
  if (!rows) return rows.error();
  return all_in<RollChangeEntry>(*rows, [](const pg::Rows& all, std::size_t row) {
    RollChangeEntry entry{std::string(all.text(row, "part")), 0, std::string(all.text(row, "key"))};
    if (!all.is_null(row, "list_id")) entry.list_id = all.integer(row, "list_id");
    return entry;
  });
}

Result<RollUpdate> RollReader::read(const ChangedParts& parts) {
  RollUpdate update;
  if (parts.lists) {
    auto all = lists();
    if (!all) return all.error();
    update.lists = std::move(*all);
  }
  if (parts.seal_keys) {
    auto all = seal_keys();
    if (!all) return all.error();
    update.seal_keys = std::move(*all);
  }
  if (!parts.contacts.empty()) {
    const auto rows =
        connection_.query(at_keys(contact_columns, "roll_contacts", "address"), key_arrays(parts.contacts));
    if (!rows) return rows.error();
    update.contact_keys = parts.contacts;
    update.contacts = all_in<RollContact>(*rows, contact_in);
  }
  if (!parts.marks.empty()) {
    const auto rows =
        connection_.query(at_keys("list_id, mark", "roll_marks", "mark"), key_arrays(parts.marks));
    if (!rows) return rows.error();
    update.mark_keys = parts.marks;
    update.marks = all_in<RollMark>(*rows, mark_in);
  }
  return update;
}

Result<std::size_t> RollReader::contact_count() {
  const auto rows = connection_.query("SELECT count(*) AS contacts FROM portavoz.roll_contacts");
  if (!rows) return rows.error();
  return static_cast<std::size_t>(rows->integer(0, "contacts"));
}

Result<std::vector<GuardedList>> RollReader::lists() {
  const auto rows = connection_.query(
      "SELECT list_id, posting_address, addresses, languages, admin_address, holds_unproven "
      "FROM portavoz.roll_lists ORDER BY list_id");  // the order makes one roll of one register
  if (!rows) return rows.error();
  return all_in<GuardedList>(*rows, list_in);
}

Result<std::vector<RollSealKey>> RollReader::seal_keys() {
  const auto rows =
      connection_.query("SELECT key_id, public_key FROM portavoz.roll_seal_keys ORDER BY key_id");
  if (!rows) return rows.error();
  std::vector<RollSealKey> keys;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    auto public_key = from_hex(rows->text(row, "public_key"));
    if (!public_key)
      return not_of_form("the register's public key of the seal key " +
                         std::string(rows->text(row, "key_id")) + " is not hexadecimal");
    keys.push_back({std::string(rows->text(row, "key_id")), std::move(*public_key)});
  }
  return keys;
}

Result<pg::Rows> RollReader::more(const std::string& cursor, const std::string& query, bool& declared) {
  if (!declared)
    if (auto made = connection_.exec("DECLARE " + cursor + " NO SCROLL CURSOR FOR " + query); !made)
      return made.error();
  declared = true;
  return connection_.query("FETCH " + handful + " FROM " + cursor);
}

Result<std::vector<RollContact>> RollReader::more_contacts() {
  const auto rows = more(
      "all_contacts",
      "SELECT " + contact_columns + R"( FROM portavoz.roll_contacts ORDER BY list_id, address COLLATE "C")",
      contacts_declared_);
  if (!rows) return rows.error();
  return all_in<RollContact>(*rows, contact_in);
}

Result<std::vector<RollMark>> RollReader::more_marks() {
  const auto rows =
      more("all_marks", R"(SELECT list_id, mark FROM portavoz.roll_marks ORDER BY list_id, mark COLLATE "C")",
           marks_declared_);
  if (!rows) return rows.error();
  return all_in<RollMark>(*rows, mark_in);
}

}  // namespace portavoz
