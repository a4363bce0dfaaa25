// RenderClient: the verifier's end of the renderer's socket, in a Reactor: nothing here waits. One page at a
// time goes there; the others wait here, at most two minutes. A renderer that is away, full, slow or talks
// nonsense is an Error, and never more than that. Units: milliseconds of the reactor. Errors: unavailable,
// forbidden (the socket may not be used), bad_input (the page cannot be asked for; the answer is none).
// Threads: that of the reactor, which must outlive it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/net/reactor.h"
#include "core/render/wire.h"

namespace portavoz {

class RenderClient {
 public:
  // took: what the rendering took, without waiting for its turn here.
  using Done = std::function<void(Result<Rendered>, Millis took)>;

  RenderClient(Reactor& reactor, std::string path) : reactor_(reactor), path_(std::move(path)) {}
  RenderClient(const RenderClient&) = delete;
  RenderClient& operator=(const RenderClient&) = delete;
  RenderClient(RenderClient&&) = delete;
  RenderClient& operator=(RenderClient&&) = delete;
  // Calls nobody any more.
  ~RenderClient();

  // `done` is called once, from the loop and never inside of this call, within request.within of its turn.
  void start(RenderRequest request, Done done);

 private:
  struct Job {
    RenderRequest request;
    Done done;
    Millis asked;
  };

  void later();
  void next();
  void ready(Reactor::Ready what);
  void write();
  void read();
  void finish(Result<Rendered> result);
  void hang_up();

  Reactor& reactor_;
  std::string path_;
  std::deque<Job> waiting_;
  std::optional<Job> job_;  // whose turn it is
  Millis began_{0};
  int fd_ = -1;
  Reactor::Timer timer_ = 0;  // its end, or the next turn
  std::string out_;
  std::string in_;
};

}  // namespace portavoz
