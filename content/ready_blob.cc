#include <algorithm>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "ingest_file.h"

namespace bayplan::content {
namespace {

/// From here on one flush of the whole file system is cheaper than one per file.
constexpr std::size_t kMaxSingleSyncs = 8;

Result<std::vector<Digest>> check_all(std::span<IngestFile* const> files) {
  std::vector<Digest> digests;
  digests.reserve(files.size());
  for (const IngestFile* file : files) {
    BAYPLAN_ASSIGN(const Digest digest, file->check());
    digests.push_back(digest);
  }
  return digests;
}

Result<void> sync_all(const BlobDirs& dirs, std::span<IngestFile* const> files) {
  if (files.size() > kMaxSingleSyncs) return file::sync_fs(dirs.ingest.get(), "ingest");
  for (const IngestFile* file : files) BAYPLAN_TRY(file->sync());
  return {};
}

Result<void> sync_names(const BlobDirs& dirs, std::span<const ReadyFile> ready) {
  for (const DigestAlgorithm algorithm : kAlgorithms) {
    const auto found = std::find_if(ready.begin(), ready.end(), [&](const ReadyFile& file) {
      return file.digest.algorithm() == algorithm;
    });
    if (found != ready.end()) BAYPLAN_TRY(file::sync_dir(dirs.dir_of(found->digest), to_string(algorithm)));
  }
  return {};
}

}  // namespace

Result<std::vector<ReadyFile>> publish_files(const BlobDirs& dirs, std::span<IngestFile* const> files) {
  BAYPLAN_ASSIGN(const std::vector<Digest> digests, check_all(files));
  BAYPLAN_TRY(fault::at(fault::Point::ingest_written));
  BAYPLAN_TRY(sync_all(dirs, files));
  BAYPLAN_TRY(fault::at(fault::Point::ingest_synced));
  std::vector<ReadyFile> ready;
  ready.reserve(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    BAYPLAN_ASSIGN(DigestLock lock, dirs.locks->hold(digests[i]));
    // A file that has the name already may be damaged; ours is known to be good.
    BAYPLAN_TRY(files[i]->move_to_blobs(digests[i]));
    BAYPLAN_TRY(fault::at(fault::Point::blob_renamed));
    ready.push_back({std::move(lock), digests[i], files[i]->offset()});
  }
  BAYPLAN_TRY(sync_names(dirs, ready));
  BAYPLAN_TRY(fault::at(fault::Point::blob_durable));
  return ready;
}

Result<std::optional<ReadyFile>> adopt_file(const BlobDirs& dirs, const Digest& digest,
                                            std::optional<std::uint64_t> size) {
  BAYPLAN_ASSIGN(DigestLock lock, dirs.locks->hold(digest));
  const auto info = file::stat_at(dirs.dir_of(digest), digest.hex());
  if (!info && info.error().code() == Errc::not_found) return std::optional<ReadyFile>();
  if (!info) return info.error();
  const auto held = static_cast<std::uint64_t>(info->st_size);
  if (!check_blob_stat(*info, digest, size.value_or(held))) return std::optional<ReadyFile>();
  // Whoever renamed it may have died before its name was durable.
  BAYPLAN_TRY(file::sync_dir(dirs.dir_of(digest), to_string(digest.algorithm())));
  return std::optional(ReadyFile{std::move(lock), digest, held});
}

ReadyBlob::ReadyBlob(std::shared_ptr<State> state) : state_(std::move(state)) {}
ReadyBlob::ReadyBlob(ReadyBlob&&) noexcept = default;
ReadyBlob& ReadyBlob::operator=(ReadyBlob&&) noexcept = default;
ReadyBlob::~ReadyBlob() = default;

const Digest& ReadyBlob::digest() const noexcept { return state_->file.digest; }
std::uint64_t ReadyBlob::size() const noexcept { return state_->file.size; }

}  // namespace bayplan::content
