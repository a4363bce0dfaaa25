// One page, as a browser shows it: from the octets that were fetched, under their own URL, with its inline
// scripts and nothing from anywhere else. Its clock runs as fast as it can to five seconds after loading, so
// that what a page writes late is there, and the same page gives the same result. Errors: those of
// Conversation; unavailable when the page does not come to rest in its time. Threads: one.
#pragma once

#include "adapters/chromium/browser.h"
#include "core/base/result.h"
#include "core/render/wire.h"

namespace portavoz {

// The browser was started.
[[nodiscard]] Result<Rendered> render_page(Browser& browser, const RenderRequest& request);

}  // namespace portavoz
