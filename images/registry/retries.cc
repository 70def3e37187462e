#include "retries.h"

#include <curl/curl.h>

#include <algorithm>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <string>

#include "bayplan/base/random.h"
#include "text.h"

namespace bayplan::registry {
namespace {

constexpr std::chrono::milliseconds kLookForCancel{50};

}  // namespace

Result<void> wait_for(std::chrono::milliseconds time, const CancelToken& cancel) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (std::chrono::steady_clock::now() < end) {
    BAYPLAN_TRY(cancel.check());
    never.wait_until(lock, std::min(end, std::chrono::steady_clock::now() + kLookForCancel));
  }
  return cancel.check();
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view field) {
  constexpr std::uint64_t kMostSeconds = 1'000'000'000;
  if (const auto seconds = parse_number(field)) {
    return std::chrono::seconds(std::min(*seconds, kMostSeconds));
  }
  const std::time_t date = curl_getdate(std::string(field).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::chrono::seconds(std::max<std::time_t>(0, date - std::time(nullptr)));
}

Result<void> Retries::after(Failure failure) {
  if (!failure.passing || ++attempts_ >= options_.attempts) return std::move(failure.error);
  const std::chrono::milliseconds wait = std::max(next_wait(), failure.retry_after.value_or(next_wait()));
  if (wait > options_.longest_wait) {
    return std::move(failure.error)
        .with_advice("the registry asks to wait " + std::to_string(wait.count() / 1000) + " seconds");
  }
  if (options_.diagnostics) {
    options_.diagnostics(
        {Level::info,
         "a request to a registry failed and is made again",
         {{"error", failure.error.to_string()}, {"after_ms", std::to_string(wait.count())}}});
  }
  return waiter_(wait, cancel_);
}

// Between half and all of a time that doubles: clients that failed together do not come back together.
std::chrono::milliseconds Retries::next_wait() const {
  const unsigned doublings = std::min(attempts_ - 1, 16u);
  const std::chrono::milliseconds whole =
      std::min(options_.first_wait * (1 << doublings), options_.longest_wait);
  std::uint16_t chance = 0;
  ignore_error(fill_random(std::as_writable_bytes(std::span(&chance, 1))), "jitter of zero will do");
  return whole / 2 + whole * chance / 2 / 65536;
}

}  // namespace bayplan::registry
