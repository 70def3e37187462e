// Where the records of each kind lie (schema.h).
#pragma once

#include <string_view>
#include <vector>

#include "bayplan/metadata/stored_records.h"

namespace bayplan::metadata {

struct RecordLayout {
  using Path = std::vector<std::string_view>;

  RecordKind kind;
  std::string_view word;
  std::string_view one;
  Path below;                    ///< the bucket of all of them, from the namespace on
  bool by_snapshotter = false;   ///< in that, one bucket for each snapshotter
  std::vector<Path> required{};  ///< what each of them has to have
};

const RecordLayout& layout_of(RecordKind kind);

}  // namespace bayplan::metadata
