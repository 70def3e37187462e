// Change events as words, for tests of record functions.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/metadata/watcher.h"

namespace bayplan::test {

using Words = std::vector<std::string>;

/// "created image default/name".
inline std::string event_words(const metadata::Event& event) {
  return std::string(to_string(event.change)) + " " + event.kind + " " + event.ns + "/" + event.key;
}

/// What happens to a store from now on. Throws where it fails.
class EventLog {
 public:
  explicit EventLog(const metadata::Db& db)
      : watcher_(metadata::Watcher::begin(db).value()),
        subscription_(metadata::subscribe(db, [this](std::span<const metadata::Event> commit) {
                        for (const auto& event : commit) told_.push_back(event_words(event));
                      }).value()) {}

  /// What this process was told since the last call.
  Words told() { return std::exchange(told_, {}); }
  /// What another process would see since the last call.
  Words seen() {
    Words words;
    for (const auto& event : watcher_.next({}, std::chrono::steady_clock::time_point{}).value())
      words.push_back(event_words(event));
    return words;
  }

 private:
  Words told_;
  metadata::Watcher watcher_;
  metadata::Subscription subscription_;
};

}  // namespace bayplan::test
