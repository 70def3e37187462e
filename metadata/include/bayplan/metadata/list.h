// Lists: the records of one bucket that a filter lets through, one by one, in key order.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "bayplan/metadata/filter.h"

namespace bayplan::metadata {

struct ListOptions {
  std::size_t limit = 0;  ///< records to show at most; 0: all
  std::string after{};    ///< begin behind this key; empty: at the first
};

struct ListEnd {
  bool more = false;   ///< the limit ended it and there are keys behind `last`, whether or not they match
  std::string last{};  ///< key of the last record shown, where the next list begins; empty: none was
};

/// Called with each record that is damaged; see ListSink::problem.
using ListProblem = std::function<void(std::string_view key, const Error& error)>;

/// What a list calls. Views live as the source says.
struct ListSink {
  /// A record that matches. It may change the bucket, as under a cursor.
  std::function<Result<void>(std::string_view key, const Bucket& record)> record;
  /// A record that is damaged, and why: `record` answered corrupt or version_mismatch, or it could not even
  /// be tested. The list goes on. `key` is empty where not even that is readable, but the error names it.
  /// Without this function the list ends with that error.
  ListProblem problem{};
};

/// Streams: holds no record but the one at hand. A filter that names keys looks those up and reads nothing
/// else. Errors: the sink's other than those above, corrupt (no sink for problems; nothing but damage for too
/// long), version_mismatch, closed, io.
Result<ListEnd> list(const Bucket& records, const BoundFilter& filter, const ListOptions& options,
                     const ListSink& sink);

}  // namespace bayplan::metadata
