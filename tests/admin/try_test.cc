// `portavoz try` on files: the gate's own decision, from a roll on disk and a DNS of ours.
#include <algorithm>
#include <filesystem>

#include "tests/admin/host.h"
#include "tests/lib/dkim_signer.h"
#include "tests/lib/dns_server.h"

using namespace portavoz::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string then = "2027-01-15T08:00:00Z";

// A host whose roll designates norte@norte.example, by login, by DKIM and by SPF.
class TryHost : public Host {
 public:
  explicit TryHost(const std::string& dsn = "host=/nonexistent", std::int64_t contact = 7,
                   std::int64_t decision = 70)
      : Host(dsn) {
    contents.contacts = {{1,
                          {contact,
                           decision,
                           "Asamblea del Norte",
                           "norte@norte.example",
                           {{"norte"}, {"norte.example"}, true, false}}}};
    write_roll(contents);
    write("empty.json", "{}");
    write("post.eml", post("norte@norte.example"));
  }

  static std::string post(const std::string& from, const std::string& fields = "") {
    return fields + "From: Norte <" + from + ">\r\nTo: " + list_address +
           "\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\nSubject: Asamblea\r\nMessage-ID: "
           "<1@norte.example>\r\n\r\n" +
           "Nos vemos el jueves.\r\n";
  }

  // `post.eml`, or another file, from norte@norte.example to the list.
  Words words(const Words& more, const std::string& file = "post.eml",
              const std::string& dns = "empty.json") const {
    Words all{"try",     "--mail-from", "norte@norte.example", "--rcpt", list_address, "--at", then, "--dns",
              path(dns), path(file)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

// A post that the domain norte.example signed, and the zone with its key.
void write_signed(const TryHost& host) {
  const auto& key = dkim_key(2048);
  const std::string plain = TryHost::post("norte@norte.example");
  const auto message = portavoz::split_message(plain);
  DkimHow how;
  how.domain = "norte.example";
  const std::string field =
      "DKIM-Signature:" + dkim_sign_value(message.fields, message.body, key, how) + "\r\n";
  host.write("signed.eml", field + plain);
  host.write("changed.eml", field + plain + "Y traed dinero.\r\n");
  host.write("zone.json", R"({"s1._domainkey.norte.example": [["TXT", ")" + key.record() + R"("]]})");
  host.write("dead.json", R"({"s1._domainkey.norte.example": [["RCODE", "SERVFAIL"]]})");
}

}  // namespace

TEST_CASE("try says what a post proven by its login would be answered, and who stands behind it") {
  Desk desk;
  const auto contact = desk.designated("Asamblea del Norte", "norte@norte.example");
  const auto decision = number(desk.root, "SELECT decision_id FROM contacts");
  const TryHost host(desk.dsn_as("alba"), contact, decision);
  const Ran shown = host.run(host.words({"--login", "norte"}));
  INFO(shown.err);
  CHECK(shown.status == 0);
  for (const char* part : {"accept", "sealed for avisos@listas.example", "proven-by-login", "vouch by alba",
                           "From holds one mailbox", "decided"}) {
    CAPTURE(part, shown.out);
    CHECK(has(shown.out, part));
  }
  const auto told = host.ask(host.words({"--login", "norte"}));
  CHECK(told.at("verdict") == "accept");
  CHECK(told.at("accepted").at(0).at("list") == list_address);
  CHECK(told.at("accepted").at(0).at("proof") == "login");
  CHECK(told.at("designation").at("contact_id") == contact);
  CHECK(told.at("facts").at("steps").back().at("rule") == "proven-by-login");
}

TEST_CASE("try prints the refusal that a stranger would read, in the list's languages") {
  const TryHost host;
  host.write("other.eml", TryHost::post("otra@otra.example"));
  const auto told = host.ask(host.words({}, "other.eml"));
  CHECK(told.at("verdict") == "reject");
  CHECK(told.at("rule") == "not-designated");
  CHECK(told.at("code") == "550");
  const auto answer = told.at("answer").get<Words>();
  REQUIRE(answer.size() > 1);
  CHECK(answer.front().starts_with("550-5.7.2 "));
  CHECK(answer.back().starts_with("550 5.7.2 "));
  CHECK(told.at("designation").is_null());
  const Ran shown = host.run(host.words({}, "other.eml"));
  CHECK(has(shown.out, answer.front().substr(0, 40)));
  CHECK(has(shown.out, "no designated contact of this list stands behind"));
}

TEST_CASE("try verifies signatures with the DNS of a file") {
  const TryHost host;
  write_signed(host);
  const auto good = host.ask(host.words({}, "signed.eml", "zone.json"));
  INFO(good.dump(2));
  CHECK(good.at("rule") == "proven-by-dkim");
  CHECK(good.at("accepted").at(0).at("marks").size() > 0);
  CHECK(good.at("facts").at("dkim").at(0).at("result") == "pass");
  CHECK(good.at("facts").at("dkim").at(0).at("key_bits") == 2048);
  const auto changed = host.ask(host.words({"--client", "192.0.2.99"}, "changed.eml", "zone.json"));
  CHECK(changed.at("rule") == "dkim-failed");
  CHECK(changed.at("code") == "550");
  const auto unknown = host.ask(host.words({}, "signed.eml", "dead.json"));
  CHECK(unknown.at("rule") == "dkim-unavailable");
  CHECK(unknown.at("verdict") == "tempfail");
  const Ran shown = host.run(host.words({}, "signed.eml", "zone.json"));
  CHECK(has(shown.out, "norte.example: pass (selector s1, rsa-sha256, 2048 bits)"));
}

TEST_CASE("try decides as if it were the time that is given") {
  const TryHost host;
  write_signed(host);
  Words words = host.words({}, "signed.eml", "zone.json");
  *std::find(words.begin(), words.end(), then) = "2027-01-23T08:00:00Z";
  CHECK(host.ask(words).at("rule") != "proven-by-dkim");
}

TEST_CASE("try judges SPF for the client that is named, and not behind a relay of ours") {
  const TryHost host;
  host.write("spf.json", R"({"norte.example": [["TXT", "v=spf1 ip4:192.0.2.10 ip4:198.51.100.6 -all"]]})");
  const auto passes = host.ask(host.words({"--client", "192.0.2.10"}, "post.eml", "spf.json"));
  CHECK(passes.at("rule") == "proven-by-spf");
  CHECK(passes.at("facts").at("spf").at("result") == "pass");
  const auto fails = host.ask(host.words({"--client", "192.0.2.99"}, "post.eml", "spf.json"));
  CHECK(fails.at("rule") == "spf-failed");
  const auto relayed = host.ask(host.words({"--client", "198.51.100.6"}, "post.eml", "spf.json"));
  CHECK(relayed.at("verdict") == "reject");
  CHECK_FALSE(relayed.at("facts").contains("spf"));
}

TEST_CASE(
    "without --dns the resolvers of the configuration are asked, and about a stranger's post nobody is") {
  TryHost host;
  const DnsServer dns(R"({"norte.example": [["TXT", "v=spf1 ip4:192.0.2.10 -all"]]})");
  host.resolver = dns.endpoint();
  host.write("other.eml",
             TryHost::post("otra@otra.example", "DKIM-Signature: v=1; d=otra.example; s=s1\r\n"));
  const Words words{"try", "--mail-from", "norte@norte.example", "--rcpt", list_address, "--at",
                    then,  "--client",    "192.0.2.10"};
  const auto ask = [&](const std::string& file) {
    Words all = words;
    all.push_back(host.path(file));
    return host.ask(all).at("rule");
  };
  CHECK(ask("other.eml") == "not-designated");
  CHECK(dns.questions().empty());
  CHECK(ask("post.eml") == "proven-by-spf");
  CHECK(dns.questions() == "TXT norte.example udp\n");
}

TEST_CASE("try leaves alone what goes to nobody guarded") {
  const TryHost host;
  const auto told = host.ask({"try", "--mail-from", "<>", "--rcpt", "<vecina@listas.example>", "--dns",
                              host.path("empty.json"), host.path("post.eml")});
  CHECK(told.at("verdict") == "pass");
  CHECK(told.at("rule") == "not-guarded");
}

TEST_CASE("try takes <> for a bounce, which is no post") {
  const TryHost host;
  const auto told = host.ask({"try", "--mail-from", "<>", "--rcpt", "noticias@listas.example", "--login",
                              "norte", "--dns", host.path("empty.json"), host.path("post.eml")});
  CHECK(told.at("rule") == "automatic-mail");
}

TEST_CASE("what try cannot take is named, with what to give in its place") {
  const TryHost host;
  host.write("bad.json", R"({"bad.example": [["SRV", "x"]]})");
  struct Row {
    const char* name;
    Words words;
    int status;
    const char* says;
  };
  const std::vector<Row> rows{
      {"no address of a recipient",
       {"try", "--mail-from", "<>", "--rcpt", "x", "--dns", host.path("empty.json"), host.path("post.eml")},
       65,
       "--rcpt"},
      {"no address of a client", host.words({"--client", "mail.norte.example"}), 65, "--client"},
      {"no time",
       {"try", "--mail-from", "<>", "--rcpt", list_address, "--at", "yesterday", "--dns",
        host.path("empty.json"), host.path("post.eml")},
       65,
       "--at"},
      {"no such file", host.words({}, "missing.eml"), 66, "missing.eml"},
      {"a zone that does not read", host.words({}, "post.eml", "bad.json"), 65, "bad.example"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Ran result = host.run(row.words);
    CHECK(result.status == row.status);
    CHECK(has(result.err, row.says));
  }
}

TEST_CASE("try without a roll says so, and does not take every list for unguarded") {
  const Host host;
  std::filesystem::remove_all(host.path("roll"));
  host.write("post.eml", TryHost::post("norte@norte.example"));
  const Ran result =
      host.run({"try", "--mail-from", "norte@norte.example", "--rcpt", list_address, host.path("post.eml")});
  CHECK(result.status == 69);
  CHECK(has(result.err, "There is no roll to decide from"));
}
