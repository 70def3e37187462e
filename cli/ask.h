// What people are asked for while a command runs. Questions go to standard error.
#pragma once

#include <string>

#include "bayplan/base/result.h"

namespace bayplan::cli {

/// A line from the terminal that standard input is. Errors: invalid_argument (it is none, or it has ended),
/// cancelled, io.
Result<std::string> ask_line(const char* question);
/// The same, unseen while it is typed.
Result<std::string> ask_secret(const char* question);

/// All of standard input, without the line's end. Errors: too_large, invalid_argument (nothing there), io.
Result<std::string> read_secret();

}  // namespace bayplan::cli
