// portavoz-renderer: shows a page that was fetched to a browser, without any network, and gives back what its
// scripts made of it.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <sysexits.h>

#include "adapters/chromium/browser.h"
#include "adapters/os/log.h"
#include "adapters/os/service_arguments.h"
#include "adapters/os/signals.h"
#include "adapters/renderer/server.h"
#include "adapters/yaml/settings_file.h"
#include "render/page.h"
#include "render/place.h"

namespace {

using namespace portavoz;

constexpr const char* usage =
    "usage: portavoz-renderer [--config FILE]\n"
    "Renders pages for the verifier in Debian's chromium, one at a time, until SIGTERM. It loads nothing\n"
    "from anywhere, and starts only as a user that is not root, where there is no network.\n\n"
    "  --config FILE  the settings (default /etc/portavoz/portavoz.yaml); it reads renderer.socket\n\n"
    "Exit status: 0, or 64 usage, 69 the socket cannot be used, 71 a browser could not be ended,\n"
    "77 root, or a network, 78 wrong settings.\n";

int did_not_start(const Error& error) {
  log_fatal(error.what);
  return error.kind == ErrorKind::bad_input   ? EX_CONFIG
         : error.kind == ErrorKind::forbidden ? EX_NOPERM
                                              : EX_UNAVAILABLE;
}

Result<Rendered> render(const RenderRequest& request, const std::vector<int>& ended_by) {
  Browser browser(std::chrono::steady_clock::now() + request.within, ended_by);
  auto started = browser.start();
  auto rendered = started ? render_page(browser, request) : Result<Rendered>(started.error());
  if (!browser.end()) {
    log_fatal(
        "something that the browser started cannot be ended; the renderer ends, and its unit ends the rest");
    std::_Exit(EX_OSERR);
  }
  const std::string about = request.url + ": ";
  rendered ? log_info(about + "rendered, " + std::to_string(rendered->html.size()) +
                      " octets and a picture of " + std::to_string(rendered->png.size()))
           : log_warning(about + "not rendered: " + rendered.error().what);
  return rendered;
}

// The server has a thread of its own, because the first one waits for signals.
int run(RenderServer& server) {
  std::jthread serving([&] { server.serve(); });
  while (wait_for_signal() == Signal::reload) {
    log_warning("SIGHUP: the settings are read only at the start; restart the renderer to take new ones");
  }
  server.stop();
  return EX_OK;
}

}  // namespace

int main(int argc, char** argv) {
  log_open("portavoz-renderer");
  install_signals();
  const auto arguments = parse_service_arguments(argc, argv);
  if (!arguments || arguments->once) return std::fputs(usage, stderr), EX_USAGE;
  if (arguments->help) return std::fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
  const auto settings = load_settings(arguments->config);
  if (!settings) return did_not_start(settings.error());
  if (auto taken = take_place(); !taken) return did_not_start(taken.error());
  auto server = RenderServer::create(settings->renderer.socket, render,
                                     [](const std::string& what) { log_warning(what); });
  if (!server) return did_not_start(server.error());
  log_info("started; pages come by " + settings->renderer.socket);
  return run(**server);
}
