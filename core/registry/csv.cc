#include "core/registry/csv.h"

#include <algorithm>

#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr char quote = '"';

Error mistake(const std::string& what) { return {ErrorKind::bad_input, what}; }

std::string_view without_blanks_before(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

// Takes a quoted cell off the front of `rest`, which begins with a quotation mark.
Result<std::string> take_quoted(std::string_view& rest) {
  std::string cell;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] != quote) {
      cell += rest[at];
    } else if (at + 1 < rest.size() && rest[at + 1] == quote) {
      cell += rest[++at];
    } else {
      rest = without_blanks_before(rest.substr(at + 1));
      if (rest.empty() || rest.front() == ',') return cell;
      return mistake("something stands behind the quotation mark that ends a cell; only a comma may");
    }
  }
  return mistake("a cell in quotation marks does not end on its line; write the second mark");
}

Result<std::string> take_plain(std::string_view& rest) {
  const auto end = std::min(rest.find(','), rest.size());
  const std::string cell(trim(rest.substr(0, end)));
  rest.remove_prefix(end);
  if (cell.find(quote) == std::string::npos) return cell;
  return mistake(
      "a quotation mark stands inside a cell; put the whole cell in marks, and write this one twice");
}

std::string written(const std::string& cell) {
  if (cell.find_first_of(",\"") == std::string::npos) return cell;
  std::string out(1, quote);
  for (const char c : cell) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

}  // namespace

Result<std::vector<std::string>> read_csv_line(std::string_view line) {
  std::vector<std::string> cells;
  for (std::string_view rest = line;;) {
    rest = without_blanks_before(rest);
    auto cell = !rest.empty() && rest.front() == quote ? take_quoted(rest) : take_plain(rest);
    if (!cell) return cell.error();
    cells.emplace_back(trim(*cell));
    if (rest.empty()) return cells;
    rest.remove_prefix(1);  // the comma
  }
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::vector<std::string> all;
  for (const std::string& cell : cells) all.push_back(written(cell));
  return join(all, ",");
}

}  // namespace portavoz
