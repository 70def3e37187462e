// What a Result says, in a form that a failed expectation prints readably.
#pragma once

#include <string>

#include "bayplan/base/result.h"

namespace bayplan::test {

/// "ok", or the name of the error's code.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(errc_name(result.error().code()));
}

}  // namespace bayplan::test
