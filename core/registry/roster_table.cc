#include "core/registry/roster_table.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/registry/csv.h"

namespace portavoz {
namespace {

using std::string;
using std::string_view;
using Texts = std::vector<string>;

constexpr std::size_t needed_columns = 3;  // the first ones

bool is_blank(const Texts& cells) {
  return std::all_of(cells.begin(), cells.end(), [](const string& cell) { return cell.empty(); });
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// A day is included, to its end in UTC.
std::optional<Instant> parse_valid_until(const string& text) {
  if (const auto day = parse_rfc3339(text + "T00:00:00Z")) return *day + std::chrono::hours(24);
  return parse_rfc3339(text);
}

class Reader {
 public:
  RosterTable read(string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    int number = 0;
    for (const string& each : split(text, '\n')) {
      string_view line = each;
      if (line.ends_with('\r')) line.remove_suffix(1);
      this->line(++number, line);
      if (header_is_wrong_) break;  // nobody can say what stands in which cell
    }
    return std::move(table_);
  }

 private:
  void problem(int line, string what) { table_.problems.push_back({line, std::move(what)}); }

  void line(int number, string_view line) {
    if (trim(line).empty()) return;
    if (!is_utf8(line)) return problem(number, "the line is not UTF-8; save the file as UTF-8");
    if (std::any_of(line.begin(), line.end(), is_control))
      return problem(number, "a control character stands in the line; take it out");
    const auto cells = read_csv_line(line);
    if (!cells) return problem(number, cells.error().what);
    if (is_blank(*cells)) return;  // as a spreadsheet writes an empty row
    if (line.starts_with('#')) return remark(number, *cells);
    if (header_.empty()) return header(number, *cells);
    row(number, *cells);
  }

  // A mistyped valid-until must not pass for a remark, so there are no remarks.
  void remark(int number, const Texts& cells) {
    constexpr string_view key = "valid-until:";
    const string_view said = trim(string_view(cells.front()).substr(1));
    if (!header_.empty() || table_.valid_until || !said.starts_with(key) ||
        !is_blank({cells.begin() + 1, cells.end()}))
      return problem(number,
                     "a roster has no remarks; one line '# valid-until: 2027-01-31' may stand before the "
                     "columns. Take this one out");
    const string text(trim(said.substr(key.size())));
    table_.valid_until = parse_valid_until(text);
    if (!table_.valid_until)
      problem(number, "valid-until: '" + printable_ascii(text) +
                          "' is neither a day such as 2027-01-31 nor a time such as 2027-01-31T12:00:00Z");
  }

  void header(int number, const Texts& cells) {
    const std::size_t before = table_.problems.size();
    for (const string& cell : cells) column(number, ascii_lower(cell));
    for (std::size_t needed = 0; needed < needed_columns; ++needed)
      if (std::find(header_.begin(), header_.end(), static_cast<RosterColumn>(needed)) == header_.end())
        problem(number, "the column " + string(roster_columns.at(needed)) +
                            " is missing; this line names the columns");
    header_is_wrong_ = table_.problems.size() > before;
  }

  void column(int number, const string& name) {
    const auto found = std::find(roster_columns.begin(), roster_columns.end(), name);
    if (found == roster_columns.end())
      return problem(
          number, "'" + printable_ascii(name) + "' is no column; " +
                      (name.find(';') == string::npos
                           ? "the columns are: " + join({roster_columns.begin(), roster_columns.end()}, ", ")
                           : "save the file with commas between its cells"));
    const auto column = static_cast<RosterColumn>(found - roster_columns.begin());
    if (std::find(header_.begin(), header_.end(), column) != header_.end())
      problem(number, "the column " + name + " stands twice");
    header_.push_back(column);
  }

  void row(int number, const Texts& cells) {
    if (cells.size() != header_.size())
      return problem(number,
                     "the row has " + std::to_string(cells.size()) + " cells, and there are " +
                         std::to_string(header_.size()) +
                         " columns; write every comma, and put a cell with a comma in quotation marks");
    RosterRow row{number, {}};
    for (std::size_t at = 0; at < cells.size(); ++at)
      row.cells.at(static_cast<std::size_t>(header_[at])) = cells[at];
    table_.rows.push_back(std::move(row));
  }

  RosterTable table_;
  std::vector<RosterColumn> header_;
  bool header_is_wrong_ = false;
};

}  // namespace

RosterTable read_roster_table(string_view text) { return Reader().read(text); }

}  // namespace portavoz
