// fetch_floor URLS PAGES AT_ONCE [CA_FILE]: the least that a guarded client of libcurl and epoll costs, the
// measure that FetchLoop is compared with. URLS holds one URL a line and is gone through again and again;
// every name is pinned to 127.0.0.1. It keeps the body and forgets it; it follows nothing, writes nothing
// down and judges no page. Prints JSON: pages, cpu_ms, wall_ms, rss_kb. Exit status: 1 when a page did not
// come, 64 usage.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <curl/curl.h>

#include "bench/fetch_load.h"

namespace {

constexpr std::size_t largest_body = std::size_t{2} << 20U;

struct Transfer {
  CURL* easy = curl_easy_init();
  curl_slist* pinned = nullptr;
  std::string body;
};

std::size_t on_body(char* data, std::size_t, std::size_t count, void* user) {
  auto& body = static_cast<Transfer*>(user)->body;
  if (body.size() + count > largest_body) return 0;
  body.append(data, count);
  return count;
}

// A rule as long as a real one, which lets loopback pass.
curl_socket_t on_open(void*, curlsocktype, curl_sockaddr* address) {
  struct Net {
    std::uint32_t net, mask;
  };
  static constexpr std::array<Net, 13> denied{{{0x00000000, 0xff000000},
                                               {0x0a000000, 0xff000000},
                                               {0x64400000, 0xffc00000},
                                               {0xa9fe0000, 0xffff0000},
                                               {0xac100000, 0xfff00000},
                                               {0xc0000000, 0xffffff00},
                                               {0xc0000200, 0xffffff00},
                                               {0xc0586300, 0xffffff00},
                                               {0xc0a80000, 0xffff0000},
                                               {0xc6120000, 0xfffe0000},
                                               {0xc6336400, 0xffffff00},
                                               {0xcb007100, 0xffffff00},
                                               {0xe0000000, 0xe0000000}}};
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address->addr);
  const std::uint32_t host = ntohl(v4->sin_addr.s_addr);
  for (const Net& net : denied)
    if ((host & net.mask) == net.net) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

class Floor {
 public:
  Floor(portavoz::bench::Load load, const char* ca_file) : load_(std::move(load)), ca_file_(ca_file) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Floor::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Floor::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(load_.at_once));
  }

  // The number of pages that came.
  std::size_t run() {
    for (std::size_t i = 0; i < std::min(load_.at_once, load_.pages); ++i) {
      transfers_.push_back(std::make_unique<Transfer>());
      set_up(*transfers_.back());
      start(*transfers_.back());
    }
    std::array<epoll_event, 1024> events{};
    while (ended_ < load_.pages) {
      int wait = 1000;
      if (due_ >= 0) wait = static_cast<int>(std::clamp<long>(due_ - portavoz::bench::wall_ms(), 0, 1000));
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        act(event.data.fd, ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                               ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                               ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
      }
      if (due_ >= 0 && due_ <= portavoz::bench::wall_ms()) {
        due_ = -1;
        act(CURL_SOCKET_TIMEOUT, 0);
      }
      reap();
    }
    return good_;
  }

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void* known) {
    auto& self = *static_cast<Floor*>(user);
    if (what == CURL_POLL_REMOVE) return epoll_ctl(self.epoll_, EPOLL_CTL_DEL, fd, nullptr), 0;
    epoll_event event{};
    event.data.fd = fd;
    event.events =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    epoll_ctl(self.epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (!known) curl_multi_assign(self.multi_, fd, user);
    return 0;
  }

  static int on_timer(CURLM*, long wait, void* user) {
    static_cast<Floor*>(user)->due_ = wait < 0 ? -1 : portavoz::bench::wall_ms() + wait;
    return 0;
  }

  void set_up(Transfer& transfer) const {
    CURL* easy = transfer.easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60'000L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "fetch_floor/0");
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
    if (ca_file_) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file_);
  }

  void start(Transfer& transfer) {
    const std::string& url = load_.urls[started_++ % load_.urls.size()];
    transfer.body.clear();
    curl_slist_free_all(transfer.pinned);
    transfer.pinned =
        curl_slist_append(nullptr, ("+" + portavoz::bench::host_port(url) + ":127.0.0.1").c_str());
    curl_easy_setopt(transfer.easy, CURLOPT_RESOLVE, transfer.pinned);
    curl_easy_setopt(transfer.easy, CURLOPT_URL, url.c_str());
    curl_multi_add_handle(multi_, transfer.easy);
  }

  void act(curl_socket_t fd, int ready) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, ready, &running);
  }

  void reap() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      void* owner = nullptr;
      long status = 0;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      if (message->data.result == CURLE_OK && status == 200) ++good_;
      ++ended_;
      auto& transfer = *static_cast<Transfer*>(owner);
      curl_multi_remove_handle(multi_, transfer.easy);
      if (started_ < load_.pages) start(transfer);
    }
  }

  portavoz::bench::Load load_;
  const char* ca_file_;
  CURLM* multi_ = curl_multi_init();
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  long due_ = -1;
  std::vector<std::unique_ptr<Transfer>> transfers_;
  std::size_t started_ = 0;
  std::size_t ended_ = 0;
  std::size_t good_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return EX_USAGE;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const auto load = portavoz::bench::load_of(argv);
  Floor floor(load, argc > 4 ? argv[4] : nullptr);
  const long began = portavoz::bench::wall_ms();
  const std::size_t good = floor.run();
  portavoz::bench::print(good, began, "");
  return good == load.pages ? 0 : 1;
}
