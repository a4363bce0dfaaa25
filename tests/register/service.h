// One of our programs as a process of its own, with a configuration file.
#pragma once

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/os/process.h"
#include "tests/lib/temp_dir.h"
#include "tests/register/cluster.h"

namespace portavoz::test {

class Service {
 public:
  explicit Service(std::string program) : program_(std::move(program)) {
    std::filesystem::create_directories(dir_ / ("run/" + program_.substr(program_.rfind('/') + 1)));
  }
  ~Service() {
    if (pid_ > 0) stop(SIGKILL);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  Service(Service&&) = delete;
  Service& operator=(Service&&) = delete;

  // What it says of itself stands below run/ in its directory.
  void configure(const std::string& text) const {
    write_all(dir_ / "portavoz.yaml", "run: " + (dir_ / "run") + "\n" + text);
  }
  [[nodiscard]] const TempDir& directory() const { return dir_; }

  [[nodiscard]] Ended run(const std::vector<std::string>& words) const {
    Command command;
    command.argv = {program_, "--config", dir_ / "portavoz.yaml"};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    return must(portavoz::run(command));
  }

  void start() {
    int log[2];
    REQUIRE(::pipe2(log, O_CLOEXEC) == 0);
    const std::string config = dir_ / "portavoz.yaml";
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(log[1], STDERR_FILENO);
      ::execl(program_.c_str(), program_.c_str(), "--config", config.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(log[1]);
    log_ = ::fdopen(log[0], "r");
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // Reads its log to the line that holds these words.
  void says(const std::string& words) {
    char line[1024];
    while (std::fgets(line, sizeof line, log_) != nullptr)
      if (std::string(line).find(words) != std::string::npos) return;
    FAIL("it ended and did not say: " + words);
  }

  // The exit status, or minus the signal.
  int stop(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    std::fclose(log_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  TempDir dir_;
  std::string program_;
  pid_t pid_ = 0;
  std::FILE* log_ = nullptr;
};

}  // namespace portavoz::test
