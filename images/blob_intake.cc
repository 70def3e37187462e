#include "blob_intake.h"

#include <iterator>

#include "pipelined_source.h"
#include "source_filters.h"

namespace bayplan::images {
namespace {

// Each ingest holds two descriptors, of which a process may have but 1,024.
constexpr std::size_t kIngestsAtOnce = 128;
// An opened one holds three until it is published.
constexpr std::size_t kOpenedAtOnce = 64;

/// What open() lends: the tee stays with the intake.
class Ahead final : public ByteSource {
 public:
  explicit Ahead(ByteSource& tee) : pipe_(tee) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return pipe_.read(into); }

 private:
  PipelinedSource pipe_;
};

}  // namespace

/// Whoever reads it writes the blob.
class BlobIntake::Tee final : public ByteSource {
 public:
  Tee(std::unique_ptr<ByteSource> bytes, content::Ingest ingest, const Descriptor& blob,
      const Control& control)
      : bytes_(std::move(bytes)),
        reported_(*bytes_, control, "ingest", blob.digest.to_string(), blob.size),
        ingest_(std::move(ingest)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    BAYPLAN_ASSIGN(const std::size_t count, reported_.read(into));
    if (count != 0) BAYPLAN_TRY(ingest_.write(into.first(count)));
    return count;
  }

  /// Reads what nobody read.
  Result<void> drain() {
    std::vector<std::byte> rest(PipelinedSource::kBlockBytes);
    while (true) {
      BAYPLAN_ASSIGN(const std::size_t count, read(rest));
      if (count == 0) return {};
    }
  }
  Digest digest() const { return ingest_.digest(); }
  content::Ingest take() && { return std::move(ingest_); }

 private:
  std::unique_ptr<ByteSource> bytes_;
  ProgressSource reported_;
  content::Ingest ingest_;
};

BlobIntake::BlobIntake(ImageSource& source, content::Store& blobs, const Control& control)
    : source_(source), blobs_(blobs), control_(control) {}
BlobIntake::~BlobIntake() = default;

void BlobIntake::expect(const Descriptor& blob) { coming_.try_emplace(blob.digest, Coming{blob, nullptr}); }

Result<std::unique_ptr<ByteSource>> BlobIntake::open(const Descriptor& blob) {
  if (opened_ >= kOpenedAtOnce) BAYPLAN_TRY(publish_opened());
  const auto found = coming_.find(blob.digest);
  if (found != coming_.end() && !found->second.opened) {
    if (auto spooled = source_.take_spooled(blob.digest)) {
      coming_.erase(found);
      std::vector<content::Ingest> one;
      one.push_back(*std::move(spooled));
      BAYPLAN_TRY(publish(std::move(one)));
    } else {
      const Descriptor& whole = found->second.blob;
      BAYPLAN_ASSIGN(auto bytes, source_.open(whole));
      BAYPLAN_ASSIGN(auto ingest, blobs_.ingest({.digest = whole.digest, .size = whole.size}));
      found->second.opened = std::make_unique<Tee>(std::move(bytes), std::move(ingest), whole, control_);
      ++opened_;
      return std::unique_ptr<ByteSource>(std::make_unique<Ahead>(*found->second.opened));
    }
  } else if (found != coming_.end()) {
    BAYPLAN_ASSIGN(content::Ingest whole, complete(std::move(coming_.extract(found).mapped())));
    std::vector<content::Ingest> one;
    one.push_back(std::move(whole));
    BAYPLAN_TRY(publish(std::move(one)));
  }
  BAYPLAN_ASSIGN(auto reader, blobs_.open_blob(blob.digest, blob.size, content::Verify::no));
  return std::unique_ptr<ByteSource>(std::make_unique<content::BlobReader>(std::move(reader)));
}

Result<void> BlobIntake::check_opened() {
  for (const auto& [digest, coming] : coming_) {
    if (!coming.opened) continue;
    BAYPLAN_TRY(coming.opened->drain());
    const Digest actual = coming.opened->digest();
    if (actual == digest) continue;
    return Error(Errc::digest_mismatch, "blob", digest.to_string(), "got " + actual.to_string());
  }
  return {};
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): its ingest ends here
Result<content::Ingest> BlobIntake::complete(Coming coming) {
  if (!coming.opened) return ingest(source_, coming.blob, blobs_, control_);
  BAYPLAN_TRY(coming.opened->drain());
  return std::move(*coming.opened).take();
}

Result<void> BlobIntake::publish_opened() {
  std::vector<content::Ingest> ingests;
  for (auto at = coming_.begin(); at != coming_.end();) {
    const auto next = std::next(at);
    if (at->second.opened) {
      BAYPLAN_ASSIGN(content::Ingest whole, complete(std::move(coming_.extract(at).mapped())));
      ingests.push_back(std::move(whole));
    }
    at = next;
  }
  opened_ = 0;
  return publish(std::move(ingests));
}

Result<void> BlobIntake::publish() {
  std::vector<content::Ingest> ingests;
  while (!coming_.empty()) {
    BAYPLAN_ASSIGN(content::Ingest whole, complete(std::move(coming_.extract(coming_.begin()).mapped())));
    ingests.push_back(std::move(whole));
    if (ingests.size() < kIngestsAtOnce) continue;
    BAYPLAN_TRY(publish(std::exchange(ingests, {})));
  }
  return publish(std::move(ingests));
}

Result<void> BlobIntake::publish(std::vector<content::Ingest> ingests) {
  BAYPLAN_TRY(control_.cancel.check());
  if (ingests.empty()) return {};
  BAYPLAN_ASSIGN(auto published, blobs_.publish(std::move(ingests)));
  for (content::ReadyBlob& blob : published) ready_.push_back(std::move(blob));
  return {};
}

}  // namespace bayplan::images
