// What the words of a platform may look like.
#pragma once

#include <string_view>

namespace bayplan::images {

/// [A-Za-z0-9_.-]{1,64}, other than "." and "..": an os, an architecture or a variant.
bool is_platform_word(std::string_view text) noexcept;

}  // namespace bayplan::images
