#include "pages/containerd_root.h"

#include <algorithm>

namespace bayplan::metadata {
namespace {

constexpr std::string_view kPluginPrefix = "io.containerd.snapshotter.v1.";
constexpr const char* kMetadataPlugin = "io.containerd.metadata.v1.bolt";
constexpr std::string_view kKeyPrefix = "snapshotter.";

// A bucket is named by its part, in the upper byte, and by what names it there.
constexpr int kPartShift = 56;
constexpr std::uint64_t kInner = (std::uint64_t{1} << kPartShift) - 1;
constexpr std::uint64_t kRoot = ~std::uint64_t{0};
constexpr std::size_t kMostParts = 255;
// Of larger files not every bucket could be named.
constexpr std::uint64_t kMostPages = std::uint64_t{1} << 39;

using Part = ContainerdRoot::Part;

std::size_t part_of(const BucketHandle& handle) { return handle.id >> kPartShift; }

BucketHandle outer(std::size_t part, const BucketHandle& inner) {
  return {std::uint64_t{part} << kPartShift | (inner.id & kInner)};
}

BucketHandle inner(const FileSource& source, const BucketHandle& handle) {
  const std::uint64_t id = handle.id & kInner;
  return id == kInner ? source.root_handle() : BucketHandle{id};
}

Error unreadable(const Part& part) { return {Errc::corrupt, "file", part.key, part.problem}; }

Entry outer_entry(std::size_t part, Entry entry) {
  if (entry.bucket) entry.bucket = outer(part, *entry.bucket);
  return entry;
}

// What the files are called.
class RootCursor final : public BucketCursor {
 public:
  using Answer = Result<std::optional<Entry>>;

  RootCursor(const std::vector<Part>& parts, const Lifeline& lifeline)
      : parts_(&parts), lifeline_(lifeline) {}

  Answer first() override { return at(0); }
  Answer last() override { return at(parts_->size() - 1); }
  Answer next() override {
    if (!positioned_ || at_ + 1 >= parts_->size()) return std::optional<Entry>{};
    return at(at_ + 1);
  }
  Answer prev() override {
    if (!positioned_ || at_ == 0) return std::optional<Entry>{};
    return at(at_ - 1);
  }
  Answer seek(std::string_view key) override {
    const auto found = std::find_if(parts_->begin(), parts_->end(),
                                    [&](const Part& part) { return std::string_view(part.key) >= key; });
    const auto index = static_cast<std::size_t>(found - parts_->begin());
    if (found != parts_->end()) return at(index);
    at_ = index;
    positioned_ = true;
    return std::optional<Entry>{};
  }

 private:
  Answer at(std::size_t index) {
    BAYPLAN_TRY(lifeline_.check());
    at_ = index;
    positioned_ = true;
    const Part& part = (*parts_)[index];
    if (part.source == nullptr) return unreadable(part);
    return std::optional(
        Entry{.key = part.key, .value = {}, .is_bucket = true, .bucket = outer(index, {kInner})});
  }

  const std::vector<Part>* parts_;
  Lifeline lifeline_;
  std::size_t at_ = 0;
  bool positioned_ = false;
};

class PartCursor final : public BucketCursor {
 public:
  using Answer = Result<std::optional<Entry>>;

  PartCursor(std::size_t part, std::unique_ptr<BucketCursor> cursor)
      : part_(part), cursor_(std::move(cursor)) {}

  Answer first() override { return outside(cursor_->first()); }
  Answer last() override { return outside(cursor_->last()); }
  Answer next() override { return outside(cursor_->next()); }
  Answer prev() override { return outside(cursor_->prev()); }
  Answer seek(std::string_view key) override { return outside(cursor_->seek(key)); }

 private:
  Answer outside(Answer answer) const {
    if (answer && *answer) **answer = outer_entry(part_, **answer);
    return answer;
  }

  std::size_t part_;
  std::unique_ptr<BucketCursor> cursor_;
};

Part open_part(std::string key, const std::filesystem::path& path) {
  auto source = open_bolt_file(path);
  if (!source) return {std::move(key), nullptr, source.error().to_string()};
  const FileFacts& facts = (*source)->facts();
  if (facts.file_bytes / facts.page_bytes >= kMostPages) return {std::move(key), nullptr, "is too large"};
  return {std::move(key), std::move(source).value()};
}

}  // namespace

ContainerdRoot::ContainerdRoot(std::vector<Part> parts) : parts_(std::move(parts)) {
  facts_.format = "containerd";
  facts_.reading = Reading::several;
  for (const FileFacts& file : files()) {
    if (file.name == kContainerdMetadata) {
      facts_.page_bytes = file.page_bytes;
      facts_.transaction = file.transaction;
    }
    facts_.pages += file.pages;
    facts_.file_bytes += file.file_bytes;
    facts_.holders.insert(facts_.holders.end(), file.holders.begin(), file.holders.end());
    for (const std::string& problem : file.problems) facts_.problems.push_back(file.name + ": " + problem);
  }
  std::sort(facts_.holders.begin(), facts_.holders.end());
  facts_.holders.erase(std::unique(facts_.holders.begin(), facts_.holders.end()), facts_.holders.end());
}

std::vector<FileFacts> ContainerdRoot::files() const {
  std::vector<FileFacts> all;
  for (const Part& part : parts_) {
    FileFacts facts = part.source != nullptr ? part.source->facts() : FileFacts{};
    facts.name = part.key;
    if (part.source == nullptr) facts.problems.push_back(part.problem);
    all.push_back(std::move(facts));
  }
  return all;
}

const FileSource* ContainerdRoot::part(std::string_view key) const noexcept {
  for (const Part& part : parts_) {
    if (part.key == key) return part.source.get();
  }
  return nullptr;
}

const FileSource* ContainerdRoot::snapshotter(std::string_view name) const noexcept {
  for (const Part& part : parts_) {
    if (part.key.starts_with(kKeyPrefix) && std::string_view(part.key).substr(kKeyPrefix.size()) == name)
      return part.source.get();
  }
  return nullptr;
}

BucketHandle ContainerdRoot::root_handle() const { return {kRoot}; }

Result<std::optional<Entry>> ContainerdRoot::find(const BucketHandle& bucket, std::string_view key) const {
  if (bucket.id == kRoot) {
    RootCursor cursor(parts_, lifeline());
    BAYPLAN_ASSIGN(const auto entry, cursor.seek(key));
    return entry && entry->key == key ? entry : std::nullopt;
  }
  const FileSource& source = *parts_[part_of(bucket)].source;
  BAYPLAN_ASSIGN(const auto entry, source.find(inner(source, bucket), key));
  return entry ? std::optional(outer_entry(part_of(bucket), *entry)) : std::nullopt;
}

Result<std::optional<BucketHandle>> ContainerdRoot::find_bucket(const BucketHandle& bucket,
                                                                std::string_view key) const {
  BAYPLAN_ASSIGN(const auto entry, find(bucket, key));
  return entry ? entry->bucket : std::nullopt;
}

Result<std::uint64_t> ContainerdRoot::sequence(const BucketHandle& bucket) const {
  if (bucket.id == kRoot) return std::uint64_t{0};
  const FileSource& source = *parts_[part_of(bucket)].source;
  return source.sequence(inner(source, bucket));
}

Result<std::unique_ptr<BucketCursor>> ContainerdRoot::open_cursor(const BucketHandle& bucket) const {
  if (bucket.id == kRoot)
    return std::unique_ptr<BucketCursor>(std::make_unique<RootCursor>(parts_, lifeline()));
  const FileSource& source = *parts_[part_of(bucket)].source;
  BAYPLAN_ASSIGN(auto cursor, source.open_cursor(inner(source, bucket)));
  return std::unique_ptr<BucketCursor>(std::make_unique<PartCursor>(part_of(bucket), std::move(cursor)));
}

void ContainerdRoot::forget() const {
  for (const Part& part : parts_) {
    if (part.source != nullptr) part.source->forget();
  }
}

Result<void> ContainerdRoot::check(const DamageSink& tell) const {
  for (const Part& part : parts_) {
    if (part.source == nullptr) {
      BAYPLAN_TRY(tell({{part.key}, unreadable(part)}));
      continue;
    }
    BAYPLAN_TRY(part.source->check([&](const Damage& damage) {
      Damage named = damage;
      named.path.insert(named.path.begin(), part.key);
      return tell(named);
    }));
  }
  return {};
}

Result<void> ContainerdRoot::unchanged() const {
  for (const Part& part : parts_) {
    if (part.source != nullptr) BAYPLAN_TRY(part.source->unchanged());
  }
  return {};
}

Result<std::unique_ptr<FileSource>> open_containerd_root(const std::filesystem::path& path) {
  std::error_code failed;
  std::vector<Part> parts;
  const auto add = [&](std::string key, const std::filesystem::path& file) {
    std::error_code hidden;
    const bool absent = !std::filesystem::exists(file, hidden) && !hidden;
    if (!absent && parts.size() < kMostParts) parts.push_back(open_part(std::move(key), file));
  };
  add(kContainerdMetadata, path / kMetadataPlugin / kContainerdMetadata);
  for (std::filesystem::directory_iterator at(path, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename();
    if (name.starts_with(kPluginPrefix))
      add(std::string(kKeyPrefix) + name.substr(kPluginPrefix.size()), at->path() / kContainerdSnapshots);
  }
  if (failed) return Error::from_errno(failed.value(), "directory", path.native(), "readdir");
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.key < b.key; });
  if (parts.empty()) {
    return Error(Errc::invalid_argument, "directory", path.native(),
                 "is neither a store nor containerd's root")
        .with_advice("name the directory that holds store.json, or io.containerd.metadata.v1.bolt");
  }
  const auto opened =
      std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.source != nullptr; });
  if (!opened) return Error(Errc::corrupt, "directory", path.native(), parts.front().problem);
  return std::unique_ptr<FileSource>(std::make_unique<ContainerdRoot>(std::move(parts)));
}

}  // namespace bayplan::metadata
