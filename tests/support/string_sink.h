// What was written, as text.
#pragma once

#include <string>

#include "bayplan/base/stream.h"

namespace bayplan::test {

class StringSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    text += as_text(bytes);
    return {};
  }
  std::string text;
};

}  // namespace bayplan::test
