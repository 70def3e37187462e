// Fills the files of a layer beside whoever makes their names: threads write the content and then set owner,
// mode and times, while the names of the following entries are made in their order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/base/result.h"
#include "bayplan/base/stream.h"
#include "bayplan/base/time.h"

namespace bayplan::snapshots {

/// What is set when all of the content is written.
struct FileMetadata {
  std::string name;  ///< for errors
  std::uint32_t mode;
  std::uint32_t uid;
  std::uint32_t gid;
  Time mtime;
};

/// What errno says of a call that gives `name` an owner: unsupported where a user namespace does not map it.
Error owner_refused(const std::string& name, std::uint32_t uid, std::uint32_t gid);

/// Sets owner, mode and times of a new file, each where it differs. Errors: unsupported (owner_refused),
/// permission_denied, io.
Result<void> set_file_metadata(int fd, const FileMetadata& metadata);

/// Holds at most kBatches * kBatchBytes of content and kBatches * kBatchPieces files; no thread runs before a
/// batch is full, so that small layers need none. Belongs to one thread.
class FileWriter {
 public:
  static constexpr std::size_t kBatchBytes = 256u << 10;
  static constexpr std::size_t kBatchPieces = 32;
  static constexpr std::size_t kBatches = 8;

  /// `threads`: at most as many; 0: all is done by the caller's.
  explicit FileWriter(std::size_t threads);
  /// Drops what was not written yet.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Reads `size` bytes of `content` for `fd`, an empty new file. Reads less after a failure, which check()
  /// tells of. Errors: corrupt (the content ends before), and the content's.
  Result<void> write(UniqueFd fd, FileMetadata metadata, std::uint64_t size, ByteSource& content);

  /// The first thing that went wrong in a file given before. Errors: no_space, permission_denied, io, each
  /// naming its file.
  Result<void> check();
  /// Returns when all files are complete. Errors: as check.
  Result<void> wait();

 private:
  struct File;
  struct Batch;

  void flush();
  bool failed();
  void start_threads();
  void work();
  void run(Batch& batch);
  void fail(const FileMetadata& file, Error error);
  std::unique_ptr<Batch> next_batch();

  std::size_t threads_wanted_;
  std::unique_ptr<Batch> filling_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Batch>> full_;
  std::vector<std::unique_ptr<Batch>> free_;
  std::size_t made_ = 0;     // batches that exist
  std::size_t running_ = 0;  // of them with a thread
  bool stopping_ = false;
  std::optional<Error> failure_;

  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace bayplan::snapshots
