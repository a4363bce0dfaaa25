#include <string>

#include <sys/stat.h>

#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/base/text.h"
#include "tests/lib/catch.h"
#include "tests/lib/temp_dir.h"

using namespace portavoz;
using portavoz::test::TempDir;

namespace {

// RFC 8032 §7.1, test 2: seed, public key, message 0x72, signature.
constexpr const char* seed_base64 = "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=\n";
constexpr const char* public_hex = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr const char* signature_base64 =
    "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA==";

void write_secret(const std::string& path, std::string_view text, mode_t mode = 0400) {
  test::write_all(path, text);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

}  // namespace

TEST_CASE("SHA-256 is FIPS 180-4's, whole and by pieces", "[sodium]") {
  CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.update("a");
  pieces.update("");
  pieces.update("bc");
  CHECK(pieces.finish() == sha256("abc"));
  CHECK(pieces.finish() == sha256(""));
}

TEST_CASE("random text is of the asked length and not the same twice", "[sodium]") {
  CHECK(random_hex(16).size() == 32);
  CHECK(random_hex(16) != random_hex(16));
}

TEST_CASE("keys sign and verify as RFC 8032 says", "[sodium]") {
  const TempDir dir;
  write_secret(dir / "seal.key", seed_base64);
  const auto key = SigningKey::load(dir / "seal.key");
  REQUIRE(key);
  CHECK(to_hex(key->public_key()) == public_hex);
  CHECK(key->key_id() == to_hex(sha256(key->public_key())).substr(0, 16));
  CHECK(key->sign("\x72") == signature_base64);
  CHECK(verify(key->public_key(), "\x72", signature_base64) == SignatureCheck::good);
  CHECK(verify(key->public_key(), "\x73", signature_base64) == SignatureCheck::bad);
  CHECK(verify(key->public_key(), "\x72", "") == SignatureCheck::bad);
  CHECK(verify(key->public_key(), "\x72", std::string(signature_base64) + "AAAA") == SignatureCheck::bad);
  CHECK(verify(std::string(32, '\0'), "\x72", signature_base64) == SignatureCheck::bad);
  CHECK(verify("short", "\x72", signature_base64) == SignatureCheck::bad);
}

TEST_CASE("a key made here is a secret only its owner reads, and its public half", "[sodium]") {
  const TempDir dir;
  const auto made = make_key(dir / "seal.key");
  REQUIRE(made);
  struct stat about = {};
  REQUIRE(::stat((dir / "seal.key").c_str(), &about) == 0);
  CHECK((about.st_mode & 07777U) == 0400U);
  const auto key = SigningKey::load(dir / "seal.key");
  REQUIRE(key);
  CHECK(key->key_id() == made->key_id);
  CHECK(key->public_key() == made->public_key);
  CHECK(verify(made->public_key, "text", key->sign("text")) == SignatureCheck::good);

  SECTION("a key that is there is never overwritten") {
    const std::string before = test::read_all(dir / "seal.key");
    const auto again = make_key(dir / "seal.key");
    REQUIRE_FALSE(again);
    CHECK(again.error().kind == ErrorKind::conflict);
    CHECK(test::read_all(dir / "seal.key") == before);
  }
}

TEST_CASE("a secret key that others may read is refused", "[sodium]") {
  const TempDir dir;
  const mode_t mode = GENERATE(as<mode_t>{}, 0440, 0404, 0600 | 0020, 0644);
  write_secret(dir / "seal.key", seed_base64, mode);
  const auto key = SigningKey::load(dir / "seal.key");
  REQUIRE_FALSE(key);
  CHECK(key.error().kind == ErrorKind::forbidden);
  CHECK(key.error().what.find("chmod 0400") != std::string::npos);
}

TEST_CASE("what is no secret key is refused without showing it", "[sodium]") {
  const TempDir dir;
  const std::string text = GENERATE(as<std::string>{}, "", "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4\n",
                                    "secret words", std::string(seed_base64) + seed_base64);
  write_secret(dir / "seal.key", text);
  const auto key = SigningKey::load(dir / "seal.key");
  REQUIRE_FALSE(key);
  CHECK(key.error().kind == ErrorKind::bad_input);
  CHECK(key.error().what.find("TM0Imyj") == std::string::npos);
  CHECK(key.error().what.find("secret words") == std::string::npos);
}
