// What could not be read while the rest was printed.
#pragma once

#include <string>

#include "bayplan/metadata/stored_records.h"

namespace bayplan::cli {

/// "images default docker.io/a:1".
std::string words(const metadata::StoredRecord& record);

/// Tells of it on standard error, where it cannot be taken for a record.
class Troubles {
 public:
  void tell(const metadata::StoredRecord& record);
  Result<void> operator()(const metadata::RecordDamage& damage);
  bool any() const noexcept { return any_; }

 private:
  void tell(const std::string& what);

  bool any_ = false;
};

}  // namespace bayplan::cli
