// Runs a program to its end and keeps what it printed.
#pragma once

#include <string>
#include <vector>

namespace bayplan::test {

struct CommandResult {
  int exit_code = -1;  ///< 128 + n when signal n ended it
  std::string out;
  std::string err;
};

/// `arguments[0]` is the program, found on the PATH. No shell; standard input is empty.
CommandResult run_command(const std::vector<std::string>& arguments);

}  // namespace bayplan::test
