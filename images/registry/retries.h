// When a request is tried again, and after how long.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

#include "bayplan/base/progress.h"
#include "bayplan/images/registry.h"

namespace bayplan::registry {

/// Returns after that time, or earlier with cancelled.
using Waiter = std::function<Result<void>(std::chrono::milliseconds, const CancelToken&)>;

/// The one that waits; tests give another.
Result<void> wait_for(std::chrono::milliseconds time, const CancelToken& cancel);

/// Seconds or a date (RFC 9110 section 10.2.3), as a time from now; empty for anything else.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view field);

/// A failure, and whether the same request may succeed later.
struct Failure {
  Error error;
  bool passing = false;
  std::optional<std::chrono::milliseconds> retry_after{};
};

template <class T>
using Attempt = std::variant<T, Failure>;

/// Less than so many bytes are not taken for progress: a registry that cuts each connection after a byte
/// would be tried for ever.
inline constexpr std::uint64_t kProgressBytes = 1u << 20;

/// One request's attempts. Not thread-safe.
class Retries {
 public:
  Retries(const images::RegistryOptions& options, const Waiter& waiter, const CancelToken& cancel)
      : options_(options), waiter_(waiter), cancel_(cancel) {}

  /// Waits until the request should be made again. Errors: the failure's, if it does not pass, too many
  /// attempts were made, or the registry asks for a longer wait than allowed (busy); cancelled.
  Result<void> after(Failure failure);

  /// The request got somewhere: attempts are counted anew.
  void progressed() noexcept { attempts_ = 0; }

 private:
  std::chrono::milliseconds next_wait() const;

  const images::RegistryOptions& options_;
  const Waiter& waiter_;
  const CancelToken& cancel_;
  unsigned attempts_ = 0;  ///< that failed
};

}  // namespace bayplan::registry
