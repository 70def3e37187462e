#include "file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "tree_root.h"
#include "write_at.h"

namespace bayplan::snapshots {
namespace {

constexpr std::uint64_t kEarlyBytes = 1u << 20;

Error call_failed(const std::string& name, std::string_view call) {
  return Error::from_errno(errno, "file", name, call);
}

Result<void> fill(ByteSource& content, std::span<std::byte> into) {
  while (!into.empty()) {
    BAYPLAN_ASSIGN(const std::size_t count, content.read(into));
    if (count == 0) return Error(Errc::corrupt, "tar", {}, "ends in the middle of an entry");
    into = into.subspan(count);
  }
  return {};
}

}  // namespace

Error owner_refused(const std::string& name, std::uint32_t uid, std::uint32_t gid) {
  if (errno != EINVAL) return call_failed(name, "chown");
  return Error(Errc::unsupported, "file", name,
               "owner " + std::to_string(uid) + ":" + std::to_string(gid) +
                   " does not exist in this user namespace")
      .with_advice(
          "run as root, or in a user namespace with enough subordinate ids (subuid(5), newuidmap(1))");
}

Result<void> set_file_metadata(int fd, const FileMetadata& metadata) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return call_failed(metadata.name, "fstat");
  const bool other_owner = info.st_uid != metadata.uid || info.st_gid != metadata.gid;
  if (other_owner && ::fchown(fd, metadata.uid, metadata.gid) != 0) {
    return owner_refused(metadata.name, metadata.uid, metadata.gid);
  }
  // A change of owner clears set-id bits.
  if ((other_owner || (info.st_mode & 07777u) != metadata.mode) && ::fchmod(fd, metadata.mode) != 0) {
    return call_failed(metadata.name, "fchmod");
  }
  if (::futimens(fd, both_times(metadata.mtime).data()) != 0) return call_failed(metadata.name, "futimens");
  return {};
}

/// Complete when nobody holds it any more.
struct FileWriter::File {
  File(FileWriter& writer, UniqueFd opened, FileMetadata about, std::uint64_t bytes)
      : owner(writer), fd(std::move(opened)), metadata(std::move(about)), size(bytes) {}
  ~File() {
    // Only a hint: the disk need not wait for the sync of the whole image.
    if (size >= kEarlyBytes) ::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    if (auto set = set_file_metadata(fd.get(), metadata); !set) owner.fail(metadata, std::move(set).error());
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  FileWriter& owner;
  const UniqueFd fd;
  const FileMetadata metadata;
  const std::uint64_t size;
};

/// Pieces of files that follow one another in one buffer.
struct FileWriter::Batch {
  struct Piece {
    std::shared_ptr<File> file;
    std::uint64_t offset;  // in the file
    std::size_t length;
  };

  std::unique_ptr<std::byte[]> bytes{new std::byte[kBatchBytes]};
  std::size_t used = 0;
  std::vector<Piece> pieces;

  std::size_t room() const noexcept { return kBatchBytes - used; }
  bool full() const noexcept { return room() == 0 || pieces.size() == kBatchPieces; }
};

FileWriter::FileWriter(std::size_t threads) : threads_wanted_(threads) {}

FileWriter::~FileWriter() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  // Here and not with the other members: what their files answer to being closed is locked in.
  full_.clear();
  filling_.reset();
}

Result<void> FileWriter::write(UniqueFd fd, FileMetadata metadata, std::uint64_t size, ByteSource& content) {
  const auto file = std::make_shared<File>(*this, std::move(fd), std::move(metadata), size);
  for (std::uint64_t offset = 0; offset < size;) {
    if (!filling_) filling_ = next_batch();
    Batch& batch = *filling_;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, batch.room()));
    BAYPLAN_TRY(fill(content, std::span(batch.bytes.get() + batch.used, want)));
    batch.pieces.push_back({file, offset, want});
    batch.used += want;
    offset += want;
    if (!batch.full()) continue;
    flush();
    if (failed()) return {};
  }
  return {};
}

Result<void> FileWriter::check() {
  const std::lock_guard guard(mutex_);
  if (failure_) return *failure_;
  return {};
}

Result<void> FileWriter::wait() {
  if (filling_ && threads_.empty()) {
    run(*filling_);
    return check();
  }
  flush();
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return full_.empty() && running_ == 0; });
  if (failure_) return *failure_;
  return {};
}

void FileWriter::flush() {
  if (!filling_) return;
  if (threads_.empty()) start_threads();
  if (threads_.empty()) {
    run(*filling_);
    return;
  }
  {
    const std::lock_guard guard(mutex_);
    full_.push_back(std::move(filling_));
  }
  changed_.notify_all();
}

void FileWriter::start_threads() {
  try {
    while (threads_.size() < threads_wanted_) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    threads_wanted_ = threads_.size();  // no more are to be had
  }
}

void FileWriter::work() {
  std::unique_lock guard(mutex_);
  while (true) {
    changed_.wait(guard, [this] { return stopping_ || !full_.empty(); });
    if (stopping_) return;
    std::unique_ptr<Batch> batch = std::move(full_.front());
    full_.pop_front();
    ++running_;
    guard.unlock();
    run(*batch);
    guard.lock();
    --running_;
    free_.push_back(std::move(batch));
    changed_.notify_all();
  }
}

// Leaves it empty.
void FileWriter::run(Batch& batch) {
  std::size_t at = 0;
  for (Batch::Piece& piece : batch.pieces) {
    const std::span<const std::byte> bytes(batch.bytes.get() + at, piece.length);
    auto written = write_at(piece.file->fd.get(), bytes, piece.offset, piece.file->metadata.name);
    if (!written) fail(piece.file->metadata, std::move(written).error());
    at += piece.length;
    piece.file.reset();
  }
  batch.pieces.clear();
  batch.used = 0;
}

void FileWriter::fail(const FileMetadata& file, Error error) {
  const std::lock_guard guard(mutex_);
  if (!failure_) failure_ = std::move(error).with_context("layer entry", file.name);
}

bool FileWriter::failed() {
  const std::lock_guard guard(mutex_);
  return failure_.has_value();
}

std::unique_ptr<FileWriter::Batch> FileWriter::next_batch() {
  std::unique_lock guard(mutex_);
  if (free_.empty() && made_ < kBatches) {
    ++made_;
    return std::make_unique<Batch>();
  }
  changed_.wait(guard, [this] { return !free_.empty(); });
  std::unique_ptr<Batch> batch = std::move(free_.back());
  free_.pop_back();
  return batch;
}

}  // namespace bayplan::snapshots
