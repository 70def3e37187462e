#include "stage.h"

#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "layer_apply.h"

namespace bayplan::snapshots {
namespace {

// The locked directory `id`, newly made; empty when the name was taken, or a sweep was faster than the lock.
Result<std::optional<UniqueFd>> make_locked(int root, const std::string& id) {
  if (::mkdirat(root, id.c_str(), 0700) != 0) {
    if (errno == EEXIST) return std::optional<UniqueFd>();
    return Error::from_errno(errno, "snapshot directory", id, "mkdirat");
  }
  auto made = file::open_dir_at(root, id);
  if (!made && made.error().code() == Errc::not_found) return std::optional<UniqueFd>();
  BAYPLAN_ASSIGN(UniqueFd fd, std::move(made));
  BAYPLAN_TRY(file::lock_exclusive(fd.get(), id));
  const auto still_there = file::stat_at(root, id);
  if (!still_there && still_there.error().code() == Errc::not_found) return std::optional<UniqueFd>();
  if (!still_there) return still_there.error();
  return std::optional<UniqueFd>(std::move(fd));
}

Error used_up() {
  return Error(Errc::failed_precondition, "stage", {}, "was consumed by a transaction or moved away");
}

}  // namespace

Result<std::shared_ptr<StageDirectory>> StageDirectory::create(std::shared_ptr<Driver> driver) {
  while (true) {
    BAYPLAN_ASSIGN(std::string id, driver->names().next());
    BAYPLAN_ASSIGN(std::optional<UniqueFd> locked, make_locked(driver->root(), id));
    if (!locked) continue;
    std::shared_ptr<StageDirectory> directory(
        new StageDirectory(std::move(driver), std::move(id), *std::move(locked)));
    BAYPLAN_TRY(fault::at(fault::Point::stage_created));
    return directory;
  }
}

void StageDirectory::discard() noexcept {
  if (!locked_) return;
  ignore_error(file::remove_tree(driver_->root(), id_), "no record names it: a sweep tries again");
  locked_.reset();
}

Stage::Stage(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stage::Stage(Stage&&) noexcept = default;
Stage& Stage::operator=(Stage&&) noexcept = default;
Stage::~Stage() = default;

Result<ApplyReport> Stage::apply(ByteSource& tar, const ApplyLimits& limits, const Control& control) {
  if (!state_) return used_up();
  const std::string& id = state_->directory->id();
  BAYPLAN_ASSIGN(const UniqueFd tree, state_->driver->open_tree(id, state_->lower));
  BAYPLAN_ASSIGN(ApplyReport report, apply_layer(tar, tree.get(), limits, control));
  BAYPLAN_TRY(fault::at(fault::Point::stage_applied));
  return report;
}

Result<Usage> Stage::measure() {
  if (!state_) return used_up();
  return state_->driver->usage(state_->directory->id());
}

const std::string& Stage::directory() const noexcept {
  static const std::string kNone;
  return state_ ? state_->directory->id() : kNone;
}

}  // namespace bayplan::snapshots
