#include "bayplan/content/verify.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>

#include "bayplan/base/threads.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/record_entry.h"
#include "pace.h"
#include "reader_state.h"
#include "records.h"
#include "store_access.h"

namespace bayplan::content {
namespace {

using metadata::BucketSource;
using metadata::Db;
using metadata::ReadTx;

struct Recorded {
  std::optional<Info> info{};  // none: the record is damaged
  std::vector<std::string> namespaces{};
  std::optional<Error> error{};
};
using RecordedBlobs = std::map<std::string, Recorded>;

void add_record(std::string_view key, const std::string& ns, Result<Info> info, RecordedBlobs& blobs) {
  Recorded& recorded = blobs[std::string(key)];
  recorded.namespaces.push_back(ns);
  if (info) {
    recorded.info = *std::move(info);
  } else {
    recorded.error = info.error();
  }
}

Result<void> add_all(const BucketSource& source, const std::string& ns, RecordedBlobs& blobs) {
  BAYPLAN_ASSIGN(const auto bucket, blob_bucket(source, ns));
  if (!bucket) return {};
  return bucket->for_each([&](const metadata::Entry& entry) -> Result<void> {
    auto info = decode_record(*bucket, entry);
    if (!info && info.error().code() != Errc::corrupt) return std::move(info).error();
    add_record(entry.key, ns, std::move(info), blobs);
    return {};
  });
}

Result<void> add_one(const BucketSource& source, const std::vector<std::string>& namespaces,
                     const Digest& digest, RecordedBlobs& blobs) {
  bool found = false;
  for (const std::string& ns : namespaces) {
    auto info = stat(source, ns, digest);
    if (!info && info.error().code() == Errc::not_found) continue;
    if (!info && info.error().code() != Errc::corrupt) return std::move(info).error();
    add_record(digest.to_string(), ns, std::move(info), blobs);
    found = true;
  }
  if (found) return {};
  return Error(Errc::not_found, "blob", digest.to_string());
}

Result<std::vector<std::string>> namespaces_of(const BucketSource& source, const VerifyOptions& options) {
  if (!options.ns) return metadata::list_namespaces(source);
  BAYPLAN_TRY(metadata::validate_namespace(*options.ns));
  return std::vector<std::string>{*options.ns};
}

Result<RecordedBlobs> recorded_blobs(const BucketSource& source, const VerifyOptions& options) {
  BAYPLAN_ASSIGN(const auto namespaces, namespaces_of(source, options));
  RecordedBlobs blobs;
  for (const Digest& digest : options.only) BAYPLAN_TRY(add_one(source, namespaces, digest, blobs));
  if (!options.only.empty()) return blobs;
  for (const std::string& ns : namespaces) BAYPLAN_TRY(add_all(source, ns, blobs));
  return blobs;
}

/// The threads of one verification take their blobs from one list.
class Verification {
 public:
  Verification(const BlobDirs& dirs, const Db& db, const VerifyOptions& options, const Control& control,
               RecordedBlobs& blobs)
      : dirs_(dirs), db_(db), control_(control), pace_(options.bytes_per_second) {
    for (auto& [key, recorded] : blobs) {
      work_.push_back({key, &recorded});
      if (recorded.info) total_ += recorded.info->size;
    }
  }

  Result<void> run(unsigned threads) {
    const std::size_t most = std::max<std::size_t>(1, work_.size());
    in_threads(std::min(threads == 0 ? processors() : threads, most), [this] { work(); });
    if (failure_) return *failure_;
    return {};
  }

  std::uint64_t hashed() const { return done_; }

 private:
  struct Item {
    std::string_view key;
    Recorded* recorded;
  };

  void work() {
    while (!stopped_) {
      const std::size_t at = next_++;
      if (at >= work_.size()) return;
      const auto looked = look_at(work_[at]);
      if (looked) continue;
      const std::lock_guard guard(mutex_);
      if (!failure_) failure_ = looked.error();
      stopped_ = true;
    }
  }

  Result<void> look_at(const Item& item) {
    if (!item.recorded->info) return {};
    const auto whole = hash(item, *item.recorded->info);
    if (whole) return {};
    if (!is_damage(whole.error())) return whole;
    BAYPLAN_ASSIGN(const bool still, is_still_recorded(item));
    if (still) item.recorded->error = whole.error();
    return {};
  }

  Result<void> hash(const Item& item, const Info& info) {
    BAYPLAN_TRY(control_.cancel.check());
    BAYPLAN_ASSIGN(const UniqueFd fd, open_blob_file(dirs_, info.digest, info.size));
    return verify_blob_file(fd.get(), info.digest, info.size, [&](std::size_t bytes) -> Result<void> {
      done_ += bytes;
      if (control_.progress)
        control_.progress({.stage = "verify", .object = item.key, .done = done_, .total = total_});
      if (stopped_) return Error(Errc::cancelled, "operation", {}, "another thread failed");
      return pace_.wait(bytes, control_.cancel);
    });
  }

  // A collection may have taken record and file meanwhile.
  Result<bool> is_still_recorded(const Item& item) {
    return db_.view([&](const ReadTx& tx) -> Result<bool> {
      for (const std::string& ns : item.recorded->namespaces) {
        const auto info = stat(tx, ns, item.recorded->info->digest);
        if (info || info.error().code() != Errc::not_found) return true;
      }
      return false;
    });
  }

  const BlobDirs& dirs_;
  const Db& db_;
  const Control& control_;
  Pace pace_;
  std::vector<Item> work_{};
  std::uint64_t total_ = 0;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::optional<Error> failure_{};
};

}  // namespace

bool is_damage(const Error& error) noexcept {
  const Errc code = error.code();
  if (code == Errc::not_found || code == Errc::corrupt || code == Errc::digest_mismatch) return true;
  const int os = error.os_errno();
  return code == Errc::io && (os == EIO || os == EUCLEAN || os == EBADMSG);
}

Result<VerifyReport> verify(const Store& store, const Db& db, const VerifyOptions& options,
                            const Control& control) {
  BAYPLAN_ASSIGN(RecordedBlobs blobs, db.view([&](const ReadTx& tx) { return recorded_blobs(tx, options); }));
  Verification verification(*StoreAccess::dirs(store), db, options, control, blobs);
  BAYPLAN_TRY(verification.run(options.threads));
  VerifyReport report{.blobs = blobs.size(), .bytes = verification.hashed()};
  for (auto& [key, recorded] : blobs) {
    if (recorded.error) report.damaged.push_back({key, std::move(recorded.namespaces), *recorded.error});
  }
  return report;
}

}  // namespace bayplan::content
