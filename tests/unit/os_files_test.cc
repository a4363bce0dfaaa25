#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/os/files.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

TEST_CASE("a file is read whole, up to the bound", "[os]") {
  const TempDir dir;
  const std::string octets = std::string("a\0b", 3) + std::string(200000, 'x');
  test::write_all(dir / "file", octets);
  CHECK(read_file(dir / "file", octets.size()).value() == octets);
  const auto larger = read_file(dir / "file", octets.size() - 1);
  REQUIRE_FALSE(larger);
  CHECK(larger.error().kind == ErrorKind::bad_input);
  test::write_all(dir / "empty", "");
  CHECK(read_file(dir / "empty", 0).value().empty());
}

TEST_CASE("what cannot be read says what and why", "[os]") {
  const TempDir dir;
  const auto absent = read_file(dir / "absent", 10);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == ErrorKind::not_found);
  CHECK(absent.error().what == "cannot open " + (dir / "absent") + ": No such file or directory");
  CHECK(read_file(dir.path(), 10).error().kind == ErrorKind::bad_input);
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(read_file(dir / "fifo", 10).error().kind == ErrorKind::bad_input);
}

TEST_CASE("an atomic write replaces the file with the exact mode and leaves nothing else behind", "[os]") {
  const TempDir dir;
  REQUIRE(write_file_atomic(dir / "file", "old", 0644));
  REQUIRE(write_file_atomic(dir / "file", "new", 0400));
  CHECK(test::read_all(dir / "file") == "new");
  struct stat about = {};
  REQUIRE(::stat((dir / "file").c_str(), &about) == 0);
  CHECK((about.st_mode & 07777U) == 0400U);
  CHECK(test::entries(dir.path()) == 1);
}

TEST_CASE("an atomic write that fails leaves the old file and no temporary one", "[os]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "target");
  test::write_all(dir / "target/inside", "x");
  CHECK_FALSE(write_file_atomic(dir / "target", "new", 0600));  // a directory cannot be replaced by a file
  CHECK(test::entries(dir.path()) == 1);
  CHECK_FALSE(write_file_atomic(dir / "nowhere/file", "new", 0600));
}

TEST_CASE("a process that is killed while it writes leaves a temporary file that tells what it was to become",
          "[os]") {
  const TempDir dir;
  const std::string path = dir / "file.gz";
  const std::string octets(100'000, 'x');
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_DFL);
    const rlimit bound{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &bound);
    static_cast<void>(write_file_atomic(path, octets, 0600));
    std::_Exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ));
  REQUIRE(test::entries(dir.path()) == 1);
  const std::string left = std::filesystem::directory_iterator(dir.path())->path().string();
  CHECK(file_of_temporary(left) == path);
  for (const char* other : {"file.gz", "file.gz.part", "file.gz.abc.part", "file.gz.AbC12-.part",
                            "file.gz.AbC123", ".AbC123.part", ".part", ""})
    CHECK_FALSE(file_of_temporary(other));
}

TEST_CASE("directories are made with their parents, and twice is once", "[os]") {
  const TempDir dir;
  REQUIRE(make_directories(dir / "a/b//c/", 0750));
  REQUIRE(make_directories(dir / "a/b/c", 0750));
  CHECK(std::filesystem::is_directory(dir / "a/b/c"));
  test::write_all(dir / "file", "");
  CHECK(make_directories(dir / "file", 0750).error().kind == ErrorKind::conflict);
  CHECK_FALSE(make_directories(dir / "file/below", 0750));
}

TEST_CASE("a file that was touched is younger than what was written just before, and a removed one is gone") {
  const TempDir directory;
  for (int round = 0; round < 50; ++round) {
    REQUIRE(write_file_atomic(directory / "first", "1", 0600));
    REQUIRE(write_file_atomic(directory / "second", "2", 0600));
    REQUIRE(touch_file(directory / "first"));
    CHECK(file_version(directory / "first").value().modified_ns >
          file_version(directory / "second").value().modified_ns);
  }
  REQUIRE(remove_file(directory / "first"));
  CHECK(remove_file(directory / "first").error().kind == ErrorKind::not_found);
  CHECK(touch_file(directory / "first").error().kind == ErrorKind::not_found);
}
