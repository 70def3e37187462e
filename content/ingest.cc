#include "bayplan/base/fault.h"
#include "ingest_file.h"

namespace bayplan::content {

Ingest::Ingest(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ingest::Ingest(Ingest&&) noexcept = default;
Ingest& Ingest::operator=(Ingest&&) noexcept = default;
Ingest::~Ingest() = default;

Result<void> Ingest::write(std::span<const std::byte> bytes) { return state_->file.write(bytes); }
std::uint64_t Ingest::offset() const noexcept { return state_->file.offset(); }
Digest Ingest::digest() const { return state_->file.digest(); }

Result<ReadyBlob> Ingest::finish() && {
  const auto state = std::move(state_);
  IngestFile* const file = &state->file;
  BAYPLAN_ASSIGN(auto ready, publish_files(*state->dirs, std::span(&file, 1)));
  return ReadyBlob(std::make_shared<ReadyBlob::State>(std::move(ready.front())));
}

}  // namespace bayplan::content
