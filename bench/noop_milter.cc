// noop_milter MODE SOCKET: a milter that does nothing, the measure that the gate's cost is compared with.
//
// What a filter costs before it has a thought of its own depends on the steps that it negotiates. The modes:
//   full      every callback registered and every step answered, as a filter is written at first
//   gate      the steps, silences and macros that portavoz-milter negotiates (adapters/libmilter/milter.cc);
//             bench/gate refuses to measure when the two have come apart
//   accept    the same, with the whole body, and as many fields put in at the end as into a post
//   refuse    the same, and at the end a reply of as many lines as a stranger gets
//   envelope  MAIL, RCPT, header fields without a reply, and the end of the message: the least that can see
//   who posts
// Every other callback lets the message go on. Ends at SIGTERM. Exit status: 64 usage, 69 when the socket
// cannot be opened.
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <sysexits.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

namespace {

// What a mode leaves out, and which steps it answers with silence.
struct Steps {
  unsigned long skipped = 0;
  unsigned long silent = 0;
  unsigned long options = 0;
};

constexpr Steps gate_steps{SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOUNKNOWN,
                           SMFIP_NR_MAIL | SMFIP_NR_HDR, SMFIP_SKIP | SMFIP_HDR_LEADSPC};
constexpr Steps envelope_steps{
    SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN,
    SMFIP_NR_HDR, 0};

enum class Ending { go_on, accept, refuse };

// Set before the first connection, never changed afterwards.
Steps steps;
Ending ending = Ending::go_on;

// What the gate puts into a post, in as many octets (bench/gate compares them).
constexpr std::array fields{
    std::pair{"Portavoz-Proof", " login"},
    std::pair{"Portavoz-Designation",
              " list=avisos@listas.example; contact=contacto@asamblea-norte.example; decision=1"},
    std::pair{"Portavoz-Assembly", " Asamblea Norte"},
    std::pair{
        "Portavoz-Seal",
        " v=1; k=0000000000000000; l=avisos@listas.example; t=1795426646; "
        "n=00000000000000000000000000000000; s=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAA=="}};

// What the gate says to a stranger, in two languages.
constexpr const char* long_line =
    "A line as long as the longest one of a reply is, because libmilter formats and copies and sends every "
    "octet of it, whether it says something or, like this one here, nothing but what it says about itself!";
constexpr const char* middle_line =
    "A line that is half as long, for what is left over of a sentence when its first line is full of words.";
constexpr const char* short_line = "Questions: admin@listas.example..";

sfsistat proceed(unsigned long step) { return (steps.silent & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE; }

char* in(const char* text) { return const_cast<char*>(text); }  // libmilter takes char* where it only reads

sfsistat put_in(SMFICTX* context) {
  for (const auto& [name, value] : fields)
    if (smfi_insheader(context, 0, in(name), in(value)) != MI_SUCCESS) return SMFIS_TEMPFAIL;
  return SMFIS_CONTINUE;
}

sfsistat refuse(SMFICTX* context) {
  const int set = smfi_setmlreply(context, "550", "5.7.2", in(long_line), in(middle_line), in(short_line),
                                  in(long_line), in(middle_line), in(short_line), nullptr);
  return set == MI_SUCCESS ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

extern "C" {

sfsistat on_connect(SMFICTX*, char*, _SOCK_ADDR*) { return SMFIS_CONTINUE; }
sfsistat on_helo(SMFICTX*, char*) { return SMFIS_CONTINUE; }
sfsistat on_mail(SMFICTX*, char**) { return proceed(SMFIP_NR_MAIL); }
sfsistat on_rcpt(SMFICTX*, char**) { return proceed(SMFIP_NR_RCPT); }
sfsistat on_data(SMFICTX*) { return SMFIS_CONTINUE; }
sfsistat on_header(SMFICTX*, char*, char*) { return proceed(SMFIP_NR_HDR); }
sfsistat on_end_of_header(SMFICTX*) { return SMFIS_CONTINUE; }
sfsistat on_body(SMFICTX*, unsigned char*, size_t) {
  return (steps.options & SMFIP_SKIP) != 0 && ending != Ending::accept ? SMFIS_SKIP : SMFIS_CONTINUE;
}
sfsistat on_end(SMFICTX* context) {
  switch (ending) {
    case Ending::go_on: return SMFIS_CONTINUE;
    case Ending::accept: return put_in(context);
    case Ending::refuse: return refuse(context);
  }
  return SMFIS_TEMPFAIL;
}
sfsistat on_abort(SMFICTX*) { return SMFIS_CONTINUE; }
sfsistat on_close(SMFICTX*) { return SMFIS_CONTINUE; }
sfsistat on_unknown(SMFICTX*, const char*) { return SMFIS_CONTINUE; }

sfsistat on_negotiate(SMFICTX*, unsigned long, unsigned long offered, unsigned long, unsigned long,
                      unsigned long* wanted_actions, unsigned long* wanted_steps, unsigned long* f2,
                      unsigned long* f3) {
  *wanted_actions = 0;
  *wanted_steps = offered & (steps.skipped | steps.silent | steps.options);
  *f2 = 0;
  *f3 = 0;
  return SMFIS_CONTINUE;
}

sfsistat on_negotiate_as_gate(SMFICTX* context, unsigned long actions, unsigned long offered,
                              unsigned long f2, unsigned long f3, unsigned long* wanted_actions,
                              unsigned long* wanted_steps, unsigned long* wanted_f2,
                              unsigned long* wanted_f3) {
  smfi_setsymlist(context, SMFIM_ENVFROM, in("i {mail_addr} {auth_authen} {auth_type} {client_addr}"));
  smfi_setsymlist(context, SMFIM_ENVRCPT, in("{rcpt_addr}"));
  smfi_setsymlist(context, SMFIM_EOH, in("{portavoz_none}"));
  smfi_setsymlist(context, SMFIM_EOM, in("i"));
  const sfsistat answer =
      on_negotiate(context, actions, offered, f2, f3, wanted_actions, wanted_steps, wanted_f2, wanted_f3);
  *wanted_actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
  return answer;
}

}  // extern "C"

smfiDesc full_filter() {
  smfiDesc filter{};
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_helo;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_rcpt;
  filter.xxfi_data = on_data;
  filter.xxfi_header = on_header;
  filter.xxfi_eoh = on_end_of_header;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_end;
  filter.xxfi_abort = on_abort;
  filter.xxfi_close = on_close;
  filter.xxfi_unknown = on_unknown;
  return filter;
}

smfiDesc gate_filter(Ending at_the_end = Ending::go_on) {
  steps = gate_steps;
  ending = at_the_end;
  smfiDesc filter{};
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
  filter.xxfi_negotiate = on_negotiate_as_gate;
  return filter;
}

smfiDesc envelope_filter() {
  steps = envelope_steps;
  smfiDesc filter{};
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_rcpt;
  filter.xxfi_header = on_header;
  filter.xxfi_eom = on_end;
  filter.xxfi_close = on_close;
  filter.xxfi_negotiate = on_negotiate;
  return filter;
}

int serve(smfiDesc filter, const std::string& socket) {
  filter.xxfi_name = in("noop_milter");
  if (smfi_setconn(in(("unix:" + socket).c_str())) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS ||
      smfi_opensocket(true) != MI_SUCCESS) {
    std::fprintf(stderr, "noop_milter: cannot listen on the socket %s\n", socket.c_str());
    return EX_UNAVAILABLE;
  }
  return smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (mode == "full") return serve(full_filter(), argv[2]);
  if (mode == "gate") return serve(gate_filter(), argv[2]);
  if (mode == "accept") return serve(gate_filter(Ending::accept), argv[2]);
  if (mode == "refuse") return serve(gate_filter(Ending::refuse), argv[2]);
  if (mode == "envelope") return serve(envelope_filter(), argv[2]);
  std::fputs("usage: noop_milter full|gate|accept|refuse|envelope SOCKET\n", stderr);
  return EX_USAGE;
}
