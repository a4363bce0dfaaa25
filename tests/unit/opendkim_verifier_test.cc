#include <algorithm>
#include <ctime>
#include <map>
#include <stdexcept>
#include <thread>

#include "adapters/opendkim/verifier.h"
#include "tests/lib/catch.h"
#include "tests/lib/dkim_signer.h"

using namespace portavoz;
using portavoz::test::dkim_key;
using portavoz::test::DkimHow;

namespace {

const std::string key_of_north = "s1._domainkey.north.example";
const std::string text =
    "The assembly meets on Thursday at 19:00.\r\n\r\nBring  your \t chairs. \r\n\r\n\r\n";

class Names : public Dns {
 public:
  DnsAnswer ask(const std::string& name, DnsType type) override {
    asked.push_back(name);
    CHECK(type == DnsType::txt);
    const auto found = answers.find(name);
    return found == answers.end() ? DnsAnswer(Absent{}) : found->second;
  }
  void key(const std::string& name, const std::string& record) {
    answers.insert_or_assign(name, DnsRecords{{record}, false});
  }

  std::map<std::string, DnsAnswer> answers;
  std::vector<std::string> asked;
};

DkimLibrary& library() {
  static const std::unique_ptr<DkimLibrary> opened = std::move(DkimLibrary::open()).value();
  return *opened;
}

std::vector<Field> post() {
  return {{"From", " Asamblea <contact@north.example>"},
          {"To", " news@lists.example"},
          {"Subject", " A long subject that is\n\tfolded once"},
          {"Date", " Sun, 22 Nov 2026 09:00:00 +0000"},
          {"Message-ID", " <1@north.example>"}};
}

// A message on its way: signed once or more, changed, and looked at.
struct Mail {
  std::vector<Field> fields = post();
  std::string body = text;
  Names names;
  std::vector<std::string> domains{"north.example"};

  Mail() { names.key(key_of_north, dkim_key().record()); }

  Mail& sign(const DkimHow& how = {}, const test::DkimKeyPair& key = dkim_key()) {
    std::vector<Field> unsigned_fields;
    for (const Field& field : fields)
      if (field.name != "DKIM-Signature") unsigned_fields.push_back(field);
    fields.insert(fields.begin(), {"DKIM-Signature", test::dkim_sign_value(unsigned_fields, body, key, how)});
    return *this;
  }
  Field& field(const std::string& name) {
    return *std::find_if(fields.begin(), fields.end(), [&](const Field& one) { return one.name == name; });
  }
  DkimFacts facts(std::size_t chunk = 65536) {
    DkimVerification verification(library(), fields, domains, names);
    for (std::size_t at = 0; at < body.size(); at += chunk)
      verification.body(std::string_view(body).substr(at, chunk));
    return verification.finish();
  }
  DkimSignature only() {
    const DkimFacts found = facts();
    REQUIRE(found.signatures.size() == 1);
    return found.signatures.front();
  }
};

void replace(std::string& in, const std::string& from, const std::string& to) {
  const auto at = in.find(from);
  REQUIRE(at != std::string::npos);
  in.replace(at, from.size(), to);
}

// RFC 8463 Appendix A: one message, signed with Ed25519 and with RSA.
Mail rfc8463() {
  Mail mail;
  mail.fields = {
      {"DKIM-Signature",
       " v=1; a=ed25519-sha256; c=relaxed/relaxed;\n d=football.example.com; i=@football.example.com;\n"
       " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n subject : date : message-id : from : subject : "
       "date;\n"
       " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
       " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="},
      {"DKIM-Signature",
       " v=1; a=rsa-sha256; c=relaxed/relaxed;\n d=football.example.com; i=@football.example.com;\n"
       " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n date : message-id : from : subject : "
       "date;\n"
       " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
       " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n "
       "DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
       " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="},
      {"From", " Joe SixPack <joe@football.example.com>"},
      {"To", " Suzie Q <suzie@shopping.example.net>"},
      {"Subject", " Is dinner ready?"},
      {"Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)"},
      {"Message-ID", " <20030712040037.46341.5F8J@football.example.com>"}};
  mail.body = "Hi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n";
  mail.domains = {"football.example.com"};
  mail.names.key("brisbane._domainkey.football.example.com",
                 "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  mail.names.key(
      "test._domainkey.football.example.com",
      "v=DKIM1; k=rsa; "
      "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi"
      "0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/"
      "8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w"
      "3QIDAQAB");
  return mail;
}

}  // namespace

TEST_CASE("a signature holds in each of the four canonical forms", "[opendkim]") {
  DkimHow how;
  how.header = GENERATE(DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED);
  how.body = GENERATE(DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED);
  Mail mail;
  const DkimSignature found = mail.sign(how).only();
  CHECK(found.result == DkimResult::pass);
  CHECK(found.why.empty());
  CHECK(found.domain == "north.example");
  CHECK(found.selector == "s1");
  CHECK(found.algorithm == "rsa-sha256");
  CHECK(found.key_bits == 1024);
  CHECK_FALSE(found.test_key);
  CHECK(found.whole_body);
  CHECK(found.signed_names == std::vector<std::string>{"from", "to", "subject", "date", "message-id"});
  CHECK(found.signature.size() == 128);
  CHECK(found.body_hash.size() == 32);
  CHECK(mail.names.asked == std::vector<std::string>{key_of_north});
}

TEST_CASE("the message of RFC 8463 holds by Ed25519 and by RSA", "[opendkim]") {
  const DkimFacts found = rfc8463().facts();
  REQUIRE(found.signatures.size() == 2);
  CHECK(found.signatures[0].result == DkimResult::pass);
  CHECK(found.signatures[0].algorithm == "ed25519-sha256");
  CHECK(found.signatures[0].key_bits == 256);
  CHECK(found.signatures[1].result == DkimResult::pass);
  CHECK(found.signatures[1].algorithm == "rsa-sha256");
  CHECK(found.signatures[1].key_bits == 1024);
}

TEST_CASE("of two signatures the second holds when the first is broken", "[opendkim]") {
  Mail mail = rfc8463();
  replace(mail.fields[0].value, "b=/gCr", "b=/gCs");
  const DkimFacts found = mail.facts();
  REQUIRE(found.signatures.size() == 2);
  CHECK(found.signatures[0].result == DkimResult::fail);
  CHECK_FALSE(found.signatures[0].why.empty());
  CHECK(found.signatures[1].result == DkimResult::pass);
}

TEST_CASE("a changed body does not hold, and it is said that it is the body", "[opendkim]") {
  Mail mail;
  mail.sign();
  replace(mail.body, "Thursday", "Friday");
  const DkimSignature found = mail.only();
  CHECK(found.result == DkimResult::fail);
  CHECK(found.why == "the body is not what was signed");
}

TEST_CASE("a changed, removed or added signed field does not hold", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.oversign = {"To"};
  mail.sign(how);
  SECTION("changed") { mail.field("Subject").value = " Another subject"; }
  SECTION("removed") { mail.fields.pop_back(); }
  SECTION("added, where h= names it once more") {
    mail.fields.insert(mail.fields.begin(), {"To", " x@y.example"});
  }
  SECTION("the signature field itself") {
    replace(mail.field("DKIM-Signature").value, "c=relaxed/relaxed", "c=relaxed/relaxed; x=99999999999");
  }
  CHECK(mail.only().result == DkimResult::fail);
}

TEST_CASE("a field that is not signed may change, and one put on top of a signed one is not seen",
          "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.names = {"From", "To"};
  mail.sign(how);
  mail.field("Subject").value = " Another subject";
  mail.fields.insert(mail.fields.begin(), {"From", " someone@evil.example"});
  const DkimSignature found = mail.only();
  CHECK(found.result == DkimResult::pass);
  CHECK(found.signed_names == std::vector<std::string>{"from", "to"});
}

TEST_CASE("blanks after the colon and folds count in the simple form and not in the relaxed one",
          "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.header = GENERATE(DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED);
  mail.field("To").value = GENERATE("news@lists.example", "  news@lists.example", "\tnews@lists.example",
                                    " \n news@lists.example");
  mail.sign(how);
  CHECK(mail.only().result == DkimResult::pass);
  mail.field("To").value = "   news@lists.example";
  mail.field("Subject").value = " A long subject that is folded\n once";
  CHECK(mail.only().result == (how.header == DKIM_CANON_SIMPLE ? DkimResult::fail : DkimResult::pass));
}

TEST_CASE("folds may stand as LF or as CRLF", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.header = DKIM_CANON_SIMPLE;
  mail.sign(how);
  replace(mail.field("Subject").value, "\n", "\r\n");
  CHECK(mail.only().result == DkimResult::pass);
}

TEST_CASE("a body may come in any pieces, with CRLF or LF", "[opendkim]") {
  DkimHow how;
  how.body = GENERATE(DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED);
  Mail mail;
  mail.sign(how);
  if (GENERATE(false, true))
    mail.body.erase(std::remove(mail.body.begin(), mail.body.end(), '\r'), mail.body.end());
  const std::size_t chunk = GENERATE(1U, 2U, 3U, 7U, 41U, 42U, 43U);
  const DkimFacts found = mail.facts(chunk);
  REQUIRE(found.signatures.size() == 1);
  CHECK(found.signatures.front().result == DkimResult::pass);
}

TEST_CASE("a body of 200 kB comes in odd pieces and holds", "[opendkim]") {
  Mail mail;
  mail.body.clear();
  for (int line = 0; mail.body.size() < 200000; ++line)
    mail.body += std::string(static_cast<std::size_t>(line % 90), 'x') + " y \r\n";
  mail.sign();
  CHECK(mail.facts(4093).signatures.at(0).result == DkimResult::pass);
  mail.body[150000] = 'z';
  CHECK(mail.facts(4093).signatures.at(0).result == DkimResult::fail);
}

TEST_CASE("an empty body and one without its last line end hold", "[opendkim]") {
  DkimHow how;
  how.body = GENERATE(DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED);
  Mail mail;
  SECTION("empty") { mail.body.clear(); }
  SECTION("only empty lines") { mail.body = "\r\n\r\n"; }
  SECTION("no line end, as RFC 6376 §3.4 reads it") { mail.body = "Thursday.\r\n"; }
  mail.sign(how);
  if (mail.body == "Thursday.\r\n") mail.body = "Thursday.";
  CHECK(mail.only().result == DkimResult::pass);
}

TEST_CASE("l= is a fact of a signature that holds: l=0, the whole length, and text after it", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.body = DKIM_CANON_SIMPLE;
  how.length = GENERATE_COPY(0L, static_cast<long>(text.size()) - 4);
  mail.sign(how);
  mail.body += "Bring money to the attacker.\r\n";
  const DkimSignature found = mail.only();
  CHECK(found.result == DkimResult::pass);
  CHECK_FALSE(found.whole_body);
}

TEST_CASE("rsa-sha1 is a fact, not an error", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.algorithm = DKIM_SIGN_RSASHA1;
  const DkimSignature found = mail.sign(how).only();
  CHECK(found.algorithm == "rsa-sha1");
  CHECK(found.result == DkimResult::pass);
}

TEST_CASE("the size of the key is told, and 512 bits do not verify", "[opendkim]") {
  Mail mail;
  const unsigned bits = GENERATE(512U, 2048U);
  const auto& key = dkim_key(static_cast<int>(bits));
  mail.names.key(key_of_north, key.record());
  const DkimSignature found = mail.sign({}, key).only();
  CHECK(found.key_bits == bits);
  CHECK(found.result == (bits < 1024 ? DkimResult::fail : DkimResult::pass));
}

TEST_CASE("a test key is a fact of a signature that holds", "[opendkim]") {
  Mail mail;
  mail.names.key(key_of_north, dkim_key().record("t=y; "));
  const DkimSignature found = mail.sign().only();
  CHECK(found.result == DkimResult::pass);
  CHECK(found.test_key);
}

TEST_CASE("a key with t=s forbids a subdomain in i=", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.identity = "contact@mail.north.example";
  mail.sign(how);
  CHECK(mail.only().result == DkimResult::pass);
  mail.names.key(key_of_north, dkim_key().record("t=s; "));
  CHECK(mail.only().result == DkimResult::fail);
}

TEST_CASE("a key that is for something else, withdrawn, of another kind, or another's does not verify",
          "[opendkim]") {
  Mail mail;
  mail.names.key(key_of_north, GENERATE(as<std::string>(), dkim_key().record("s=tlsrpt; "),
                                        "v=DKIM1; p=", "v=DKIM1; p=AAAA", dkim_key().record("h=sha1; "),
                                        dkim_key().record("k=ed25519; "), dkim_key().record("v2=x; k=dsa; "),
                                        dkim_key(1024, 1).record()));
  const DkimSignature found = mail.sign().only();
  CHECK(found.result == DkimResult::fail);
  CHECK_FALSE(found.why.empty());
}

TEST_CASE("a key that is not there is a failure; one that cannot be looked up is not", "[opendkim]") {
  Mail mail;
  mail.sign();
  mail.names.answers.clear();
  DkimSignature found = mail.only();
  CHECK(found.result == DkimResult::fail);
  CHECK(found.why == "there is no key record");
  CHECK(found.key_bits == 0);
  mail.names.answers.insert_or_assign(key_of_north, Unavailable{"SERVFAIL"});
  found = mail.only();
  CHECK(found.result == DkimResult::unavailable);
  CHECK(found.why == "SERVFAIL");
}

TEST_CASE("one key that cannot be looked up does not hide another signature", "[opendkim]") {
  Mail mail;
  DkimHow second;
  second.selector = "s2";
  mail.sign().sign(second);
  mail.names.answers.insert_or_assign("s2._domainkey.north.example", Unavailable{"SERVFAIL"});
  const DkimFacts found = mail.facts();
  REQUIRE(found.signatures.size() == 2);
  CHECK(found.signatures[0].result == DkimResult::unavailable);
  CHECK(found.signatures[1].result == DkimResult::pass);
}

TEST_CASE("what the Dns throws comes through", "[opendkim]") {
  class Thrower : public Dns {
    DnsAnswer ask(const std::string& /*name*/, DnsType /*type*/) override {
      throw std::runtime_error("broken");
    }
  };
  Mail mail;
  mail.sign();
  Thrower thrower;
  DkimVerification verification(library(), mail.fields, mail.domains, thrower);
  verification.body(mail.body);
  CHECK_THROWS_WITH(verification.finish(), "broken");
}

TEST_CASE("a signature of a domain that was not asked for costs no question and is no fact", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.domain = GENERATE("evil.example", "example", "mail.north.example", "xnorth.example",
                        "north.example.evil.example");
  mail.sign(how);
  CHECK(mail.facts().signatures.empty());
  CHECK(mail.names.asked.empty());
}

TEST_CASE("domains are compared without case", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.domain = "North.EXAMPLE";
  mail.domains = {"NORTH.example"};
  const DkimSignature found = mail.sign(how).only();
  CHECK(found.domain == "north.example");
  CHECK(found.result == DkimResult::pass);
}

TEST_CASE("a signature may sign a stranger's signature", "[opendkim]") {
  Mail mail;
  mail.names.key("s1._domainkey.relay.example", dkim_key().record());
  DkimHow stranger;
  stranger.domain = "relay.example";
  mail.sign(stranger);
  DkimHow own;
  own.names = {"From", "To", "DKIM-Signature"};
  mail.fields.insert(mail.fields.begin(),
                     {"DKIM-Signature", test::dkim_sign_value(mail.fields, mail.body, dkim_key(), own)});
  const DkimSignature found = mail.only();
  CHECK(found.signed_names == std::vector<std::string>{"dkim-signature", "from", "to"});
  CHECK(found.result == DkimResult::pass);
  CHECK(mail.names.asked == std::vector<std::string>{key_of_north});
}

TEST_CASE("of fifty signatures the first ten are looked at, and each key is asked for once", "[opendkim]") {
  Mail mail;
  DkimHow how;
  for (int number = 0; number < 50; ++number) {
    how.selector = number % 2 == 0 ? "s1" : "s2";
    mail.sign(how);
  }
  const DkimFacts found = mail.facts();
  CHECK(found.signatures.size() == 10);
  CHECK(found.more);
  CHECK(found.signatures[0].result == DkimResult::fail);
  CHECK(found.signatures[1].result == DkimResult::pass);
  CHECK(mail.names.asked.size() == 2);
}

TEST_CASE("fifty strangers' signatures do not hide one that was asked for", "[opendkim]") {
  Mail mail;
  mail.sign();
  DkimHow stranger;
  stranger.domain = "evil.example";
  for (int number = 0; number < 50; ++number) mail.sign(stranger);
  const DkimSignature found = mail.only();
  CHECK(found.result == DkimResult::pass);
  CHECK(mail.names.asked.size() == 1);
}

TEST_CASE("a signature that has expired, comes from the future, or whose times are crossed does not hold",
          "[opendkim]") {
  Mail mail;
  DkimHow how;
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  SECTION("expired") {
    how.at = now - 100000;
    how.lives = 1000;
  }
  SECTION("from the future") { how.at = now + 100000; }
  mail.sign(how);
  CHECK(mail.only().result == DkimResult::fail);
  CHECK(mail.names.asked.empty());
}

TEST_CASE("a selector that can be no name of the DNS is not asked for", "[opendkim]") {
  Mail mail;
  DkimHow how;
  how.selector = GENERATE("a..b", "s1/../x", "s1?");
  const DkimSignature found = mail.sign(how).only();
  CHECK(found.result == DkimResult::fail);
  CHECK(found.why == "there can be no such key name");
  CHECK(mail.names.asked.empty());
}

TEST_CASE("what libopendkim's relaxed form would overlook does not hold", "[opendkim]") {
  Mail mail;
  mail.sign();
  SECTION("a CR put into the body") { replace(mail.body, "Thursday", "Thurs\rday"); }
  SECTION("a CR as the last octet") { replace(mail.body, " \r\n\r\n\r\n", " \r"); }
  SECTION("NUL and more after a signed field") {
    mail.field("To").value += std::string("\0, x@evil.example", 17);
  }
  SECTION("a vertical tab for a blank") {
    replace(mail.field("Subject").value, "long subject", "long\vsubject");
  }
  SECTION("a CR for a blank") { replace(mail.field("Subject").value, "long subject", "long\rsubject"); }
  const DkimSignature found = mail.only();
  CHECK(found.result == DkimResult::fail);
  CHECK_FALSE(found.why.empty());
}

TEST_CASE("the same signature with other characters in b= is none", "[opendkim]") {
  Mail mail;
  mail.sign();
  std::string& value = mail.field("DKIM-Signature").value;
  SECTION("after the padding") { value += "=AAAA"; }
  SECTION("between") { replace(value, "b=", "b=!"); }
  SECTION("a second b=") { value += "; b=AAAA"; }
  CHECK(mail.facts().signatures.empty());
}

TEST_CASE("b= may be folded anew", "[opendkim]") {
  Mail mail;
  mail.sign();
  const std::string before = mail.only().signature;
  std::string& value = mail.field("DKIM-Signature").value;
  value.insert(value.find(" b=") + 20, "\n\t  ");
  const DkimSignature found = mail.only();
  CHECK(found.result == DkimResult::pass);
  CHECK(found.signature == before);
}

TEST_CASE("a From that libopendkim cannot read, or none, or two, breaks nothing", "[opendkim]") {
  Mail mail;
  mail.field("From").value = GENERATE(
      as<std::string>(), " \"junta directiva\"@north.example", " contact@north.example (unclosed", " <",
      " \"", "", " :;", " a, b", " \xC3\xB1@north.example", std::string(" ((((") + std::string(5000, '('));
  mail.sign();
  CHECK(mail.only().result == DkimResult::pass);
  mail.fields.push_back({"From", " second@north.example"});
  CHECK(mail.only().result == DkimResult::fail);
  mail.fields.erase(std::remove_if(mail.fields.begin(), mail.fields.end(),
                                   [](const Field& one) { return one.name == "From"; }),
                    mail.fields.end());
  CHECK(mail.only().result == DkimResult::fail);
}

TEST_CASE("what is no signature is no fact", "[opendkim]") {
  Mail mail;
  mail.sign();
  std::string& value = mail.field("DKIM-Signature").value;
  SECTION("no v=") { replace(value, "v=1;", ""); }
  SECTION("another version is read and does not hold") {
    replace(value, "v=1;", "v=2;");
    CHECK(mail.only().result == DkimResult::fail);
    return;
  }
  SECTION("t= is no number") { replace(value, "t=1", "t=x1"); }
  SECTION("words") { value = " these are words"; }
  SECTION("empty") { value.clear(); }
  SECTION("NUL") { value += '\0'; }
  SECTION("U-labels in d=") { replace(value, "d=north", "d=n\xC3\xB6rth"); }
  SECTION("no field at all") { mail.fields.erase(mail.fields.begin()); }
  SECTION("no header at all") { mail.fields.clear(); }
  CHECK(mail.facts().signatures.empty());
  CHECK(mail.names.asked.empty());
}

TEST_CASE("fields with names that nobody may use break nothing", "[opendkim]") {
  Mail mail;
  mail.fields.push_back({"", " nothing"});
  mail.fields.push_back({"X;Y", " semicolon"});
  mail.fields.push_back({"X\xC3\xA9", " not ASCII"});
  std::vector<Field> good = post();
  mail.fields.insert(mail.fields.begin(),
                     {"DKIM-Signature", test::dkim_sign_value(good, mail.body, dkim_key(), {})});
  CHECK(mail.only().result == DkimResult::pass);
}

TEST_CASE("h= that names every field and more, and an i= that ends in =, stay within the library's memory",
          "[opendkim]") {
  Mail mail;
  mail.fields = {{"From", " contact@north.example"}, {"To", " news@lists.example"}};
  DkimHow how;
  how.oversign = {"From", "To", "DKIM-Signature", "DKIM-Signature"};
  mail.sign(how);
  CHECK(mail.only().result == DkimResult::fail);  // it names itself, which RFC 6376 §3.5 forbids
  mail.field("DKIM-Signature").value += "; i=@north.example=";
  CHECK(mail.facts().signatures.size() == 1);
}

TEST_CASE("a message that nobody finishes leaves nothing behind", "[opendkim]") {
  Mail mail;
  mail.sign();
  DkimVerification verification(library(), mail.fields, mail.domains, mail.names);
  verification.body("half a ");
  CHECK(mail.names.asked.empty());
}

TEST_CASE("many threads verify at once over one library", "[opendkim]") {
  Mail mail;
  mail.sign();
  std::vector<std::thread> threads;
  std::vector<int> held(8, 0);
  for (std::size_t number = 0; number < held.size(); ++number)
    threads.emplace_back([&held, number, copy = mail]() mutable {
      for (int time = 0; time < 20; ++time)
        held[number] += copy.facts().signatures.at(0).result == DkimResult::pass ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(held == std::vector<int>(8, 20));
}
