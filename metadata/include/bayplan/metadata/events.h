// Change events of this process: what its commits created, updated and removed, told once that is durable.
//
//   BAYPLAN_ASSIGN(auto subscription, metadata::subscribe(db, [](std::span<const metadata::Event> commit) {
//     for (const metadata::Event& event : commit) log(event.kind, event.key, to_string(event.change));
//   }));
//
// One call tells one commit, whole: its events in the order in which the record functions were called, those
// of a group commit in the order of its members. What a savepoint undid is left out. Commits come in their
// order, whichever threads made them; weak ones (options.h) wait for the next full commit, sync(), or the
// closing of the store. An object that is changed twice in a commit is told twice.
//
// Handlers run on the thread that commits, after its on_commit hooks, outside of every lock; but while one
// thread tells, the others leave their commits to it: an update() may return before its events were told.
// They are called one at a time. A handler
// - may use the store. What it commits is told when it and those before it have returned.
// - may subscribe, and end any subscription, its own too.
// - that blocks holds up the thread that tells, and all later events, which then queue in memory; no writer
//   waits for it.
// - that throws is reported to the diagnostics of the store; the others, and later events, are told.
// - can no longer open the store where it is told at the closing.
//
// What other processes commit is seen by a Watcher (watcher.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

class Db;
class EventHub;
struct Subscriber;

enum class Change : unsigned char { created, updated, removed };

/// "created", "updated", "removed".
std::string_view to_string(Change change) noexcept;

/// What the record functions call a namespace that they make, change or remove; its key is its name.
inline constexpr std::string_view kNamespaceKind = "namespace";

struct Event {
  std::string kind{};  ///< as GcNode's: "image", "content", "ingest", "sandbox", ..; and "namespace"
  std::string ns{};
  std::string key{};  ///< as GcNode's: name, digest, "<snapshotter>/<key>", id
  Change change = Change::updated;
  std::uint64_t revision = 0;  ///< of the commit: all later ones have greater numbers

  friend bool operator==(const Event&, const Event&) = default;
};

/// Views live during the call.
using EventHandler = std::function<void(std::span<const Event> commit)>;

/// Ends with its destruction. May outlive every handle of the store. One thread at a time.
class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  Subscription(Subscription&&) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription() { reset(); }

  /// Ends it. When it returns, the handler does not run and never will: a call under way on another thread is
  /// waited for, so the caller must not hold what that call waits for. Inside a handler it does not wait.
  void reset() noexcept;

 private:
  friend class EventHub;
  std::shared_ptr<EventHub> hub_{};
  std::shared_ptr<Subscriber> subscriber_{};
};

/// Calls `handler` with the commits of all transactions of this process, whichever handle of the store they
/// came through, that begin after this. One that is open already is told whole or not at all. Does not keep
/// the store open. Thread-safe. Errors: invalid_argument (no handler), closed.
Result<Subscription> subscribe(const Db& db, EventHandler handler);

}  // namespace bayplan::metadata
