#include "ingest_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "bayplan/base/file.h"
#include "hash_file.h"

namespace bayplan::content {
namespace {

constexpr char kData[] = "data";
constexpr int kUnnamed = -1;
/// Until it is a blob, as it may be opened again to be written on.
constexpr mode_t kIngestMode = 0600;
/// What a reader may do with a blob.
constexpr mode_t kBlobMode = 0400;

Error size_mismatch(const Digest& digest, std::uint64_t actual, std::uint64_t expected) {
  return {Errc::digest_mismatch, "blob", digest.to_string(),
          "holds " + std::to_string(actual) + " bytes instead of " + std::to_string(expected)};
}

Result<void> cut(int fd, std::uint64_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) == 0) return {};
  return Error::from_errno(errno, "file", kData, "ftruncate");
}

Result<std::uint64_t> size_of(int fd) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd, kData));
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace

IngestFile::IngestFile(SharedDirs dirs, int dir, UniqueFd data, const Expected& expected, Hasher hasher)
    : dirs_(std::move(dirs)),
      dir_(dir),
      data_(std::move(data)),
      expected_(expected),
      hasher_(std::move(hasher)) {}

Result<std::optional<IngestFile>> IngestFile::create_unnamed(SharedDirs dirs, const Expected& expected) {
  // No path leads to it: it may be born a blob.
  BAYPLAN_ASSIGN(auto data, file::create_unnamed(dirs->ingest.get(), kBlobMode, kData));
  if (!data) return std::optional<IngestFile>();
  return std::optional(
      IngestFile(std::move(dirs), kUnnamed, *std::move(data), expected, Hasher(algorithm_of(expected))));
}

Result<IngestFile> IngestFile::create(SharedDirs dirs, int dir, const Expected& expected) {
  BAYPLAN_ASSIGN(UniqueFd data,
                 file::open_beneath(dir, kData, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, kIngestMode));
  return IngestFile(std::move(dirs), dir, std::move(data), expected, Hasher(algorithm_of(expected)));
}

Result<IngestFile> IngestFile::resume(SharedDirs dirs, int dir, const Expected& expected, Hasher hasher,
                                      std::uint64_t offset, bool trust_rest) {
  BAYPLAN_ASSIGN(UniqueFd data, file::open_beneath(dir, kData, O_RDWR | O_APPEND));
  BAYPLAN_ASSIGN(const std::uint64_t held, size_of(data.get()));
  if (held < offset) {
    return Error(
        Errc::corrupt, "file", kData,
        "holds " + std::to_string(held) + " bytes, of which " + std::to_string(offset) + " were hashed");
  }
  IngestFile resumed(std::move(dirs), dir, std::move(data), expected, std::move(hasher));
  resumed.offset_ = offset;
  if (trust_rest) {
    BAYPLAN_TRY(hash_file(resumed.data_.get(), kData, offset, held, resumed.hasher_));
    resumed.offset_ = held;
  } else {
    BAYPLAN_TRY(cut(resumed.data_.get(), offset));
  }
  BAYPLAN_TRY(resumed.expect(expected));
  return resumed;
}

Result<void> IngestFile::write(std::span<const std::byte> bytes) {
  if (failure_) return *failure_;
  if (expected_.size && (offset_ > *expected_.size || bytes.size() > *expected_.size - offset_)) {
    failure_ = Error(Errc::too_large, "blob", expected_.digest ? expected_.digest->to_string() : "",
                     "more than the expected " + std::to_string(*expected_.size) + " bytes");
    return *failure_;
  }
  if (auto written = file::write_all(data_.get(), bytes, kData); !written) {
    failure_ = written.error();
    return written;
  }
  hasher_.update(bytes);
  offset_ += bytes.size();
  return {};
}

Result<UniqueFd> IngestFile::open_again() const {
  UniqueFd again(::fcntl(data_.get(), F_DUPFD_CLOEXEC, 0));
  if (!again) return Error::from_errno(errno, "file", kData, "fcntl");
  return again;
}

Result<void> IngestFile::expect(const Expected& expected) {
  if (expected.digest && expected.digest->algorithm() != hasher_.algorithm()) {
    Hasher other(expected.digest->algorithm());
    BAYPLAN_TRY(hash_file(data_.get(), kData, 0, offset_, other));
    hasher_ = std::move(other);
  }
  expected_ = expected;
  return {};
}

Result<void> IngestFile::settle() const {
  BAYPLAN_TRY(cut(data_.get(), offset_));
  return sync();
}

Result<Digest> IngestFile::check() const {
  if (failure_) return *failure_;
  const Digest actual = digest();
  if (expected_.size && offset_ != *expected_.size) {
    return size_mismatch(expected_.digest.value_or(actual), offset_, *expected_.size);
  }
  if (expected_.digest && actual != *expected_.digest) {
    return Error(Errc::digest_mismatch, "blob", expected_.digest->to_string(), "got " + actual.to_string());
  }
  BAYPLAN_ASSIGN(const std::uint64_t held, size_of(data_.get()));
  if (held != offset_) return size_mismatch(actual, held, offset_);
  return actual;
}

Result<void> IngestFile::sync() const { return file::sync_data(data_.get(), kData); }

Result<void> IngestFile::link_to_blobs(const Digest& digest) const {
  auto linked = file::link_unnamed(data_.get(), dirs_->dir_of(digest), digest.hex());
  if (linked || linked.error().code() != Errc::already_exists) return linked;
  // No call gives a file a name that another has: it takes the place of that one as every other does.
  BAYPLAN_ASSIGN(const StagingDir dir, StagingDir::create(dirs_));
  BAYPLAN_TRY(file::link_unnamed(data_.get(), dir.fd(), kData));
  return file::rename(dir.fd(), kData, dirs_->dir_of(digest), digest.hex());
}

Result<void> IngestFile::move_to_blobs(const Digest& digest) const {
  if (dir_ == kUnnamed) return link_to_blobs(digest);
  if (::fchmod(data_.get(), kBlobMode) != 0) return Error::from_errno(errno, "file", kData, "fchmod");
  return file::rename(dir_, kData, dirs_->dir_of(digest), digest.hex());
}

}  // namespace bayplan::content
