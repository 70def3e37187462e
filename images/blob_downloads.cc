#include "blob_downloads.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "bayplan/base/fault.h"

namespace bayplan::images {
namespace {

// An ingest of another size is begun anew that often.
constexpr int kAttempts = 3;
// How soon a cancellation is noticed where nothing arrives.
constexpr std::chrono::milliseconds kLookForCancel{100};

}  // namespace

std::string download_ref(const Digest& digest) { return "blob-" + digest.to_string(); }

/// Where the bytes of a download go: to its writer, and to the knowledge of who reads them.
class BlobDownloads::Arrival final : public ByteSink {
 public:
  Arrival(BlobDownloads& owner, Download& download, content::Writer& writer)
      : owner_(owner), download_(download), writer_(writer) {}

  Result<void> write(std::span<const std::byte> bytes) override {
    BAYPLAN_TRY(owner_.caller_.check());
    BAYPLAN_TRY(owner_.control_.cancel.check());
    BAYPLAN_TRY(writer_.write(bytes));
    {
      const std::lock_guard guard(owner_.mutex_);
      download_.arrived = writer_.offset();
      owner_.fetched_ += bytes.size();
    }
    owner_.changed_.notify_all();
    return {};
  }

 private:
  BlobDownloads& owner_;
  Download& download_;
  content::Writer& writer_;
};

/// Reads a download from its beginning, wherever its bytes are.
class BlobDownloads::Follower final : public ByteSource {
 public:
  Follower(BlobDownloads& owner, const Download& download) : owner_(owner), download_(download) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (!stored_) {
      if (position_ == download_.blob.size) return std::size_t{0};
      BAYPLAN_ASSIGN(const std::uint64_t arrived, await());
      if (bytes_) return read_arrived(into, arrived - position_);
      BAYPLAN_ASSIGN(stored_, owner_.target_.store->blobs().open_blob(
                                  download_.blob.digest, download_.blob.size, content::Verify::no));
    }
    return stored_->read(into);
  }

 private:
  // How much there is, more than was read; with bytes_ empty all of it is in the store.
  Result<std::uint64_t> await() {
    std::unique_lock guard(owner_.mutex_);
    owner_.await(guard,
                 [this] { return download_.over || (download_.bytes && download_.arrived > position_); });
    if (download_.error) return *download_.error;
    if (download_.bytes) bytes_ = download_.bytes;
    return download_.arrived;
  }
  Result<std::size_t> read_arrived(std::span<std::byte> into, std::uint64_t left) {
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)));
    BAYPLAN_TRY(bytes_->read_at(position_, into));
    position_ += into.size();
    return into.size();
  }

  BlobDownloads& owner_;
  const Download& download_;
  std::uint64_t position_ = 0;
  std::optional<content::WrittenBytes> bytes_{};
  std::optional<content::BlobReader> stored_{};
};

BlobDownloads::BlobDownloads(Target target, const RemoteImage& remote, unsigned at_once,
                             const Control& control)
    : target_(std::move(target)),
      remote_(remote),
      at_once_(std::max(at_once, 1u)),
      caller_(control.cancel),
      control_{.cancel = {}, .progress = control.progress} {}

BlobDownloads::~BlobDownloads() {
  control_.cancel.cancel();
  for (std::thread& worker : workers_) worker.join();
}

void BlobDownloads::await(std::unique_lock<std::mutex>& guard, const std::function<bool()>& ready) {
  while (!changed_.wait_for(guard, kLookForCancel, ready)) {
    if (caller_.cancelled()) control_.cancel.cancel();
  }
}

void BlobDownloads::add(const Descriptor& blob) {
  const auto [at, fresh] = downloads_.try_emplace(blob.digest, Download{blob});
  if (fresh) queued_.push_back(&at->second);
}

void BlobDownloads::start() {
  if (std::exchange(started_, true)) return;
  if (const auto room = check_room(); !room) {
    for (auto& [digest, download] : downloads_) {
      download.error = room.error();
      download.over = true;
    }
    queued_.clear();
    return;
  }
  const std::size_t count = std::min<std::size_t>(at_once_, downloads_.size());
  try {
    while (workers_.size() < count) workers_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    if (workers_.empty()) work();  // no thread to be had: everything arrives before anything is read
  }
}

// Sizes are a stranger's word: what cannot fit is refused before a byte of it is asked for.
Result<void> BlobDownloads::check_room() const {
  std::uint64_t left = 0;
  const Descriptor* largest = nullptr;
  for (const auto& [digest, download] : downloads_) {
    BAYPLAN_ASSIGN(const std::uint64_t more, left_of(download.blob));
    left += std::min(more, UINT64_MAX - left);
    if (largest == nullptr || download.blob.size > largest->size) largest = &download.blob;
  }
  BAYPLAN_ASSIGN(const std::uint64_t room, target_.store->blobs().free_bytes());
  if (left <= room) return {};
  return Error(Errc::no_space, "blob", largest->digest.to_string(),
               "has " + std::to_string(largest->size) + " bytes; with what else is to be fetched " +
                   std::to_string(left) + " are to come, and the disk has room for " + std::to_string(room));
}

// How much of a blob has not arrived, by this pull or by earlier ones.
Result<std::uint64_t> BlobDownloads::left_of(const Descriptor& blob) const {
  if (target_.store->blobs().open_blob(blob.digest, blob.size, content::Verify::no)) return std::uint64_t{0};
  const auto status = target_.store->db().view([&](const metadata::ReadTx& tx) {
    return content::ingest_status(target_.store->blobs(), tx, target_.ns, download_ref(blob.digest));
  });
  if (!status && status.error().code() == Errc::not_found) return blob.size;
  if (!status) return status.error();
  return blob.size - std::min(blob.size, status->offset);
}

std::unique_ptr<ByteSource> BlobDownloads::open(const Digest& digest) {
  start();
  return std::make_unique<Follower>(*this, downloads_.at(digest));
}

Result<void> BlobDownloads::wait(const Digest& digest) {
  start();
  const Download& download = downloads_.at(digest);
  std::unique_lock guard(mutex_);
  await(guard, [&] { return download.over; });
  if (download.error) return *download.error;
  return {};
}

std::uint64_t BlobDownloads::fetched() const {
  const std::lock_guard guard(mutex_);
  return fetched_;
}

bool BlobDownloads::resumed() const {
  const std::lock_guard guard(mutex_);
  return resumed_;
}

void BlobDownloads::work() {
  for (;;) {
    Download* next = nullptr;
    {
      const std::lock_guard guard(mutex_);
      if (queued_.empty()) return;
      next = queued_.front();
      queued_.pop_front();
    }
    auto brought = bring(*next);
    {
      const std::lock_guard guard(mutex_);
      if (!brought) next->error = std::move(brought).error();
      next->over = true;
      next->bytes.reset();  // whoever reads them has a hold of its own: one file less stays open
    }
    changed_.notify_all();
  }
}

Result<void> BlobDownloads::bring(Download& download) {
  const Descriptor& blob = download.blob;
  const content::WriterOptions options{.expected = {.digest = blob.digest, .size = blob.size},
                                       .lease = target_.lease};
  int attempts = 0;
  for (;;) {
    BAYPLAN_TRY(control_.cancel.check());
    auto writer = content::open_writer(target_.store->blobs(), target_.store->db(), target_.ns,
                                       download_ref(blob.digest), options);
    if (writer) return fetch(download, *std::move(writer));
    switch (writer.error().code()) {
      case Errc::already_exists:
        return {};
      case Errc::busy:
        BAYPLAN_TRY(wait_for_other(download));
        break;
      case Errc::failed_precondition:  // somebody was told another size
        if (++attempts == kAttempts) return std::move(writer).error();
        BAYPLAN_TRY(discard(download));
        break;
      default:
        return std::move(writer).error();
    }
  }
}

Result<void> BlobDownloads::wait_for_other(const Download& download) const {
  const std::string name = download.blob.digest.to_string();
  if (control_.progress) control_.progress({.stage = "wait", .object = name, .total = download.blob.size});
  return content::await_writer(target_.store->blobs(), target_.store->db(), target_.ns,
                               download_ref(download.blob.digest), control_.cancel);
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): it ends here
Result<void> BlobDownloads::fetch(Download& download, content::Writer writer) {
  if (!writer.is_adopted()) {
    const auto received = receive(download, writer);
    if (!received) {
      const bool empty = writer.offset() == 0;
      ignore_error(std::move(writer).close(), "the next one begins at an earlier checkpoint");
      if (empty) ignore_error(discard(download), "it goes with its lease");
      return received;
    }
  }
  const auto recorded = std::move(writer).commit({}, metadata::leased(target_.lease));
  if (!recorded && recorded.error().code() == Errc::digest_mismatch) {
    ignore_error(discard(download), "whoever resumes it finds the same out");
  }
  if (!recorded && recorded.error().code() != Errc::already_exists) return recorded.error();
  return fault::at(fault::Point::download_recorded);
}

Result<void> BlobDownloads::receive(Download& download, content::Writer& writer) {
  BAYPLAN_ASSIGN(auto bytes, writer.written());
  {
    const std::lock_guard guard(mutex_);
    download.bytes = std::move(bytes);
    download.arrived = writer.offset();
    if (writer.offset() != 0) resumed_ = true;
  }
  changed_.notify_all();
  Arrival arrival(*this, download, writer);
  if (writer.offset() == download.blob.size) return {};
  return remote_.fetch_blob(download.blob, writer.offset(), arrival, control_);
}

Result<void> BlobDownloads::discard(const Download& download) const {
  const auto aborted = content::abort_ingest(target_.store->blobs(), target_.store->db(), target_.ns,
                                             download_ref(download.blob.digest), target_.lease);
  if (!aborted && aborted.error().code() != Errc::not_found && aborted.error().code() != Errc::busy)
    return aborted;
  return {};
}

}  // namespace bayplan::images
