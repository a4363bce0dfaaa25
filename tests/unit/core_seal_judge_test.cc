#include <string>
#include <variant>
#include <vector>

#include "core/mail/message.h"
#include "core/seal/judge.h"
#include "tests/lib/catch.h"

using namespace portavoz;

namespace {

constexpr Instant sealed_at{Seconds(1795500000)};
constexpr Seconds lifetime = std::chrono::hours(144);
const std::string nonce = "000102030405060708090a0b0c0d0e0f";
const std::string key_id = "0123456789abcdef";
const std::string body(32, '\x07');
const std::string mark = "00112233445566778899aabbccddeeff";

// A stand-in for Ed25519: the "signature" of a text is the text's hash spelt in letters.
std::string fake_signature(std::string_view text) {
  std::uint64_t hash = 0;
  for (const char c : text) hash = hash * 131 + static_cast<unsigned char>(c);
  std::string letters(86, 'A');
  for (std::size_t i = 0; i < 16; ++i) letters[i] = static_cast<char>('a' + ((hash >> (4 * i)) & 0xF));
  return letters + "==";
}

const std::string lost_key = "eeeeeeeeeeeeeeee";

SignatureCheck fake_verify(std::string_view key, std::string_view text, std::string_view signature) {
  if (key == lost_key) return SignatureCheck::unavailable;
  if (key != key_id) return SignatureCheck::unknown_key;
  return fake_signature(text) == signature ? SignatureCheck::good : SignatureCheck::bad;
}

std::string seal_for(const std::string& list, const std::string& from = "info@example.org",
                     const std::string& key = key_id, Instant time = sealed_at) {
  const SealFacts facts{list, "<1@example.org>", from, body, {mark}, time};
  return format_seal({key, list, nonce, {mark}, fake_signature(seal_text_to_sign(facts, key, nonce)), time});
}

std::vector<Field> post(const std::vector<std::string>& seals) {
  std::vector<Field> fields = {{"From", " \"Asamblea\" <Info@Example.org>"},
                               {"Message-ID", " <1@example.org>"}};
  for (const std::string& seal : seals) fields.push_back({"portavoz-SEAL", " " + seal});
  return fields;
}

std::string verdict(const std::vector<Field>& fields, Instant now = sealed_at,
                    const std::string& sha = body) {
  const SealQuestion question{"avisos@listas.example", sha, now, lifetime};
  const auto judged = judge_seal(fields, question, fake_verify);
  if (std::holds_alternative<Unavailable>(judged)) return "unavailable";
  return std::holds_alternative<Seal>(judged) ? "good" : std::string(info(std::get<HeldReason>(judged)).word);
}

const std::string good = seal_for("avisos@listas.example");

}  // namespace

TEST_CASE("a post with the gate's seal is good, from any spelling of the same mailbox", "[seal]") {
  CHECK(verdict(post({good})) == "good");
  CHECK(verdict(post({seal_for("otra@listas.example"), good})) == "good");
  CHECK(verdict(post({"nonsense", good})) == "good");
}

TEST_CASE("each bad seal has its reason", "[seal]") {
  CHECK(verdict(post({})) == "unsealed");
  CHECK(verdict(post({"nonsense"})) == "seal-unreadable");
  CHECK(verdict(post({seal_for("otra@listas.example")})) == "seal-other-list");
  CHECK(verdict(post({good, good})) == "seal-ambiguous");
  CHECK(verdict(post({seal_for("avisos@listas.example", "info@example.org", "ffffffffffffffff")})) ==
        "seal-unknown-key");
  CHECK(verdict(post({seal_for("avisos@listas.example", "nadie@example.org")})) == "seal-forged");
  CHECK(verdict(post({good}), sealed_at, std::string(32, '\x08')) == "seal-forged");
}

TEST_CASE("a seal of another list does not become ours by its l= alone", "[seal]") {
  std::string moved = seal_for("otras@listas.example");
  moved.replace(moved.find("otras@"), 6, "avisos@");
  CHECK(verdict(post({moved})) == "seal-forged");
}

TEST_CASE("a seal holds for its lifetime and for no message from the future", "[seal]") {
  CHECK(verdict(post({good}), sealed_at + lifetime) == "good");
  CHECK(verdict(post({good}), sealed_at + lifetime + Seconds(1)) == "seal-expired");
  CHECK(verdict(post({good}), sealed_at - clock_difference) == "good");
  CHECK(verdict(post({good}), sealed_at - clock_difference - Seconds(1)) == "seal-future");
}

TEST_CASE("a seal whose key cannot be looked up now is neither good nor bad", "[seal]") {
  CHECK(verdict(post({seal_for("avisos@listas.example", "info@example.org", lost_key)})) == "unavailable");
}

TEST_CASE("marks that the signature does not cover are forged", "[seal]") {
  std::string other = good;
  SECTION("none") { other.erase(other.find("; u="), mark.size() + 4); }
  SECTION("another one") { other.replace(other.find("u=0"), 3, "u=1"); }
  SECTION("one more") { other.insert(other.find("; s="), "," + mark); }
  CHECK(verdict(post({other})) == "seal-forged");
}

TEST_CASE("a time that the signature does not cover is forged, not fresh", "[seal]") {
  std::string younger = good;
  younger.replace(younger.find("1795500000"), 10, "1796500000");
  CHECK(verdict(post({younger}), Instant(Seconds(1796500000))) == "seal-forged");
}

TEST_CASE("a header that the gate would not have sealed is forged", "[seal]") {
  auto fields = post({good});
  SECTION("a second From") { fields.push_back({"FROM", " x@example.org"}); }
  SECTION("no From") { fields.erase(fields.begin()); }
  SECTION("two authors") { fields[0].value = " info@example.org, x@example.org"; }
  SECTION("a second Message-ID") { fields.push_back({"message-id", " <2@example.org>"}); }
  SECTION("no Message-ID") { fields.erase(fields.begin() + 1); }
  SECTION("another Message-ID") { fields[1].value = " <3@example.org>"; }
  CHECK(verdict(fields) == "seal-forged");
}

TEST_CASE("every reason is found by its word and explains itself", "[seal]") {
  for (int i = 0; i <= static_cast<int>(HeldReason::list_manager_refused); ++i) {
    const HeldReasonInfo& row = info(static_cast<HeldReason>(i));
    CHECK(static_cast<int>(row.reason) == i);
    CHECK(find_held_reason(row.word) == &row);
    CHECK(row.meaning.size() > 20);
  }
  CHECK(find_held_reason("seal-perfect") == nullptr);
}
