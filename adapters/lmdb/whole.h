// The whole roll back from its records: what encode() (adapters/lmdb/record.h) made of it. It finds every
// record that is not of its form, that nothing leads to, or that is missing; LMDB's own pages it does not
// see. Threads: a pure function.
#pragma once

#include <vector>

#include "adapters/lmdb/record.h"

namespace portavoz::lmdb {

// `records`: by ascending key, the heading too, which must be of our format. Lists come by ascending id, and
// their contacts, marks and the keys by ascending key. Error: bad_input, naming the first record that is
// wrong.
[[nodiscard]] Result<RollContents> decode(const std::vector<Record>& records);

}  // namespace portavoz::lmdb
