// Archives read whole, for the tests of the tar reader.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "bayplan/snapshots/tar_reader.h"
#include "support/tar_builder.h"

namespace bayplan::snapshots {

using test::TarBuilder;
using test::TarDialect;

inline constexpr std::size_t kBlock = 512;

/// Gives at most `step` bytes at a time, as a decompressor may.
class SlowSource final : public ByteSource {
 public:
  SlowSource(std::string_view bytes, std::size_t step) : inner_(bytes), step_(step) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    return inner_.read(into.first(std::min(into.size(), step_)));
  }

 private:
  MemorySource inner_;
  std::size_t step_;
};

struct ReadEntry {
  TarEntry entry;
  std::string content;
};

inline Result<std::string> read_content(TarReader& reader) {
  std::string content;
  std::array<char, 700> buffer{};
  while (true) {
    BAYPLAN_ASSIGN(const std::size_t count, reader.read(std::as_writable_bytes(std::span(buffer))));
    if (count == 0) return content;
    content.append(buffer.data(), count);
  }
}

inline Result<std::vector<ReadEntry>> read_all_of(ByteSource& source) {
  TarReader reader(source);
  std::vector<ReadEntry> entries;
  while (true) {
    BAYPLAN_ASSIGN(std::optional<TarEntry> entry, reader.next());
    if (!entry) return entries;
    BAYPLAN_ASSIGN(std::string content, read_content(reader));
    entries.push_back({std::move(*entry), std::move(content)});
  }
}

inline std::vector<ReadEntry> read_good(std::string_view archive) {
  SlowSource source(archive, 333);
  auto entries = read_all_of(source);
  EXPECT_TRUE(entries) << (entries ? "" : entries.error().to_string());
  return entries ? *std::move(entries) : std::vector<ReadEntry>();
}

inline Error read_bad(std::string_view archive) {
  MemorySource source(archive);
  auto entries = read_all_of(source);
  EXPECT_FALSE(entries);
  return entries ? Error(Errc::io, "test", "read without an error") : entries.error();
}

inline std::vector<std::string> names(const std::vector<ReadEntry>& entries) {
  std::vector<std::string> out;
  for (const ReadEntry& each : entries) out.push_back(each.entry.name);
  return out;
}

inline std::string block(const test::TarFields& fields, TarDialect dialect = TarDialect::ustar) {
  return TarBuilder::block(fields, dialect);
}

}  // namespace bayplan::snapshots
