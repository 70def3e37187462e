// Runs a program to its end and keeps what it printed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bayplan/base/fd.h"

namespace bayplan::test {

struct CommandResult {
  int exit_code = -1;  ///< 128 + n when signal n ended it
  std::string out;
  std::string err;
  std::uint64_t peak_memory = 0;  ///< bytes it had in memory at most
};

/// `arguments[0]` is the program, found on the PATH. No shell; standard input is empty.
CommandResult run_command(const std::vector<std::string>& arguments);

/// A program that runs beside the test, which reads its lines as they come. Killed if it still runs at the
/// end.
class BackgroundCommand {
 public:
  /// As run_command, but for `input`, which is its standard input where it is not negative; what it says on
  /// standard error goes where the test's does.
  explicit BackgroundCommand(const std::vector<std::string>& arguments, int input = -1);
  ~BackgroundCommand();
  BackgroundCommand(const BackgroundCommand&) = delete;
  BackgroundCommand& operator=(const BackgroundCommand&) = delete;

  /// Whether a whole line is there, or comes within `milliseconds`. Throws at the end of its output.
  bool has_line(int milliseconds);
  /// Waits for the next line. Throws at the end of its output.
  std::string line();
  void send(int signal) const;
  /// Waits for its end; as CommandResult::exit_code.
  int exit_code();

 private:
  void read_more();

  UniqueFd out_;
  pid_t pid_ = -1;
  std::string text_;
};

}  // namespace bayplan::test
