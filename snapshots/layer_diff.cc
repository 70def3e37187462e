#include "layer_diff.h"

#include <utility>

#include "bayplan/base/file.h"
#include "layer_writer.h"

namespace bayplan::snapshots {
namespace {

Result<UniqueFd> hold(const Driver& driver, const std::string& id) {
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_dir_at(driver.root(), id));
  BAYPLAN_TRY(file::try_lock_shared(fd.get(), id));
  return fd;
}

}  // namespace

Result<std::unique_ptr<LayerDiff::State>> LayerDiff::State::open(std::shared_ptr<Driver> driver,
                                                                 const std::string& id,
                                                                 const LowerIds& lower) {
  auto state = std::make_unique<State>(State{std::move(driver), {}});
  BAYPLAN_ASSIGN(UniqueFd own, hold(*state->driver, id));
  state->directories.push_back(std::move(own));
  for (const std::string& below : lower) {
    BAYPLAN_ASSIGN(UniqueFd fd, hold(*state->driver, below));
    state->directories.push_back(std::move(fd));
  }
  return state;
}

LayerDiff::LayerDiff(std::unique_ptr<State> state) : state_(std::move(state)) {}
LayerDiff::LayerDiff(LayerDiff&&) noexcept = default;
LayerDiff& LayerDiff::operator=(LayerDiff&&) noexcept = default;
LayerDiff::~LayerDiff() = default;

Result<DiffReport> LayerDiff::write(ByteSink& tar, const Control& control) const {
  LayerWriter out(tar, control);
  BAYPLAN_TRY(state_->driver->diff(out, state_->directories));
  return out.finish();
}

}  // namespace bayplan::snapshots
