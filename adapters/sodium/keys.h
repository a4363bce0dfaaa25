// The keys of the seal: Ed25519 (RFC 8032) by libsodium. A gate signs with a secret key; doors have the
// public keys from the roll, where the register puts them.
//
// The file of a secret key: the 32 octets of the seed in base64 and a line end; mode 0400, and refused when
// its group or others may read it. A key's id is the first 16 hexadecimal digits of SHA-256 over the public
// key. Secrets are wiped from memory and never stand in an error or a log. Errors: not_found, forbidden (mode
// or permission), bad_input (no key in the file), conflict (it exists), unavailable. Threads: immutable after
// loading; safe from any.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/seal/judge.h"

namespace portavoz {

class SigningKey {
 public:
  [[nodiscard]] static Result<SigningKey> load(const std::string& path);

  [[nodiscard]] const std::string& key_id() const { return key_id_; }
  [[nodiscard]] const std::string& public_key() const { return public_key_; }  // 32 raw octets
  [[nodiscard]] std::string sign(std::string_view text) const;                 // base64

 private:
  struct Secret;
  struct Wipe {
    void operator()(Secret* secret) const noexcept;
  };
  using OwnedSecret = std::unique_ptr<Secret, Wipe>;
  SigningKey(OwnedSecret secret, std::string public_key);

  OwnedSecret secret_;
  std::string public_key_;
  std::string key_id_;
};

// Whether `signature` (base64, as sign() gives it) is this public key's over the text.
[[nodiscard]] SignatureCheck verify(std::string_view public_key, std::string_view text,
                                    std::string_view signature);

struct MadeKey {
  std::string key_id;
  std::string public_key;  // 32 raw octets, for the register
};

// A new key: the secret to secret_path, which must not exist yet.
[[nodiscard]] Result<MadeKey> make_key(const std::string& secret_path);

}  // namespace portavoz
