#include "adapters/gumbo/arena.h"

#include <algorithm>

namespace portavoz::gumbo {
namespace {

constexpr std::size_t chunk = std::size_t{256} << 10U;

void keep(void* /*arena*/, void* /*memory*/) noexcept {}  // the arena goes as a whole

}  // namespace

void* Arena::take(std::size_t octets) noexcept {
  constexpr std::size_t alignment = alignof(std::max_align_t);
  octets = (octets + alignment - 1) / alignment * alignment;
  if (octets > free_octets_) {
    const std::size_t size = std::max(octets, chunk);
    if (size > left_) return nullptr;
    try {
      chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
    } catch (...) {
      return nullptr;
    }
    left_ -= size;
    free_ = chunks_.back().get();
    free_octets_ = size;
  }
  void* memory = free_;
  free_ += octets;
  free_octets_ -= octets;
  return memory;
}

void* Arena::allocate(void* arena, std::size_t octets) noexcept {
  auto* self = static_cast<Arena*>(arena);
  void* memory = self->take(octets);
  if (memory == nullptr) std::longjmp(self->way_out_, 1);
  return memory;
}

const GumboOutput* Arena::parse_within(std::string_view html) noexcept {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = allocate;
  options.deallocator = keep;
  options.userdata = this;
  options.max_errors = 0;
  if (setjmp(way_out_) != 0) return nullptr;  // nothing here or in gumbo has a destructor
  return gumbo_parse_with_options(&options, html.data(), html.size());
}

}  // namespace portavoz::gumbo
