// Settings: everything that portavoz.yaml may say, with its default, and the one schema that reads it.
//
// The schema shows every mistake at once, each with its place; unknown keys, duplicate keys and values of the
// wrong form are mistakes. Durations are written 30s, 5m, 2h, 3d; sizes 100, 64KiB, 256MiB, 1GiB. Nothing
// here is secret: keys stand in files of their own and the register is reached by peer login. Threads: plain
// values, pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/config/node.h"
#include "core/mail/address.h"
#include "core/net/ip.h"

namespace portavoz {

struct Settings {
  struct Register {
    bool none = false;  // `register: none`: the roll is built from a roster (portavoz roll build)
    std::string dsn =
        "dbname=portavoz";   // libpq connection string; without user= it is the OS user (peer login)
    std::string listen_dsn;  // of the connection that waits for notifications; empty: dsn

    [[nodiscard]] const std::string& listen() const { return listen_dsn.empty() ? dsn : listen_dsn; }
  } database;

  struct Roll {
    std::string directory = "/var/lib/portavoz/roll";  // the gate writes it, doors on this host read it
    Seconds max_age = std::chrono::hours(72);          // past it posts get 451
  } roll;

  struct Names {
    std::vector<std::string> resolvers;  // IP:port; empty: those of /etc/resolv.conf
    bool trust_network = false;          // resolvers that are not on loopback may be asked
  } dns;

  // Each service that takes a new configuration at SIGHUP notes there, in DIRECTORY/PROGRAM/, what came of
  // it.
  std::string run = "/run/portavoz";

  std::string wording = "/usr/share/portavoz/locale";  // LANG/LC_MESSAGES/portavoz.mo stand below it

  struct Gate {
    std::string host;  // name in verdicts; empty: the host's own name
    std::string socket =
        "/var/spool/postfix/portavoz/milter.sock";    // unix socket that the mail server talks to
    std::string seal_key = "/etc/portavoz/seal.key";  // secret, readable by the gate alone
    std::string spool = "/var/lib/portavoz/spool";    // verdicts wait here for the register
    std::vector<MailAddress> always_guard;            // guarded even while no roll was loaded
    std::vector<IpAddress> relays;                    // our own hosts, behind which SPF is not judged
    bool door = true;                                 // the lists are reached through portavoz-deliver only
  } gate;

  struct Door {
    Seconds seal_lifetime = std::chrono::hours(144);  // as long as a server keeps mail queued, and a day
    std::string memory = "/var/lib/portavoz/seals";   // which seals were used
    std::string held = "/var/lib/portavoz/held";      // the shelf of posts kept aside
    std::uint64_t held_max_posts = 1000;
    std::uint64_t held_max_bytes = std::uint64_t{256} << 20;
    std::string lmtp_listen;    // path of a unix socket, or IP:port; empty: no LMTP door
    std::string lmtp_next_hop;  // the list manager's LMTP server, written likewise
  } door;

  struct Verifier {
    std::string evidence = "/var/lib/portavoz/evidence";      // one file a check
    std::uint64_t evidence_budget = std::uint64_t{10} << 30;  // past it the oldest goes that nobody needs
    Seconds evidence_kept = std::chrono::hours(24 * 365);     // past it, too
    std::string lexicon;                                      // words beside the built-in ones; empty: none
    std::vector<std::string> resolvers;                       // IP:port; empty: those of /etc/resolv.conf
    std::vector<std::string> allow;                   // exact IP:port that may be fetched though not public
    std::string about = "https://portavoz.invalid/";  // where a site's owner reads who fetches, in User-Agent
    std::uint64_t threads = 1;
    std::uint64_t in_flight = 100;  // checks that are held at a time, of all threads together
    Seconds pause{2};               // between two requests to one site
    std::string renderer;           // path of the renderer's socket; empty: no page is rendered
  } verifier;

  struct Renderer {
    std::string socket = "/run/portavoz-renderer/render.sock";  // where the verifier's pages come
  } renderer;

  // What only tests may do. Refused unless everything of ours listens on this machine alone.
  struct Testing {
    bool believe_xclient = false;  // a login that a client claims by XCLIENT counts
    std::optional<Instant> clock;  // what the decision takes for now

    [[nodiscard]] bool in_force() const { return believe_xclient || clock; }
  } testing;
};

// One mistake in a configuration file.
struct Problem {
  Mark mark;
  std::string text;  // what is wrong, and what was probably meant
};

struct SettingsOrProblems {
  Settings settings;              // what could be read; to be used only when there are no problems
  std::vector<Problem> problems;  // in the order of the file
};

[[nodiscard]] SettingsOrProblems read_settings(const Node& root);

// `file:line:column: text`, one a line.
[[nodiscard]] std::string format_problems(std::string_view file, const std::vector<Problem>& problems);

// The effective settings, `section.key = value` a line.
[[nodiscard]] std::string describe(const Settings& settings);

}  // namespace portavoz
