#pragma once

#include <string_view>

#include "bayplan/containers/spec.h"
#include "bayplan/images/store.h"

namespace bayplan::containers {

/// resolve_user against the tree of the committed snapshot `top` ("" = an empty one). Where that tree is more
/// than one directory, it is mounted read-only, where nobody else sees it and gone when the call ends,
/// however it ends. Errors: those of resolve_user, Snapshotter::stat and mount_all, permission_denied, io.
Result<ProcessUser> look_up_user(images::Store& store, std::string_view ns, std::string_view top,
                                 std::string_view user);

}  // namespace bayplan::containers
