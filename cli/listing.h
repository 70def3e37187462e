// What every `ls` prints: a table, names only, or a JSON array.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "print.h"
#include "session.h"

namespace bayplan::cli {

class Listing {
 public:
  /// `array` is the JSON member that holds the objects, `header` the table's; `quiet` prints names only.
  Listing(const Session& session, std::string_view array, std::vector<std::string> header, bool quiet);

  /// One object: its name, its table cells, and what its JSON object holds.
  void add(std::string_view name, std::vector<std::string> cells,
           const std::function<void(json::Writer&)>& write_members);
  /// Prints what is not printed yet.
  void finish() &&;

 private:
  bool json_;
  bool quiet_;
  json::Writer out_;
  Table table_;
};

}  // namespace bayplan::cli
