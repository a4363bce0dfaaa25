// Lookup<T>: found, absent, or "could not find out". The third answer is why this is not std::optional: what
// could not be looked up becomes a 4xx, never an acceptance and never a permanent refusal. Threads: a plain
// value.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace portavoz {

struct Absent {};
struct Unavailable {
  std::string why;  // for the log; never sent to a peer
};

template <typename T>
class [[nodiscard]] Lookup {
 public:
  Lookup(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Lookup(Absent absent) : state_(std::in_place_index<1>, absent) {}
  Lookup(Unavailable unavailable) : state_(std::in_place_index<2>, std::move(unavailable)) {}

  [[nodiscard]] bool found() const noexcept { return state_.index() == 0; }
  [[nodiscard]] bool absent() const noexcept { return state_.index() == 1; }
  [[nodiscard]] bool unavailable() const noexcept { return state_.index() == 2; }
  const T& value() const { return std::get<0>(state_); }              // precondition: found()
  const std::string& why() const { return std::get<2>(state_).why; }  // precondition: unavailable()

 private:
  std::variant<T, Absent, Unavailable> state_;
};

}  // namespace portavoz
