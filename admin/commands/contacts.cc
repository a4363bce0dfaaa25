#include <array>
#include <map>

#include "admin/columns.h"
#include "admin/commands/commands.h"
#include "admin/inputs.h"
#include "admin/proof.h"
#include "core/mail/address.h"

namespace portavoz::admin {
namespace {

constexpr std::array<Column, 21> contact_columns{{
    {"contact_id", Form::integer, "CONTACT"},
    {"assembly", Form::text, "ASSEMBLY"},
    {"address", Form::text, "ADDRESS"},
    {"list", Form::text, "LIST"},
    {"state", Form::state, "STATE"},
    {"since", Form::time, "SINCE (UTC)"},
    {"evidence_url", Form::text, ""},
    {"logins", Form::texts, ""},
    {"decision_id", Form::integer, ""},
    {"decision_kind", Form::text, ""},
    {"decided_by", Form::text, "DECIDED BY"},
    {"reason", Form::text, ""},
    {"applied_at", Form::time, ""},
    {"proof", Form::text, "PROOF"},
    {"signing_domains", Form::texts, ""},
    {"spf", Form::boolean, ""},
    {"shared", Form::boolean, ""},
    {"proof_decision_id", Form::integer, ""},
    {"proof_decided_by", Form::text, ""},
    {"proof_reason", Form::text, ""},
    {"proof_waits", Form::json, ""},
}};

// What the checks have come to, for a contact that may post.
constexpr std::array<Column, 10> watch_columns{{
    {"misses", Form::integer, "misses in a row"},
    {"last_miss", Form::time, "last miss"},
    {"last_good", Form::time, "last seen there"},
    {"lapsing_until", Form::time, "suspended at"},
    {"blind_since", Form::time, "not seen since"},
    {"doubt_since", Form::time, "doubtful since"},
    {"domain_gone_since", Form::time, "domain gone since"},
    {"domain_held_since", Form::time, "posts wait since"},
    {"next_check", Form::time, "next check"},
    {"report_id", Form::integer, "last report"},
}};

// What `apply` sends to the register.
struct Application {
  std::string list, address, url;
  std::optional<std::string> language;
  Proof proof;
};

Result<Application> judged(Context& context, const Apply& args) {
  const auto list = address(args.list, "--list");
  if (!list) return list.error();
  const auto applicant = address(args.address, "--address");
  if (!applicant) return applicant.error();
  const auto url = page_url(args.url);
  if (!url) return url.error();
  const auto proof = stated(args.proof, MailAddress::parse(*applicant)->domain());
  if (!proof) return proof.error();
  Application application{*list, *applicant, *url, std::nullopt, *proof};
  if (args.language.empty()) return application;
  const auto known = context.languages();
  if (!known) return known.error();
  const auto tags = languages({args.language}, *known);
  if (!tags) return tags.error();
  application.language = tags->front();
  return application;
}

std::optional<std::string> given(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// The proofs that one admin asked for and another has to agree to, a sentence each.
std::string proofs_that_wait(const pg::Rows& rows) {
  std::string out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const Json::Item& item : Json::items_of(text(rows, row, "proof_waits"))) {
      const std::map<std::string, std::string> said(item.begin(), item.end());
      const Proof proof{Json::texts_of(said.at("logins")), Json::texts_of(said.at("signing_domains")),
                        said.at("spf") == "true", said.at("shared") == "true"};
      out += "Contact " + text(rows, row, "contact_id") + ": " + said.at("by") +
             " wants another proof, and another admin must agree: `portavoz change-proof " +
             text(rows, row, "contact_id") + ' ' + as_options(proof) + " --reason …`.\n";
    }
  }
  return out;
}

// The columns of one row, those that say something, as label and value.
void add_facts(std::vector<Fact>& facts, const pg::Rows& rows, Columns columns) {
  for (const Column& column : columns) {
    std::string value = shown(rows, 0, column);
    if (value.empty()) continue;
    if (column.form == Form::time) value += " UTC";
    facts.push_back({column.title, std::move(value), Style::plain});
  }
}

std::vector<Fact> facts_of(const pg::Rows& rows, const pg::Rows& watch) {
  const std::string state = text(rows, 0, "state");
  std::vector<Fact> facts{
      {"list", text(rows, 0, "list"), Style::plain},
      {"assembly", text(rows, 0, "assembly"), Style::plain},
      {"address", text(rows, 0, "address"), Style::plain},
      {"page", text(rows, 0, "evidence_url"), Style::plain},
      {"state", state + " since " + shown_time(text(rows, 0, "since")) + " UTC", state_style(state)},
      {"proof", text(rows, 0, "proof"), Style::plain}};
  if (!rows.is_null(0, "decision_id"))
    facts.push_back({"decision",
                     text(rows, 0, "decision_kind") + " by " + text(rows, 0, "decided_by") + ": " +
                         text(rows, 0, "reason"),
                     Style::plain});
  if (watch.size() > 0) add_facts(facts, watch, watch_columns);
  return facts;
}

// What an admin does next about this contact.
std::string next_of(const std::string& contact, const pg::Rows& watch) {
  if (watch.size() == 0 || watch.is_null(0, "domain_held_since")) return "";
  return std::string("The domain of its address ") +
         (watch.is_null(0, "domain_gone_since") ? "was gone and is back, perhaps in other hands"
                                                : "is gone") +
         ": its posts are answered 451 until you decide. Next: make sure that the domain is theirs, then "
         "`portavoz restore " +
         contact + " --reason …`; otherwise `portavoz suspend` or `portavoz retire`.";
}

}  // namespace

Result<Answer> run(Context& context, const Apply& args) {
  const auto application = judged(context, args);
  if (!application) return application.error();
  const Proof& proof = application->proof;
  const auto rows = tell(
      context,
      "SELECT portavoz.apply_for($1, $2, $3, $4, $5::text[], $6, $7::text[], $8::boolean, $9::boolean) AS "
      "contact_id",
      {application->list, args.assembly, application->address, application->url,
       pg::array_literal(proof.logins), application->language, pg::array_literal(proof.signing_domains),
       proof.spf ? "true" : "false", proof.shared ? "true" : "false"});
  if (!rows) return rows.error();
  const std::string id = text(*rows, 0, "contact_id");
  std::string said = "Contact " + id + ": " + args.assembly + " applied to post to " + application->list +
                     " as " + application->address +
                     ". It may not post yet. Next: make sure that the holder of the address wants "
                     "this, then `portavoz confirm " +
                     id + " --reason …`.";
  if (proves_nothing(proof)) {
    said +=
        "\nNo login, no signing domain and no --spf: once designated, nothing could prove that a post comes "
        "from "
        "this address.";
  }
  return Answer{Json::object({{"contact_id", rows->integer(0, "contact_id")}, {"state", "applied"}}),
                lay_out(said, context.screen()), 0};
}

Result<Answer> run(Context& context, const Confirm& args) {
  const auto contact = number(args.contact, "contact");
  if (!contact) return contact.error();
  const auto rows = tell(context, "SELECT portavoz.confirm($1::bigint, $2)", {*contact, args.reason});
  if (!rows) return rows.error();
  return Answer{
      Json::object({{"contact_id", Json::verbatim(*contact)}, {"state", "confirmed"}}),
      lay_out("Contact " + *contact +
                  " is confirmed and a check of its page is due now. Next: `portavoz reports` shows what the "
                  "verifier found; for an assembly that you know, `portavoz vouch " +
                  *contact + " --reason …`.",
              context.screen()),
      0};
}

Result<Answer> run(Context& context, const CheckAgain& args) {
  const auto contact = number(args.contact, "contact");
  if (!contact) return contact.error();
  const auto rows = tell(context, "SELECT portavoz.request_check($1::bigint) AS check_id", {*contact});
  if (!rows) return rows.error();
  return Answer{
      Json::object({{"contact_id", Json::verbatim(*contact)}, {"check_id", rows->integer(0, "check_id")}}),
      lay_out("Check " + text(*rows, 0, "check_id") + " of contact " + *contact +
                  "'s page is due now. Next: `portavoz reports` once the verifier has been there.",
              context.screen()),
      0};
}

Result<Answer> run(Context& context, const Contacts& args) {
  std::optional<std::string> list;
  if (!args.list.empty()) {
    const auto parsed = address(args.list, "--list");
    if (!parsed) return parsed.error();
    list = *parsed;
  }
  if (!args.state.empty()) {
    if (const auto known = state(args.state); !known) return known.error();
  }
  const auto rows =
      ask(context,
          "SELECT " + select_list(contact_columns) +
              " FROM portavoz.contacts_overview WHERE ($1::text IS NULL OR list IN (SELECT posting_address "
              "FROM portavoz.lists_overview WHERE posting_address = $1 OR $1 = ANY (aliases))) AND "
              "($2::text IS NULL OR state = $2) ORDER BY list, contact_id",
          {list, given(args.state)});
  if (!rows) return rows.error();
  const std::string none =
      list || !args.state.empty()
          ? "No contact is like that. `portavoz contacts` shows all of them."
          : "There is no contact yet. `portavoz apply --help` shows how an assembly applies.";
  std::string out = rows->size() == 0 ? lay_out(none, context.screen())
                                      : lay_out(table_of(*rows, contact_columns), context.screen());
  if (const std::string waiting = proofs_that_wait(*rows); !waiting.empty())
    out += lay_out(waiting, context.screen());
  return Answer{Json::object({{"contacts", json_of(*rows, contact_columns)}}), std::move(out), 0};
}

Result<Answer> run(Context& context, const ContactShow& args) {
  const auto contact = number(args.contact, "contact");
  if (!contact) return contact.error();
  const auto rows = ask(context,
                        "SELECT " + select_list(contact_columns) +
                            " FROM portavoz.contacts_overview WHERE contact_id = $1::bigint",
                        {*contact});
  if (!rows) return rows.error();
  if (rows->size() == 0)
    return Error{ErrorKind::not_found,
                 "There is no contact " + *contact + ". `portavoz contacts` shows them."};
  const auto watch = ask(context,
                         "SELECT " + select_list(watch_columns) +
                             " FROM portavoz.watches_overview WHERE contact_id = $1::bigint",
                         {*contact});
  if (!watch) return watch.error();
  Json json = json_of(*rows, 0, contact_columns);
  json.set("watch", watch->size() == 0 ? Json() : json_of(*watch, 0, watch_columns));
  std::string out = styled("Contact " + *contact, Style::strong, context.screen()) + '\n' +
                    lay_out(facts_of(*rows, *watch), context.screen());
  if (const std::string next = next_of(*contact, *watch); !next.empty())
    out += '\n' + lay_out(next, context.screen());
  if (const std::string waiting = proofs_that_wait(*rows); !waiting.empty())
    out += '\n' + lay_out(waiting, context.screen());
  return Answer{Json::object({{"contact", std::move(json)}}), std::move(out), 0};
}

}  // namespace portavoz::admin
