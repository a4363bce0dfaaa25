// robots.txt: the first octet is the length of a target, then come the target and the file. Whatever a site
// writes: the file itself may always be read, the pause is bounded, and the rules of one file give one
// answer.
#include <algorithm>

#include "core/crawl/robots.h"
#include "tests/fuzz/must.h"

using namespace portavoz;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = text_of(data, size);
  const std::size_t length = text.empty() ? 0 : std::min<std::size_t>(data[0], text.size() - 1);
  const std::string target = "/" + std::string(text.substr(std::min<std::size_t>(1, size), length));
  const auto file = text.substr(std::min(length + 1, size));
  const Robots robots = Robots::parse(file);
  must(robots.crawl_delay() >= Millis(0) && robots.crawl_delay() <= longest_crawl_delay,
       "the pause is bounded");
  must(robots.allows("/robots.txt"), "the file itself may be read");
  const bool allowed = robots.allows(target);
  must(Robots::parse("\xEF\xBB\xBF" + std::string(file)).allows(target) == allowed ||
           file.starts_with("\xEF\xBB\xBF"),
       "a byte order mark means nothing");
  const std::string all = "User-agent: *\nDisallow: /\nUser-agent: portavoz\nAllow: " + target;
  if (target.find_first_of("#*$\r\n") == std::string::npos)
    must(Robots::parse(all).allows(target), "our own group goes before that of all");
  return 0;
}
