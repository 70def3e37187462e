// Work on a thread of its own: for calls that change what a whole thread sees, such as its working directory
// or its mount namespace. The thread ends with the work, and what it changed with the thread.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

/// Runs `work` with every signal blocked and waits for it. Errors: io (no thread could be made).
Result<void> run_on_own_thread(const std::function<void()>& work);

/// The result of `work()`, made on a thread of its own. Adds errors: io.
template <class F>
auto on_own_thread(F&& work) -> std::invoke_result_t<F> {
  std::optional<std::invoke_result_t<F>> result;
  BAYPLAN_TRY(run_on_own_thread([&] { result.emplace(std::forward<F>(work)()); }));
  return *std::move(result);
}

}  // namespace bayplan::snapshots
