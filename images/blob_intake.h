// The blobs of an image on their way into the store. Each is read from its source once: a layer that is to
// be unpacked is hashed, written and unpacked by the same pass.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "image_source.h"

namespace bayplan::images {

/// Not thread-safe. Brings in everything from `source`; who derives from it has other ways for some blobs.
class BlobIntake {
 public:
  /// Borrows all three.
  BlobIntake(ImageSource& source, content::Store& blobs, const Control& control);
  virtual ~BlobIntake();
  BlobIntake(const BlobIntake&) = delete;
  BlobIntake& operator=(const BlobIntake&) = delete;

  /// A blob that the source holds and that is to come in.
  virtual void expect(const Descriptor& blob);
  /// One that is in the store already.
  void add_ready(content::ReadyBlob blob) { ready_.push_back(std::move(blob)); }

  /// The bytes of a blob: of one that is expected as they come in, read ahead by a thread, and unchecked
  /// until publish(); else from the store. The answer is to be dropped before the next call. Errors: those of
  /// ingest(), publish() and Store::open_blob.
  virtual Result<std::unique_ptr<ByteSource>> open(const Descriptor& blob);

  /// Whether what was opened is what it should be, as far as its source can be read: says of a layer that
  /// could not be unpacked whether its blob is to blame. Errors: digest_mismatch, cancelled, and the
  /// source's.
  virtual Result<void> check_opened();

  /// Brings in all that is still expected, and makes it durable. Errors: those of ingest() and
  /// Store::publish.
  virtual Result<void> publish();

  /// All that is durable, waiting for its record.
  std::vector<content::ReadyBlob>& ready() noexcept { return ready_; }

 private:
  class Tee;
  struct Coming {
    Descriptor blob;
    std::unique_ptr<Tee> opened;
  };

  Result<content::Ingest> complete(Coming coming);
  Result<void> publish_opened();
  Result<void> publish(std::vector<content::Ingest> ingests);

  ImageSource& source_;
  content::Store& blobs_;
  const Control& control_;
  std::map<Digest, Coming> coming_;
  std::size_t opened_ = 0;  // of them, at most
  std::vector<content::ReadyBlob> ready_;
};

}  // namespace bayplan::images
