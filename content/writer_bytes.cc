#include "bayplan/base/file.h"
#include "ingest_state.h"
#include "writer_state.h"

namespace bayplan::content {
namespace {

template <class T>
bool is_unusable(const Result<T>& result) {
  const Errc code = result.error().code();
  return code == Errc::not_found || code == Errc::corrupt || code == Errc::too_large;
}

Error other_size(std::string_view ref, std::uint64_t begun, std::uint64_t wanted) {
  return Error(Errc::failed_precondition, "ingest", ref,
               "was begun for " + std::to_string(begun) + " bytes, not " + std::to_string(wanted))
      .with_advice("abort it to begin anew");
}

// The file as `state` left it.
Result<IngestFile> resume_file(const RefDir& dir, const IngestState& state, const Expected& expected) {
  BAYPLAN_ASSIGN(Hasher hasher, Hasher::restore(state.hash));
  // What a killed process wrote behind the checkpoint is whole as long as the machine was.
  const bool same_boot = !state.boot.empty() && state.boot == this_boot();
  return IngestFile::resume(dir.shared_dirs(), dir.fd(), expected, std::move(hasher), state.offset,
                            same_boot);
}

}  // namespace

Result<WriterBytes> begin_bytes(const RefDir& dir, const Expected& expected) {
  const Time time = now();
  const Hasher nothing(algorithm_of(expected));
  const IngestState state{
      .boot = this_boot(), .started = time, .updated = time, .total = expected.size, .hash = nothing.save()};
  // A state that a power cut brings back must not speak of bytes that others took the place of.
  const bool replaces = file::stat_at(dir.fd(), "data").has_value();
  BAYPLAN_TRY(write_state(dir.fd(), state, replaces));
  BAYPLAN_ASSIGN(IngestFile file, IngestFile::create(dir.shared_dirs(), dir.fd(), expected));
  return WriterBytes{.file = std::move(file), .started = time};
}

Result<WriterBytes> resume_bytes(const RefDir& dir, std::string_view ref, const Expected& expected) {
  const auto state = read_state(dir.fd());
  if (!state && !is_unusable(state)) return state.error();
  if (!state) return begin_bytes(dir, expected);
  if (state->total && expected.size && *state->total != *expected.size)
    return other_size(ref, *state->total, *expected.size);
  Expected whole = expected;
  if (!whole.size) whole.size = state->total;
  auto file = resume_file(dir, *state, whole);
  if (!file && !is_unusable(file)) return std::move(file).error();
  if (!file) return begin_bytes(dir, whole);
  if (whole.size && file->offset() > *whole.size) {
    return Error(Errc::failed_precondition, "ingest", ref,
                 "has " + std::to_string(file->offset()) + " bytes, more than the expected " +
                     std::to_string(*whole.size))
        .with_advice("abort it to begin anew");
  }
  return WriterBytes{.file = *std::move(file), .started = state->started, .saved = state->offset};
}

}  // namespace bayplan::content
