#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/yaml/settings_file.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const fs::path bad_configs = fs::path(PORTAVOZ_SOURCE_DIR) / "tests/bad_configs";

}  // namespace

TEST_CASE("every broken configuration is refused for its own reason, each mistake at its place") {
  int seen = 0;
  for (const auto& directory : fs::directory_iterator(bad_configs)) {
    DYNAMIC_SECTION(directory.path().filename().string()) {
      const auto settings = load_settings((directory.path() / "portavoz.yaml").string());
      REQUIRE_FALSE(settings);
      CHECK(settings.error().kind == ErrorKind::bad_input);
      std::string said = settings.error().what + "\n";
      for (std::size_t at = 0; (at = said.find(directory.path().string() + "/")) != std::string::npos;)
        said.erase(at, directory.path().string().size() + 1);
      CHECK(said == contents(directory.path() / "expected-error"));
    }
    ++seen;
  }
  CHECK(seen >= 8);
}

TEST_CASE("the commented example configuration says nothing but the defaults") {
  const auto example = load_settings(PORTAVOZ_SOURCE_DIR "/deploy/etc/portavoz/portavoz.yaml");
  if (!example) FAIL(example.error().what);
  CHECK(example->roll.max_age == Settings().roll.max_age);
  CHECK(example->door.held_max_bytes == Settings().door.held_max_bytes);
  CHECK(example->door.seal_lifetime == Settings().door.seal_lifetime);
}

TEST_CASE("register: none stands in the place of a register") {
  const portavoz::test::TempDir dir;
  for (const auto& [text, none] : {std::pair("register: none\n", true), std::pair("register:\n", false),
                                   std::pair("register:\n  dsn: none\n", false), std::pair("", false)}) {
    CAPTURE(text);
    portavoz::test::write_all(dir / "portavoz.yaml", text);
    const auto settings = load_settings(dir / "portavoz.yaml");
    REQUIRE(settings);
    CHECK(settings->database.none == none);
    CHECK((describe(*settings).find("register = none\n") == 0) == none);
    CHECK((describe(*settings).find("register.dsn = ") == 0) == !none);
  }
}

TEST_CASE("a configuration that is not there is not a broken one") {
  const auto settings = load_settings("/nonexistent/portavoz.yaml");
  REQUIRE_FALSE(settings);
  CHECK(settings.error().kind == ErrorKind::unavailable);
  CHECK(settings.error().what.find("/nonexistent/portavoz.yaml") != std::string::npos);
}
