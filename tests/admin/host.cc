#include "tests/admin/host.h"

#include <array>
#include <cstring>
#include <filesystem>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapters/lmdb/roll_file.h"
#include "adapters/os/clock.h"
#include "adapters/sodium/keys.h"

namespace portavoz::test {

FakeGate::FakeGate(const std::string& path, std::string answer) : answer_(std::move(answer)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener_, 5) == 0);
  thread_ = std::thread([this] { serve(); });
}

FakeGate::~FakeGate() {
  ::shutdown(listener_, SHUT_RDWR);  // ends accept()
  thread_.join();
  ::close(listener_);
}

std::string FakeGate::milter_answer() { return {"\0\0\0\x0DO\0\0\0\6\0\0\0\0\0\0\0\0", 17}; }

void FakeGate::serve() const {
  for (int caller = 0; (caller = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;
       ::close(caller)) {
    std::array<char, 17> packet{};
    if (::recv(caller, packet.data(), packet.size(), MSG_WAITALL) > 0)
      ::send(caller, answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }
}

Host::Host(const std::string& dsn) : register_("register:\n  dsn: \"" + dsn + "\"\n") {
  for (const char* name : {"roll", "spool", "held"}) std::filesystem::create_directory(path(name));
  const MadeKey key = must(make_key(path("seal.key")));
  contents.lists = {{1,
                     list_address,
                     {"es", "en"},
                     "admins@listas.example",
                     {list_address, "noticias@listas.example"},
                     false}};
  contents.seal_keys = {{key.key_id, key.public_key}};
  contents.last_word = now();
  write_roll(contents);
}

void Host::write_roll(const RollContents& of) const { must(must(RollFile::open(path("roll")))->replace(of)); }

Ran Host::run(const Words& words) const {
  const std::string config = directory_.write(
      "portavoz.yaml", register_ + "run: " + path("services") +
                           "\nwording: " PORTAVOZ_WORDING "\nroll:\n  directory: " + path("roll") +
                           "\ngate:\n  socket: " + path("gate.sock") + "\n  seal_key: " + path("seal.key") +
                           "\n  spool: " + path("spool") + "\n  relays: [198.51.100.6]\ndoor:\n" +
                           "  memory: " + path("seals") + "\n  held: " + path("held") +
                           "\ndns:\n  resolvers: [\"" + resolver + "\"]\n" + more_);
  Words all{"--config", config};
  all.insert(all.end(), words.begin(), words.end());
  return command_line(all);
}

nlohmann::json Host::ask(const Words& words) const {
  Words with_json = words;
  with_json.emplace_back("--json");
  const Ran result = run(with_json);
  INFO(result.err);
  return result.json();
}

}  // namespace portavoz::test
