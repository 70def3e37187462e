// The one place where LMDB's return codes become errors.
#pragma once

#include <string_view>

#include "bayplan/base/error.h"

namespace bayplan::metadata {

/// Precondition: rc != 0. `call` is LMDB's function. With `directory_fd`, a short write on a full disk (EIO)
/// is told from a broken one.
Error lmdb_error(int rc, std::string_view call, int directory_fd = -1);

}  // namespace bayplan::metadata
