// on_commit hooks of commits that are not durable yet.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

namespace bayplan::metadata {

/// Thread-safe.
class DelayedHooks {
 public:
  using List = std::vector<std::function<void()>>;

  void add(List hooks);
  /// Takes all, for who is about to make their commits durable.
  List take();
  /// What was taken goes on waiting, before what came meanwhile.
  void put_back(List hooks);
  bool any() const;
  static void run(const List& hooks);

 private:
  mutable std::mutex mutex_;
  List hooks_;
};

}  // namespace bayplan::metadata
