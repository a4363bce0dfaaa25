// Arena: memory for one parse, given back all at once, with a bound. gumbo cannot be told "no more": past the
// bound it would write to a null pointer. So the arena leaves by longjmp, over gumbo's frames and no others,
// back into parse_within(). Units: octets. Errors: parse_within gives nullptr. Threads: one parse at a time
// each.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include <gumbo.h>

namespace portavoz::gumbo {

class Arena {
 public:
  explicit Arena(std::size_t bound) : left_(bound) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) = delete;  // gumbo knows where it is
  Arena& operator=(Arena&&) = delete;
  ~Arena() = default;

  // The tree, which lives as long as the arena, or nullptr when it would need more than the bound.
  const GumboOutput* parse_within(std::string_view html) noexcept;

 private:
  static void* allocate(void* arena, std::size_t octets) noexcept;
  void* take(std::size_t octets) noexcept;  // nullptr: no more

  std::size_t left_;
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* free_ = nullptr;
  std::size_t free_octets_ = 0;
  std::jmp_buf way_out_{};
};

}  // namespace portavoz::gumbo
