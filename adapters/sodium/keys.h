// The keys of the seal: Ed25519 (RFC 8032) by libsodium. A gate signs with a secret key, a door knows public
// keys only.
//
// Files. Secret: the 32 octets of the seed in base64 and a line end; mode 0400, and refused when its group or
// others may read it. Public: KEYID.pub, the 32 octets of the key in base64 and a line end. KEYID is the
// first 16 hexadecimal digits of SHA-256 over the public key. Secrets are wiped from memory and never stand
// in an error or a log. Errors: not_found, forbidden (mode or permission), bad_input (no key in the file),
// conflict (it exists), unavailable. Threads: immutable after loading; safe from any.
#pragma once

#include <array>
#include <map>
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
  [[nodiscard]] std::string sign(std::string_view text) const;  // base64

 private:
  struct Secret;
  struct Wipe {
    void operator()(Secret* secret) const noexcept;
  };
  using OwnedSecret = std::unique_ptr<Secret, Wipe>;
  SigningKey(OwnedSecret secret, std::string key_id)
      : secret_(std::move(secret)), key_id_(std::move(key_id)) {}

  OwnedSecret secret_;
  std::string key_id_;
};

class VerifyKeys {
 public:
  // Every KEYID.pub of the directory. One that is broken, or whose name is not its key's id, is an error that
  // names it: a door with half its keys would keep good posts aside.
  [[nodiscard]] static Result<VerifyKeys> load_directory(const std::string& path);

  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  // `signature` is base64, as sign() gives it.
  [[nodiscard]] SignatureCheck verify(std::string_view key_id, std::string_view text,
                                      std::string_view signature) const;

 private:
  std::map<std::string, std::string, std::less<>> keys_;  // key id → 32 raw octets
};

struct MadeKey {
  std::string key_id;
  std::string public_path;
};

// A new key: the secret to secret_path (which must not exist yet), the public key to public_dir/KEYID.pub.
[[nodiscard]] Result<MadeKey> make_key(const std::string& secret_path, const std::string& public_dir);

}  // namespace portavoz
