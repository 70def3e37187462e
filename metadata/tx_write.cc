#include <utility>

#include "tx_state.h"

namespace bayplan::metadata {

WriteTx::WriteTx() = default;

WriteTx::~WriteTx() {
  if (!read_ || read_->committed || read_->core->ended()) return;
  if (read_->level == 0) {
    read_->core->abort();
  } else if (read_->level == read_->core->level()) {
    read_->core->abort_level();
  }
}

MutableBucket WriteTx::root() { return {*this, root_handle()}; }
Result<std::optional<MutableBucket>> WriteTx::bucket(std::string_view name) { return root().bucket(name); }
Result<MutableBucket> WriteTx::create_bucket(std::string_view name) { return root().create_bucket(name); }
Result<MutableBucket> WriteTx::create_bucket_if_not_exists(std::string_view name) {
  return root().create_bucket_if_not_exists(name);
}
Result<void> WriteTx::delete_bucket(std::string_view name) { return root().delete_bucket(name); }

Result<std::unique_ptr<WriteTx>> WriteTx::begin_savepoint() {
  BAYPLAN_TRY(read_->usable());
  WriteCore& core = *read_->core;
  BAYPLAN_TRY(core.begin_level());
  std::unique_ptr<WriteTx> inner(new WriteTx);
  inner->read_ = std::make_unique<ReadState>(*read_, core.level());
  return inner;
}

Result<void> WriteTx::end_savepoint(WriteTx& inner) {
  BAYPLAN_TRY(inner.read_->usable());
  BAYPLAN_TRY(read_->core->commit_level());
  inner.read_->committed = true;
  return {};
}

void WriteTx::on_commit(std::function<void()> hook) { read_->core->on_commit(std::move(hook)); }
void WriteTx::on_abort(std::function<void()> hook) { read_->core->on_abort(std::move(hook)); }

}  // namespace bayplan::metadata
