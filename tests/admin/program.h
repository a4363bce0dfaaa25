// Runs the real program `portavoz` as an admin would, each run a process of its own.
//
// In earnest PostgreSQL takes who decides from the operating-system user. The tests cannot make such users,
// so their private cluster believes the name in the connection string, and a config file names the login.
// That the name of an OS user is believed and nothing else is for the system tests.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/register/story.h"

namespace portavoz::test {

using Words = std::vector<std::string>;

struct Ran {
  int status = -1;
  std::string out;
  std::string err;

  [[nodiscard]] nlohmann::json json() const;  // of out; fails the test when it is none
};

// With `environment` as NAME=VALUE in front of it.
Ran command_line(const Words& words, const Words& environment = {});

// The program as it would be with that one as its portavoz-judge; none when judge is empty.
Ran command_line_with_judge(const std::string& judge, const Words& words);

// The same on a terminal of its own, 100 columns wide; out has both streams.
Ran command_line_on_terminal(const Words& words, const Words& environment = {});

// The text with its line ends as blanks: a sentence that was laid out reads as it was written.
std::string unwrapped(std::string text);

// A directory that goes away with its files.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  TemporaryDirectory(TemporaryDirectory&&) = delete;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const;  // gives the path

 private:
  std::string path_;
};

std::string read_text(const std::string& path);

// A register with the list avisos@listas.example, its admins alba and bruno, and a configuration for each
// login.
class Desk : public Story {
 public:
  explicit Desk(int deciders = 1);

  // The command line of the admin alba, or of another login.
  Ran run(const Words& words, const std::string& login = "alba");
  nlohmann::json ask(const Words& words);  // run with --json, which must succeed

  std::string config(const std::string& login);
  std::string held() const { return directory.path("held"); }
  std::string everything();  // the history and every count of rows: what a refused command must not change

  TemporaryDirectory directory;
};

}  // namespace portavoz::test
