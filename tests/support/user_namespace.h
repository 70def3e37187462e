// Code in a user namespace, as root of it, the way rootless engines run. Needs root outside.
#pragma once

#include <functional>
#include <string>

namespace bayplan::test {

/// Lines of uid_map and gid_map: "inside outside count".
inline constexpr const char* kOneId = "0 1000 1\n";
inline constexpr const char* kSubordinateIds = "0 100000 65536\n";
/// Every id that a file can have.
inline constexpr const char* kAllIds = "0 1 4294967294\n4294967294 0 1\n";

/// The id outside of root in a namespace with one of the maps above.
unsigned outside_root(const std::string& map);

/// Runs `body` in a child, in user and mount namespaces of its own. False when it fails an expectation, ends
/// in another way than by returning, or there are no user namespaces here.
bool run_in_user_namespace(const std::string& map, const std::function<void()>& body);

}  // namespace bayplan::test
