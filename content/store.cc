#include "bayplan/content/store.h"

#include "bayplan/base/file.h"
#include "gc_kind.h"
#include "ingest_file.h"
#include "reader_state.h"

namespace bayplan::content {

struct Store::State {
  explicit State(std::shared_ptr<const BlobDirs> opened)
      : dirs(std::move(opened)), kind(make_content_kind(dirs)), ingest_kind(make_ingest_kind(dirs)) {}

  std::shared_ptr<const BlobDirs> dirs;
  std::unique_ptr<metadata::GcKind> kind;
  std::unique_ptr<metadata::GcKind> ingest_kind;
};

Store::Store(std::shared_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::filesystem::path& root) {
  auto dirs = open_blob_dirs(root);
  if (!dirs) return std::move(dirs).error().with_context("content store", root.native());
  return Store(std::make_shared<State>(*std::move(dirs)));
}

const metadata::GcKind& Store::gc_kind() const noexcept { return *state_->kind; }
const metadata::GcKind& Store::ingest_gc_kind() const noexcept { return *state_->ingest_kind; }

Result<Ingest> Store::ingest(const Expected& expected) {
  BAYPLAN_ASSIGN(IngestFile file, IngestFile::create(state_->dirs, expected));
  return Ingest(std::make_unique<Ingest::State>(std::move(file)));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): they end here
Result<std::vector<ReadyBlob>> Store::publish(std::vector<Ingest> ingests) {
  std::vector<IngestFile*> files;
  files.reserve(ingests.size());
  for (const Ingest& ingest : ingests) files.push_back(&ingest.state_->file);
  BAYPLAN_ASSIGN(auto ready, publish_files(*state_->dirs, files));
  std::vector<ReadyBlob> blobs;
  blobs.reserve(ready.size());
  for (ReadyFile& file : ready)
    blobs.push_back(ReadyBlob(std::make_shared<ReadyBlob::State>(std::move(file))));
  return blobs;
}

Result<std::optional<ReadyBlob>> Store::adopt(const Digest& digest, std::uint64_t size) {
  const BlobDirs& dirs = *state_->dirs;
  BAYPLAN_ASSIGN(DigestLock lock, dirs.locks->hold(digest));
  const auto present = check_blob_file(dirs, digest, size);
  if (!present && (present.error().code() == Errc::not_found || present.error().code() == Errc::corrupt)) {
    return std::optional<ReadyBlob>();
  }
  BAYPLAN_TRY(present);
  // Whoever renamed it may have died before its name was durable.
  BAYPLAN_TRY(file::sync_dir(dirs.dir_of(digest), to_string(digest.algorithm())));
  return std::optional(
      ReadyBlob(std::make_shared<ReadyBlob::State>(ReadyFile{std::move(lock), digest, size})));
}

Result<BlobReader> Store::open_blob(const Digest& digest, std::uint64_t size, Verify verify) const {
  const BlobDirs& dirs = *state_->dirs;
  // Looked at first, so that a link or a device is never opened; and again, should it have been exchanged.
  BAYPLAN_TRY(check_blob_file(dirs, digest, size));
  auto fd = file::open_regular(dirs.dir_of(digest), digest.hex());
  if (!fd) return std::move(fd).error().with_context("blob", digest.to_string());
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd->get(), digest.hex()));
  BAYPLAN_TRY(check_blob_stat(info, digest, size));
  return BlobReader(std::make_unique<BlobReader::State>(*std::move(fd), digest, size, verify));
}

Result<std::string> Store::read_blob(const Digest& digest, std::uint64_t size, std::size_t limit) const {
  if (size > limit) {
    return Error(Errc::too_large, "blob", digest.to_string(),
                 std::to_string(size) + " bytes, more than " + std::to_string(limit));
  }
  BAYPLAN_ASSIGN(BlobReader reader, open_blob(digest, size, Verify::yes));
  return read_all(reader, limit);
}

}  // namespace bayplan::content
