// The scopes of signature policies that an image is in.
#pragma once

#include <string>
#include <vector>

#include "bayplan/images/transport.h"

namespace bayplan::images {

/// From the narrowest to the widest, without the transport's own, "".
std::vector<std::string> policy_scopes(const ImageLocation& location);

}  // namespace bayplan::images
