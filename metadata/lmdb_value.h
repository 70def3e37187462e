// Between std::string_view and MDB_val.
#pragma once

#include <lmdb.h>

#include <string_view>

namespace bayplan::metadata {

/// LMDB does not write through the pointer of a key or value that it is given.
inline MDB_val to_val(std::string_view bytes) noexcept {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

inline std::string_view to_view(const MDB_val& value) noexcept {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace bayplan::metadata
