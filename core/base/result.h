// Result<T>: a value, or an Error that says what went wrong, on what. For failures that callers expect; an
// outcome that is part of the domain (a Verdict, a Finding) is not an error, and a broken invariant is a bug.
//
// The spelling is std::expected's (C++23), which g++ 12 does not offer under -std=c++20.
// Threads: a plain value, no sharing.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace portavoz {

// What kind of failure, by what the caller can do about it.
enum class ErrorKind : std::uint8_t {
  bad_input,    // the person or peer gave something wrong; asking again will not help
  not_found,    // the thing named does not exist
  conflict,     // it cannot be done in the present state (already decided, a second designated contact …)
  forbidden,    // whoever asks may not do this
  unavailable,  // a server, file or network is away now; asking again later may help
  in_doubt,     // the connection broke during COMMIT: read again before trying again
  internal,     // our own mistake
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;  // one sentence: what happened, to what, and what to do
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // Precondition of value and * and ->: has_value(); of error(): !has_value(). std::get throws otherwise.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

// Result<void>: done, or an Error. Default-constructed it means done: `return {};`
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  [[nodiscard]] bool has_value() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace portavoz
