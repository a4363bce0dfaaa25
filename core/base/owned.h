// Owned<T, Fn>: a C handle that is owned from birth; Fn releases it. `using PgResult = Owned<PGresult,
// PQclear>;`
#pragma once

#include <memory>

namespace portavoz {

template <auto Fn>
struct Closer {
  void operator()(auto* handle) const noexcept { Fn(handle); }
};

template <typename T, auto Fn>
using Owned = std::unique_ptr<T, Closer<Fn>>;

}  // namespace portavoz
