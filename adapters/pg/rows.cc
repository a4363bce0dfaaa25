#include "adapters/pg/rows.h"

#include <charconv>
#include <stdexcept>
#include <utility>

#include <libpq-fe.h>

namespace portavoz::pg {

namespace {

// One element of an array's text form, which begins at `at`; leaves `at` behind it. PostgreSQL quotes an
// element that holds braces, commas, quotes, backslashes or blanks, or that spells NULL, with backslash as
// the escape.
std::string array_element(std::string_view array, std::size_t& at) {
  std::string element;
  const bool quoted = array.at(at) == '"';
  if (quoted) ++at;
  while (quoted ? array.at(at) != '"' : array.at(at) != ',' && array.at(at) != '}') {
    if (array.at(at) == '\\') ++at;
    element += array.at(at++);
  }
  if (quoted) ++at;
  return !quoted && element == "NULL" ? std::string() : element;
}

}  // namespace

void release(pg_result* result) noexcept { PQclear(result); }

std::size_t Rows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }

int Rows::column_number(std::size_t row, const char* column) const {
  const int number = PQfnumber(result_.get(), column);
  if (number < 0) throw std::logic_error(std::string("the query has no column ") + column);
  if (row >= size()) throw std::logic_error(std::string("no such row when reading ") + column);
  return number;
}

bool Rows::is_null(std::size_t row, const char* column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column_number(row, column)) != 0;
}

std::string_view Rows::text(std::size_t row, const char* column) const {
  const int number = column_number(row, column);
  return {PQgetvalue(result_.get(), static_cast<int>(row), number),
          static_cast<std::size_t>(PQgetlength(result_.get(), static_cast<int>(row), number))};
}

std::int64_t Rows::integer(std::size_t row, const char* column) const {
  const std::string_view value = text(row, column);
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || problem != std::errc() || end != value.data() + value.size())
    throw std::logic_error(std::string("not an integer: ") + column);
  return number;
}

bool Rows::boolean(std::size_t row, const char* column) const {
  const std::string_view value = text(row, column);
  if (value != "t" && value != "f") throw std::logic_error(std::string("not a boolean: ") + column);
  return value == "t";
}

std::vector<std::string> Rows::text_array(std::size_t row, const char* column) const {
  const std::string_view array = text(row, column);
  std::vector<std::string> elements;
  if (array.empty() || array == "{}") return elements;
  if (array.front() != '{' || array.back() != '}' || array.starts_with("{{"))
    throw std::logic_error(std::string("not an array of one dimension: ") + column);
  std::size_t at = 1;
  elements.push_back(array_element(array, at));
  while (array.at(at) == ',') elements.push_back(array_element(array, ++at));
  return elements;
}

std::string array_literal(const std::vector<std::string>& elements) {
  std::string literal = "{";
  for (const std::string& element : elements) {
    if (literal.size() > 1) literal += ',';
    literal += '"';
    for (const char c : element) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + '}';
}

}  // namespace portavoz::pg
