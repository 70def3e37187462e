// What every user of LMDB here needs: views as MDB_val and back, and transactions that end.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace bayplan::metadata {

/// Below this no map is worth the try.
inline constexpr std::uint64_t kSmallestMap = std::uint64_t{1} << 20;

struct TxnAborter {
  void operator()(MDB_txn* txn) const noexcept { ::mdb_txn_abort(txn); }
};
using TxnPtr = std::unique_ptr<MDB_txn, TxnAborter>;

/// LMDB does not write through the pointer of a key or value that it is given.
inline MDB_val to_val(std::string_view bytes) noexcept {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

inline std::string_view to_view(const MDB_val& value) noexcept {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace bayplan::metadata
