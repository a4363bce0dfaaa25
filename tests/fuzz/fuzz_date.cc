// Dates: what is read is a time of our calendar, and written plainly it is read as the same time.
#include "core/mail/date.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

namespace {

std::string plainly(Instant time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto month = months.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3);
  const std::string rfc3339 = to_rfc3339(time);  // 2026-11-22T09:00:00Z
  return rfc3339.substr(8, 2) + " " + std::string(month) + " " + rfc3339.substr(0, 4) + " " +
         rfc3339.substr(11, 8) + " +0000";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto time = parse_date(text_of(data, size));
  if (!time) return 0;
  const std::string text = to_rfc3339(*time);
  // A zone may move the last and the first days that a Date can name past them.
  if (text < "1900-01-01" || text.size() != std::string_view("2026-11-22T09:00:00Z").size()) return 0;
  must(parse_date(plainly(*time)) == time, "a time written plainly is itself");
  return 0;
}
