// Base64 as RFC 4648 section 4 has it, strictly: padded, no line breaks, no stray bits.
#pragma once

#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::images {

/// The bytes `text` stands for. Errors: invalid_argument (anything but the one encoding of some bytes).
Result<std::string> decode_base64(std::string_view text);

/// `bytes` as base64.
std::string encode_base64(std::string_view bytes);

}  // namespace bayplan::images
