#include "adapters/libmilter/milter.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

namespace portavoz {
namespace {

MilterSessionFactory the_factory;  // libmilter's callbacks carry no pointer of ours before the first session

// The messages that have begun and are not over. libmilter's own stop ends every connection where it stands.
class Running {
 public:
  // False once closed: the message is not to begin.
  [[nodiscard]] bool enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++messages_;
    return true;
  }
  void leave() noexcept {
    const std::lock_guard lock(mutex_);
    if (--messages_ == 0) none_.notify_all();
  }
  // How many were left at the end of the time.
  [[nodiscard]] std::size_t close(Millis within) {
    std::unique_lock lock(mutex_);
    closed_ = true;
    none_.wait_for(lock, within, [this] { return messages_ == 0; });
    return messages_;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  bool closed_ = false;
  std::size_t messages_ = 0;
};

Running& running() {
  static Running& messages = *new Running;  // never destroyed: libmilter's threads outlive main()
  return messages;
}

// libmilter writes an answer after our callback has returned, and tells nobody when it did.
constexpr Millis to_write_an_answer{100};

// What libmilter keeps for us between the callbacks of one connection.
struct Connection {
  std::unique_ptr<MilterSession> session;
  bool in_message = false;   // it is one of running()
  unsigned long agreed = 0;  // SMFIP_NR_* and SMFIP_SKIP, as far as the mail server knows them
  std::optional<Reply>
      failure;  // a step of the present message failed: the reply at its end, if it is a post
};

Connection* connection_of(SMFICTX* context) { return static_cast<Connection*>(smfi_getpriv(context)); }

// libmilter takes char* where it only reads.
char* in(const char* text) { return const_cast<char*>(text); }
char* in(const std::string& text) { return in(text.c_str()); }

class Macros : public MilterEnd {
 public:
  explicit Macros(SMFICTX* context) : context_(context) {}

  [[nodiscard]] std::optional<std::string> macro(const char* name) const override {
    const char* value = smfi_getsymval(context_, in(name));
    if (value == nullptr) return std::nullopt;
    return value;
  }

  void insert_field(const std::string& name, const std::string& value) override {
    // SMFIP_HDR_LEADSPC: the blank after the colon is part of the value.
    demand(smfi_insheader(context_, 0, in(name), in(" " + value)), "insert the field ", name);
  }

  void remove_field(const std::string& name, int nth) override {
    demand(smfi_chgheader(context_, in(name), nth, nullptr), "remove the field ", name);
  }

  void set_reply(const Reply& reply) override {
    if (reply.lines.empty() || reply.lines.size() > max_reply_lines)
      throw std::logic_error("a reply has 1 to 20 lines");
    std::vector<std::string> formatted;
    formatted.reserve(reply.lines.size());
    for (const std::string& line : reply.lines) formatted.push_back(escaped(line));
    const auto at = [&](std::size_t i) { return i < formatted.size() ? in(formatted[i]) : nullptr; };
    // The argument list ends at the first null; twenty lines are more than any reply of ours has.
    demand(smfi_setmlreply(context_, reply.code.c_str(), reply.enhanced.c_str(), at(0), at(1), at(2), at(3),
                           at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11), at(12), at(13), at(14),
                           at(15), at(16), at(17), at(18), at(19), nullptr),
           "set the reply");
  }

 private:
  static constexpr std::size_t max_reply_lines = 20;

  static std::string escaped(const std::string& line) {  // libmilter formats replies: '%' is written twice
    std::string text = line;
    for (auto at = text.find('%'); at != std::string::npos; at = text.find('%', at + 2))
      text.insert(at, 1, '%');
    return text;
  }

  static void demand(int status, std::string_view what, std::string_view name = {}) {
    if (status == MI_SUCCESS) return;
    throw std::runtime_error("libmilter would not " + std::string(what) + std::string(name));
  }

  SMFICTX* context_;
};

// The one place where exceptions end: runs one step and remembers that it failed. The answer to a failure is
// given at the end of the message and never before: libmilter turns a refusal in a step without reply into
// silence and then ignores the rest of the message, and the mail server would wait for its time limit.
template <typename Step>
void take_step(const char* step, Connection& connection, Step body) noexcept {
  try {
    if (!connection.failure) body(*connection.session);
  } catch (const std::exception& exception) {
    connection.failure = connection.session->failed(step, exception.what());
  } catch (...) {
    connection.failure = connection.session->failed(step, "an exception that says nothing");
  }
}

// A failure of ours stops a post with 4xx and nothing else.
sfsistat answer_failure(SMFICTX* context, const Connection& connection) noexcept {
  if (!connection.session->is_ours()) return SMFIS_CONTINUE;
  try {
    if (!connection.failure->code.empty()) Macros(context).set_reply(*connection.failure);
  } catch (const std::exception&) {
    // The answer is what matters; the mail server has words of its own for it.
  }
  return SMFIS_TEMPFAIL;
}

sfsistat smfis(MilterAnswer answer) noexcept {
  switch (answer) {
    case MilterAnswer::proceed: return SMFIS_CONTINUE;
    case MilterAnswer::reject: return SMFIS_REJECT;
    case MilterAnswer::tempfail: return SMFIS_TEMPFAIL;
  }
  return SMFIS_TEMPFAIL;
}

void forget_message(Connection& connection) noexcept {
  connection.session->forget();
  if (std::exchange(connection.in_message, false)) running().leave();
  connection.failure.reset();
}

// CONTINUE, or no reply at all where the mail server agreed not to wait for one.
sfsistat proceed(const Connection& connection, unsigned long step) {
  return (connection.agreed & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

// A session for the connection that begins, and what of the steps offered is wanted.
sfsistat negotiate(SMFICTX* context, unsigned long offered, unsigned long& wanted) {
  constexpr unsigned long skipped =
      SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOUNKNOWN;
  constexpr unsigned long silent = SMFIP_NR_MAIL | SMFIP_NR_HDR;
  wanted = offered & (skipped | silent | SMFIP_SKIP | SMFIP_HDR_LEADSPC);
  smfi_setsymlist(context, SMFIM_ENVFROM, in("i {mail_addr} {auth_authen} {auth_type} {client_addr}"));
  smfi_setsymlist(context, SMFIM_ENVRCPT, in("{rcpt_addr}"));
  // Postfix sends the macros of this stage before every header field. The packet comes whatever is asked for
  // (seen with 3.7.11), and a name that has no value leaves it empty; no name at all means Postfix's own
  // list.
  smfi_setsymlist(context, SMFIM_EOH, in("{portavoz_none}"));
  smfi_setsymlist(context, SMFIM_EOM, in("i"));
  auto connection = std::make_unique<Connection>();
  connection->agreed = wanted & (silent | SMFIP_SKIP);
  connection->session = the_factory();
  if (smfi_setpriv(context, connection.get()) != MI_SUCCESS) return SMFIS_REJECT;
  static_cast<void>(connection.release());  // on_close takes it back
  return SMFIS_CONTINUE;
}

// libmilter reads C callbacks; each turns one step into a call of the session.
extern "C" {

sfsistat on_negotiate(SMFICTX* context, unsigned long /*actions*/, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* wanted_actions, unsigned long* wanted_steps,
                      unsigned long* f2, unsigned long* f3) {
  *wanted_actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
  *f2 = 0;
  *f3 = 0;
  try {
    return negotiate(context, steps, *wanted_steps);
  } catch (...) {
    return SMFIS_REJECT;  // no memory for a session: this connection goes without us, the door sees its posts
  }
}

sfsistat on_mail(SMFICTX* context, char** /*arguments*/) {
  Connection& connection = *connection_of(context);
  forget_message(connection);
  // We are about to end. Nothing may be answered here, and an end in the middle of a message would be worse.
  if (!running().enter())
    for (;;) pause();
  connection.in_message = true;
  take_step("mail", connection, [&](MilterSession& session) { session.mail(Macros(context)); });
  return proceed(connection, SMFIP_NR_MAIL);
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) {
  Connection& connection = *connection_of(context);
  MilterAnswer answer = MilterAnswer::proceed;
  take_step("rcpt", connection, [&](MilterSession& session) {
    Macros macros(context);
    answer = session.rcpt(macros, arguments[0]);
  });
  return smfis(answer);
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  Connection& connection = *connection_of(context);
  take_step("header", connection, [&](MilterSession& session) { session.header(name, value); });
  return proceed(connection, SMFIP_NR_HDR);
}

sfsistat on_body(SMFICTX* context, unsigned char* chunk, size_t size) {
  Connection& connection = *connection_of(context);
  bool more = false;
  take_step("body", connection, [&](MilterSession& session) {
    more = session.body({reinterpret_cast<const char*>(chunk), size});
  });
  return more || (connection.agreed & SMFIP_SKIP) == 0 ? SMFIS_CONTINUE : SMFIS_SKIP;
}

sfsistat on_end(SMFICTX* context) {
  Connection& connection = *connection_of(context);
  MilterAnswer answer = MilterAnswer::tempfail;
  take_step("end of message", connection, [&](MilterSession& session) {
    Macros macros(context);
    answer = session.end(macros);
  });
  const sfsistat reply = connection.failure ? answer_failure(context, connection) : smfis(answer);
  forget_message(connection);
  return reply;
}

sfsistat on_abort(SMFICTX* context) {
  if (Connection* connection = connection_of(context)) forget_message(*connection);
  return SMFIS_CONTINUE;
}

sfsistat on_close(SMFICTX* context) {
  const std::unique_ptr<Connection> ended(connection_of(context));
  if (ended) forget_message(*ended);
  smfi_setpriv(context, nullptr);
  return SMFIS_CONTINUE;
}

}  // extern "C"

// Connects to our own socket and hangs up, so that libmilter's listener turns once.
void wake_listener(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return;
  path.copy(address.sun_path, path.size());
  const int caller = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (caller < 0) return;
  static_cast<void>(connect(caller, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  close(caller);
}

class Server final : public MilterServer {
 public:
  explicit Server(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  [[nodiscard]] Result<void> serve() override {
    if (smfi_main() == MI_SUCCESS) return {};
    return Error{ErrorKind::internal, "libmilter stopped with an error; its own log line says why"};
  }
  [[nodiscard]] std::size_t stop(Millis within) override {
    // Who connects now finds nobody; we ourselves still do.
    const std::string ours = socket_path_ + "~";
    if (std::rename(socket_path_.c_str(), ours.c_str()) == 0) socket_path_ = ours;
    const std::size_t unfinished = running().close(within);
    std::this_thread::sleep_for(to_write_an_answer);
    // smfi_stop() waits for a lock that the listener holds while it waits up to five seconds for a
    // connection; between two connections it lets go only for a moment. So somebody calls until smfi_stop()
    // is through.
    const std::jthread caller([this](const std::stop_token& through) {
      std::mutex mutex;
      std::condition_variable_any never_notified;
      std::unique_lock lock(mutex);
      while (!through.stop_requested()) {
        wake_listener(socket_path_);
        never_notified.wait_for(lock, through, std::chrono::milliseconds(5), [] { return false; });
      }
    });
    smfi_stop();
    unlink(socket_path_.c_str());
    return unfinished;
  }

 private:
  std::string socket_path_;
};

}  // namespace

Result<std::unique_ptr<MilterServer>> MilterServer::open(const MilterOptions& options,
                                                         MilterSessionFactory factory) {
  the_factory = std::move(factory);
  running().open();
  smfiDesc filter{};
  filter.xxfi_name = in(options.name);
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_rcpt;
  filter.xxfi_header = on_header;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_end;
  filter.xxfi_abort = on_abort;
  filter.xxfi_close = on_close;
  filter.xxfi_negotiate = on_negotiate;
  const mode_t before = umask(007);  // the mail server's group may connect, nobody else
  const bool opened = smfi_setconn(in("unix:" + options.socket)) == MI_SUCCESS &&
                      smfi_register(filter) == MI_SUCCESS && smfi_opensocket(true) == MI_SUCCESS;
  umask(before);
  if (!opened)
    return Error{ErrorKind::unavailable, "cannot listen on the socket " + options.socket +
                                             ": does its directory exist, and may this user write there?"};
  return std::unique_ptr<MilterServer>(new Server(options.socket));
}

}  // namespace portavoz
