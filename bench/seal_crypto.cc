// seal_crypto KEY TIMES: what sealing a post of 4 KiB costs in cryptography alone, measured beside the gate.
//
// TIMES times: SHA-256 over the body, a nonce, the Ed25519 signature over the seal's text, by the same
// functions as the gate. KEY is the file of a secret key. Prints the microseconds of CPU time each took. Exit
// status: 64 usage, 66 when the key cannot be read.
#include <cstdio>
#include <ctime>
#include <string>

#include <sysexits.h>

#include "adapters/sodium/hash.h"
#include "adapters/sodium/keys.h"
#include "core/base/text.h"
#include "core/seal/seal.h"

namespace {

using namespace portavoz;

double cpu_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// What the gate signs for such a post.
std::string text_to_sign(const SigningKey& key) {
  const SealFacts facts{"avisos@listas.example",
                        "<20261123090000.4F0000000001@mua.example>",
                        "contacto@asamblea-norte.example",
                        sha256("the body"),
                        {},
                        Instant(Seconds(1'795'500'000))};
  return seal_text_to_sign(facts, key.key_id(), random_hex(16));
}

void seal_once(const std::string& body, const SigningKey& key, const std::string& text) {
  Sha256 hash;
  hash.update(body);
  static_cast<void>(hash.finish());
  static_cast<void>(random_hex(16));
  static_cast<void>(key.sign(text));
}

}  // namespace

int main(int argc, char** argv) {
  const auto times = argc == 3 ? parse_decimal(argv[2]) : std::nullopt;
  if (!times || *times == 0) {
    std::fputs("usage: seal_crypto KEY TIMES\n", stderr);
    return EX_USAGE;
  }
  const auto key = SigningKey::load(argv[1]);
  if (!key) {
    std::fprintf(stderr, "seal_crypto: %s\n", key.error().what.c_str());
    return EX_NOINPUT;
  }
  const std::string body(4096, 'x');
  const std::string text = text_to_sign(*key);
  const double before = cpu_microseconds();
  for (std::uint64_t i = 0; i < *times; ++i) seal_once(body, *key, text);
  std::printf("%.3f\n", (cpu_microseconds() - before) / static_cast<double>(*times));
  return EX_OK;
}
