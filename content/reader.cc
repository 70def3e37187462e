#include <algorithm>

#include "bayplan/base/file.h"
#include "reader_state.h"

namespace bayplan::content {
namespace {

Error got_another(const Digest& wanted, const Digest& actual) {
  return {Errc::digest_mismatch, "blob", wanted.to_string(), "got " + actual.to_string()};
}

// Reads on within `state.size`; the file may have changed since it was opened.
template <class State>
Result<std::size_t> read_some(State& state, std::span<std::byte> into) {
  const std::uint64_t left = state.size - state.offset;
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)));
  if (into.empty()) return std::size_t{0};
  BAYPLAN_ASSIGN(const std::size_t count,
                 file::FdSource(state.fd.get(), state.digest.to_string()).read(into));
  if (count == 0) {
    return Error(Errc::corrupt, "blob", state.digest.to_string(),
                 "ends at byte " + std::to_string(state.offset) + " of " + std::to_string(state.size));
  }
  state.offset += count;
  return count;
}

template <class State>
Result<std::size_t> read_verified(State& state, std::span<std::byte> into) {
  BAYPLAN_ASSIGN(const std::size_t count, read_some(state, into));
  if (state.verify == Verify::no) return count;
  state.hasher.update(into.first(count));
  if (state.offset < state.size) return count;
  const Digest actual = state.hasher.digest();
  if (actual == state.digest) return count;
  return got_another(state.digest, actual);
}

}  // namespace

BlobReader::BlobReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobReader::BlobReader(BlobReader&&) noexcept = default;
BlobReader& BlobReader::operator=(BlobReader&&) noexcept = default;
BlobReader::~BlobReader() = default;

std::uint64_t BlobReader::size() const noexcept { return state_->size; }

Result<std::size_t> BlobReader::read(std::span<std::byte> into) { return read_verified(*state_, into); }

Result<std::size_t> BlobReader::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  const std::uint64_t left = offset < size() ? size() - offset : 0;
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)));
  if (into.empty()) return std::size_t{0};
  BAYPLAN_TRY(file::pread_exact(state_->fd.get(), into, offset, state_->digest.to_string()));
  return into.size();
}

Result<void> BlobReader::verify(const Control& control) const {
  const std::string name = state_->digest.to_string();
  std::uint64_t done = 0;
  return verify_blob_file(state_->fd.get(), state_->digest, size(), [&](std::size_t bytes) {
    done += bytes;
    if (control.progress)
      control.progress({.stage = "verify", .object = name, .done = done, .total = size()});
    return control.cancel.check();
  });
}

Result<UniqueFd> open_blob_file(const BlobDirs& dirs, const Digest& digest, std::uint64_t size) {
  // Looked at first, so that a link or a device is never opened; and again, should it have been exchanged.
  BAYPLAN_TRY(check_blob_file(dirs, digest, size));
  auto fd = file::open_regular(dirs.dir_of(digest), digest.hex());
  if (!fd) return std::move(fd).error().with_context("blob", digest.to_string());
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd->get(), digest.hex()));
  BAYPLAN_TRY(check_blob_stat(info, digest, size));
  return fd;
}

Result<void> verify_blob_file(int fd, const Digest& digest, std::uint64_t size, const OnHashed& on_hashed) {
  Hasher hasher(digest.algorithm());
  BAYPLAN_TRY(hash_file(fd, digest.to_string(), 0, size, hasher, on_hashed));
  const Digest actual = hasher.digest();
  if (actual == digest) return {};
  return got_another(digest, actual);
}

}  // namespace bayplan::content
