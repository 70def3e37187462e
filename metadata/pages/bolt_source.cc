#include "pages/bolt_source.h"

#include "bayplan/base/file.h"
#include "pages/bolt_cursor.h"
#include "pages/live_copy.h"
#include "pages/open_regular.h"

namespace bayplan::metadata {
namespace bolt {
namespace {

MetaFacts facts_of(const Result<Meta>& meta) {
  if (!meta) return {{}, meta.error().to_string()};
  return {meta->txn};
}

Result<UniqueFd> copy_live(int fd, const std::string& name) {
  std::optional<Metas> before;
  const auto begin = [&]() -> Result<std::uint64_t> {
    BAYPLAN_ASSIGN(before, read_metas(fd, name));
    return before->newest().end * before->newest().page_bytes;
  };
  const auto still = [&]() -> Result<bool> {
    BAYPLAN_ASSIGN(const Metas after, read_metas(fd, name));
    return before->same(after);
  };
  return copy_between_commits(fd, name, {begin, still});
}

}  // namespace

Source::Source(UniqueFd fd, std::string name, Metas metas)
    : reader_(std::move(fd), std::move(name), metas.newest()), metas_(std::move(metas)) {
  const Meta& meta = reader_.meta();
  facts_.format = "bolt 2";
  facts_.page_bytes = meta.page_bytes;
  facts_.transaction = meta.txn;
  facts_.pages = meta.end;
  for (std::size_t i = 0; i < 2; ++i) {
    facts_.metas[i] = facts_of(metas_.page[i]);
    if (metas_.page[i]) continue;
    facts_.problems.push_back(facts_.metas[i].problem + "; what is read may be one transaction older");
  }
}

Result<std::unique_ptr<FileSource>> Source::open(UniqueFd fd, std::string name, Metas metas,
                                                 std::vector<std::uint64_t> holders) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), name));
  std::unique_ptr<Source> source(new Source(std::move(fd), std::move(name), std::move(metas)));
  FileFacts& facts = source->facts_;
  if (!holders.empty()) facts.reading = Reading::copy;
  facts.holders = std::move(holders);
  facts.file_bytes = static_cast<std::uint64_t>(info.st_size);
  if (facts.pages * facts.page_bytes > facts.file_bytes) {
    facts.problems.push_back("the file was truncated: it has " + std::to_string(facts.file_bytes) +
                             " bytes of " + std::to_string(facts.pages * facts.page_bytes));
  }
  return std::unique_ptr<FileSource>(std::move(source));
}

Result<std::optional<Entry>> Source::find(const BucketHandle& bucket, std::string_view key) const {
  return Cursor(reader_, lifeline(), bucket.id).find(key);
}

Result<std::optional<BucketHandle>> Source::find_bucket(const BucketHandle& bucket,
                                                        std::string_view key) const {
  BAYPLAN_ASSIGN(const auto entry, find(bucket, key));
  return entry ? entry->bucket : std::nullopt;
}

Result<std::uint64_t> Source::sequence(const BucketHandle& bucket) const {
  BAYPLAN_ASSIGN(const BucketRecord record, reader_.bucket(bucket.id));
  return record.sequence;
}

Result<std::unique_ptr<BucketCursor>> Source::open_cursor(const BucketHandle& bucket) const {
  return std::unique_ptr<BucketCursor>(std::make_unique<Cursor>(reader_, lifeline(), bucket.id));
}

Result<void> Source::check(const DamageSink& tell) const {
  bool complete = true;
  BAYPLAN_TRY(check_buckets(tell, complete));
  return check_free_pages(reader_, complete, tell);
}

Result<void> Source::unchanged() const {
  const auto metas = read_metas(reader_.fd(), reader_.name());
  if (!metas && metas.error().code() != Errc::corrupt) return metas.error();
  if (metas && metas_.same(*metas)) return {};
  return Error(Errc::busy, "file", reader_.name(), "was written to while it was read")
      .with_advice("try again, or look at a copy");
}

}  // namespace bolt

Result<std::unique_ptr<FileSource>> open_bolt_file(const std::filesystem::path& path) {
  BAYPLAN_ASSIGN(UniqueFd fd, open_regular(path));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), path.native()));
  std::vector<std::uint64_t> holders = lock_holders(info);
  if (!holders.empty()) {
    BAYPLAN_ASSIGN(fd, bolt::copy_live(fd.get(), path.native()));
  }
  BAYPLAN_ASSIGN(bolt::Metas metas, bolt::read_metas(fd.get(), path.native()));
  return bolt::Source::open(std::move(fd), path, std::move(metas), std::move(holders));
}

}  // namespace bayplan::metadata
