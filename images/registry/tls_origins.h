// Which addresses answered over TLS: nothing is sent to them in the clear any more.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "url.h"

namespace bayplan::registry {

/// Thread-safe.
class TlsOrigins {
 public:
  /// Precondition: `origin` is one of https.
  void answered(const Origin& origin) {
    const std::lock_guard guard(mutex_);
    known_.insert(place_of(origin));
  }
  /// Whether what `origin`, one of http, stands for answered over TLS: the same host and port, or both
  /// schemes' own ports.
  bool knows(const Origin& origin) const {
    const std::lock_guard guard(mutex_);
    return known_.contains(place_of(origin));
  }

 private:
  static std::string place_of(const Origin& origin) {
    const bool is_usual = origin.port == (origin.scheme == "https" ? "443" : "80");
    return origin.host + ":" + (is_usual ? "" : origin.port);
  }

  mutable std::mutex mutex_;
  std::set<std::string> known_;
};

}  // namespace bayplan::registry
