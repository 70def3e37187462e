// The one way the library speaks besides return values. Default: silence.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bayplan {

enum class Level : unsigned char { debug, info, warning, error };

struct Diagnostic {
  Level level;
  std::string_view message;  ///< a fixed sentence; what varies is in the fields
  std::vector<std::pair<std::string_view, std::string>> fields;
};

/// Called from whichever thread has something to say, possibly several at once, never inside a write
/// transaction's lock. Must not throw. The views are valid during the call only.
using DiagnosticSink = std::function<void(const Diagnostic&)>;

}  // namespace bayplan
