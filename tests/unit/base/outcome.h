// What a call came to, as one word that reads well in a failed comparison.
#pragma once

#include <string>

#include "bayplan/base/result.h"

namespace bayplan::test {

/// "ok", or the name of the error's code.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(errc_name(result.error().code()));
}

/// The whole error, or nothing.
template <class T>
std::string words(const Result<T>& result) {
  return result ? std::string() : result.error().to_string();
}

}  // namespace bayplan::test
