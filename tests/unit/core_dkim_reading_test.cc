#include "core/base/base64.h"
#include "core/dkim/reading.h"
#include "core/dkim/tags.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

// The field with one tag replaced (or added); an empty value takes the tag out.
std::string field_with(const std::string& name = "", const std::string& value = "") {
  DkimTags tags{{"v", "1"},       {"a", "rsa-sha256"},    {"d", "north.example"}, {"s", "s1"},
                {"h", "from:to"}, {"bh", "Ym9keSBoYXNo"}, {"b", "c2lnbmF0dXJl"}};
  if (!name.empty()) tags.push_back({name, value});
  std::string text;
  for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
    const bool replaced = tag->name == name && tag != tags.end() - 1;
    if (!replaced && !tag->value.empty())
      text.append(" ").append(tag->name).append("=").append(tag->value).append(";");
  }
  return text;
}

DnsAnswer txt(std::vector<std::string> records) { return DnsRecords{std::move(records), false}; }

}  // namespace

TEST_CASE("a tag list gives its tags in order, without the blanks and folds around them", "[dkim]") {
  const auto tags = read_tags(" v=1;\n\td = north.example ; b=AB\r\n\t CD;x=;");
  REQUIRE(tags);
  REQUIRE(tags->size() == 4);
  CHECK(find_tag(*tags, "d") == "north.example");
  CHECK(find_tag(*tags, "b") == "AB\r\n\t CD");
  CHECK(find_tag(*tags, "x") == "");
  CHECK_FALSE(find_tag(*tags, "D"));
}

TEST_CASE("what is no tag list by RFC 6376 §3.2 has no tags", "[dkim]") {
  const std::string text =
      GENERATE("v", "v=1;;d=a", "=1", "1a=b", "a-b=c", "d=a;d=b", "d=a;D=b", "d=\xC3\xA9", "d=a\vb");
  CAPTURE(text);
  CHECK_FALSE(read_tags(text));
}

TEST_CASE("base64 is decoded whatever its folds and padding, and is refused with other characters",
          "[dkim]") {
  CHECK(decode_base64("c2ln bmF0\r\n\tdXJlIQ==") == "signature!");
  CHECK(decode_base64("c2lnbmF0dXJlIQ") == "signature!");
  CHECK(decode_base64("+/8") == "\xFB\xFF");
  CHECK(decode_base64("") == "");
  CHECK_FALSE(decode_base64("c2ln!bmF0"));
  CHECK_FALSE(decode_base64("c2ln=bmF0"));
  CHECK_FALSE(decode_base64("c2lnb"));
  CHECK_FALSE(decode_base64("c2ln===="));
}

TEST_CASE("a signature field says who signed what, and how", "[dkim]") {
  const auto read = read_signature(
      " v=1; a=RSA-SHA256; d=North.Example; s=s1; c=relaxed;\n\th=From : To:\n\t Subject:To; l=12;"
      " bh=Ym9keSBo\n\tYXNo; b=c2ln\n\tbmF0dXJl");
  REQUIRE(read);
  CHECK(read->domain == "north.example");
  CHECK(read->selector == "s1");
  CHECK(read->algorithm == "rsa-sha256");
  CHECK(read->signed_names == std::vector<std::string>{"from", "to", "subject", "to"});
  CHECK(read->signature == "signature");
  CHECK(read->body_hash == "body hash");
  CHECK_FALSE(read->whole_body);
  CHECK(read->result == DkimResult::fail);
  CHECK(read_signature(field_with())->whole_body);
}

TEST_CASE("a field that lacks a tag, or whose b= is no base64, is no signature", "[dkim]") {
  REQUIRE(read_signature(field_with()));
  const std::string tag = GENERATE("a", "b", "bh", "d", "h", "s");
  CAPTURE(tag);
  CHECK_FALSE(read_signature(field_with(tag)));
  CHECK_FALSE(read_signature(field_with("b", "c2ln=garbage")));
  CHECK_FALSE(read_signature(field_with("bh", "????")));
}

TEST_CASE("a signature whose h= or whole length is past all reason is not looked at", "[dkim]") {
  CHECK(read_signature(field_with("h", "from" + std::string(249, ':'))));
  CHECK_FALSE(read_signature(field_with("h", "from" + std::string(250, ':'))));
  CHECK(read_signature(field_with("h", "from:" + std::string(3900, 'a'))));
  CHECK_FALSE(read_signature(field_with("h", "from:" + std::string(4000, 'a'))));
  CHECK_FALSE(read_signature(field_with("z", std::string(40000, 'a'))));
}

TEST_CASE("a key's name is that of selector and domain, where there can be such a name", "[dkim]") {
  DkimSignature signature;
  signature.domain = "north.example";
  signature.selector = "Key_1.2026";
  CHECK(key_name(signature) == "key_1.2026._domainkey.north.example");
  signature.selector = GENERATE(as<std::string>(), "", "a..b", "a b", "a/b", "a\"", std::string(64, 'a'),
                                std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                                    std::string(60, 'c') + "." + std::string(60, 'd'));
  CAPTURE(signature.selector);
  CHECK_FALSE(key_name(signature));
}

TEST_CASE("the one record that is a key is taken, beside any that are none", "[dkim]") {
  const std::string key = "v=DKIM1; k=rsa; p=AAAA";
  CHECK(choose_key(txt({key})).record.value() == key);
  CHECK(choose_key(txt({"v=spf1 -all", key, "some words", key})).record.value() == key);
  CHECK(choose_key(txt({"p="})).record.value() == "p=");
}

TEST_CASE("without one key there is none, and why is said", "[dkim]") {
  CHECK(choose_key(Absent{}).record.absent());
  CHECK(choose_key(txt({"v=spf1 -all"})).why == "there is no key record");
  CHECK(choose_key(txt({"v=DKIM2; p=AAAA"})).record.absent());
  CHECK(choose_key(txt({"v=DKIM1; p=AAAA", "v=DKIM1; p=BBBB"})).why ==
        "there are several key records, and nobody can say which is meant");
  CHECK(choose_key(txt({"p=" + std::string(1024, 'A')})).why == "the key record is longer than 1024 octets");
  const auto away = choose_key(Unavailable{"SERVFAIL for s1._domainkey.north.example"});
  CHECK(away.record.unavailable());
  CHECK(away.why == "SERVFAIL for s1._domainkey.north.example");
}

TEST_CASE("the bits of an Ed25519 key are counted", "[dkim]") {
  CHECK(ed25519_bits("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") == 256);
  CHECK(ed25519_bits("v=DKIM1; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") == 0);
  CHECK(ed25519_bits("v=DKIM1; k=ed25519; p=") == 0);
}

TEST_CASE("a key is for the algorithms of its kind", "[dkim]") {
  CHECK(is_key_for("v=DKIM1; p=AAAA", "rsa-sha256"));
  CHECK(is_key_for("v=DKIM1; k=rsa; p=AAAA", "rsa-sha1"));
  CHECK(is_key_for("k=ed25519; p=AAAA", "ed25519-sha256"));
  CHECK_FALSE(is_key_for("k=ed25519; p=AAAA", "rsa-sha256"));
  CHECK_FALSE(is_key_for("v=DKIM1; p=AAAA", "ed25519-sha256"));
}
