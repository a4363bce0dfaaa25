// Conversation: commands to a browser and their answers, in the DevTools protocol, with what is always done
// meanwhile: the one document that is offered is handed out once, every other request is failed, whatever the
// page opens besides is put under the same rule, and dialogues are closed. Errors: those of Browser;
// unavailable when the browser refuses a command, or the page crashed. Threads: one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/chromium/browser.h"
#include "adapters/json/devtools_json.h"
#include "core/base/result.h"

namespace portavoz {

// The document that the browser gets in the place of a server's answer.
struct Offer {
  std::string frame;  // that may have it
  std::string content_type;
  std::string octets;
};

class Conversation {
 public:
  explicit Conversation(Browser& browser) : browser_(browser) {}

  // The commands that follow are about this page of the browser; empty: about the browser itself.
  void speak_to(std::string session) { session_ = std::move(session); }
  void offer(Offer offer) { offer_ = std::move(offer); }

  // params: a JSON object. Waits for the answer.
  [[nodiscard]] Result<DevToolsMessage> call(std::string_view method, const std::string& params = "{}");
  // Does not wait; a refusal is passed over.
  [[nodiscard]] Result<void> tell(std::string_view method, const std::string& params,
                                  const std::string& session);
  [[nodiscard]] Result<void> tell(std::string_view method, const std::string& params) {
    return tell(method, params, session_);
  }
  // Until the event, or until the time: false.
  [[nodiscard]] Result<bool> wait_for(std::string_view event, Browser::Time until);

 private:
  [[nodiscard]] Result<std::int64_t> send(std::string_view method, const std::string& params,
                                          const std::string& session);
  [[nodiscard]] Result<void> handle(const DevToolsMessage& event);
  [[nodiscard]] Result<void> request_came(const DevToolsMessage& event);
  [[nodiscard]] Result<void> something_opened(const DevToolsMessage& event);

  Browser& browser_;
  std::string session_;
  Offer offer_;
  bool handed_out_ = false;
  std::int64_t last_id_ = 0;
};

}  // namespace portavoz
