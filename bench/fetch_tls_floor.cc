// fetch_tls_floor URLS PAGES PORT CA_FILE: what HTTPS pages cost with OpenSSL alone, one after the other:
// connect to 127.0.0.1, full handshake with the certificate verified for the name, one GET, read to the end.
// The CA file is parsed once. Prints JSON: pages, cpu_ms, wall_ms, rss_kb. Exit status: 1 when a page did not
// come, 64 usage.
#include <array>
#include <cstdint>
#include <string>

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "bench/fetch_load.h"

namespace {

bool fetch(SSL_CTX* context, const std::string& url, std::uint16_t port) {
  const std::string authority = portavoz::bench::host_port(url);
  const std::string name = authority.substr(0, authority.find(':'));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SSL* ssl = SSL_new(context);
  // The macro SSL_set_tlsext_host_name, without its cast.
  std::string server_name = name;
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, server_name.data());
  SSL_set1_host(ssl, name.c_str());
  SSL_set_fd(ssl, fd);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 && SSL_connect(ssl) == 1) {
    const std::string request = "GET " + url.substr(url.find('/', 8)) + " HTTP/1.1\r\nHost: " + authority +
                                "\r\nUser-Agent: fetch_tls_floor/0\r\nAccept: */*\r\n\r\n";
    SSL_write(ssl, request.data(), static_cast<int>(request.size()));
    std::array<char, 16384> buffer{};
    for (int got = 0; (got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0;)
      answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  SSL_free(ssl);
  close(fd);
  return answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("</html>\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return EX_USAGE;
  const auto load = portavoz::bench::load_of(argv);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_load_verify_locations(context, argv[4], nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  const long began = portavoz::bench::wall_ms();
  std::size_t good = 0;
  for (std::size_t i = 0; i < load.pages; ++i)
    good +=
        fetch(context, load.urls[i % load.urls.size()], static_cast<std::uint16_t>(load.at_once)) ? 1U : 0U;
  portavoz::bench::print(good, began, "");
  return good == load.pages ? 0 : 1;
}
