#include "tests/forgery/case_files.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "core/mail/address.h"
#include "tests/lib/temp_dir.h"

namespace portavoz::forgery {
namespace {

using nlohmann::json;
using std::string;

json read_json(const string& path) {
  try {
    return json::parse(test::read_all(path));
  } catch (const json::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

// In texts that stand for octets each code point is one octet; JSON's UTF-8 has two for those above U+007F.
string octets(const string& text) {
  string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      out += text[i];
    } else {
      const auto next = static_cast<unsigned char>(text.at(++i));
      out += static_cast<char>(((lead & 0x03U) << 6U) | (next & 0x3FU));
    }
  }
  return out;
}

string canonical(const string& address) {
  const auto parsed = MailAddress::parse(address);
  if (!parsed) throw std::runtime_error(address + ": " + parsed.error().what);
  return parsed->text();
}

bool has(const json& list, const string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

Designation designation(const json& told, std::int64_t number) {
  Designation made{number, number, "Asamblea " + std::to_string(number), canonical(told.at("address")), {}};
  const json& methods = told.at("methods");
  if (has(methods, "sasl")) made.proof.logins = {told.at("sasl_login").get<string>()};
  if (has(methods, "dkim"))
    made.proof.signing_domains = told.at("signing_domains").get<std::vector<string>>();
  made.proof.spf = has(methods, "spf");
  made.proof.shared = told.value("shared_provider", false);
  return made;
}

// The contacts that may post: those that are approved, each on the lists that it names, or on the first one.
void add_contacts(const json& context, RollContents& roll) {
  std::int64_t number = 0;
  for (const json& told : context.at("designated")) {
    ++number;
    if (told.at("status") != "approved") continue;
    const auto lists = told.value("lists", std::vector<string>{roll.lists.at(0).posting_address});
    for (const GuardedList& list : roll.lists)
      if (std::find(lists.begin(), lists.end(), list.posting_address) != lists.end())
        roll.contacts.push_back({list.id, designation(told, number)});
  }
}

// The context's order: its first list is the one that contacts without `lists` post to.
std::vector<GuardedList> guarded_lists(const nlohmann::ordered_json& context) {
  std::vector<GuardedList> lists;
  for (const auto& [address, about] : context.at("lists").items())
    if (about.at("gated").get<bool>())
      lists.push_back(
          {static_cast<std::int64_t>(lists.size()) + 1, address, {"es", "en"}, "", {address}, true});
  return lists;
}

Event event(const json& told) {
  Event made;
  made.step = told.at("e");
  for (const char* name : {"client_addr", "mail_addr", "rcpt_addr", "auth_authen", "auth_type"})
    if (told.contains(name) && told.at(name).is_string())
      made.macros[string("{") + name + "}"] = octets(told.at(name).get<string>());
  if (told.contains("i") && told.at("i").is_string()) made.macros["i"] = told.at("i").get<string>();
  made.argument = octets(told.value("rcpt", told.value("b", "")));
  made.name = octets(told.value("n", ""));
  made.value = octets(told.value("v", ""));
  return made;
}

// Long bodies were noted in part only; then the whole one is that of the message which was sent.
std::vector<Event> events(const json& observed, const string& sent) {
  std::vector<Event> made;
  bool cut = false;
  for (const json& told : observed.at("events")) {
    const bool is_body = told.at("e") == "body";
    if (is_body && cut) continue;
    made.push_back(event(told));
    if (is_body && told.contains("cut")) {
      cut = true;
      made.back().argument = sent.substr(sent.find("\r\n\r\n") + 4);
    }
  }
  return made;
}

ObservedCase read_case(const string& directory, const string& file, const json& context) {
  const json told = read_json(directory + "/visible/" + file);
  const json observed = read_json(directory + "/observed/visible/" + file);
  const json& expect = told.at("expect");
  json zone = context.at("dns");
  zone.update(told.at("dns"));
  return {told.at("id"),
          told.at("title"),
          expect.at("verdict"),
          expect.at("code_prefix"),
          expect.at("also_ok").get<std::vector<string>>(),
          expect.at("posted").get<bool>(),
          told.at("fault") == "db_down",
          zone.dump(),
          events(observed, octets(told.at("raw")))};
}

}  // namespace

World read_world(const string& directory) {
  const auto context = nlohmann::ordered_json::parse(test::read_all(directory + "/context.json"));
  World world;
  const auto now = parse_rfc3339(context.at("now").get<string>());
  if (!now) throw std::runtime_error("context.json: now is no time");
  world.now = *now;
  world.roll.last_word = *now;
  world.roll.lists = guarded_lists(context);
  add_contacts(json(context), world.roll);
  for (const auto& [address, about] : context.at("trusted_relays").items())
    if (const auto relay = IpAddress::parse(address)) world.relays.push_back(*relay);
  for (const char* way : {"virtual_alias", "local_alias", "recipient_canonical", "recipient_bcc"})
    for (const auto& [from, to] : context.at("routes_to_list").at(way).items())
      world.routes[from] = to.get<string>();
  return world;
}

std::vector<ObservedCase> read_cases(const string& directory) {
  const json context = read_json(directory + "/context.json");
  std::vector<string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/visible"))
    files.push_back(entry.path().filename().string());
  std::sort(files.begin(), files.end());
  std::vector<ObservedCase> cases;
  cases.reserve(files.size());
  for (const string& file : files) cases.push_back(read_case(directory, file, context));
  return cases;
}

}  // namespace portavoz::forgery
