// Random transactions against a model: events are what a list of the calls that were kept says, and a Watcher
// sees what two copies of the records say. BAYPLAN_EVENTS_ROUNDS (default 3), BAYPLAN_TEST_SEED.
#include "bayplan/metadata/events.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <random>

#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/watcher.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

const Error kUndone(Errc::cancelled, "test", {});

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::stoull(text);
}

/// What a reader finds: every record with all that it says, by namespace, bucket and key.
using Records = std::map<std::tuple<std::string, std::string, std::string>, std::string>;

std::string words(const leases::Lease& lease, const ReadTx& tx, const std::string& ns) {
  std::string all = format_rfc3339(lease.created);
  for (const auto& [key, value] : lease.labels) all += " " + key + "=" + value;
  leases::walk_resources(tx, ns, lease.id, [&](const leases::Resource& resource) -> Result<void> {
    all += " " + resource.type + ":" + resource.id;
    return {};
  }).value();
  return all;
}

Records read_all(const ReadTx& tx) {
  Records records;
  const auto namespaces = list_namespaces(tx).value();
  for (const std::string& ns : namespaces) {
    std::string& labels = records[{ns, "", ns}];
    for (const auto& [key, value] : namespace_labels(tx, ns).value()) labels += key + "=" + value + " ";
    leases::walk(tx, ns, [&](const leases::Lease& lease) -> Result<void> {
      records[{ns, "lease", lease.id}] = words(lease, tx, ns);
      return {};
    }).value();
  }
  return records;
}

/// What a Watcher should answer.
std::vector<Event> differences(const Records& older, const Records& newer, std::uint64_t revision) {
  std::map<Records::key_type, Change> changes;
  for (const auto& [key, value] : newer) {
    const auto before = older.find(key);
    if (before == older.end()) {
      changes[key] = Change::created;
    } else if (before->second != value) {
      changes[key] = Change::updated;
    }
  }
  for (const auto& [key, value] : older) {
    if (!newer.contains(key)) changes[key] = Change::removed;
  }
  std::vector<Event> events;
  for (const auto& [at, change] : changes) {
    const auto& [ns, kind, key] = at;
    events.push_back({kind.empty() ? "namespace" : kind, ns, key, change, revision});
  }
  return events;
}

class EventsModel : public StoreTest {
 protected:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  std::string some_namespace() { return std::string(1, static_cast<char>('a' + below(3))); }
  std::string some_lease() { return std::string(1, static_cast<char>('k' + below(5))); }

  void expect(std::string kind, const std::string& ns, std::string key, Change change, const WriteTx& tx) {
    expected_.push_back({std::move(kind), ns, std::move(key), change, tx.revision()});
  }

  void create_lease(WriteTx& tx) {
    const std::string ns = some_namespace();
    const std::string id = some_lease();
    const bool fresh = !namespace_labels(tx, ns);
    if (!leases::create(tx, ns, {.id = id, .labels = {{"n", std::to_string(below(100))}}})) return;
    if (fresh) expect("namespace", ns, ns, Change::created, tx);
    expect("lease", ns, id, Change::created, tx);
  }

  void act(WriteTx& tx) {
    const std::string ns = some_namespace();
    const std::string id = some_lease();
    switch (below(7)) {
      case 0:
        if (create_namespace(tx, ns)) expect("namespace", ns, ns, Change::created, tx);
        break;
      case 1:
        if (set_namespace_label(tx, ns, "n", std::to_string(below(100))))
          expect("namespace", ns, ns, Change::updated, tx);
        break;
      case 2:
        if (remove_namespace(tx, ns)) expect("namespace", ns, ns, Change::removed, tx);
        break;
      case 3: {
        // Large enough to leave the rows of others now and then.
        const std::string image(1 + below(300), static_cast<char>('a' + below(26)));
        if (leases::add_resource(tx, ns, id, {"images", image})) expect("lease", ns, id, Change::updated, tx);
        break;
      }
      case 4:
        if (leases::remove(tx, ns, id)) expect("lease", ns, id, Change::removed, tx);
        break;
      default:
        create_lease(tx);
    }
  }

  /// Some acts, some of them in savepoints, of which every third is undone.
  void act_some(WriteTx& tx, int depth) {
    for (std::size_t n = below(5); n-- > 0;) {
      if (depth == 3 || below(3) != 0) {
        act(tx);
        continue;
      }
      const std::size_t before = expected_.size();
      const auto kept = tx.savepoint([&](WriteTx& inner) -> Result<void> {
        act_some(inner, depth + 1);
        return below(3) == 0 ? Result<void>(kUndone) : Result<void>{};
      });
      if (!kept) expected_.resize(before);
    }
  }

  void transact() {
    const std::size_t before = expected_.size();
    const auto body = [&](WriteTx& tx) -> Result<void> {
      act_some(tx, 0);
      return below(6) == 0 ? Result<void>(kUndone) : Result<void>{};
    };
    WriteOptions options;
    if (below(2) == 0) options.durability = Durability::no_metasync;
    const auto kept =
        below(3) == 0 ? db().submit(body, options.durability).get() : db().update(body, options);
    if (!kept) expected_.resize(before);
  }

  Records records() {
    Records found;
    view([&](const ReadTx& tx) { found = read_all(tx); });
    return found;
  }

  void run_round();

  std::mt19937_64 random_{0};
  std::vector<Event> expected_;
};

void EventsModel::run_round() {
  constexpr int kTransactions = 60;
  std::vector<Event> told;
  const auto subscription = subscribe(db(), [&](std::span<const Event> commit) {
                              told.insert(told.end(), commit.begin(), commit.end());
                            }).value();
  auto watcher = Watcher::begin(db()).value();
  Records seen = records();
  expected_.clear();
  for (int n = 0; n < kTransactions; ++n) {
    transact();
    if (below(4) != 0) continue;
    const auto events = watcher.next({}, std::chrono::steady_clock::time_point{}).value();
    const Records current = records();
    ASSERT_EQ(events, differences(seen, current, watcher.snapshot().revision())) << "transaction " << n;
    seen = current;
  }
  db().sync().value();
  ASSERT_EQ(told, expected_);
}

TEST_F(EventsModel, events_are_those_of_the_model) {
  const std::uint64_t seed = number_from("BAYPLAN_TEST_SEED", 20261121);
  const std::uint64_t rounds = number_from("BAYPLAN_EVENTS_ROUNDS", 3);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed + round));
    random_.seed(seed + round);
    ASSERT_NO_FATAL_FAILURE(run_round());
  }
}

TEST(Change, has_words) {
  EXPECT_EQ(to_string(Change::created), "created");
  EXPECT_EQ(to_string(Change::updated), "updated");
  EXPECT_EQ(to_string(Change::removed), "removed");
}

}  // namespace
}  // namespace bayplan::metadata
