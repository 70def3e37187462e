#include "bayplan/content/store.h"

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "gc_kind.h"
#include "ingest_file.h"
#include "reader_state.h"
#include "store_access.h"

namespace bayplan::content {

struct Store::State {
  State(SharedDirs opened, const StoreOptions& given)
      : dirs(std::move(opened)),
        options(given),
        kind(make_content_kind(dirs)),
        ingest_kind(make_ingest_kind(dirs)) {}

  SharedDirs dirs;
  StoreOptions options;
  std::unique_ptr<metadata::GcKind> kind;
  std::unique_ptr<metadata::GcKind> ingest_kind;
};

Store::Store(std::shared_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::filesystem::path& root, const StoreOptions& options) {
  auto dirs = open_blob_dirs(root);
  if (!dirs) return std::move(dirs).error().with_context("content store", root.native());
  return Store(std::make_shared<State>(*std::move(dirs), options));
}

const SharedDirs& StoreAccess::dirs(const Store& store) { return store.state_->dirs; }
Sharing StoreAccess::sharing(const Store& store) { return store.state_->options.sharing; }

const metadata::GcKind& Store::gc_kind() const noexcept { return *state_->kind; }
const metadata::GcKind& Store::ingest_gc_kind() const noexcept { return *state_->ingest_kind; }

Result<Ingest> Store::ingest(const Expected& expected) {
  const SharedDirs& dirs = state_->dirs;
  BAYPLAN_TRY(dirs->locks->check_process());
  std::optional<StagingDir> dir;
  BAYPLAN_ASSIGN(auto file, IngestFile::create_unnamed(dirs, expected));
  if (!file) {
    BAYPLAN_ASSIGN(StagingDir made, StagingDir::create(dirs));
    BAYPLAN_ASSIGN(file, IngestFile::create(dirs, made.fd(), expected));
    dir.emplace(std::move(made));
  }
  BAYPLAN_TRY(fault::at(fault::Point::ingest_created));
  return Ingest(std::make_unique<Ingest::State>(dirs, std::move(dir), *std::move(file)));
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
  BAYPLAN_ASSIGN(auto adopted, adopt_file(*state_->dirs, digest, size));
  if (!adopted) return std::optional<ReadyBlob>();
  return std::optional(ReadyBlob(std::make_shared<ReadyBlob::State>(*std::move(adopted))));
}

Result<BlobReader> Store::open_blob(const Digest& digest, std::uint64_t size, Verify verify) const {
  BAYPLAN_ASSIGN(UniqueFd fd, open_blob_file(*state_->dirs, digest, size));
  return BlobReader(std::make_unique<BlobReader::State>(std::move(fd), digest, size, verify));
}

Result<std::uint64_t> Store::free_bytes() const {
  return file::free_bytes(state_->dirs->ingest.get(), "content");
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
