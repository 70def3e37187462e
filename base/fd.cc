#include "bayplan/base/fd.h"

#include <unistd.h>

namespace bayplan {

void UniqueFd::reset(int fd) noexcept {
  // Not repeated when interrupted: Linux has freed the number by then.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace bayplan
