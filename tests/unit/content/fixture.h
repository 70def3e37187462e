// A content store in a fresh directory, and a database beside it for the tests that record.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/base/fault.h"
#include "bayplan/content/store.h"
#include "support/ingests_in.h"
#include "support/temp_dir.h"

namespace bayplan::content::test {

/// The value of `result`, or a failed test and a throw.
template <class T>
T must(Result<T> result) {
  EXPECT_TRUE(result) << result.error().to_string();
  return std::move(result).value();
}
inline void must(const Result<void>& result) { ASSERT_TRUE(result) << result.error().to_string(); }

/// The code of an error; a value fails the test.
template <class T>
Errc code_of(const Result<T>& result) {
  EXPECT_FALSE(result) << "expected an error";
  return result ? Errc{} : result.error().code();
}

/// Makes the first pass of `point` fail, or the one after `skip` others.
class FaultAt {
 public:
  explicit FaultAt(fault::Point point, int skip = 0) {
    fault::arm([point, skip](fault::Point passed) mutable -> std::optional<Error> {
      if (passed != point || skip-- > 0) return {};
      return Error(Errc::io, "fault", fault::name(point));
    });
  }
  ~FaultAt() { fault::arm({}); }
  FaultAt(const FaultAt&) = delete;
  FaultAt& operator=(const FaultAt&) = delete;
};

class ContentTest : public ::testing::Test {
 protected:
  std::filesystem::path root() const { return dir_.path() / "content"; }
  std::filesystem::path path_of(const Digest& digest) const {
    return root() / "blobs" / std::string(to_string(digest.algorithm())) / digest.hex();
  }

  Ingest written(std::string_view text, const Expected& expected = {}) {
    Ingest ingest = must(store_.ingest(expected));
    must(ingest.write(as_bytes(text)));
    return ingest;
  }
  ReadyBlob ready(std::string_view text) { return must(written(text).finish()); }

  std::string content_of(std::string_view text) const {
    return must(store_.read_blob(Digest::of(text), text.size(), 1u << 20));
  }
  bool has_file(std::string_view text) const { return std::filesystem::exists(path_of(Digest::of(text))); }

  static std::size_t entries(const std::filesystem::path& path) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }
  std::size_t ingests() const { return bayplan::test::ingests_in(root()); }
  std::size_t blobs() const { return entries(root() / "blobs/sha256") + entries(root() / "blobs/sha512"); }

  /// Puts `bytes` where a blob would be.
  void plant(const std::filesystem::path& path, std::string_view bytes) const {
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  void plant(const Digest& digest, std::string_view bytes) const { plant(path_of(digest), bytes); }

  static mode_t mode_of(const std::filesystem::path& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777u;
  }

  bayplan::test::TempDir dir_;
  Store store_ = must(Store::open(root()));
};

}  // namespace bayplan::content::test
