// The web and DNS server of web_server.py for one test: started at birth, ended by its pid. When the test
// dies, its end of the pipe closes and the server ends by itself. Threads: one test, one thread.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/temp_dir.h"

namespace portavoz::test {

class WebServer {
 public:
  WebServer() {
    int to_server[2];
    int from_server[2];
    if (::pipe2(to_server, O_CLOEXEC) != 0 || ::pipe2(from_server, O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ < 0) std::abort();
    if (pid_ == 0) {
      ::dup2(to_server[0], 0);
      ::dup2(from_server[1], 1);
      ::execl("/usr/bin/python3", "/usr/bin/python3", "-I", PORTAVOZ_SOURCE_DIR "/tests/lib/web_server.py",
              dir_.path().c_str(), nullptr);
      ::_exit(127);
    }
    ::close(to_server[0]);
    ::close(from_server[1]);
    keep_alive_ = to_server[1];
    std::FILE* out = ::fdopen(from_server[0], "r");
    int pid = 0;
    if (out == nullptr ||
        std::fscanf(out, "%d http %d https %d dns %d other %d", &pid, &http, &https, &dns, &other) != 5) {
      std::abort();
    }
    std::fclose(out);
  }
  ~WebServer() {
    ::close(keep_alive_);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  WebServer(WebServer&&) = delete;
  WebServer& operator=(WebServer&&) = delete;

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(http) + path;
  }
  [[nodiscard]] std::string certificate() const { return dir_ / "cert.pem"; }

  int http = 0;
  int https = 0;
  int dns = 0;
  int other = 0;  // where nobody may connect

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  int keep_alive_ = -1;
};

}  // namespace portavoz::test
