#include "adapters/sodium/hash.h"

#include <array>

#include <sodium.h>

#include "adapters/sodium/start.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

struct Sha256::State {
  crypto_hash_sha256_state hash;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  sodium_started();
  crypto_hash_sha256_init(&state_->hash);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view octets) {
  crypto_hash_sha256_update(&state_->hash, octets_of(octets), octets.size());
}

std::string Sha256::finish() {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state_->hash, reinterpret_cast<unsigned char*>(digest.data()));
  crypto_hash_sha256_init(&state_->hash);
  return digest;
}

std::string sha256(std::string_view octets) {
  Sha256 hash;
  hash.update(octets);
  return hash.finish();
}

std::string random_hex(std::size_t octets) {
  sodium_started();
  std::string random(octets, '\0');
  randombytes_buf(random.data(), random.size());
  return to_hex(random);
}

}  // namespace portavoz
