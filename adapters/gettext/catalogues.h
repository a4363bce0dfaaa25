// The wording catalogues (gettext .mo files) of every language, read through Boost.Locale, which needs no
// locale of the system. Keys are words such as `reply.not-designated`; every language, English too, has its
// text in a catalogue. Threads: opened once, then any thread may read.
#pragma once

#include <locale>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/policy/reply.h"

namespace portavoz {

class Catalogues final : public Wording {
 public:
  // Opens DIRECTORY/LANG/LC_MESSAGES/portavoz.mo for each language found there. English must be among them,
  // because it stands in for what another language lacks. Errors: unavailable; bad_input when a file is no
  // catalogue.
  [[nodiscard]] static Result<Catalogues> open(const std::string& directory);

  [[nodiscard]] std::string text(std::string_view language, std::string_view key) const override;
  [[nodiscard]] std::vector<std::string> languages() const;

 private:
  Catalogues() = default;
  std::map<std::string, std::locale, std::less<>> locales_;
};

}  // namespace portavoz
