// Present<T>: the T that holds now, replaced whole. Whoever took one keeps it unchanged for as long as it
// wants; whoever asks next gets the new one. Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace portavoz {

template <typename T>
class Present {
 public:
  explicit Present(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  // What was there before ends here, or with the last one who took it.
  void put(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    value_.swap(next);  // `next` goes after the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace portavoz
