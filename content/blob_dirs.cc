#include "blob_dirs.h"

#include <string>

#include "bayplan/base/file.h"

namespace bayplan::content {

Result<SharedDirs> open_blob_dirs(const std::filesystem::path& root) {
  auto dirs = std::make_shared<BlobDirs>();
  BAYPLAN_ASSIGN(const UniqueFd top, file::ensure_private_dir(root));
  BAYPLAN_ASSIGN(dirs->blobs, file::ensure_private_dir_at(top.get(), "blobs"));
  for (const DigestAlgorithm algorithm : kAlgorithms) {
    auto& dir = dirs->by_algorithm[static_cast<std::size_t>(algorithm)];
    BAYPLAN_ASSIGN(dir, file::ensure_private_dir_at(dirs->blobs.get(), std::string(to_string(algorithm))));
  }
  BAYPLAN_ASSIGN(dirs->ingest, file::ensure_private_dir_at(top.get(), "ingest"));
  BAYPLAN_ASSIGN(dirs->locks, DigestLocks::open(top.get()));
  return SharedDirs(std::move(dirs));
}

Result<void> check_blob_file(const BlobDirs& dirs, const Digest& digest, std::uint64_t size) {
  const auto info = file::stat_at(dirs.dir_of(digest), digest.hex());
  if (!info && info.error().code() == Errc::not_found) {
    return Error(Errc::not_found, "blob", digest.to_string());
  }
  if (!info) return Error(info.error()).with_context("blob", digest.to_string());
  return check_blob_stat(*info, digest, size);
}

Result<void> check_blob_stat(const struct stat& info, const Digest& digest, std::uint64_t size) {
  if (!S_ISREG(info.st_mode)) return Error(Errc::corrupt, "blob", digest.to_string(), "not a regular file");
  const auto actual = static_cast<std::uint64_t>(info.st_size);
  if (actual == size) return {};
  return Error(Errc::corrupt, "blob", digest.to_string(),
               "holds " + std::to_string(actual) + " bytes instead of " + std::to_string(size));
}

}  // namespace bayplan::content
