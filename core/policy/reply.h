// The SMTP reply to a refused post: code, enhanced code, and lines that tell the sender what happened, to
// what, and what to do, in each of the list's languages.
//
// Lines are printable ASCII (RFC 5321 §4.2.1), and with "550-5.7.26 " before and CRLF behind at most 512
// octets (§4.5.3.1.5). They are plain text: whoever hands them to an API that formats doubles the '%' there.
// Threads: pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/decide.h"

namespace portavoz {

// The wording in a person's language; adapters/gettext reads it from the catalogues.
class Wording {
 public:
  virtual ~Wording() = default;
  // The text of the key in that language. A key that the catalogue lacks comes back as the English text, so
  // that a sender is never shown a bare key.
  [[nodiscard]] virtual std::string text(std::string_view language, std::string_view key) const = 0;
};

// The texts of replies in each language, turned into ASCII once, because that costs more than all else that a
// refusal costs.
class ReplyTexts {
 public:
  // English must be among the languages: it stands in for those that are not.
  ReplyTexts(const Wording& wording, const std::vector<std::string>& languages);

  [[nodiscard]] const std::string& of(std::string_view language, Rule rule) const;
  [[nodiscard]] const std::string& ask_admins(std::string_view language) const;

 private:
  struct Language {
    std::vector<std::string> rules;  // in the order of Rule
    std::string ask_admins;
  };
  [[nodiscard]] const Language& in(std::string_view language) const;

  std::map<std::string, Language, std::less<>> languages_;
};

struct Reply {
  std::string code;
  std::string enhanced;
  std::vector<std::string> lines;  // one to twenty
};

// The reply for a verdict whose answer is reject or tempfail.
[[nodiscard]] Reply compose_reply(const Verdict& verdict, const ReplyTexts& texts);

struct Value {
  std::string_view name;
  std::string text;
};

// The text with each {name} replaced by its value; an unknown name stays as it stands.
[[nodiscard]] std::string fill(std::string_view text, std::span<const Value> values);

}  // namespace portavoz
