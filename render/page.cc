#include "render/page.h"

#include "adapters/json/json_writer.h"
#include "core/base/base64.h"
#include "render/conversation.h"

namespace portavoz {
namespace {

// As tall as a picture of a page's top has to be for the imprint in the foot of a short one.
constexpr const char* screen = R"({"width":1280,"height":1600,"deviceScaleFactor":1,"mobile":false})";

// Virtual time: the page's timers fire at once, one after the other, while nothing is under way. The count
// ends pages that set timers of no length without end.
constexpr const char* run_clock =
    R"({"policy":"pauseIfNetworkFetchesPending","budget":5000,"maxVirtualTimeTaskStarvationCount":10000})";

std::string object(std::string_view name, std::string_view text) {
  JsonWriter json;
  return json.open('{').member(name, text).close('}').take();
}

using Done = Result<void>;

// Every step needs the one before.
Done prepare(Conversation& talk, const RenderRequest& request) {
  const auto made = talk.call("Target.createTarget", R"({"url":"about:blank"})");
  if (!made) return made.error();
  const std::string target = made->value("targetId");
  JsonWriter attach;
  attach.open('{').member("targetId", target).key("flatten").boolean(true);
  const auto attached = talk.call("Target.attachToTarget", attach.close('}').take());
  if (!attached) return attached.error();
  talk.speak_to(attached->value("sessionId"));
  talk.offer({target, request.content_type, request.page});  // the page's own frame has the target's name
  for (const auto& [method, params] :
       {std::pair{"Page.enable", "{}"}, std::pair{"Fetch.enable", "{}"},
        std::pair{"Target.setAutoAttach",
                  R"({"autoAttach":true,"waitForDebuggerOnStart":true,"flatten":true})"},
        std::pair{"Emulation.setDeviceMetricsOverride", screen},
        std::pair{"Emulation.setVirtualTimePolicy", R"({"policy":"pause"})"}})
    if (const auto done = talk.call(method, params); !done) return done.error();
  return {};
}

Done load(Conversation& talk, const std::string& url, Browser::Time rest) {
  if (auto told = talk.tell("Page.navigate", object("url", url)); !told) return told;
  if (auto told = talk.tell("Emulation.setVirtualTimePolicy", run_clock); !told) return told;
  // A page that does not come to rest is taken as it is then.
  const auto rested = talk.wait_for("Emulation.virtualTimeBudgetExpired", rest);
  if (!rested) return rested.error();
  return {};
}

Result<std::string> document(Conversation& talk) {
  const auto root = talk.call("DOM.getDocument", R"({"depth":0})");
  if (!root) return root.error();
  JsonWriter which;
  which.open('{').key("nodeId").raw(root->value("root.nodeId")).close('}');
  const auto html = talk.call("DOM.getOuterHTML", which.take());
  if (!html) return html.error();
  return html->value("outerHTML");
}

// Without one a page is worth something, too.
std::string picture(Conversation& talk) {
  const auto taken = talk.call("Page.captureScreenshot", R"({"format":"png"})");
  return taken ? decode_base64(taken->value("data")).value_or("") : "";
}

}  // namespace

Result<Rendered> render_page(Browser& browser, const RenderRequest& request) {
  const auto now = std::chrono::steady_clock::now();
  const auto rest = now + (browser.until() - now) * 2 / 3;  // the document and its picture need some time
  Conversation talk(browser);
  if (auto done = prepare(talk, request); !done) return done.error();
  if (auto done = load(talk, request.url, rest); !done) return done.error();
  auto html = document(talk);
  if (!html) return html.error();
  if (html->size() > RenderLimits::html)
    return Error{ErrorKind::unavailable, "the rendered page is larger than is taken"};
  return Rendered{std::move(*html), picture(talk)};
}

}  // namespace portavoz
