#pragma once

#include <string_view>

namespace bayplan::containers {

/// True for "uid:gid", which resolve_user answers without looking into the rootfs.
bool is_fully_numeric(std::string_view user) noexcept;

}  // namespace bayplan::containers
