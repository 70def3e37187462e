#include "push_blobs.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "bayplan/base/threads.h"
#include "bayplan/content/verify.h"

namespace bayplan::images {
namespace {

// The client has slots of its own for bodies; a few more may ask meanwhile what the registry has.
constexpr std::size_t kAtOnce = 8;

// A stored blob from an offset on, until another blob has failed.
class StoredBody final : public ByteSource {
 public:
  StoredBody(content::BlobReader reader, std::uint64_t offset, const std::atomic<bool>& stopped)
      : reader_(std::move(reader)), offset_(offset), stopped_(stopped) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (stopped_) return Error(Errc::cancelled, "push", {}, "another blob could not be sent");
    BAYPLAN_ASSIGN(const std::size_t count, reader_.read_at(offset_, into));
    offset_ += count;
    return count;
  }

 private:
  content::BlobReader reader_;
  std::uint64_t offset_;
  const std::atomic<bool>& stopped_;
};

class BlobsPush {
 public:
  BlobsPush(Store& store, Registry& registry, const RemoteRepository& repository,
            const std::vector<PushedPart>& blobs, std::uint64_t chunk_bytes, const Control& control)
      : store_(store),
        registry_(registry),
        repository_(repository),
        blobs_(blobs),
        chunk_bytes_(chunk_bytes),
        control_(control) {}

  Result<PushedCounts> run() {
    in_threads(std::min(kAtOnce, blobs_.size()), [this] { work(); });
    if (error_) return std::move(*error_);
    return counts_;
  }

 private:
  void work() {
    while (const PushedPart* part = next()) {
      const auto pushed = push(*part);
      const std::scoped_lock lock(mutex_);
      if (pushed) {
        count(*pushed, part->blob);
        continue;
      }
      if (!error_) error_ = pushed.error();
      stopped_ = true;
    }
  }

  const PushedPart* next() {
    const std::scoped_lock lock(mutex_);
    if (stopped_ || next_ == blobs_.size()) return nullptr;
    return &blobs_[next_++];
  }

  Result<PushedBlob> push(const PushedPart& part) {
    const Descriptor& blob = part.blob;
    const BodySource body = [&](std::uint64_t offset) -> Result<std::unique_ptr<ByteSource>> {
      BAYPLAN_ASSIGN(content::BlobReader reader, open(blob));
      return std::make_unique<StoredBody>(std::move(reader), offset, stopped_);
    };
    const PushBlobOptions options{.mount_from = part.mount_from, .chunk_bytes = chunk_bytes_};
    auto pushed = registry_.push_blob(repository_, blob, body, options, control_);
    if (!pushed) return explained(blob, std::move(pushed).error());
    if (control_.progress && *pushed != PushedBlob::uploaded) {
      const std::string name = blob.digest.to_string();
      control_.progress({*pushed == PushedBlob::mounted ? "mount" : "exists", name, blob.size, blob.size});
    }
    return pushed;
  }

  Result<content::BlobReader> open(const Descriptor& blob) const {
    return store_.blobs().open_blob(blob.digest, blob.size, content::Verify::no);
  }

  // Bytes are not hashed on their way. Where the registry finds others than it should, it is looked whose
  // fault that is.
  Error explained(const Descriptor& blob, Error error) const {
    if (error.code() != Errc::digest_mismatch) return error;
    const auto reader = open(blob);
    const auto verified =
        reader ? reader->verify({.cancel = control_.cancel, .progress = {}}) : Result<void>(reader.error());
    if (verified || !content::is_damage(verified.error())) return error;
    return Error(verified.error()).with_advice("the store's copy is damaged: repair it");
  }

  // Precondition: locked.
  void count(PushedBlob how, const Descriptor& blob) {
    switch (how) {
      case PushedBlob::existed:
        ++counts_.existed;
        return;
      case PushedBlob::mounted:
        ++counts_.mounted;
        return;
      case PushedBlob::uploaded:
        ++counts_.uploaded;
        counts_.bytes += blob.size;
    }
  }

  Store& store_;
  Registry& registry_;
  const RemoteRepository& repository_;
  const std::vector<PushedPart>& blobs_;
  std::uint64_t chunk_bytes_;
  const Control& control_;

  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;  // of all that follows
  std::size_t next_ = 0;
  std::optional<Error> error_{};
  PushedCounts counts_{};
};

}  // namespace

Result<PushedCounts> push_blobs(Store& store, Registry& registry, const RemoteRepository& repository,
                                const std::vector<PushedPart>& blobs, std::uint64_t chunk_bytes,
                                const Control& control) {
  if (blobs.empty()) return PushedCounts{};
  return BlobsPush(store, registry, repository, blobs, chunk_bytes, control).run();
}

}  // namespace bayplan::images
