#include "pages/store_source.h"

#include <sys/stat.h>

#include <vector>

#include "bayplan/metadata/walk.h"
#include "cursor.h"
#include "header.h"
#include "page_walk.h"
#include "pages/live_copy.h"
#include "pages/open_regular.h"
#include "pages/store_inline.h"
#include "precheck.h"

namespace bayplan::metadata {
namespace {

constexpr const char* kRowsName = "rows";
// No element's: the main tree belongs to the meta page.
constexpr std::uint64_t kMetaOwner = 1;
// A commit takes pages that were freed by the last but one before it.
constexpr std::uint64_t kHarmlessCommits = 1;

using StoreCursor = BasicTreeCursor<StoreState, StoreRows>;

MetaFacts facts_of(const Result<MetaPage>& meta) {
  if (!meta) return {{}, meta.error().to_string()};
  return {meta->txn};
}

Result<UniqueFd> copy_live(int fd, const std::string& name) {
  std::uint64_t before = 0;
  const auto begin = [&]() -> Result<std::uint64_t> {
    BAYPLAN_ASSIGN(const MetaPages metas, read_meta_pages(fd));
    before = metas.newest().txn;
    return (metas.newest().last_page + 1) * metas.newest().page_bytes;
  };
  const auto still = [&]() -> Result<bool> {
    BAYPLAN_ASSIGN(const MetaPages metas, read_meta_pages(fd));
    return metas.newest().txn <= before + kHarmlessCommits;
  };
  return copy_between_commits(fd, name, {begin, still});
}

// `fd` becomes that of a copy where there is no other way to read beside who has the store open.
Result<StoreUse> enter_live(UniqueFd& fd, const std::filesystem::path& path) {
  std::error_code failed;
  const std::filesystem::path place = std::filesystem::canonical(path, failed);
  struct stat lock {};
  if (failed || place.filename() != kDataName ||
      ::stat((place.parent_path() / kLockName).c_str(), &lock) != 0)
    return StoreUse{};
  StoreUse use{.holders = lock_holders(lock)};
  if (use.holders.empty()) return use;
  if (auto hold = ReaderHold::take(place.parent_path())) {
    use.reading = Reading::slot;
    use.hold.emplace(std::move(hold).value());
    return use;
  }
  use.reading = Reading::copy;
  BAYPLAN_ASSIGN(fd, copy_live(fd.get(), path.native()));
  return use;
}

Error no_bucket() {
  return Error(Errc::corrupt, "bucket", {}, "its row holds a number that was never given out");
}

}  // namespace

StoreSource::StoreSource(UniqueFd fd, PageFile file, StoreUse use)
    : reader_(std::move(fd), std::move(file)), state_(reader_, {}), hold_(std::move(use.hold)) {
  facts_.holders = std::move(use.holders);
  facts_.reading = use.reading;
}

Result<std::unique_ptr<FileSource>> StoreSource::open(UniqueFd fd, const MetaPages& metas, StoreUse use) {
  BAYPLAN_ASSIGN(PageFile file, PageFile::open(fd.get(), metas.newest()));
  std::unique_ptr<StoreSource> source(new StoreSource(std::move(fd), std::move(file), std::move(use)));
  source->read_facts(metas);
  BAYPLAN_TRY(source->find_rows());
  return std::unique_ptr<FileSource>(std::move(source));
}

void StoreSource::read_facts(const MetaPages& metas) {
  const PageFile& file = reader_.file();
  facts_.format = "LMDB 0.9";
  facts_.page_bytes = file.meta().page_bytes;
  facts_.transaction = file.meta().txn;
  facts_.pages = file.meta().last_page + 1;
  facts_.file_bytes = file.pages() * file.meta().page_bytes;
  for (std::size_t i = 0; i < 2; ++i) {
    facts_.metas[i] = facts_of(metas.page[i]);
    if (metas.page[i]) continue;
    facts_.problems.push_back(facts_.metas[i].problem + "; what is read may be one transaction older");
  }
}

// The data under `key` of the main tree.
Result<void> StoreSource::read_main(std::string_view key, std::string& data) {
  const TreeRecord& main = reader_.file().meta().main;
  const Error absent(Errc::corrupt, "database", key, "absent: not the file of a store");
  if (main.root == kNoPage) return absent;
  TreeWalk<lmdb::Reader> walk(reader_);
  BAYPLAN_ASSIGN(auto root, reader_.page(main.root, kMetaOwner, {}));
  BAYPLAN_ASSIGN(const bool found, walk.seek(std::move(root), key));
  if (!found || walk.element().key != key) return absent;
  const Node& node = walk.page()->node(walk.index());
  if (node.flags == Node::kBigData || (key == kRowsName) != (node.flags == Node::kSubtree)) return absent;
  data = node.data;
  return {};
}

Result<void> StoreSource::find_rows() {
  std::string data;
  BAYPLAN_TRY(read_main(kRowsName, data));
  const TreeRecord rows = read_tree_record(data.data());
  if (rows.flags != 0) return Error(Errc::corrupt, "database", kRowsName, "is of another kind");
  state_ = StoreState(reader_, rows);
  const auto read = read_main(kHeaderKey, data);
  const auto header = read ? decode_header(data) : Result<Header>(read.error());
  const auto commit = header ? check_commit(*header, facts_.transaction) : Result<void>(header.error());
  if (!commit && commit.error().code() == Errc::io) return commit.error();
  if (!commit) facts_.problems.push_back(commit.error().to_string());
  return {};
}

Result<std::optional<Entry>> StoreSource::find(const BucketHandle& bucket, std::string_view key) const {
  if (key.empty()) return std::optional<Entry>{};
  if (const auto place = InlinePlace::of(bucket)) {
    BAYPLAN_ASSIGN(const InlineBytes inside, read_inline(reader_, *place));
    BAYPLAN_ASSIGN(const auto found, inline_find(inside.bytes, key));
    return found ? std::optional(inside.entry(*found, reader_.arena())) : std::nullopt;
  }
  BAYPLAN_ASSIGN(const auto cursor, open_cursor(bucket));
  BAYPLAN_ASSIGN(const auto entry, cursor->seek(key));
  return entry && entry->key == key ? entry : std::nullopt;
}

Result<std::optional<BucketHandle>> StoreSource::find_bucket(const BucketHandle& bucket,
                                                             std::string_view key) const {
  BAYPLAN_ASSIGN(const auto entry, find(bucket, key));
  return entry ? entry->bucket : std::nullopt;
}

Result<std::uint64_t> StoreSource::sequence(const BucketHandle& bucket) const {
  if (const auto place = InlinePlace::of(bucket)) {
    BAYPLAN_ASSIGN(const InlineBytes inside, read_inline(reader_, *place));
    BAYPLAN_ASSIGN(const auto found, inline_find(inside.bytes, {}));
    return found ? Row{Tag::sequence, 0, found->value}.number() : 0;
  }
  StoreRows rows(state_);
  BAYPLAN_ASSIGN(const auto row, rows.seek(bucket.id, {}));
  return row && row->key.empty() ? row->row.number() : 0;
}

Result<std::unique_ptr<BucketCursor>> StoreSource::open_cursor(const BucketHandle& bucket) const {
  if (bucket.id == 0) return no_bucket();
  if (const auto place = InlinePlace::of(bucket)) {
    return std::unique_ptr<BucketCursor>(std::make_unique<StoreInlineCursor>(reader_, lifeline(), *place));
  }
  return std::unique_ptr<BucketCursor>(std::make_unique<StoreCursor>(state_, lifeline(), bucket, bucket.id));
}

Result<void> StoreSource::check(const DamageSink& tell) const {
  bool complete = true;
  BAYPLAN_TRY(check_buckets(tell, complete));
  const auto pages = check_all_pages(reader_.file());
  if (pages || pages.error().code() != Errc::corrupt) return pages;
  return tell({{}, pages.error()});
}

Result<void> StoreSource::unchanged() const {
  if (hold_ && hold_->held()) return {};
  const auto metas = read_meta_pages(reader_.fd());
  if (!metas && metas.error().code() == Errc::io) return metas.error();
  if (metas && metas->newest().txn <= facts_.transaction + kHarmlessCommits) return {};
  return Error(Errc::busy, "file", kDataName, "was written to while it was read")
      .with_advice("try again, or look at a copy");
}

Result<std::unique_ptr<FileSource>> open_store_file(const std::filesystem::path& path) {
  BAYPLAN_ASSIGN(UniqueFd fd, open_regular(path));
  BAYPLAN_ASSIGN(StoreUse use, enter_live(fd, path));
  BAYPLAN_ASSIGN(const MetaPages metas, read_meta_pages(fd.get()));
  return StoreSource::open(std::move(fd), metas, std::move(use));
}

}  // namespace bayplan::metadata
