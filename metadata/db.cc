#include "bayplan/metadata/db.h"

#include "collection.h"
#include "environment.h"
#include "environment_handles.h"
#include "environment_registry.h"
#include "tx_state.h"

namespace bayplan::metadata {

Db::Db(std::shared_ptr<Environment> environment, const OpenOptions& options)
    : environment_(std::move(environment)), options_(std::make_shared<const OpenOptions>(options)) {}

Result<Db> Db::open(const std::filesystem::path& directory, const OpenOptions& options) {
  BAYPLAN_ASSIGN(auto environment, acquire_environment(directory, options));
  Db db(std::move(environment), options);
  db.handles_ = std::make_shared<const EnvironmentHandles>(db.environment_);
  if (!options.read_only) end_dead_notes(db);
  return db;
}

Error Db::never_opened() {
  return Error(Errc::closed, "store", {}, "this handle was never opened, or was moved from")
      .with_advice("assign what Db::open answers");
}

Result<std::unique_ptr<const ReadTx>> Db::begin_read() const {
  BAYPLAN_TRY(opened());
  BAYPLAN_ASSIGN(Reader* const reader, environment_->begin_read());
  auto state = std::make_unique<ReadState>(handles_ ? handles_->here() : environment_);
  state->reader = reader;
  state->own_txn = reader->txn;
  std::unique_ptr<ReadTx> tx(new ReadTx);
  tx->read_ = std::move(state);
  return std::unique_ptr<const ReadTx>(std::move(tx));
}

Result<void> Db::renew(std::unique_ptr<const ReadTx>& tx) const {
  BAYPLAN_TRY(opened());
  const ReadState& state = state_of(*tx);
  if (state.environment != environment_.get()) {
    return Error(Errc::invalid_argument, "store", directory().native(),
                 "the transaction is of another store");
  }
  BAYPLAN_TRY(environment_->usable());
  if (environment_->is_newest(state.own_txn)) return {};
  BAYPLAN_ASSIGN(tx, begin_read());
  return {};
}

void Db::enqueue(const std::shared_ptr<internal::Submission>& submission) const {
  auto queued = opened();
  if (queued) queued = environment_->usable();
  if (queued && options_->read_only) queued = read_only_error();
  if (queued) queued = environment_->submissions().push(submission);
  if (queued) return;
  submission->lose(queued.error());
  submission->resolve();
}

std::shared_ptr<const internal::Bell> Db::bell() const {
  return environment_ ? environment_->submissions().bell() : std::make_shared<internal::Bell>(nullptr);
}

std::int64_t Db::weight(const WriteTx& tx) noexcept {
  const WriteCore& core = *tx.read_->core;
  MDB_stat rows{};
  ::mdb_stat(core.txn(), tx.read_->environment->rows(), &rows);
  return static_cast<std::int64_t>(core.version() + rows.ms_branch_pages + rows.ms_leaf_pages +
                                   rows.ms_overflow_pages);
}

Error Db::read_only_error() const {
  return {Errc::read_only, "store", directory().native(), "opened for reading only"};
}

Result<std::unique_ptr<WriteTx>> Db::begin_write(const WriteOptions& options) const {
  return begin_write(WriterKind::single, options);
}

Result<std::unique_ptr<WriteTx>> Db::begin_write(WriterKind kind, const WriteOptions& options) const {
  BAYPLAN_TRY(opened());
  if (options_->read_only) return read_only_error();
  BAYPLAN_ASSIGN(MDB_txn* const txn, environment_->begin_write(kind, options));
  auto header = environment_->read_header(txn);
  if (!header) {
    ::mdb_txn_abort(txn);
    environment_->end_write();
    return std::move(header).error();
  }
  auto core = std::make_shared<WriteCore>(environment_, txn, *header);
  std::unique_ptr<WriteTx> tx(new WriteTx);
  tx->read_ = std::make_unique<ReadState>(environment_);
  tx->read_->core = std::move(core);
  return tx;
}

Result<void> Db::commit(std::unique_ptr<WriteTx> tx, Durability begun, Durability wanted) const {
  WriteCore& core = *tx->read_->core;
  DelayedHooks& delayed = environment_->delayed_hooks();
  // While the lock is held: what is delayed now belongs to commits before this one.
  auto earlier = begun == Durability::full ? delayed.take() : DelayedHooks::List{};
  auto own = core.take_commit_hooks();
  const std::uint64_t number = core.revision();
  auto committed = core.commit();
  const bool flushed = committed && core.revision() != number;
  if (!flushed) {
    delayed.put_back(std::move(earlier));
    if (committed) DelayedHooks::run(own);
    return committed;
  }
  if (begun == Durability::full) {
    environment_->events().release(core.revision() - 1);
    DelayedHooks::run(earlier);
    DelayedHooks::run(own);
    environment_->events().deliver();
    return {};
  }
  delayed.add(std::move(own));
  return wanted == Durability::full ? environment_->sync() : Result<void>{};
}

Result<void> Db::sync() const {
  BAYPLAN_TRY(opened());
  if (options_->read_only) return read_only_error();
  return environment_->sync();
}

Result<DbStats> Db::stats() const {
  BAYPLAN_TRY(opened());
  return environment_->stats();
}
const std::filesystem::path& Db::directory() const noexcept { return environment_->path(); }
void Db::diagnose(const Diagnostic& diagnostic) const {
  if (options_ && options_->diagnostics) options_->diagnostics(diagnostic);
}

}  // namespace bayplan::metadata
