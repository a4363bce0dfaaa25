// A host of ours for `try` and `status`: a roll, a seal key that it has, a gate that answers, an empty spool
// and shelf, and a configuration that names them. Each test breaks one of them.
#pragma once

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/policy/roll_contents.h"
#include "tests/admin/program.h"

namespace portavoz::test {

// Listens like a gate, and answers the first packet of each mail server.
class FakeGate {
 public:
  // `answer`: what it says; the milter protocol's own answer unless a test says otherwise.
  explicit FakeGate(const std::string& path, std::string answer = milter_answer());
  ~FakeGate();
  FakeGate(const FakeGate&) = delete;
  FakeGate& operator=(const FakeGate&) = delete;
  FakeGate(FakeGate&&) = delete;
  FakeGate& operator=(FakeGate&&) = delete;

  static std::string milter_answer();

 private:
  void serve() const;
  int listener_ = -1;
  std::string answer_;
  std::thread thread_;
};

class Host {
 public:
  // `dsn`: the register; one that is away unless a test has one.
  explicit Host(const std::string& dsn = "host=/nonexistent");

  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path(name); }
  std::string write(const std::string& name, const std::string& text) const {
    return directory_.write(name, text);
  }
  void write_roll(const RollContents& contents) const;
  // The two-line blocks that a test adds: "testing:\n  clock: …\n".
  void configure(const std::string& more) { more_ = more; }
  void without_register() { register_ = "register: none\n"; }

  [[nodiscard]] Ran run(const Words& words) const;
  [[nodiscard]] nlohmann::json ask(const Words& words) const;  // run with --json, whatever its exit code

  std::string resolver = "127.0.0.1:53";
  RollContents contents;  // of the roll as it was made: fresh, with avisos@listas.example and the key

 private:
  TemporaryDirectory directory_;
  std::string register_;
  std::string more_;
};

}  // namespace portavoz::test
