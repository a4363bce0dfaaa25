#include "admin/columns.h"

#include "core/base/text.h"

namespace portavoz::admin {
namespace {

Json value(const pg::Rows& rows, std::size_t row, const Column& column) {
  if (rows.is_null(row, column.name)) return {};
  switch (column.form) {
    case Form::integer: return rows.integer(row, column.name);
    case Form::boolean: return rows.boolean(row, column.name);
    case Form::texts: return rows.text_array(row, column.name);
    case Form::json: return Json::verbatim(text(rows, row, column.name));
    case Form::text:
    case Form::state:
    case Form::time: return text(rows, row, column.name);
  }
  return {};
}

// The members that say something: `reason: they rang; contact_id: 2`.
std::string in_words(const Json::Item& members) {
  std::vector<std::string> said;
  for (const auto& [name, value] : members) {
    if (!value.empty()) said.push_back(std::string(name).append(": ").append(value));
  }
  return join(said, "; ");
}

}  // namespace

std::string select_list(Columns columns) {
  std::string out;
  for (const Column& column : columns) {
    const std::string name = column.name;
    if (!out.empty()) out += ", ";
    out += column.form != Form::time
               ? name
               : "to_char(" + name + R"( AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS )" + name;
  }
  return out;
}

Json json_of(const pg::Rows& rows, std::size_t row, Columns columns) {
  Json out = Json::object();
  for (const Column& column : columns) out.set(column.name, value(rows, row, column));
  return out;
}

Json json_of(const pg::Rows& rows, Columns columns) {
  std::vector<Json> items;
  for (std::size_t row = 0; row < rows.size(); ++row) items.push_back(json_of(rows, row, columns));
  return Json::array(std::move(items));
}

Table table_of(const pg::Rows& rows, Columns columns) {
  Table table;
  for (const Column& column : columns) {
    if (*column.title != '\0') table.titles.emplace_back(column.title);
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::vector<Cell> cells;
    for (const Column& column : columns) {
      if (*column.title == '\0') continue;
      std::string cell = shown(rows, row, column);
      const Style style = column.form == Form::state ? state_style(cell) : Style::plain;
      cells.push_back({std::move(cell), style});
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string shown(const pg::Rows& rows, std::size_t row, const Column& column) {
  if (column.form == Form::boolean) return yes_no(rows, row, column.name);
  if (rows.is_null(row, column.name)) return {};
  switch (column.form) {
    case Form::texts: return join(rows.text_array(row, column.name), " ");
    case Form::time: return shown_time(rows.text(row, column.name));
    case Form::json: return in_words(Json::members_of(text(rows, row, column.name)));
    case Form::text:
    case Form::state:
    case Form::boolean:
    case Form::integer: return text(rows, row, column.name);
  }
  return {};
}

std::string shown_time(std::string_view rfc3339) {
  std::string out(rfc3339.substr(0, 16));
  if (out.size() == 16) out[10] = ' ';
  return out;
}

std::string text(const pg::Rows& rows, std::size_t row, const char* name) {
  return rows.is_null(row, name) ? std::string() : std::string(rows.text(row, name));
}

std::string yes_no(const pg::Rows& rows, std::size_t row, const char* name) {
  if (rows.is_null(row, name)) return "cannot tell";
  return rows.boolean(row, name) ? "yes" : "no";
}

Style state_style(std::string_view state) {
  if (state == "designated" || state == "accept" || state == "approve" || state == "vouch")
    return Style::good;
  if (state == "confirmed" || state == "reported" || state == "lapsing" || state == "tempfail" ||
      state == "hold") {
    return Style::waiting;
  }
  if (state == "suspended" || state == "refused" || state == "reject") return Style::bad;
  return Style::plain;
}

}  // namespace portavoz::admin
