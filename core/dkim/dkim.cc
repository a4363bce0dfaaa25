#include "core/dkim/dkim.h"

namespace portavoz {

std::string_view word(DkimResult result) {
  switch (result) {
    case DkimResult::pass: return "pass";
    case DkimResult::fail: return "fail";
    case DkimResult::unavailable: return "unavailable";
  }
  return "";
}

}  // namespace portavoz
