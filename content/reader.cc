#include <algorithm>

#include "bayplan/base/file.h"
#include "reader_state.h"

namespace bayplan::content {
namespace {

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
  return Error(Errc::digest_mismatch, "blob", state.digest.to_string(), "got " + actual.to_string());
}

}  // namespace

BlobReader::BlobReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobReader::BlobReader(BlobReader&&) noexcept = default;
BlobReader& BlobReader::operator=(BlobReader&&) noexcept = default;
BlobReader::~BlobReader() = default;

std::uint64_t BlobReader::size() const noexcept { return state_->size; }

Result<std::size_t> BlobReader::read(std::span<std::byte> into) { return read_verified(*state_, into); }

}  // namespace bayplan::content
