// RenderServer: the renderer's end of the socket. It takes one client at a time; the others wait until their
// turn comes or their patience ends. A client that asks for what is no request, or does not ask within some
// seconds, is told so where that can be done, and is gone. Units: core/render/wire.h. Errors: of create those
// of the socket; later ones go to `report` and end nothing. Threads: serve() in one, stop() from any and from
// a signal handler.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/render/wire.h"

namespace portavoz {

class RenderServer {
 public:
  // ended_by: descriptors of which one becomes readable when nobody waits for the answer any more.
  using Render =
      std::function<Result<Rendered>(const RenderRequest& request, const std::vector<int>& ended_by)>;
  using Report = std::function<void(const std::string&)>;

  [[nodiscard]] static Result<std::unique_ptr<RenderServer>> create(const std::string& path, Render render,
                                                                    Report report);
  RenderServer(const RenderServer&) = delete;
  RenderServer& operator=(const RenderServer&) = delete;
  RenderServer(RenderServer&&) = delete;
  RenderServer& operator=(RenderServer&&) = delete;
  ~RenderServer();

  // Until stop() is called.
  void serve();
  void stop() noexcept;

 private:
  RenderServer(std::string path, Render render, Report report, int listener, int stopping);
  void serve_one(int client);
  Result<RenderRequest> read(int client);
  void answer(int client, const Result<Rendered>& result);
  // True when it is ready before the time is up and before a stop.
  bool wait(int fd, short events, std::chrono::steady_clock::time_point until) const;

  std::string path_;
  Render render_;
  Report report_;
  int listener_;
  int stopping_;
};

}  // namespace portavoz
