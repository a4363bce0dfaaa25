// Rows: what a query brought back, read by row number and column name. Values travel as text.
//
// A column that the query does not have, a row beyond the end, or a value that is not of the type asked for
// is a mistake in our own query and throws std::logic_error: views and functions of the register fix names
// and types. Threads: an immutable value after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace portavoz::pg {

void release(pg_result* result) noexcept;

struct ReleaseResult {
  void operator()(pg_result* result) const noexcept { release(result); }
};
using PgResult = std::unique_ptr<pg_result, ReleaseResult>;

class Rows {
 public:
  explicit Rows(PgResult result) : result_(std::move(result)) {}

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] bool is_null(std::size_t row, const char* column) const;

  // Valid as long as these Rows. NULL reads as an empty text.
  [[nodiscard]] std::string_view text(std::size_t row, const char* column) const;
  // Precondition of the following: not NULL.
  [[nodiscard]] std::int64_t integer(std::size_t row, const char* column) const;
  [[nodiscard]] bool boolean(std::size_t row, const char* column) const;
  // A text[] of one dimension. A NULL element reads as an empty text, a NULL array as no elements.
  [[nodiscard]] std::vector<std::string> text_array(std::size_t row, const char* column) const;

 private:
  [[nodiscard]] int column_number(std::size_t row, const char* column) const;
  PgResult result_;
};

// A text[] as a parameter: array_literal({"a", "b c"}) is {"a","b c"}.
[[nodiscard]] std::string array_literal(const std::vector<std::string>& elements);

}  // namespace portavoz::pg
