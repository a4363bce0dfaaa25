#include "render/conversation.h"

#include "adapters/json/json_writer.h"
#include "core/base/base64.h"

namespace portavoz {
namespace {

std::string hand_out(const std::string& request, const Offer& offer) {
  JsonWriter json;
  json.open('{').member("requestId", request);
  json.key("responseCode").number(200);
  json.key("responseHeaders").open('[').open('{');
  json.member("name", "Content-Type").member("value", offer.content_type).close('}').close(']');
  return json.member("body", encode_base64(offer.octets)).close('}').take();
}

// Aborted, not failed: the page that asked to go elsewhere stays in place of an error page.
std::string abort(const std::string& request) {
  JsonWriter json;
  return json.open('{').member("requestId", request).member("errorReason", "Aborted").close('}').take();
}

}  // namespace

Result<std::int64_t> Conversation::send(std::string_view method, const std::string& params,
                                        const std::string& session) {
  JsonWriter json;
  json.open('{').key("id").number(++last_id_);
  json.member("method", method).key("params").raw(params);
  if (!session.empty()) json.member("sessionId", session);
  if (auto sent = browser_.send(json.close('}').take()); !sent) return sent.error();
  return last_id_;
}

Result<void> Conversation::tell(std::string_view method, const std::string& params,
                                const std::string& session) {
  const auto sent = send(method, params, session);
  if (!sent) return sent.error();
  return {};
}

Result<DevToolsMessage> Conversation::call(std::string_view method, const std::string& params) {
  const auto id = send(method, params, session_);
  if (!id) return id.error();
  for (;;) {
    const auto text = browser_.receive(browser_.until());
    if (!text) return text.error();
    if (!*text) return Error{ErrorKind::unavailable, "the page's time was up before " + std::string(method)};
    auto message = read_devtools(**text);
    if (!message) return message.error();
    if (message->id == *id && message->error.empty()) return message;
    if (message->id == *id)
      return Error{ErrorKind::unavailable,
                   "the browser refused " + std::string(method) + ": " + message->error};
    if (auto handled = handle(*message); !handled) return handled.error();
  }
}

Result<bool> Conversation::wait_for(std::string_view event, Browser::Time until) {
  for (;;) {
    const auto text = browser_.receive(until);
    if (!text) return text.error();
    if (!*text) return false;
    const auto message = read_devtools(**text);
    if (!message) return message.error();
    if (auto handled = handle(*message); !handled) return handled.error();
    if (message->method == event && message->session == session_) return true;
  }
}

Result<void> Conversation::handle(const DevToolsMessage& event) {
  if (event.method == "Fetch.requestPaused") return request_came(event);
  if (event.method == "Target.attachedToTarget" && !event.session.empty()) return something_opened(event);
  if (event.method == "Page.javascriptDialogOpening")
    return tell("Page.handleJavaScriptDialog", R"({"accept":false})", event.session);
  if (event.method == "Inspector.targetCrashed" && event.session == session_)
    return Error{ErrorKind::unavailable, "the page made the browser crash, or took too much memory"};
  return {};
}

Result<void> Conversation::request_came(const DevToolsMessage& event) {
  const std::string request = event.value("requestId");
  const bool is_the_page = !handed_out_ && event.session == session_ &&
                           event.value("frameId") == offer_.frame &&
                           event.value("resourceType") == "Document";
  if (!is_the_page) return tell("Fetch.failRequest", abort(request), event.session);
  handed_out_ = true;
  return tell("Fetch.fulfillRequest", hand_out(request, offer_), event.session);
}

// A frame of another site or a worker, which waits for our word.
Result<void> Conversation::something_opened(const DevToolsMessage& event) {
  const std::string session = event.value("sessionId");
  if (auto told = tell("Fetch.enable", "{}", session); !told) return told;
  return tell("Runtime.runIfWaitingForDebugger", "{}", session);
}

}  // namespace portavoz
