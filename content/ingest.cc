#include <fcntl.h>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "ingest_file.h"

namespace bayplan::content {
namespace {

constexpr char kData[] = "data";
/// What a reader may do with a blob; the descriptor that creates the file may write all the same.
constexpr mode_t kBlobMode = 0400;

Error size_mismatch(const Digest& digest, std::uint64_t actual, std::uint64_t expected) {
  return {Errc::digest_mismatch, "blob", digest.to_string(),
          "holds " + std::to_string(actual) + " bytes instead of " + std::to_string(expected)};
}

}  // namespace

IngestFile::IngestFile(StagingDir dir, UniqueFd data, const Expected& expected, DigestAlgorithm algorithm)
    : dir_(std::move(dir)), data_(std::move(data)), expected_(expected), hasher_(algorithm) {}

Result<IngestFile> IngestFile::create(std::shared_ptr<const BlobDirs> dirs, const Expected& expected) {
  BAYPLAN_ASSIGN(StagingDir dir, StagingDir::create(std::move(dirs)));
  BAYPLAN_TRY(fault::at(fault::Point::ingest_created));
  BAYPLAN_ASSIGN(UniqueFd data, file::open_beneath(dir.fd(), kData, O_WRONLY | O_CREAT | O_EXCL, kBlobMode));
  const auto algorithm = expected.digest ? expected.digest->algorithm() : DigestAlgorithm::sha256;
  return IngestFile(std::move(dir), std::move(data), expected, algorithm);
}

Result<void> IngestFile::write(std::span<const std::byte> bytes) {
  if (failure_) return *failure_;
  if (expected_.size && bytes.size() > *expected_.size - offset_) {
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

Result<Digest> IngestFile::check() const {
  if (failure_) return *failure_;
  const Digest actual = digest();
  if (expected_.size && offset_ != *expected_.size) {
    return size_mismatch(expected_.digest.value_or(actual), offset_, *expected_.size);
  }
  if (expected_.digest && actual != *expected_.digest) {
    return Error(Errc::digest_mismatch, "blob", expected_.digest->to_string(), "got " + actual.to_string());
  }
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(data_.get(), kData));
  const auto held = static_cast<std::uint64_t>(info.st_size);
  if (held != offset_) return size_mismatch(actual, held, offset_);
  return actual;
}

Result<void> IngestFile::sync() const { return file::sync_data(data_.get(), kData); }

Result<void> IngestFile::move_to_blobs(const Digest& digest) const {
  return file::rename(dir_.fd(), kData, dirs().dir_of(digest), digest.hex());
}

Ingest::Ingest(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ingest::Ingest(Ingest&&) noexcept = default;
Ingest& Ingest::operator=(Ingest&&) noexcept = default;
Ingest::~Ingest() = default;

Result<void> Ingest::write(std::span<const std::byte> bytes) { return state_->file.write(bytes); }
std::uint64_t Ingest::offset() const noexcept { return state_->file.offset(); }
Digest Ingest::digest() const { return state_->file.digest(); }

Result<ReadyBlob> Ingest::finish() && {
  const auto state = std::move(state_);
  IngestFile* const file = &state->file;
  BAYPLAN_ASSIGN(auto ready, publish_files(file->dirs(), std::span(&file, 1)));
  return ReadyBlob(std::make_shared<ReadyBlob::State>(std::move(ready.front())));
}

}  // namespace bayplan::content
