#include "bayplan/metadata/db.h"

#include "environment.h"
#include "environment_registry.h"
#include "tx_state.h"

namespace bayplan::metadata {

Db::Db(std::shared_ptr<Environment> environment, const OpenOptions& options)
    : environment_(std::move(environment)), options_(std::make_shared<const OpenOptions>(options)) {}

Result<Db> Db::open(const std::filesystem::path& directory, const OpenOptions& options) {
  BAYPLAN_ASSIGN(auto environment, acquire_environment(directory, options));
  return Db(std::move(environment), options);
}

Result<std::unique_ptr<const ReadTx>> Db::begin_read() const {
  BAYPLAN_ASSIGN(MDB_txn* const txn, environment_->begin_read());
  auto state = std::make_unique<ReadState>(environment_);
  state->own_txn = txn;
  std::unique_ptr<ReadTx> tx(new ReadTx);
  tx->read_ = std::move(state);
  return std::unique_ptr<const ReadTx>(std::move(tx));
}

Result<std::unique_ptr<WriteTx>> Db::begin_write() const {
  if (options_->read_only) {
    return Error(Errc::read_only, "store", directory().native(), "opened for reading only");
  }
  BAYPLAN_ASSIGN(MDB_txn* const txn, environment_->begin_write());
  auto header = environment_->read_header(txn);
  if (!header) {
    ::mdb_txn_abort(txn);
    environment_->end_write();
    return std::move(header).error();
  }
  auto core = std::make_shared<WriteCore>(environment_, txn, *header);
  std::unique_ptr<WriteTx> tx(new WriteTx);
  tx->read_ = std::make_unique<ReadState>(environment_);
  tx->read_->core = core;
  tx->write_ = std::make_unique<WriteState>(WriteState{std::move(core)});
  return tx;
}

Result<void> Db::commit(std::unique_ptr<WriteTx> tx) const { return tx->write_->core->commit(); }

Result<DbStats> Db::stats() const { return environment_->stats(); }
const std::filesystem::path& Db::directory() const noexcept { return environment_->path(); }
void Db::diagnose(const Diagnostic& diagnostic) const {
  if (options_->diagnostics) options_->diagnostics(diagnostic);
}

}  // namespace bayplan::metadata
