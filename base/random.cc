#include "bayplan/base/random.h"

#include <sys/random.h>

#include "file_call.h"

namespace bayplan {

Result<void> fill_random(std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t count = file::retry([&] { return ::getrandom(into.data(), into.size(), 0); });
    if (count < 0) return Error::from_errno(errno, "random number", {}, "getrandom");
    into = into.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace bayplan
