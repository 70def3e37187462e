#include "submit_queue.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <system_error>

#include "bayplan/metadata/db.h"
#include "environment.h"
#include "own_thread.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kMostMembers = 1024;
// Rows and pages together; LMDB spills at 131,071 dirty pages.
constexpr std::int64_t kMostWeight = std::int64_t{16} * 1024;

// The host's signal handlers do not run on a thread that the host knows nothing of.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<void> SubmitQueue::push(Member member) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) BAYPLAN_TRY(start());
  queue_.push_back(std::move(member));
  if (queue_.size() == 1) queued_.notify_one();
  return {};
}

Result<void> SubmitQueue::start() {
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failed) {
    return Error::from_errno(failed.code().value(), "submission", {}, "starting the thread that commits");
  }
  return {};
}

void SubmitQueue::finish(std::function<void()> then) {
  std::unique_lock lock(mutex_);
  finishing_ = true;
  queued_.notify_one();
  if (thread_.get_id() == std::this_thread::get_id()) {
    then_ = std::move(then);
    return;
  }
  lock.unlock();
  if (thread_.joinable()) thread_.join();
  then();
}

std::pair<std::uint64_t, std::uint64_t> SubmitQueue::totals() const noexcept {
  return {groups_.load(std::memory_order_relaxed), members_.load(std::memory_order_relaxed)};
}

void SubmitQueue::run() {
  OwnThread::enter(&environment_);
  std::unique_lock lock(mutex_);
  while (true) {
    queued_.wait(lock, [this] { return finishing_ || !queue_.empty() || !taken_.empty(); });
    if (queue_.empty() && taken_.empty()) break;
    lock.unlock();
    run_group();
    lock.lock();
  }
  const auto then = std::move(then_);
  if (!then) return;
  thread_.detach();  // the last handle was dropped here: nobody else is left to join
  lock.unlock();
  then();  // ends the environment, and this object with it
}

// What was queued, all at once: who submits is not held up closure by closure.
bool SubmitQueue::take() {
  if (!taken_.empty()) return true;
  const std::lock_guard lock(mutex_);
  taken_.swap(queue_);
  return !taken_.empty();
}

// Those whose outcomes the last group made final are about to come back: let them run before closing without
// them.
bool SubmitQueue::take_or_yield(std::size_t so_far) {
  constexpr int kRounds = 2;
  bool found = take();
  for (int round = 0; !found && so_far < last_group_ && round < kRounds; ++round) {
    ::sched_yield();
    found = take();
  }
  return found;
}

SubmitQueue::Member SubmitQueue::next() {
  Member member = std::move(taken_.front());
  taken_.pop_front();
  return member;
}

void SubmitQueue::run_member(WriteTx& tx, Members& members, Member member) {
  internal::Submission& submission = *members.emplace_back(std::move(member));
  const auto kept = tx.savepoint([&](WriteTx& inner) { return submission.run(inner); });
  if (!kept) submission.lose(kept.error());
}

Result<void> SubmitQueue::fill(Members& members) {
  // A handle that does not keep the environment open: its closing waits for this thread.
  const Db db(std::shared_ptr<Environment>(std::shared_ptr<void>(), &environment_), {});
  take();
  const auto weak = [](const Member& member) { return member->durability == Durability::no_metasync; };
  const auto begun =
      std::all_of(taken_.begin(), taken_.end(), weak) ? Durability::no_metasync : Durability::full;
  BAYPLAN_ASSIGN(auto tx, db.begin_write(WriterKind::group, {.durability = begun}));
  std::int64_t weight = 0;
  std::int64_t before = Db::weight(*tx);
  while (members.size() < kMostMembers && weight < kMostWeight) {
    if (taken_.empty() && !take_or_yield(members.size())) break;
    run_member(*tx, members, next());
    const std::int64_t after = Db::weight(*tx);
    weight += std::max<std::int64_t>(after - std::exchange(before, after), 0);
  }
  const auto wanted = std::all_of(members.begin(), members.end(), weak) ? begun : Durability::full;
  try {
    return db.commit(std::move(tx), begun, wanted);
  } catch (...) {
    return {};  // a hook threw, against its contract; the commit itself is durable
  }
}

void SubmitQueue::run_group() {
  Members members;
  const auto committed = fill(members);
  if (!committed && members.empty()) {
    // No transaction, and none for those that wait either. Who comes later tries anew.
    while (!taken_.empty() || take()) members.push_back(next());
  }
  last_group_ = members.size();
  if (committed) {
    groups_.fetch_add(1, std::memory_order_relaxed);
    members_.fetch_add(members.size(), std::memory_order_relaxed);
  }
  for (Member& member : members) {
    if (!committed) member->lose(committed.error());
    member->resolve();
  }
  bell_->ring();
}

}  // namespace bayplan::metadata
