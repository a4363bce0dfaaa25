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

// The rows of the four views; the order makes one roll of one register.
Result<RollContents> read_views(pg::Connection& connection) {
  RollContents contents;
  const auto lists = connection.query(
      "SELECT list_id, posting_address, addresses, languages, admin_address, holds_unproven "
      "FROM portavoz.roll_lists ORDER BY list_id");
  if (!lists) return lists.error();
  for (std::size_t row = 0; row < lists->size(); ++row) contents.lists.push_back(list_in(*lists, row));

  const auto contacts = connection.query(
      "SELECT list_id, contact_id, decision_id, assembly, address, logins, signing_domains, spf, shared, "
      "domain_gone "
      "FROM portavoz.roll_contacts ORDER BY contact_id");
  if (!contacts) return contacts.error();
  for (std::size_t row = 0; row < contacts->size(); ++row)
    contents.contacts.push_back(contact_in(*contacts, row));

  const auto marks = connection.query("SELECT list_id, mark FROM portavoz.roll_marks");
  if (!marks) return marks.error();
  for (std::size_t row = 0; row < marks->size(); ++row)
    contents.marks.push_back({marks->integer(row, "list_id"), std::string(marks->text(row, "mark"))});

  const auto keys =
      connection.query("SELECT key_id, public_key FROM portavoz.roll_seal_keys ORDER BY key_id");
  if (!keys) return keys.error();
  for (std::size_t row = 0; row < keys->size(); ++row) {
    auto public_key = from_hex(keys->text(row, "public_key"));
    if (!public_key)
      return Error{ErrorKind::unavailable, "the register's public key of the seal key " +
                                               std::string(keys->text(row, "key_id")) +
                                               " is not hexadecimal; the roll stays as it is"};
    contents.seal_keys.push_back({std::string(keys->text(row, "key_id")), std::move(*public_key)});
  }
  return contents;
}

}  // namespace

Result<RollContents> read_roll(pg::Connection& connection, Instant heard) {
  if (auto begun = connection.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun)
    return begun.error();
  auto contents = read_views(connection);
  const auto ended = connection.exec("COMMIT");
  if (!contents) return contents;
  if (!ended) return ended.error();
  contents->last_word = heard;
  return contents;
}

}  // namespace portavoz
