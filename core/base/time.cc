#include "core/base/time.h"

#include <array>

namespace portavoz {
namespace {

// Writes the number over the digits of `text` from `at`.
void put(std::string& text, std::size_t at, int number, int digits = 2) {
  for (int left = digits; left > 0; --left, number /= 10)
    text[at + static_cast<std::size_t>(left) - 1] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::string to_rfc3339(Instant time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const int year = static_cast<int>(date.year());
  std::string text = year > 9999 ? std::to_string(year) : "0000";
  if (year <= 9999) put(text, 0, year, 4);
  const std::size_t after = text.size();
  text += "-00-00T00:00:00Z";
  put(text, after + 1, static_cast<int>(static_cast<unsigned>(date.month())));
  put(text, after + 4, static_cast<int>(static_cast<unsigned>(date.day())));
  put(text, after + 7, static_cast<int>(clock.hours().count()));
  put(text, after + 10, static_cast<int>(clock.minutes().count()));
  put(text, after + 13, static_cast<int>(clock.seconds().count()));
  return text;
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  if (text.size() != form.size()) return std::nullopt;
  std::array<int, 6> numbers{};  // year, month, day, hour, minute, second
  std::size_t number = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] != '0') {
      if (text[i] != form[i]) return std::nullopt;
      ++number;
    } else if (text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    } else {
      numbers.at(number) = numbers.at(number) * 10 + (text[i] - '0');
    }
  }
  const auto [year, month, day, hour, minute, second] = numbers;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         Seconds(second);
}

}  // namespace portavoz
