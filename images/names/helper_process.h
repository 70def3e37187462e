// One program that reads what it is given and answers: the one place here that starts a process.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "bayplan/base/progress.h"

namespace bayplan::images {

/// The most that a helper may answer.
inline constexpr std::size_t kMaxHelperOutput = 1u << 20;

struct HelperCall {
  std::string program;   ///< found on the PATH; no shell between
  std::string argument;  ///< its only one
  std::string_view input;
  std::chrono::milliseconds deadline;
};

struct HelperAnswer {
  int exit_code = 0;  ///< 128 + n when signal n ended it
  std::string output{};
};

/// Starts the program and waits for its end; what it says on standard error is dropped. Killed when it takes
/// too long, says too much, or `cancel` is set. Errors: not_found, permission_denied (the program), too_large
/// (kMaxHelperOutput), cancelled, io (the deadline, and system calls). Thread-safe; precondition: nobody else
/// waits for children of this process in its stead.
Result<HelperAnswer> run_helper(const HelperCall& call, const CancelToken& cancel);

}  // namespace bayplan::images
