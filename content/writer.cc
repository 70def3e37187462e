#include "bayplan/content/writer.h"

#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "ingest_state.h"
#include "records.h"
#include "store_access.h"
#include "writer_state.h"

namespace bayplan::content {

Writer::State::State(metadata::Db store, std::string_view name_space, std::string_view reference,
                     const WriterOptions& options, RefDir locked, WriterBytes held)
    : db(std::move(store)),
      ns(name_space),
      ref(reference),
      lease(options.lease),
      expected(options.expected),
      dir(std::move(locked)),
      bytes(std::move(held)) {}

Writer::State::~State() {
  if (!bytes.file || !dir.dirs().locks->check_process()) return;
  ignore_error(save(), "the next writer begins at an earlier checkpoint");
}

Result<void> Writer::State::save() {
  if (!bytes.file || bytes.file->offset() == bytes.saved) return {};
  BAYPLAN_TRY(bytes.file->settle());
  BAYPLAN_TRY(fault::at(fault::Point::checkpoint_synced));
  const IngestState state{.boot = this_boot(),
                          .started = bytes.started,
                          .updated = now(),
                          .total = bytes.file->expected().size,
                          .offset = bytes.file->offset(),
                          .hash = bytes.file->hasher().save()};
  BAYPLAN_TRY(write_state(dir.fd(), state, true));
  bytes.saved = state.offset;
  return {};
}

void Writer::State::replace(WriterBytes begun) {
  bytes.file = std::move(begun.file);
  bytes.adopted.reset();
  bytes.started = begun.started;
  bytes.saved = begun.saved;
}

Result<void> Writer::State::own_bytes() {
  const Digest& digest = bytes.adopted->digest;
  BAYPLAN_ASSIGN(const UniqueFd blob, file::open_regular(dir.dirs().dir_of(digest), digest.hex()));
  // What is appended makes another blob.
  BAYPLAN_ASSIGN(WriterBytes own, begin_bytes(dir, {}));
  file::FdSource source(blob.get(), digest.to_string());
  std::vector<std::byte> buffer(std::size_t{256} << 10);
  for (;;) {
    BAYPLAN_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) break;
    BAYPLAN_TRY(own.file->write(std::span(buffer).first(count)));
  }
  replace(std::move(own));
  return {};
}

Result<ReadyFile> Writer::State::publish(const Expected& wanted) {
  const Expected whole{.digest = wanted.digest ? wanted.digest : expected.digest,
                       .size = wanted.size ? wanted.size : expected.size};
  if (bytes.adopted) {
    const ReadyFile& blob = *bytes.adopted;
    if (whole.digest != blob.digest || whole.size.value_or(blob.size) != blob.size)
      return Error(Errc::digest_mismatch, "blob", blob.digest.to_string(), "another blob was expected");
    return *std::exchange(bytes.adopted, std::nullopt);
  }
  BAYPLAN_TRY(bytes.file->expect(whole));
  IngestFile* const file = &*bytes.file;
  BAYPLAN_ASSIGN(auto ready, publish_files(dir.dirs(), std::span(&file, 1)));
  bytes.file.reset();
  return std::move(ready.front());
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

Result<void> Writer::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  if (state_->bytes.adopted) BAYPLAN_TRY(state_->own_bytes());
  BAYPLAN_TRY(state_->bytes.file->write(bytes));
  if (offset() - state_->bytes.saved < kCheckpointBytes) return {};
  return state_->save();
}

std::uint64_t Writer::offset() const noexcept {
  const WriterBytes& bytes = state_->bytes;
  return bytes.adopted ? bytes.adopted->size : bytes.file->offset();
}

Digest Writer::digest() const {
  const WriterBytes& bytes = state_->bytes;
  return bytes.adopted ? bytes.adopted->digest : bytes.file->digest();
}

bool Writer::is_adopted() const noexcept { return state_->bytes.adopted.has_value(); }

struct WrittenBytes::File {
  UniqueFd fd;
  std::string name;
};

WrittenBytes::WrittenBytes(std::shared_ptr<const File> file) : file_(std::move(file)) {}

Result<void> WrittenBytes::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  return file::pread_exact(file_->fd.get(), into, offset, file_->name);
}

Result<WrittenBytes> Writer::written() const {
  BAYPLAN_ASSIGN(UniqueFd fd, state_->bytes.file->open_again());
  return WrittenBytes(std::make_shared<WrittenBytes::File>(WrittenBytes::File{std::move(fd), state_->ref}));
}

Result<void> Writer::truncate() {
  BAYPLAN_ASSIGN(WriterBytes begun, begin_bytes(state_->dir, state_->expected));
  state_->replace(std::move(begun));
  return {};
}

Result<void> Writer::close() && {
  const auto state = std::move(state_);
  return state->save();
}

Result<ReadyBlob> Writer::finish(const Expected& expected) && {
  const auto state = std::move(state_);
  BAYPLAN_ASSIGN(ReadyFile ready, state->publish(expected));
  return StoreAccess::ready_blob(std::move(ready), EndingIngest{.ns = std::move(state->ns),
                                                                .ref = std::move(state->ref),
                                                                .lease = std::move(state->lease),
                                                                .dir = std::move(state->dir)});
}

Result<Info> Writer::commit(const Labels& labels, const metadata::Keeper& keeper,
                            const Expected& expected) && {
  BAYPLAN_TRY(validate_labels(labels));
  const metadata::Db db = state_->db;
  const std::string ns = state_->ns;
  BAYPLAN_ASSIGN(ReadyBlob ready, std::move(*this).finish(expected));
  const Digest digest = ready.digest();
  struct Outcome {
    Info info;
    bool made;
  };
  BAYPLAN_ASSIGN(Outcome outcome, db.submit([&](metadata::WriteTx& tx) -> Result<Outcome> {
                                      BAYPLAN_ASSIGN(const bool made,
                                                     add_new(tx, ns, std::move(ready), labels, keeper));
                                      BAYPLAN_ASSIGN(Info info, stat(tx, ns, digest));
                                      return Outcome{std::move(info), made};
                                    }).get());
  if (!outcome.made) return Error(Errc::already_exists, "blob", digest.to_string());
  return std::move(outcome.info);
}

}  // namespace bayplan::content
