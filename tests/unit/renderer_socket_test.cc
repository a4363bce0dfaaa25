// The two ends of the renderer's socket, each against the other and against what a peer must not be.
#include <atomic>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/os/clock.h"
#include "adapters/os/epoll_reactor.h"
#include "adapters/renderer/client.h"
#include "adapters/renderer/server.h"
#include "adapters/renderer/socket.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using namespace portavoz::test;

namespace {

const std::string png = "\x89PNG\r\n\x1a\n";

RenderRequest request(std::string page = "<script>") {
  return {std::chrono::seconds(20), "http://a.example/", "text/html", std::move(page)};
}

// In a thread beside Catch's own, which alone may use its macros.
void need(bool true_always) {
  if (!true_always) std::abort();
}

bool can_be_read(int fd, int timeout_ms) {
  pollfd polled{fd, POLLIN, 0};
  return ::poll(&polled, 1, timeout_ms) == 1;
}

// A renderer that the test holds in its hand.
struct Listener {
  TempDir directory;
  std::string path = directory / "render.sock";
  int fd = listen_as_renderer(path).value();
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener(Listener&&) = delete;
  Listener& operator=(Listener&&) = delete;
  ~Listener() { ::close(fd); }

  // The next client, whose whole request was read.
  [[nodiscard]] int take() const {
    need(can_be_read(fd, -1));
    const int client = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
    need(client >= 0);
    std::string came;
    std::string piece(65536, '\0');
    for (auto read = read_request(came); read && !*read; read = read_request(came)) {
      const auto got = ::recv(client, piece.data(), piece.size(), 0);
      need(got > 0);
      came.append(piece, 0, static_cast<std::size_t>(got));
    }
    need(read_request(came).has_value());
    return client;
  }
};

void say(int client, std::string_view octets) {
  while (!octets.empty()) {
    const auto sent = ::send(client, octets.data(), octets.size(), MSG_NOSIGNAL);
    need(sent > 0);
    octets.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// What the client makes of a renderer that does this with its first client.
Result<Rendered> answered(const Listener& listener, const std::function<void(int client)>& renderer,
                          RenderRequest what = request()) {
  EpollReactor loop(monotonic);
  RenderClient client(loop, listener.path);
  std::optional<Result<Rendered>> result;
  std::thread other([&] {
    const int fd = listener.take();
    renderer(fd);
    ::close(fd);
  });
  client.start(std::move(what), [&](Result<Rendered> rendered, Millis) { result = std::move(rendered); });
  CHECK_FALSE(result);  // never inside of the call
  loop.run_until([&] { return result.has_value(); });
  other.join();
  return *result;
}

}  // namespace

TEST_CASE("a page comes back from the renderer, however large it is") {
  const Listener listener;
  const std::string html(RenderLimits::html, 'h');
  const auto result = answered(
      listener,
      [&](int client) {
        say(client, format_answer(Rendered{html, png}));
      },
      request(std::string(RenderLimits::page, 'p')));
  REQUIRE(result);
  CHECK(result->html == html);
  CHECK(result->png == png);
}

TEST_CASE("what a renderer may do instead of rendering is an error with its reason") {
  const Listener listener;
  const auto why = [&](const std::function<void(int)>& renderer) {
    const auto result = answered(listener, renderer);
    REQUIRE_FALSE(result);
    return result.error().what;
  };
  CHECK(why([](int client) {
          say(client, format_answer(Error{ErrorKind::unavailable, "no time"}));
        }) == "no time");
  CHECK(why([](int /*client*/) {}) == "the renderer hung up");
  CHECK(why([](int client) {
          say(client, format_answer(Rendered{"<p>", png}).substr(0, 30));
        }) == "the renderer hung up");
  CHECK(why([](int client) { say(client, "HTTP/1.1 200 OK\r\n"); }) ==
        "the renderer's answer is none: it does not begin with PVA1");
  CHECK(why([](int client) {
          say(client, format_answer(Rendered{"<p>", png}) + "x");
        }) == "the renderer's answer is none: more follows than it announced");
}

TEST_CASE("a renderer that is away, or may not be used, is an error that names its socket") {
  EpollReactor loop(monotonic);
  const TempDir directory;
  RenderClient client(loop, directory / "render.sock");
  std::optional<Result<Rendered>> result;
  client.start(request(), [&](Result<Rendered> rendered, Millis) { result = std::move(rendered); });
  loop.run_until([&] { return result.has_value(); });
  REQUIRE_FALSE(*result);
  CHECK(result->error().what.find(directory / "render.sock") != std::string::npos);
}

TEST_CASE("a renderer that says nothing is waited for as long as the page has, and no longer") {
  const Listener listener;
  EpollReactor loop(monotonic);
  RenderClient client(loop, listener.path);
  std::optional<Result<Rendered>> result;
  auto short_time = request();
  short_time.within = Millis(20);
  client.start(short_time, [&](Result<Rendered> rendered, Millis took) {
    CHECK(took >= Millis(20));
    result = std::move(rendered);
  });
  loop.run_until([&] { return result.has_value(); });
  CHECK(result->error().what == "the renderer did not answer in time");
}

TEST_CASE("a second page waits at its own side until the first is done, and its time begins then") {
  const Listener listener;
  EpollReactor loop(monotonic);
  RenderClient client(loop, listener.path);
  std::vector<std::string> done;
  for (const char* name : {"first", "second"})
    client.start(request(name), [&done, name](const Result<Rendered>& rendered, Millis) {
      done.push_back(name + (rendered ? " " + rendered->html : " " + rendered.error().what));
    });
  bool both_came = false;
  std::thread renderer([&] {
    const int first = listener.take();
    both_came = can_be_read(listener.fd, 50);
    say(first, format_answer(Rendered{"one", png}));
    const int second = listener.take();
    say(second, format_answer(Rendered{"two", png}));
    ::close(first);
    ::close(second);
  });
  loop.run_until([&] { return done.size() == 2; });
  renderer.join();
  CHECK_FALSE(both_came);
  CHECK(done == std::vector<std::string>{"first one", "second two"});
}

TEST_CASE("the server renders for one after the other, and goes on after what is no request") {
  const TempDir directory;
  const std::string path = directory / "render.sock";
  std::vector<std::string> reports;
  auto server = RenderServer::create(
      path,
      [](const RenderRequest& asked, const std::vector<int>&) -> Result<Rendered> {
        if (asked.page == "bad") return Error{ErrorKind::unavailable, "it is bad"};
        return Rendered{asked.url + " " + asked.page, png};
      },
      [&](const std::string& what) { reports.push_back(what); });
  REQUIRE(server);
  std::thread serving([&] { (*server)->serve(); });
  const int stranger = connect_to_renderer(path).value();
  say(stranger, "GET / HTTP/1.1\r\n\r\n");
  const int silent = connect_to_renderer(path).value();
  ::close(silent);

  EpollReactor loop(monotonic);
  RenderClient client(loop, path);
  std::vector<std::string> done;
  for (const char* page : {"bad", "good"})
    client.start(request(page), [&](const Result<Rendered>& rendered, Millis) {
      done.push_back(rendered ? rendered->html : rendered.error().what);
    });
  loop.run_until([&] { return done.size() == 2; });
  CHECK(done == std::vector<std::string>{"it is bad", "http://a.example/ good"});

  REQUIRE(can_be_read(stranger, -1));
  std::string piece(1024, '\0');
  const auto got = ::recv(stranger, piece.data(), piece.size(), 0);
  REQUIRE(got > 0);
  const auto word = read_answer(piece.substr(0, static_cast<std::size_t>(got)));
  REQUIRE(word);
  REQUIRE(*word);
  CHECK((**word).error().what == "it does not begin with PVR1");
  ::close(stranger);
  (*server)->stop();
  serving.join();
  CHECK(reports.size() == 2);
}

TEST_CASE(
    "whoever renders learns when nobody waits for the answer any more, and when the service is stopped") {
  const TempDir directory;
  const std::string path = directory / "render.sock";
  std::atomic<int> rendering = 0;
  std::atomic<int> ended = 0;
  auto server = RenderServer::create(
      path,
      [&](const RenderRequest&, const std::vector<int>& ended_by) -> Result<Rendered> {
        ++rendering;
        std::vector<pollfd> polled;
        for (const int each : ended_by) polled.push_back({each, POLLIN | POLLRDHUP, 0});
        if (::poll(polled.data(), polled.size(), -1) > 0) ++ended;
        return Error{ErrorKind::unavailable, "nobody waits"};
      },
      [](const std::string&) {});
  REQUIRE(server);
  std::thread serving([&] { (*server)->serve(); });
  const int gone = connect_to_renderer(path).value();
  say(gone, *format_request(request()));
  while (rendering == 0) std::this_thread::yield();
  ::close(gone);
  const int patient = connect_to_renderer(path).value();
  say(patient, *format_request(request()));
  while (rendering == 1) std::this_thread::yield();
  CHECK(ended == 1);
  (*server)->stop();
  serving.join();
  CHECK(ended == 2);
  ::close(patient);
}

TEST_CASE("a socket that a renderer left behind is taken over, one that is in use is not") {
  const TempDir directory;
  const std::string path = directory / "render.sock";
  const auto render = [](const RenderRequest&, const std::vector<int>&) -> Result<Rendered> {
    return Rendered{"x", ""};
  };
  ::close(listen_as_renderer(path).value());
  const auto server = RenderServer::create(path, render, [](const std::string&) {});
  REQUIRE(server);
  const auto second = RenderServer::create(path, render, [](const std::string&) {});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::conflict);
}
