// What removing a container does besides.
#pragma once

namespace bayplan::containers {

/// Record and snapshot go in one transaction. The snapshot stays, for a collection to decide, where something
/// else refers to it: it is committed or has children, it has a label that makes it a root, or another
/// container or a lease names it.
struct RemoveOptions {
  /// Answers when what the removal released is gone: collects, as `gc` does, whatever nothing refers to.
  /// Errors then, beside those of the removal: those of metadata::collect; the container is removed.
  bool sync = false;
};

}  // namespace bayplan::containers
