#include "adapters/libmilter/milter.h"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <libmilter/mfapi.h>

namespace portavoz {
namespace {

MilterSessionFactory the_factory;  // libmilter's callbacks carry no pointer of ours before the first session

// What libmilter keeps for us between the callbacks of one connection.
struct Connection {
  std::unique_ptr<MilterSession> session;
  unsigned long agreed = 0;  // SMFIP_NR_* and SMFIP_SKIP, as far as the mail server knows them
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
    demand(smfi_insheader(context_, 0, in(name), in(" " + value)), "insert the field " + name);
  }

  void remove_field(const std::string& name, int nth) override {
    demand(smfi_chgheader(context_, in(name), nth, nullptr), "remove the field " + name);
  }

  void set_reply(const std::string& code, const std::string& enhanced,
                 const std::vector<std::string>& lines) override {
    if (lines.empty() || lines.size() > max_reply_lines) throw std::logic_error("a reply has 1 to 20 lines");
    std::vector<std::string> formatted;
    for (const std::string& line : lines) formatted.push_back(escaped(line));
    const auto at = [&](std::size_t i) { return i < formatted.size() ? in(formatted[i]) : nullptr; };
    // The argument list ends at the first null; twenty lines are more than any reply of ours has.
    demand(smfi_setmlreply(context_, code.c_str(), enhanced.c_str(), at(0), at(1), at(2), at(3), at(4), at(5),
                           at(6), at(7), at(8), at(9), at(10), at(11), at(12), at(13), at(14), at(15), at(16),
                           at(17), at(18), at(19), nullptr),
           "set the reply");
  }

 private:
  static constexpr std::size_t max_reply_lines = 20;

  static std::string escaped(const std::string& line) {  // libmilter formats replies: '%' is written twice
    std::string text;
    for (const char c : line) text.append(c == '%' ? 2 : 1, c);
    return text;
  }

  static void demand(int status, const std::string& what) {
    if (status != MI_SUCCESS) throw std::runtime_error("libmilter would not " + what);
  }

  SMFICTX* context_;
};

// The one place where exceptions end. A failure of ours stops a post with 4xx and nothing else.
sfsistat answer_failure(SMFICTX* context, const char* step, const char* what) noexcept {
  const Connection* connection = connection_of(context);
  if (connection == nullptr) return SMFIS_TEMPFAIL;  // negotiation failed: there is no message yet
  connection->session->failed(step, what);
  return connection->session->is_ours() ? SMFIS_TEMPFAIL : SMFIS_CONTINUE;
}

template <typename Step>
sfsistat guarded_step(const char* step, SMFICTX* context, Step body) noexcept {
  try {
    return body();
  } catch (const std::exception& exception) {
    return answer_failure(context, step, exception.what());
  } catch (...) {
    return answer_failure(context, step, "an exception that says nothing");
  }
}

// CONTINUE, or no reply at all where the mail server agreed not to wait for one.
sfsistat proceed(const Connection& connection, unsigned long step) {
  return (connection.agreed & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

std::string client_address(const _SOCK_ADDR* address) {
  if (address == nullptr) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* octets = nullptr;
  if (address->sa_family == AF_INET) octets = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family == AF_INET6) octets = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (octets == nullptr || inet_ntop(address->sa_family, octets, text.data(), text.size()) == nullptr)
    return {};
  return text.data();
}

// libmilter reads C callbacks; each turns one step into a call of the session.
extern "C" {

sfsistat on_negotiate(SMFICTX* context, unsigned long /*actions*/, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* wanted_actions, unsigned long* wanted_steps,
                      unsigned long* f2, unsigned long* f3) {
  return guarded_step("negotiate", context, [&]() -> sfsistat {
    constexpr unsigned long skipped = SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOUNKNOWN;
    constexpr unsigned long silent = SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR;
    *wanted_actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
    *wanted_steps = steps & (skipped | silent | SMFIP_SKIP | SMFIP_HDR_LEADSPC);
    *f2 = 0;
    *f3 = 0;
    smfi_setsymlist(context, SMFIM_CONNECT, in("j"));
    smfi_setsymlist(context, SMFIM_ENVFROM, in("{mail_addr} {auth_authen} {auth_type}"));
    smfi_setsymlist(context, SMFIM_ENVRCPT, in("{rcpt_addr}"));
    smfi_setsymlist(context, SMFIM_EOM, in("i"));
    auto connection = std::make_unique<Connection>();
    connection->agreed = *wanted_steps & (silent | SMFIP_SKIP);
    connection->session = the_factory();
    if (smfi_setpriv(context, connection.get()) != MI_SUCCESS)
      throw std::runtime_error("smfi_setpriv failed");
    static_cast<void>(connection.release());  // on_close takes it back
    return SMFIS_CONTINUE;
  });
}

sfsistat on_connect(SMFICTX* context, char* /*name*/, _SOCK_ADDR* address) {
  return guarded_step("connect", context, [&] {
    Connection& connection = *connection_of(context);
    connection.session->connect(client_address(address));
    return proceed(connection, SMFIP_NR_CONN);
  });
}

sfsistat on_mail(SMFICTX* context, char** /*arguments*/) {
  return guarded_step("mail", context, [&] {
    Connection& connection = *connection_of(context);
    connection.session->forget();
    connection.session->mail(Macros(context));
    return proceed(connection, SMFIP_NR_MAIL);
  });
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) {
  return guarded_step("rcpt", context, [&] {
    Connection& connection = *connection_of(context);
    connection.session->rcpt(Macros(context), arguments[0]);
    return proceed(connection, SMFIP_NR_RCPT);
  });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  return guarded_step("header", context, [&] {
    Connection& connection = *connection_of(context);
    connection.session->header(name, value);
    return proceed(connection, SMFIP_NR_HDR);
  });
}

sfsistat on_body(SMFICTX* context, unsigned char* chunk, size_t size) {
  return guarded_step("body", context, [&]() -> sfsistat {
    Connection& connection = *connection_of(context);
    const bool more = connection.session->body({reinterpret_cast<const char*>(chunk), size});
    return more || (connection.agreed & SMFIP_SKIP) == 0 ? SMFIS_CONTINUE : SMFIS_SKIP;
  });
}

sfsistat on_end(SMFICTX* context) {
  return guarded_step("end of message", context, [&]() -> sfsistat {
    MilterSession& session = *connection_of(context)->session;
    Macros macros(context);
    const MilterAnswer answer = session.end(macros);
    session.forget();
    switch (answer) {
      case MilterAnswer::proceed: return SMFIS_CONTINUE;
      case MilterAnswer::reject: return SMFIS_REJECT;
      case MilterAnswer::tempfail: return SMFIS_TEMPFAIL;
    }
    return SMFIS_TEMPFAIL;
  });
}

sfsistat on_abort(SMFICTX* context) {
  return guarded_step("abort", context, [&]() -> sfsistat {
    if (Connection* connection = connection_of(context)) connection->session->forget();
    return SMFIS_CONTINUE;
  });
}

sfsistat on_close(SMFICTX* context) {
  const std::unique_ptr<Connection> ended(connection_of(context));
  smfi_setpriv(context, nullptr);
  return SMFIS_CONTINUE;
}

}  // extern "C"

class Server final : public MilterServer {
 public:
  [[nodiscard]] Result<void> serve() override {
    if (smfi_main() == MI_SUCCESS) return {};
    return Error{ErrorKind::internal, "libmilter stopped with an error; its own log line says why"};
  }
  void stop() override { smfi_stop(); }
};

}  // namespace

Result<std::unique_ptr<MilterServer>> MilterServer::open(const MilterOptions& options,
                                                         MilterSessionFactory factory) {
  the_factory = std::move(factory);
  smfiDesc filter{};
  filter.xxfi_name = in(options.name);
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
  filter.xxfi_connect = on_connect;
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
  return std::unique_ptr<MilterServer>(new Server);
}

}  // namespace portavoz
