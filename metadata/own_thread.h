// Which environments this thread holds up: it is inside a write transaction of theirs, or runs what was
// submitted to them.
#pragma once

namespace bayplan::metadata {

/// Marks the calling thread for as long as it lives. Per environment any number of marks may nest.
class OwnThread {
 public:
  static void enter(const void* environment);
  static void leave(const void* environment) noexcept;
  static bool is_writing(const void* environment) noexcept;
};

}  // namespace bayplan::metadata
