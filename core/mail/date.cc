#include "core/mail/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "core/base/text.h"
#include "core/mail/field_lexer.h"

namespace portavoz {
namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};

struct NamedZone {
  std::string_view name;
  int hours;
};
// RFC 5322 §4.3 obs-zone; the others count as -0000, military letters among them.
constexpr std::array<NamedZone, 10> named_zones{{{"ut", 0},
                                                 {"gmt", 0},
                                                 {"est", -5},
                                                 {"edt", -4},
                                                 {"cst", -6},
                                                 {"cdt", -5},
                                                 {"mst", -7},
                                                 {"mdt", -6},
                                                 {"pst", -8},
                                                 {"pdt", -7}}};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_digit);
}

bool all_letters(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_ascii_alpha);
}

std::optional<int> number(std::string_view text, std::size_t min_digits, std::size_t max_digits) {
  if (!all_digits(text) || text.size() < min_digits || text.size() > max_digits) return std::nullopt;
  const auto value = parse_decimal(text);
  return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

std::optional<int> year_number(std::string_view text) {
  const auto year = number(text, 2, 4);
  if (!year) return std::nullopt;
  if (text.size() == 2) return *year < 50 ? *year + 2000 : *year + 1900;  // RFC 5322 §4.3
  if (text.size() == 3) return *year + 1900;
  return *year < 1900 ? std::nullopt : year;  // RFC 5322 §3.3
}

std::optional<unsigned> month_number(std::string_view text) {
  const auto* const found = std::find(month_names.begin(), month_names.end(), ascii_lower(text));
  if (found == month_names.end()) return std::nullopt;
  return static_cast<unsigned>(found - month_names.begin()) + 1;
}

std::optional<minutes> numeric_zone(std::string_view text) {  // RFC 5322 §3.3: (+ / -) HHMM
  const auto digits = number(text.substr(1), 4, 4);
  if (!digits || *digits % 100 > 59) return std::nullopt;
  const minutes offset = std::chrono::hours(*digits / 100) + minutes(*digits % 100);
  return text.front() == '-' ? -offset : offset;
}

std::optional<minutes> zone_offset(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.front() == '+' || text.front() == '-') return numeric_zone(text);
  if (!all_letters(text)) return std::nullopt;
  const std::string name = ascii_lower(text);
  for (const NamedZone& zone : named_zones)
    if (zone.name == name) return std::chrono::hours(zone.hours);
  return minutes(0);
}

class DateReader {
 public:
  explicit DateReader(std::string_view value) : lexer_(value) {}

  std::optional<Instant> read() {
    const auto day = take_date();
    if (!day) return std::nullopt;
    const auto time = take_time();
    if (!time) return std::nullopt;
    const auto offset = zone_offset(take_part());
    if (!offset || lexer_.failed() || !lexer_.at_end()) return std::nullopt;
    return Instant(*day) + *time - *offset;
  }

 private:
  // An atom, and the comments and blanks around it.
  std::string take_part() {
    lexer_.skip_cfws();
    std::string part = lexer_.take_atom();
    lexer_.skip_cfws();
    return part;
  }

  std::optional<std::chrono::sys_days> take_date() {
    std::string first = take_part();
    if (lexer_.take(',')) {
      if (std::find(day_names.begin(), day_names.end(), ascii_lower(first)) == day_names.end())
        return std::nullopt;
      first = take_part();
    }
    const auto day = number(first, 1, 2);
    const auto month = month_number(take_part());
    const auto year = year_number(take_part());
    if (!day || !month || !year) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
  }

  std::optional<Seconds> take_time() {
    const auto hour = number(take_part(), 2, 2);
    if (!hour || *hour > 23 || !lexer_.take(':')) return std::nullopt;
    const auto minute = number(take_part(), 2, 2);
    if (!minute || *minute > 59) return std::nullopt;
    int second = 0;
    if (lexer_.take(':')) {
      const auto given = number(take_part(), 2, 2);
      if (!given || *given > 60) return std::nullopt;
      second = *given;
    }
    return std::chrono::hours(*hour) + minutes(*minute) + Seconds(second);
  }

  FieldLexer lexer_;
};

}  // namespace

std::optional<Instant> parse_date(std::string_view value) {
  // Line ends at the very end belong to the message's lines, not to the value.
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.remove_suffix(1);
  return DateReader(value).read();
}

}  // namespace portavoz
