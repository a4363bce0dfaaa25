#include "adapters/sodium/keys.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "adapters/sodium/hash.h"
#include "adapters/sodium/start.h"
#include "core/base/text.h"

namespace portavoz {
namespace {

constexpr std::size_t key_id_digits = 16;

unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error system_error(std::string_view doing, const std::string& path, int number) {
  ErrorKind kind = ErrorKind::unavailable;
  if (number == ENOENT || number == ENOTDIR) kind = ErrorKind::not_found;
  if (number == EACCES || number == EPERM) kind = ErrorKind::forbidden;
  if (number == EEXIST) kind = ErrorKind::conflict;
  return {kind, "cannot " + std::string(doing) + " " + path + ": " + std::generic_category().message(number)};
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&&) = delete;
  File& operator=(File&&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// Text that is wiped when it goes out of scope.
struct SecretText {
  std::string text;
  SecretText() = default;
  explicit SecretText(std::string octets) : text(std::move(octets)) {}
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText(SecretText&&) = delete;
  SecretText& operator=(SecretText&&) = delete;
  ~SecretText() { sodium_memzero(text.data(), text.size()); }
};

// A key file is one short line; the buffer is reserved at once, so that no copy of a secret stays behind.
Result<void> read_short(int fd, const std::string& path, std::string& text) {
  constexpr std::size_t longest = 200;
  text.assign(longest, '\0');
  const ssize_t got = ::read(fd, text.data(), text.size());
  if (got < 0) return system_error("read", path, errno);
  text.resize(static_cast<std::size_t>(got));
  return {};
}

std::string base64(std::string_view octets) {
  std::string text(sodium_base64_encoded_len(octets.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), octets_of(octets), octets.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminating NUL that libsodium counts
  return text;
}

// Exactly `size` octets, or false.
bool from_base64(std::string_view text, std::size_t size, std::string& octets) {
  octets.assign(size, '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  const int failed = sodium_base642bin(octets_of(octets), octets.size(), text.data(), text.size(), nullptr,
                                       &length, &end, sodium_base64_VARIANT_ORIGINAL);
  return failed == 0 && length == size && end == text.data() + text.size();
}

std::string key_id_of(std::string_view public_key) {
  return to_hex(sha256(public_key)).substr(0, key_id_digits);
}

Result<void> check_secret_mode(int fd, const std::string& path) {
  struct stat about = {};
  if (::fstat(fd, &about) != 0) return system_error("look at", path, errno);
  if (!S_ISREG(about.st_mode)) return Error{ErrorKind::bad_input, path + " is not a regular file"};
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{ErrorKind::forbidden, "the secret key " + path +
                                           " may be read by others than its owner; run: chmod 0400 " + path +
                                           " (and make a new key if somebody may have read it)"};
  return {};
}

Result<void> write_new(const std::string& path, std::string_view text, mode_t mode) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file.get() < 0) return system_error("make", path, errno);
  const bool done = ::fchmod(file.get(), mode) == 0 &&
                    ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fsync(file.get()) == 0;
  if (done) return {};
  const int why = errno;
  ::unlink(path.c_str());
  return system_error("write", path, why);
}

}  // namespace

void sodium_started() {
  static const bool started = sodium_init() >= 0;
  if (!started) std::abort();
}

struct SigningKey::Secret {
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> octets;
};

void SigningKey::Wipe::operator()(Secret* secret) const noexcept {
  sodium_memzero(secret->octets.data(), secret->octets.size());
  delete secret;
}

SigningKey::SigningKey(OwnedSecret secret, std::string public_key)
    : secret_(std::move(secret)), public_key_(std::move(public_key)), key_id_(key_id_of(public_key_)) {}

Result<SigningKey> SigningKey::load(const std::string& path) {
  sodium_started();
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_error("open the secret key", path, errno);
  if (auto fine = check_secret_mode(file.get(), path); !fine) return fine.error();
  SecretText text;
  SecretText seed;
  if (auto done = read_short(file.get(), path, text.text); !done) return done.error();
  if (!from_base64(trim(text.text), crypto_sign_SEEDBYTES, seed.text))
    return Error{ErrorKind::bad_input,
                 path +
                     " holds no secret key (32 octets in base64); make one with: portavoz seal "
                     "make-key"};
  OwnedSecret secret(new Secret);
  std::string public_key(crypto_sign_PUBLICKEYBYTES, '\0');
  crypto_sign_seed_keypair(octets_of(public_key), secret->octets.data(), octets_of(seed.text));
  return SigningKey(std::move(secret), std::move(public_key));
}

std::string SigningKey::sign(std::string_view text) const {
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(octets_of(signature), nullptr, octets_of(text), text.size(), secret_->octets.data());
  return base64(signature);
}

SignatureCheck verify(std::string_view public_key, std::string_view text, std::string_view signature) {
  sodium_started();
  std::string octets;
  if (public_key.size() != crypto_sign_PUBLICKEYBYTES || !from_base64(signature, crypto_sign_BYTES, octets))
    return SignatureCheck::bad;
  const int failed =
      crypto_sign_verify_detached(octets_of(octets), octets_of(text), text.size(), octets_of(public_key));
  return failed == 0 ? SignatureCheck::good : SignatureCheck::bad;
}

Result<MadeKey> make_key(const std::string& secret_path) {
  sodium_started();
  SecretText seed(std::string(crypto_sign_SEEDBYTES, '\0'));
  SecretText secret(std::string(crypto_sign_SECRETKEYBYTES, '\0'));
  randombytes_buf(seed.text.data(), seed.text.size());
  std::string public_key(crypto_sign_PUBLICKEYBYTES, '\0');
  crypto_sign_seed_keypair(octets_of(public_key), octets_of(secret.text), octets_of(seed.text));

  SecretText text(base64(seed.text));
  text.text += "\n";
  constexpr mode_t owner_reads = 0400;
  if (auto done = write_new(secret_path, text.text, owner_reads); !done) return done.error();
  return MadeKey{key_id_of(public_key), public_key};
}

}  // namespace portavoz
