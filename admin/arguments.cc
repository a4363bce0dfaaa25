#include "admin/arguments.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>

#include "core/base/text.h"

namespace portavoz::admin {
namespace {

constexpr std::string_view about =
    "Portavoz keeps announcement lists official: one designated, verified contact address per assembly may "
    "post to a\n"
    "list, and everybody may read. With this program the admins look after the register.\n";

constexpr std::string_view first_day = R"(
A first day
  portavoz list add news@lists.example --languages es,en --admin-address admins@lists.example
  portavoz apply --list news@lists.example --assembly "Asamblea del Sur" --address info@asamblea.example \
                 --url https://asamblea.example/contacto --login asamblea
  portavoz confirm 1 --reason "rang the number on their page, they read the code back"
  portavoz reports                 the verifier has read the page by now
  portavoz report show 1           what it found, and where
  portavoz approve 1 --reason "the page names it as their contact"

Who you are
  Each decision carries your name: PostgreSQL sees which user of this machine you are. There is no option for it.
  `portavoz account list` shows who may decide.
)";

constexpr std::string_view exit_codes = R"(
Exit codes (sysexits.h)
   0  done
   1  `portavoz status`, `roll verify` or `roll age` found something that needs you
  64  a mistake in the command: unknown command or option, something missing
  65  bad input, or not possible now: no address, no URL, already decided, a second designated contact
  66  there is no such list, contact, report, post or file
  69  PostgreSQL, a file or the network is away now; nothing was changed, try again later
  70  a mistake of ours; please report it
  75  the connection broke while the change was being stored: look whether it is there before you try again
  77  this user may not do this
  78  the configuration file has mistakes
A sentence on standard error says what happened, to what, and what to do. With --json standard output also gets
{"error":{"kind":…,"what":…}}.

`portavoz COMMAND --help` explains one command, with an example and what comes next.
)";

// Help with the sections in the order in which a reader needs them: what it does, usage, options, example,
// next.
class Teacher : public CLI::Formatter {
 public:
  Teacher() {
    column_width(32);
    label("REQUIRED", "(required)");
  }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (app->get_parent() != nullptr || mode != CLI::AppFormatMode::Normal) {
      return CLI::Formatter::make_help(app, name, mode);
    }
    std::string out(about);
    out += "\nUsage: portavoz [--config FILE] [--json] COMMAND …\n";
    for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
      if (const std::string group = command->get_group(); group != last_group_) {
        out += '\n' + group + '\n';
        last_group_ = group;
      }
      describe(command, "", out);
    }
    last_group_.clear();
    out += "\nOptions, before or after the command\n";
    for (const CLI::Option* option : app->get_options()) out += make_option(option, false);
    return out.append(first_day).append(exit_codes);
  }

 private:
  // One line for each command that can be run, with the words before its name.
  static void describe(const CLI::App* command, const std::string& before, std::string& out) {
    const std::string words = before + command->get_name();
    const auto inner = command->get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* each : inner) describe(each, words + ' ', out);
    if (!inner.empty()) return;
    std::string line = "  " + words;
    for (const CLI::Option* option : command->get_options()) {
      if (!option->get_positional()) continue;
      const std::string name = option->get_name(true);
      line += option->get_required() ? ' ' + name : " [" + name + ']';
    }
    line.resize(std::max<std::size_t>(line.size() + 2, 35), ' ');
    out += line + command->get_description() + '\n';
  }

  mutable std::string last_group_;
};

class Parser {
 public:
  Parser();
  std::variant<Arguments, Help, UsageMistake> parse(int argc, char** argv);

 private:
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& what,
                    const std::string& lesson);
  template <typename T>
  std::shared_ptr<T> args(CLI::App* sub, T initial = {}) {
    auto kept = std::make_shared<T>(std::move(initial));
    sub->callback([this, kept] { arguments_.command = *kept; });
    return kept;
  }
  CLI::App* group(const std::string& name, const std::string& what);
  static void reason(CLI::App* sub, std::string& where);
  static void proof(CLI::App* sub, ProofWords& where, const std::string& without_domains);
  void add_list_commands();
  void add_contact_commands();
  void add_report_commands();
  void add_decision(DecisionKind kind, const std::string& subject, const std::string& what,
                    const std::string& lesson);
  void add_post_commands();
  void add_verifier_commands();
  void add_held_commands();
  void add_account_commands();
  void add_roll_commands();
  void add_setup_commands();
  [[nodiscard]] UsageMistake mistake(const CLI::ParseError& error, int argc, char** argv) const;
  [[nodiscard]] std::optional<std::string> unknown_command(int argc, char** argv) const;

  CLI::App app_{"", "portavoz"};
  std::string group_;
  Arguments arguments_;
};

Parser::Parser() {
  app_.formatter(std::make_shared<Teacher>());
  app_.set_help_flag("-h,--help", "explain the command and stop");
  app_.set_version_flag("--version", "portavoz " PORTAVOZ_VERSION, "print the version and stop");
  app_.add_option("--config", arguments_.config, "the configuration file (" + arguments_.config + ")")
      ->type_name("FILE");
  app_.add_flag("--json", arguments_.json, "print one JSON value for programs");
  app_.require_subcommand(1);
  app_.fallthrough();
  add_list_commands();
  add_contact_commands();
  add_report_commands();
  add_post_commands();
  add_verifier_commands();
  add_held_commands();
  add_account_commands();
  add_roll_commands();
  add_setup_commands();
}

CLI::App* Parser::command(CLI::App& parent, const std::string& name, const std::string& what,
                          const std::string& lesson) {
  CLI::App* sub = parent.add_subcommand(name, what);
  sub->group(group_);
  sub->footer(lesson.substr(1));  // the raw strings start with a line feed, as help does here already
  return sub;
}

CLI::App* Parser::group(const std::string& name, const std::string& what) {
  CLI::App* sub = app_.add_subcommand(name, what);
  sub->group(group_);
  sub->require_subcommand(1);
  return sub;
}

void Parser::reason(CLI::App* sub, std::string& where) {
  sub->add_option("--reason", where, "why; it stays in the history and is shown with the decision")
      ->type_name("TEXT")
      ->required();
}

void Parser::proof(CLI::App* sub, ProofWords& where, const std::string& without_domains) {
  sub->add_option("--login", where.logins,
                  "a login of the mail server that may post as this address; may stand several times")
      ->type_name("LOGIN")
      ->allow_extra_args(false);
  CLI::Option* domains = sub->add_option("--signing-domain", where.signing_domains,
                                         "a domain whose DKIM signature counts, exactly this one; may stand "
                                         "several times" +
                                             without_domains)
                             ->type_name("DOMAIN")
                             ->allow_extra_args(false);
  sub->add_flag("--no-dkim", where.no_dkim, "no DKIM signature counts")->excludes(domains);
  sub->add_flag("--spf", where.spf, "SPF alone counts: for servers that send nobody else's mail");
  sub->add_flag("--shared", where.shared,
                "strangers use the same provider: DKIM counts only together with SPF");
}

void Parser::add_list_commands() {
  group_ = "Lists";
  CLI::App* list = group("list", "the guarded mailing lists");
  CLI::App* sub = command(*list, "add", "guard a mailing list", R"(
A guarded list takes posts from designated contacts alone. The list manager (mlmmj, Mailman …) must know the list
already; here the gate and the door learn of it.

Example
  portavoz list add news@lists.example --languages es,en --admin-address admins@lists.example

Next: `portavoz apply --help` records an assembly that wants to post.)");
  auto add = args<ListAdd>(sub);
  sub->add_option("ADDRESS", add->address, "the posting address")->type_name("")->required();
  sub->add_option("--languages", add->languages,
                  "languages of the list's answers, the first one first: es,en")
      ->type_name("TAG,TAG")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->required();
  sub->add_option("--admin-address", add->admin_address, "where senders can ask; it stands in refusals")
      ->type_name("ADDRESS")
      ->required();
  sub->add_option("--alias", add->aliases, "another address of the same list; may stand several times")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  sub->add_flag("--two-person", add->two_person,
                "two different accounts must agree before a contact may post");
  sub->add_flag("--hold-unproven", add->hold_unproven,
                "keep posts aside that nothing proves, for you to judge; else they are refused");

  sub = command(*list, "hold", "what becomes of posts that nothing proves", R"(
A post in a designated contact's name that neither login nor DKIM nor SPF proves is refused. With `on` it is kept aside
instead, and one of you judges it. With somebody else's login it is refused either way.

Example
  portavoz list hold news@lists.example on --reason "two assemblies have providers without DKIM"

Next: `portavoz held list` shows what was kept aside.)");
  auto hold = args<ListHold>(sub);
  sub->add_option("ADDRESS", hold->address, "the list, by its posting address or an alias")
      ->type_name("")
      ->required();
  sub->add_option("ON-OR-OFF", hold->on_or_off, "on: kept aside; off: refused")->type_name("")->required();
  reason(sub, hold->reason);

  sub = command(*list, "show", "the lists, or one list with its contacts", R"(
Example
  portavoz list show
  portavoz list show news@lists.example

Next: `portavoz contacts --list ADDRESS` shows its contacts in every state.)");
  auto show = args<ListShow>(sub);
  sub->add_option("ADDRESS", show->address,
                  "a list, by its posting address or an alias; all when it is missing")
      ->type_name("");
}

void Parser::add_contact_commands() {
  group_ = "Contacts: applied, confirmed, reported, designated …";
  CLI::App* sub = command(app_, "apply", "record that an assembly wants to post to a list", R"(
The address gets no right by this. It becomes a contact in the state `applied`.

Example
  portavoz apply --list news@lists.example --assembly "Asamblea del Sur" --address info@asamblea.example \
                 --url https://asamblea.example/contacto --login asamblea

What proves later that a post is theirs is approved with the contact: a login of your mail server, a DKIM signature (of
the address's own domain unless you say otherwise), or SPF where you allow it. At a provider where strangers have
mailboxes too, say --shared.

Next: make sure that the holder of the address wants this, then `portavoz confirm CONTACT --reason …`.)");
  auto apply = args<Apply>(sub);
  sub->add_option("--list", apply->list, "the list")->type_name("ADDRESS")->required();
  sub->add_option("--assembly", apply->assembly, "the assembly's name, as readers know it")
      ->type_name("NAME")
      ->required();
  sub->add_option("--address", apply->address, "the address that is to post")
      ->type_name("ADDRESS")
      ->required();
  sub->add_option("--url", apply->url, "the page of their own site where the address stands as a contact")
      ->type_name("URL")
      ->required();
  proof(sub, apply->proof, " (the address's own domain)");
  sub->add_option("--language", apply->language, "the language in which we write to them (the list's first)")
      ->type_name("TAG");

  sub = command(app_, "confirm", "record that the holder of the address wants this", R"(
A check of the evidence page becomes due at once; the verifier leaves a report within moments.

Example
  portavoz confirm 1 --reason "rang the number on their page, they read the code back"

Next: `portavoz reports`.)");
  auto confirm = args<Confirm>(sub);
  sub->add_option("CONTACT", confirm->contact, "the contact's number")->type_name("")->required();
  reason(sub, confirm->reason);

  sub = command(app_, "check", "have the evidence page read again", R"(
Example
  portavoz check 1

Next: `portavoz reports`, once the verifier has been there.)");
  auto check = args<CheckAgain>(sub);
  sub->add_option("CONTACT", check->contact, "the contact's number")->type_name("")->required();

  sub = command(app_, "contacts", "the contacts, with their states", R"(
States: applied confirmed reported designated lapsing suspended succeeded retired refused withdrawn.
`designated` and `lapsing` may post.

Example
  portavoz contacts --list news@lists.example --state designated

Next: `portavoz reports` shows what waits for you.)");
  auto contacts = args<Contacts>(sub);
  sub->add_option("--list", contacts->list, "only those of this list")->type_name("ADDRESS");
  sub->add_option("--state", contacts->state, "only those in this state")->type_name("STATE");

  CLI::App* contact = group("contact", "one contact");
  sub = command(*contact, "show", "one contact: who decided, and what its checks have come to", R"(
How often in a row its page was read without the address, until when it is lapsing, since when its page cannot be seen,
and since when the domain of its address is gone.

Example
  portavoz contact show 1

Next: `portavoz report show N` shows its last report.)");
  auto one = args<ContactShow>(sub);
  sub->add_option("CONTACT", one->contact, "the contact's number")->type_name("")->required();
}

void Parser::add_report_commands() {
  group_ = "Reports and decisions";
  CLI::App* sub = command(app_, "reports", "the reports that wait for a decision", R"(
Example
  portavoz reports
  portavoz reports --all

Next: `portavoz report show N`.)");
  auto reports = args<Reports>(sub);
  sub->add_flag("--all", reports->all, "the decided ones too");

  CLI::App* report = group("report", "one report");
  sub = command(*report, "show", "what the verifier found on a page, with the evidence", R"(
It names the file that keeps the evidence (WARC/1.1, which any reader of web archives opens) and shows what a reader of the
page sees otherwise than in the contact's report that was approved last. For that, run it on the host of the file, as
somebody who may read it.

Where the page was shown to a browser (verifier.renderer), --picture writes what that browser showed, a PNG, into a new file.

Example
  portavoz report show 1
  portavoz report show 1 --picture page.png

Next: `portavoz approve N --reason …` or `portavoz reject N --reason …`.)");
  auto show = args<ReportShow>(sub);
  sub->add_option("N", show->report, "the report's number")->type_name("")->required();
  sub->add_option("--picture", show->picture, "write the picture of what a browser showed")
      ->type_name("FILE");

  add_decision(DecisionKind::approve, "N", "let the report's contact post to its list", R"(
The contact becomes the one designated contact of its assembly on that list. Every gate that reaches the register
obeys within moments. On a list with the two-person rule a second admin must approve too.

Example
  portavoz approve 1 --reason "the page names it as their contact"

Next: `portavoz log --posts` shows what the gate answers them.)");
  add_decision(DecisionKind::reject, "N", "refuse the report's contact", R"(
Example
  portavoz reject 2 --reason "the address stands in a comment of a visitor"

Next: nothing. The assembly may apply again with a better page.)");
  add_decision(DecisionKind::vouch, "CONTACT", "designate a confirmed contact without a report", R"(
For those whom you know already. The register shows for ever that it was you who vouched, and why.

Example
  portavoz vouch 3 --reason "met at the regional meeting in May, they handed me the address"

Next: `portavoz log --posts` shows what the gate answers them.)");
  sub = command(app_, "change-proof", "change what proves that a post is a contact's", R"(
For a contact that may post and changed its provider or its login. You say the whole new proof, not a part of it; the
answer shows it beside the old one. On a list with the two-person rule a second admin must say exactly the same.

Example
  portavoz change-proof 1 --login asamblea --signing-domain asamblea.example --reason "they moved to our server"
  portavoz change-proof 1 --signing-domain correo.example --shared --reason "a mailbox at a big provider now"

Next: `portavoz contacts` shows what proves each contact's posts.)");
  auto change = args<ChangeProof>(sub);
  sub->add_option("CONTACT", change->contact, "the contact's number")->type_name("")->required();
  proof(sub, change->proof, "; this or --no-dkim is needed");
  reason(sub, change->reason);

  add_decision(DecisionKind::suspend, "CONTACT", "stop a contact from posting, at once", R"(
For a stolen mailbox or a page that was taken over. Posts are refused within moments, until somebody restores it.

Example
  portavoz suspend 1 --reason "their mailbox sends spam since noon"

Next: `portavoz restore CONTACT --reason …` when it is theirs again.)");
  add_decision(DecisionKind::restore, "CONTACT", "let a suspended or waiting contact post again", R"(
Of a contact that is suspended, or whose posts wait because the domain of its address was gone. In the second case make
sure that the domain is still theirs: a domain that was not renewed can be bought by anybody.

Example
  portavoz restore 1 --reason "new password, the whole assembly confirmed it"

Next: `portavoz contacts` shows its state.)");
  add_decision(DecisionKind::retire, "CONTACT", "end a contact's right to post, for good", R"(
For an assembly that dissolved or left the list. To come back it applies again.

Example
  portavoz retire 1 --reason "the assembly dissolved on 3 May"

Next: `portavoz contacts` shows its state.)");
}

void Parser::add_decision(DecisionKind kind, const std::string& subject, const std::string& what,
                          const std::string& lesson) {
  CLI::App* sub = command(app_, std::string(to_text(kind)), what, lesson);
  auto decide = args<Decide>(sub, {kind, "", ""});
  sub->add_option(subject, decide->subject, subject == "N" ? "the report's number" : "the contact's number")
      ->type_name("")
      ->required();
  reason(sub, decide->reason);
}

void Parser::add_post_commands() {
  group_ = "What happened";
  CLI::App* sub = command(app_, "log", "the history, or the gate's verdicts on posts", R"(
Example
  portavoz log                     who changed what, the newest first
  portavoz log --posts             what the gate answered, the newest first

Next: `portavoz explain QUEUE-ID` tells one post's story.)");
  auto log = args<Log>(sub);
  sub->add_flag("--posts", log->posts, "the gate's verdicts in place of the history");
  sub->add_option("--limit", log->limit, "how many at most (" + log->limit + ")")->type_name("NUMBER");

  sub = command(app_, "explain", "why a post was taken or refused, and who stands behind it", R"(
ID is the queue id of the mail server's log, or the Message-ID with or without its angle brackets.

Example
  portavoz explain 4Bx1Yk2yRzz9
  portavoz explain 20260501.123@asamblea.example

Next: `portavoz report show N` shows the evidence behind the designation.)");
  auto explain = args<Explain>(sub);
  sub->add_option("ID", explain->id, "a queue id or a Message-ID")->type_name("")->required();

  sub = command(app_, "try", "what the gate would answer to a message in a file", R"(
The very decision of this host's gate, from this host's roll, on the message in FILE. Nothing is sent, kept or
recorded. Needs root or a user who may read the roll.

Example
  portavoz try --mail-from info@asamblea.example --rcpt news@lists.example --login asamblea post.eml
  portavoz try --mail-from info@asamblea.example --rcpt news@lists.example --client 192.0.2.10 --dns zone.json post.eml

--dns FILE asks no resolver; the file says what the DNS says: {"asamblea.example": [["TXT", "v=spf1 …"]]}.

Next: `portavoz explain QUEUE-ID` says the same of a post that came.)");
  auto trial = args<Try>(sub);
  sub->add_option("FILE", trial->file, "the message, header and body")->type_name("")->required();
  sub->add_option("--mail-from", trial->mail_from, "the envelope sender; <> for a bounce")
      ->type_name("ADDRESS")
      ->required();
  sub->add_option("--rcpt", trial->recipients, "a recipient; may stand several times")
      ->type_name("ADDRESS")
      ->allow_extra_args(false)
      ->required();
  sub->add_option("--login", trial->login, "who logged in; nobody without it")->type_name("LOGIN");
  sub->add_option("--client", trial->client, "the client's address, for SPF; without it SPF is not judged")
      ->type_name("IP");
  sub->add_option("--helo", trial->helo, "what the client calls itself")->type_name("NAME");
  sub->add_option("--dns", trial->dns, "answer every DNS question from this file")->type_name("FILE");
  sub->add_option("--at", trial->at, "decide as if it were then: 2026-01-31T12:00:00Z")->type_name("TIME");

  sub = command(app_, "status", "whether everything on this host is as it should be", R"(
Exit code 0 when it is, 1 when something needs you. Needs root: it looks at the gate's key and socket and at the roll.

Example
  sudo portavoz status

Next: what each line that is not good says.)");
  args<Status>(sub);

  sub = command(app_, "metrics", "the numbers of `portavoz status`, for Prometheus", R"(
Text that the textfile collector of Prometheus' node exporter reads: portavoz_good for each part of `portavoz status`, and its
numbers, the age of the roll among them. Exit code 0 when it could look, whatever it saw. Needs root, as `portavoz status` does.

A timer of every minute may call it; with sponge (of moreutils) no half file is ever read.

Example
  portavoz metrics | sponge /var/lib/prometheus/node-exporter/portavoz.prom

Next: an alert on portavoz_good == 0, on portavoz_roll_age_seconds, and on the age of the file itself.)");
  args<Metrics>(sub);

  CLI::App* audit = group("audit", "the chain of hashes over the history");
  sub = command(*audit, "verify", "look whether the history was rewritten or cut", R"(
Keep the head that this prints, somewhere else: who has it can see later whether anything before it was changed.

Example
  portavoz audit verify
  portavoz audit verify --head 3f9a…

Next: with a problem found, stop deciding and compare with a backup.)");
  auto verify = args<AuditVerify>(sub);
  sub->add_option("--head", verify->head, "a head that you kept: it must be in the chain")->type_name("HEX");
}

void Parser::add_verifier_commands() {
  group_ = "The verifier";
  CLI::App* verifier = group("verifier", "the verifier's queue");
  CLI::App* sub = command(*verifier, "status", "its queue, its rates, and the slowest sites", R"(
What is due and being done on all hosts together, what the looks came to, which sites are slow and which ask us to wait.

Example
  portavoz verifier status

Next: with many due and none being done, look whether portavoz-verifier runs.)");
  args<VerifierStatus>(sub);

  CLI::App* robots = group("robots", "sites whose robots.txt keeps us out");
  sub = command(*robots, "override", "read a host's pages although its robots.txt forbids it", R"(
For an assembly that wants its page read and cannot change its provider's robots.txt. The reports say so.

Example
  portavoz robots override www.asamblea.example --reason "they agreed by telephone; their provider owns the file"

Next: `portavoz check CONTACT`.)");
  auto over = args<RobotsOverride>(sub);
  sub->add_option("HOST", over->host, "the host, as it stands in the URL")->type_name("")->required();
  reason(sub, over->reason);

  sub = command(*robots, "obey", "obey a host's robots.txt again", R"(
Example
  portavoz robots obey www.asamblea.example --reason "their provider lets us in now"

Next: `portavoz robots list`.)");
  auto obey = args<RobotsObey>(sub);
  sub->add_option("HOST", obey->host, "the host, as it stands in the URL")->type_name("")->required();
  reason(sub, obey->reason);

  sub = command(*robots, "list", "what was ruled on which host, by whom and why", R"(
Example
  portavoz robots list

Next: `portavoz robots obey --help`.)");
  args<RobotsList>(sub);
}

void Parser::add_held_commands() {
  group_ = "Posts that the door kept aside (needs root or the door's group)";
  CLI::App* held = group("held", "posts that the door kept aside");
  CLI::App* sub = command(*held, "list", "the posts that nothing proves", R"(
The door lets in what the gate has sealed, and what proves itself by its signature. The rest (it came by an alias, from
a program of this host, while the gate was away) waits here, posts in a designated contact's name first.

Example
  portavoz held list

Next: `portavoz held show ID`.)");
  args<HeldList>(sub);

  sub = command(*held, "show", "one kept post, as it came", R"(
Example
  portavoz held show 3fa29c01

Next: `portavoz held release ID --reason …` or `portavoz held drop ID --reason …`.)");
  auto show = args<HeldShow>(sub);
  sub->add_option("ID", show->id, "the kept post")->type_name("")->required();

  sub = command(*held, "release", "hand a kept post to the list manager", R"(
The list manager sends it to every reader. Your name and reason go into the history.

Example
  portavoz held release 3fa29c01 --reason "asked them: it is their post, sent by an old alias"

Next: `portavoz held list`.)");
  auto release = args<HeldRelease>(sub);
  sub->add_option("ID", release->id, "the kept post")->type_name("")->required();
  reason(sub, release->reason);

  sub = command(*held, "drop", "throw a kept post away", R"(
Example
  portavoz held drop 3fa29c01 --reason "advertising"

Next: `portavoz held list`.)");
  auto drop = args<HeldDrop>(sub);
  sub->add_option("ID", drop->id, "the kept post")->type_name("")->required();
  reason(sub, drop->reason);
}

void Parser::add_account_commands() {
  group_ = "Who may decide";
  CLI::App* account = group("account", "the accounts of the admins");
  CLI::App* sub = command(*account, "add", "let a user of this machine decide", R"(
Needs the register's owner or PostgreSQL's superuser. It makes the account and, where it is missing, the PostgreSQL
role with the same name as the machine's user, so that the user needs no password.

Example
  sudo -u postgres portavoz account add maria --name "Maria, regional office"

Next: that user runs `portavoz reports`.)");
  auto add = args<AccountAdd>(sub);
  sub->add_option("LOGIN", add->login, "the user's name on this machine")->type_name("")->required();
  sub->add_option("--name", add->name, "the name that the history shows")->type_name("NAME")->required();

  sub = command(*account, "list", "who may decide", R"(
Example
  portavoz account list

Next: `portavoz account disable LOGIN` for one who left.)");
  args<AccountList>(sub);

  sub = command(*account, "disable", "end a user's right to decide", R"(
What they decided stays in force. Needs the register's owner or PostgreSQL's superuser.

Example
  sudo -u postgres portavoz account disable maria

Next: `portavoz account list`.)");
  auto disable = args<AccountDisable>(sub);
  sub->add_option("LOGIN", disable->login, "the user's name on this machine")->type_name("")->required();
}

void Parser::add_roll_commands() {
  group_ = "The roll, from which gate and doors of this host decide";
  CLI::App* roll = group("roll", "what gate and doors of this host decide from");
  CLI::App* sub = command(*roll, "build", "fill the roll from a CSV file, without any register", R"(
For a host whose configuration says `register: none`. FILE is a roster: CSV (RFC 4180) in UTF-8, whose first line names
the columns, in any order. Each row designates one contact:

  # valid-until: 2027-01-31
  assembly,list,address,logins,admin,languages
  ,avisos@listas.example,,,admins@listas.example,es;en
  Asamblea del Norte,avisos@listas.example,info@norte.example,norte;prensa,,
  Asamblea del Sur,avisos@listas.example,sur@sur.example,,,

  assembly, list, address   needed: its name, the list's posting address, the one address that posts there for it
  logins                    logins of the mail server that may post as this address (none)
  signing_domains           domains whose DKIM signatures count, exactly these (the address's own), or `none`
  spf                       yes: SPF alone counts, for servers that send nobody else's mail (no)
  shared                    yes: strangers use the same provider, DKIM counts only together with SPF (no)

A row with neither assembly nor address is about its list alone: write one for a list to which nobody may post yet, for a
list without any row is not guarded. What is about a list may stand on any row of it, and need stand only once:

  aliases                   further addresses of the list (none)
  languages                 languages of its answers, the first one first (en)
  admin                     where a refused sender can ask (postmaster at the list's domain)
  hold                      yes: posts that nothing proves are kept aside for you, else they are refused (no)

Several values in a cell stand between semicolons; a blank cell, and a column that is not there, mean what stands in
brackets. The line `# valid-until: DAY`, before the columns, says until when (UTC, the day included) the whole roster
counts: then posts get 451 until a new one is built. Without it a roster has no age.

Every mistake is shown with its line; with one mistake nothing is written. Gate and doors decide by the new roll from
the next message on. With it goes the public half of the gate's key (gate.seal_key), and of the keys beside it that end
in .next and .old: to change a key, make FILE.next, build, move FILE to FILE.old and FILE.next to FILE, and a week later
remove FILE.old and build again.

Example
  sudo -u portavoz-milter portavoz roll build /etc/portavoz/roster.csv

Run it as the owner of the roll's directory, the gate's user, who has to be able to read FILE.

Next: `portavoz roll dump` shows what gate and doors know now.)");
  auto build = args<RollBuild>(sub);
  sub->add_option("FILE", build->file, "the roster")->type_name("")->required();

  sub = command(*roll, "dump", "everything the roll says", R"(
Example
  sudo portavoz roll dump
  sudo portavoz roll dump --csv > roster.csv

--csv gives a roster for `portavoz roll build`, also of a roll that the register filled.

Next: `portavoz roll build --help`.)");
  auto dump = args<RollDump>(sub);
  sub->add_flag("--csv", dump->csv, "as a roster");

  sub = command(*roll, "verify", "read every record and say whether the roll is sound", R"(
Exit code 0 when it is, 1 when it is damaged.

Example
  sudo portavoz roll verify

Next: with damage, `portavoz roll build FILE`; where there is a register, restart the gate.)");
  args<RollVerify>(sub);

  sub = command(*roll, "age", "how old the roll is, and whether posts are decided by it", R"(
Exit code 0 when posts are decided by it, 1 when they get 451: it is older than roll.max_age, or past its valid-until.

Example
  sudo portavoz roll age

Next: with an old one, `portavoz status`; with a roster that is past its day, `portavoz roll build FILE`.)");
  args<RollAge>(sub);
}

void Parser::add_setup_commands() {
  group_ = "Setting up and looking around";
  CLI::App* config = group("config", "the configuration file");
  CLI::App* sub = command(*config, "check", "every mistake of the configuration file, or what it says", R"(
Example
  portavoz config check --config ./portavoz.yaml

Next: correct each line that it names; exit code 0 means that every program can start with it.)");
  args<ConfigCheck>(sub);

  CLI::App* database = group("db", "the register's schema");
  sub = command(*database, "migrate", "bring the register's schema up to date", R"(
Run it once after installing and after each upgrade. Running it again changes nothing. Needs PostgreSQL's superuser.

Example
  sudo -u postgres portavoz db migrate

Next: `portavoz account add --help` names the first admin.)");
  auto migrate = args<DbMigrate>(sub);
  sub->add_option("--sql", migrate->sql, "the directory of the migrations (" + migrate->sql + ")")
      ->type_name("DIR");

  CLI::App* seal = group("seal", "the seal between gate and door");
  sub = command(*seal, "make-key", "make a key with which this host's gate seals posts", R"(
The secret is for the gate of this host alone; the public half goes into the register, and with the roll to every door.
A key that stands in the file already is not overwritten: then only its public half is published again. With
`register: none` it is `portavoz roll build` that takes the public half to the doors.

Example
  portavoz seal make-key --secret /etc/portavoz/seal.key

Next: `chown portavoz-milter` the secret.)");
  auto key = args<SealMakeKey>(sub);
  sub->add_option("--secret", key->secret, "where the secret key goes (mode 0400)")
      ->type_name("FILE")
      ->required();

  sub = command(*seal, "rotate", "seal with a new key, without a lost post", R"(
Makes a new secret beside the old one (FILE.next), publishes its public half, waits until every roll knows it, and only
then puts the new secret in the place of the old. The gate takes it by itself. If it is interrupted, or a host is away,
nothing changed for any post: run it again and it goes on where it was.

Example
  portavoz seal rotate --secret /etc/portavoz/seal.key

Next: when the mail queues hold no post of the old key any more, `portavoz seal retire KEY --reason …`.)");
  auto rotate = args<SealRotate>(sub);
  sub->add_option("--secret", rotate->secret, "the secret key that the gate uses now")
      ->type_name("FILE")
      ->required();
  sub->add_option("--timeout", rotate->timeout,
                  "how long to wait for the rolls: 30s, 10m, 2h (" + rotate->timeout + ")")
      ->type_name("TIME");

  sub = command(*seal, "retire", "let no door take a key's seals any more", R"(
Posts that were sealed with it and still wait in a queue are kept aside by the door. A retired key does not come back.

Example
  portavoz seal retire 3f9a01bc22d4e5f6 --reason "rotated a week ago"

Next: `portavoz seal list`.)");
  auto retire = args<SealRetire>(sub);
  sub->add_option("KEY", retire->key_id, "the key's id, as `portavoz seal list` shows it")
      ->type_name("")
      ->required();
  reason(sub, retire->reason);

  sub = command(*seal, "list", "the keys of all gates, and which hosts' rolls know them", R"(
Example
  portavoz seal list

Next: `portavoz seal rotate --help` changes a key.)");
  args<SealList>(sub);

  sub = command(app_, "inspect", "look at one page now, without the register", R"(
It says whether the address is published on the page and whether it stands there as an official contact. It decides
nothing and stores nothing.

Example
  portavoz inspect https://asamblea.example/contacto info@asamblea.example
  portavoz inspect --html saved.html https://asamblea.example/contacto info@asamblea.example

Next: `portavoz apply --help`.)");
  auto inspect = args<Inspect>(sub);
  sub->add_option("URL", inspect->url, "the page")->type_name("")->required();
  sub->add_option("ADDRESS", inspect->address, "the address to look for")->type_name("")->required();
  sub->add_option("--html", inspect->html, "read the page from this file, not from the network")
      ->type_name("FILE");
  sub->add_option("--content-type", inspect->content_type,
                  "what the server would have said of the file (else guessed from its name)")
      ->type_name("TYPE");
}

bool asks_for_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

// The first word that should have been a command and is none, with the nearest one that exists.
std::optional<std::string> Parser::unknown_command(int argc, char** argv) const {
  const CLI::App* level = &app_;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--config") ++i;
    if (word.starts_with('-')) continue;
    const auto commands = level->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) return std::nullopt;
    const auto by_distance = [&](const CLI::App* a, const CLI::App* b) {
      return edit_distance(word, a->get_name()) < edit_distance(word, b->get_name());
    };
    const CLI::App* nearest = *std::min_element(commands.begin(), commands.end(), by_distance);
    if (nearest->get_name() != word) {
      std::string what = "There is no command '" + word + "'";
      if (edit_distance(word, nearest->get_name()) <= 2)
        what += " (did you mean '" + nearest->get_name() + "'?)";
      return what;
    }
    level = nearest;
  }
  return std::nullopt;
}

UsageMistake Parser::mistake(const CLI::ParseError& error, int argc, char** argv) const {
  std::string path = "portavoz";
  const CLI::App* level = &app_;
  while (!level->get_subcommands().empty()) {
    level = level->get_subcommands().front();
    path += ' ' + level->get_name();
  }
  std::string what = unknown_command(argc, argv).value_or(error.what());
  const auto inner = level->get_subcommands([](const CLI::App*) { return true; });
  if (what == error.what() && !inner.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    what = level == &app_ ? "No command was given" : '`' + path + "` needs one more word:";
    for (const CLI::App* each : inner) what += level == &app_ ? "" : ' ' + each->get_name();
  }
  return {what + ". `" + path + " --help` shows how.", asks_for_json(argc, argv)};
}

std::variant<Arguments, Help, UsageMistake> Parser::parse(int argc, char** argv) {
  // The register and JSON hold UTF-8 alone.
  if (const auto odd = std::find_if_not(argv, argv + argc, [](const char* each) { return is_utf8(each); });
      odd != argv + argc) {
    return UsageMistake{
        "The argument '" + printable_ascii(*odd) + "' is not UTF-8; set the terminal to UTF-8.",
        asks_for_json(argc, argv)};
  }
  try {
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Help{app_.help()};
  } catch (const CLI::CallForVersion&) {
    return Help{app_.version() + '\n'};
  } catch (const CLI::ParseError& error) {
    return mistake(error, argc, argv);
  }
  arguments_.config_named = app_.count("--config") > 0;
  return arguments_;
}

}  // namespace

std::variant<Arguments, Help, UsageMistake> parse_arguments(int argc, char** argv) {
  return Parser().parse(argc, argv);
}

}  // namespace portavoz::admin
