// Folding a script's constants is bounded, whatever the script says; so is every coding that is undone.
#include "core/base/text.h"
#include "core/evidence/decode.h"
#include "core/evidence/script_text.h"
#include "core/evidence/spelling.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  std::size_t all = 0;
  for (const ScriptText& each : script_texts(text)) all += each.text.size();
  must(all <= (std::size_t{64} << 20U), "the texts of a script are bounded");
  must(percent_decoded(text).size() <= text.size(), "percent-encoding only shrinks");
  must(references_resolved(text).size() <= text.size(), "references only shrink");
  must(rot13(rot13(text)) == text, "rot13 undoes itself");
  must(reversed(text).size() == text.size(), "turned around it is as long");
  must(shifted(shifted(text, 7), -7) == text, "moving back undoes moving");
  static const MailAddress address = *MailAddress::parse("a@b.example");
  if (is_utf8(text))
    for (const Spelling& spelled : spellings(text, address, Lexicon::built_in()))
      must(spelled.start < spelled.end && spelled.end <= text.size(), "a spelling stands inside of its text");
  return 0;
}
