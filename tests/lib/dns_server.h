// The DNS server of dns_server.py for one test: started at birth, ended with the test. Threads: one test, one
// thread.
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

class DnsServer {
 public:
  explicit DnsServer(const std::string& zone) {
    answer_with(zone);
    write_all(log_, "");
    int to_server[2];
    int from_server[2];
    if (::pipe2(to_server, O_CLOEXEC) != 0 || ::pipe2(from_server, O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ < 0) std::abort();
    if (pid_ == 0) {
      ::dup2(to_server[0], 0);
      ::dup2(from_server[1], 1);
      ::execl("/usr/bin/python3", "/usr/bin/python3", "-I", PORTAVOZ_SOURCE_DIR "/tests/lib/dns_server.py",
              "--log", log_.c_str(), zone_.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(to_server[0]);
    ::close(from_server[1]);
    keep_alive_ = to_server[1];
    std::FILE* out = ::fdopen(from_server[0], "r");
    if (out == nullptr || std::fscanf(out, "port %d", &port_) != 1) std::abort();
    std::fclose(out);
  }
  ~DnsServer() {
    ::close(keep_alive_);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  DnsServer(DnsServer&&) = delete;
  DnsServer& operator=(DnsServer&&) = delete;

  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  void answer_with(const std::string& zone) const { write_all(zone_, zone); }  // from now on
  [[nodiscard]] std::string questions() const { return read_all(log_); }       // `TYPE name udp|tcp` lines

 private:
  TempDir dir_;
  std::string zone_ = dir_ / "zone.json";
  std::string log_ = dir_ / "questions";
  pid_t pid_ = -1;
  int port_ = 0;
  int keep_alive_ = -1;
};

}  // namespace portavoz::test
