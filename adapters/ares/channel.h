// A c-ares channel: its own sockets, and so a source port of its own; nothing but the DNS is asked (no
// /etc/hosts, no search list, no aliases of hosts). Shared by the resolvers of this room. Threads: one
// channel, one thread.
#pragma once

#include <string>

#include <ares.h>

#include "core/base/owned.h"
#include "core/base/time.h"

namespace portavoz {

using Channel = Owned<struct ares_channeldata, ares_destroy>;

// The size of a UDP answer that we announce (RFC 6891 §6.2.5): it passes every path unfragmented, and more
// comes by TCP.
inline constexpr int largest_udp_answer = 1232;

// `servers` as c-ares writes them, with commas; empty: those of /etc/resolv.conf. Null when it cannot be had.
[[nodiscard]] Channel open_channel(const std::string& servers, int more_flags = 0);

// The same for a loop: on_socket(data, …) hears which of the channel's sockets to watch for what.
[[nodiscard]] Channel open_watched_channel(const std::string& servers, ares_sock_state_cb on_socket,
                                           void* data);

// Waits for the channel's sockets, at most `left`, and lets c-ares read them and look at its own time-outs.
void wait_once(ares_channel channel, Millis left);

}  // namespace portavoz
