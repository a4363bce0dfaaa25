#include "core/policy/marks.h"

#include <algorithm>

#include "core/base/sha256.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

std::string mark(const std::string& kind, const std::string& domain, const std::string& octets,
                 const std::string& more) {
  return to_hex(sha256(kind + "\n" + domain + "\n" + to_hex(octets) + "\n" + more)).substr(0, 32);
}

bool signs(const DkimSignature& signature, std::string_view name) {
  return std::find(signature.signed_names.begin(), signature.signed_names.end(), name) !=
         signature.signed_names.end();
}

}  // namespace

std::vector<std::string> marks_of(const std::vector<DkimSignature>& signatures,
                                  const std::vector<Field>& fields) {
  const auto ids = field_values(fields, "Message-ID");
  std::vector<std::string> marks;
  const auto add = [&](std::string made) {
    if (std::find(marks.begin(), marks.end(), made) == marks.end()) marks.push_back(std::move(made));
  };
  for (const DkimSignature& signature : signatures) {
    add(mark("b", signature.domain, signature.signature, ""));
    if (ids.size() == 1 && signs(signature, "message-id"))
      add(mark("id", signature.domain, signature.body_hash, std::string(trim(ids.front()))));
  }
  return marks;
}

}  // namespace portavoz
