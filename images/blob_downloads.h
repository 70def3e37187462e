// Blobs on their way from registries into the store, several at a time, each as an ingest by reference: it
// goes on where an earlier process ended, is read while it comes in, and is recorded, and kept by a lease, as
// soon as it is whole. Whoever else wants it meanwhile waits for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bayplan/content/writer.h"
#include "bayplan/images/store.h"
#include "remote_image.h"

namespace bayplan::images {

/// The reference of a blob's ingest: the same for all who pull it into a namespace.
std::string download_ref(const Digest& digest);

/// add(), then open() and wait() on one thread. The destructor ends what is going on; what has arrived stays.
class BlobDownloads {
 public:
  struct Target {
    Store* store;
    std::string ns;
    std::string lease;
  };
  /// Borrows `remote`, and `control` for its progress. At most `at_once` (at least one) come at the same
  /// time, in the order of add().
  BlobDownloads(Target target, const RemoteImage& remote, unsigned at_once, const Control& control);
  ~BlobDownloads();
  BlobDownloads(const BlobDownloads&) = delete;
  BlobDownloads& operator=(const BlobDownloads&) = delete;

  /// Precondition: nothing was opened or waited for yet.
  void add(const Descriptor& blob);
  bool has(const Digest& digest) const { return downloads_.contains(digest); }

  /// The bytes of a blob that was added, as they come in; unchecked until wait(). Must not outlive this.
  /// Errors of read(): those of wait(), io.
  std::unique_ptr<ByteSource> open(const Digest& digest);
  /// Until the blob is recorded. Errors: digest_mismatch (nothing of it is kept), no_space (all together are
  /// more than the disk has left: none is asked for), cancelled, those of RemoteImage::fetch_blob and of
  /// content's writers.
  Result<void> wait(const Digest& digest);

  /// Bytes that registries sent.
  std::uint64_t fetched() const;
  /// Whether bytes of an earlier pull, which may have asked another registry, were gone on from.
  bool resumed() const;

 private:
  struct Download {
    Descriptor blob;
    std::optional<content::WrittenBytes> bytes{};  ///< while it comes in here
    std::uint64_t arrived = 0;                     ///< of them
    bool over = false;
    std::optional<Error> error{};
  };
  class Arrival;
  class Follower;

  void start();
  Result<void> check_room() const;
  Result<std::uint64_t> left_of(const Descriptor& blob) const;
  void await(std::unique_lock<std::mutex>& guard, const std::function<bool()>& ready);
  void work();
  Result<void> bring(Download& download);
  Result<void> fetch(Download& download, content::Writer writer);
  Result<void> receive(Download& download, content::Writer& writer);
  Result<void> wait_for_other(const Download& download) const;
  Result<void> discard(const Download& download) const;

  const Target target_;
  const RemoteImage& remote_;
  const unsigned at_once_;
  const CancelToken caller_;
  const Control control_;  // its token is cancelled with the caller's, and by the destructor
  std::map<Digest, Download> downloads_;
  bool started_ = false;

  mutable std::mutex mutex_;  // guards what follows, and what stands in downloads_
  std::condition_variable changed_;
  std::deque<Download*> queued_;
  std::uint64_t fetched_ = 0;
  bool resumed_ = false;

  std::vector<std::thread> workers_;
};

}  // namespace bayplan::images
