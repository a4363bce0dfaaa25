#include "adapters/gettext/catalogues.h"

#include <exception>
#include <filesystem>
#include <optional>

#include <boost/locale/gnu_gettext.hpp>
#include <boost/locale/message.hpp>

namespace portavoz {
namespace {

namespace fs = std::filesystem;
namespace gettext = boost::locale::gnu_gettext;
using Messages = boost::locale::message_format<char>;

constexpr const char* domain_name = "portavoz";

std::locale load(const std::string& directory, const std::string& language) {
  gettext::messages_info wanted;
  wanted.language = language;
  wanted.encoding = "UTF-8";
  wanted.paths = {directory};
  wanted.domains = {gettext::messages_info::domain(domain_name)};
  return {std::locale::classic(), gettext::create_messages_facet<char>(wanted)};
}

std::optional<std::string> look_up(const std::locale& locale, const std::string& key) {
  const auto& messages = std::use_facet<Messages>(locale);
  const char* text = messages.get(messages.domain(domain_name), nullptr, key.c_str());
  if (text == nullptr) return std::nullopt;
  return text;
}

}  // namespace

Result<Catalogues> Catalogues::open(const std::string& directory) {
  Catalogues catalogues;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(directory, problem)) {
    const auto language = entry.path().filename().string();
    const auto file = entry.path() / "LC_MESSAGES" / (std::string(domain_name) + ".mo");
    if (!fs::exists(file, problem)) continue;
    try {
      catalogues.locales_.emplace(language, load(directory, language));
    } catch (const std::exception& broken) {
      return Error{ErrorKind::bad_input, file.string() + " is no wording catalogue (" + broken.what() +
                                             "); install it anew, or set `wording:` to another directory"};
    }
  }
  if (!catalogues.locales_.contains("en"))
    return Error{ErrorKind::unavailable, "no wording in " + directory +
                                             ": en/LC_MESSAGES/portavoz.mo is missing; set `wording:` "
                                             "to the directory where the catalogues were installed"};
  return catalogues;
}

std::string Catalogues::text(std::string_view language, std::string_view key) const {
  const std::string wanted(key);
  const auto locale = locales_.find(language);
  if (locale != locales_.end())
    if (auto found = look_up(locale->second, wanted)) return *found;
  return look_up(locales_.at("en"), wanted).value_or(wanted);
}

std::vector<std::string> Catalogues::languages() const {
  std::vector<std::string> names;
  for (const auto& [language, locale] : locales_) names.push_back(language);
  return names;
}

}  // namespace portavoz
