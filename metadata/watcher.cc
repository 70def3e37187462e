#include "bayplan/metadata/watcher.h"

#include <algorithm>
#include <utility>

#include "bayplan/base/file_watch.h"
#include "environment.h"
#include "record_diff.h"

namespace bayplan::metadata {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Watcher::Watcher(Db db, std::unique_ptr<const ReadTx> at, std::unique_ptr<FileWatch> file)
    : db_(std::move(db)), at_(std::move(at)), file_(std::move(file)) {}
Watcher::Watcher(Watcher&&) noexcept = default;
Watcher& Watcher::operator=(Watcher&&) noexcept = default;
Watcher::~Watcher() = default;

Result<Watcher> Watcher::begin(const Db& db) {
  BAYPLAN_ASSIGN(const auto environment, Environment::of(db));
  auto file = std::make_unique<FileWatch>(environment->data_fd(), FileWatch::For::write);
  BAYPLAN_ASSIGN(auto at, db.begin_read());
  return Watcher(db, std::move(at), std::move(file));
}

Result<std::vector<Event>> Watcher::look() {
  auto newest = db_.begin_read();
  if (!newest) return std::move(newest).error();
  if ((*newest)->revision() == at_->revision()) return std::vector<Event>();
  BAYPLAN_ASSIGN(auto events, record_diff(*at_, **newest));
  at_ = std::move(*newest);
  return events;
}

Result<std::vector<Event>> Watcher::next(const Control& control, std::optional<Clock::time_point> deadline) {
  while (true) {
    BAYPLAN_TRY(control.cancel.check());
    file_->forget();
    BAYPLAN_ASSIGN(auto events, look());
    const auto time = Clock::now();
    if (!events.empty() || (deadline && *deadline <= time)) return events;
    const auto until = std::min(deadline.value_or(Clock::time_point::max()), time + kPollInterval);
    file_->wait(std::chrono::ceil<std::chrono::milliseconds>(until - time));
  }
}

}  // namespace bayplan::metadata
