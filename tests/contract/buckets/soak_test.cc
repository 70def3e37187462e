// Eight writer threads, four reader threads and one more process on one store, for BAYPLAN_SOAK_SECONDS
// (default 2; scripts/nightly: 300). Money moves between the accounts of one owner, one at each bank, in
// records of changing size; every reader finds the owner's sum, and now and then everybody's.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "header.h"
#include "random.h"
#include "tx_state.h"
#include "unit/metadata/child_process.h"
#include "unit/metadata/store_test_base.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kBanks = 8;
constexpr std::size_t kOwners = 1000;  // with an account at each bank
constexpr std::int64_t kStart = 1000;
constexpr std::int64_t kOfOwner = kStart * static_cast<std::int64_t>(kBanks);
constexpr std::int64_t kTotal = kOfOwner * static_cast<std::int64_t>(kOwners);
constexpr int kWriters = 8;
constexpr int kReaders = 4;
constexpr std::uint64_t kMaxGrowth = 3;  // of the file against the pages in use
constexpr std::size_t kWarmUp = 30;      // seconds before that is judged

struct Thrown {};

struct Account {
  std::string bank{};
  std::string owner{};
};

std::string bank_name(std::size_t number) { return "bank" + std::to_string(number); }
std::string owner_name(std::size_t number) { return "owner" + std::to_string(number); }

Account some_account(Random& random) {
  return {bank_name(random.below(kBanks)), owner_name(random.below(kOwners))};
}

MutableBucket record_of(WriteTx& tx, const Account& account) {
  return *tx.bucket(account.bank).value()->bucket(account.owner).value();
}

std::int64_t balance_of(const Bucket& record) {
  return std::stoll(std::string(record.require("balance").value()));
}

// Mostly a small record, which is one row; now and then one that is many.
std::size_t some_size(Random& random) { return random.one_in(20) ? random.below(20000) : random.below(900); }

void create_accounts(const Db& db, Random& random) {
  db.update([&](WriteTx& tx) -> Result<void> {
      for (std::size_t bank = 0; bank < kBanks; ++bank) {
        auto accounts = tx.create_bucket(bank_name(bank)).value();
        for (std::size_t i = 0; i < kOwners; ++i) {
          auto record = accounts.create_bucket(owner_name(i)).value();
          record.put("balance", std::to_string(kStart)).value();
          record.put("notes", std::string(some_size(random), 'n')).value();
          record.create_bucket("labels").value().put("opened", "today").value();
        }
      }
      return {};
    }).value();
}

void transfer(WriteTx& tx, Random& random) {
  const Account payer = some_account(random);
  auto from = record_of(tx, payer);
  auto to = record_of(tx, {bank_name(random.below(kBanks)), payer.owner});
  const auto amount = static_cast<std::int64_t>(random.below(100));
  from.put("balance", std::to_string(balance_of(from) - amount)).value();
  to.put("balance", std::to_string(balance_of(to) + amount)).value();
}

// Sizes change: values grow, labels come and go, records are made anew with their balance.
void resize(WriteTx& tx, Random& random) {
  const Account account = some_account(random);
  auto record = record_of(tx, account);
  switch (random.below(4)) {
    case 0:
      return record.put("notes", std::string(some_size(random), 'n')).value();
    case 1:
      record.create_bucket_if_not_exists("labels")
          .value()
          .put("l" + std::to_string(random.below(20)), "x")
          .value();
      return;
    case 2:
      if (record.bucket("labels").value()) record.delete_bucket("labels").value();
      return;
    default:
      break;
  }
  const std::string balance(record.require("balance").value());
  auto bank = *tx.bucket(account.bank).value();
  bank.delete_bucket(account.owner).value();
  bank.create_bucket(account.owner).value().put("balance", balance).value();
}

Result<void> one_transaction(WriteTx& tx, Random& random) {
  transfer(tx, random);
  resize(tx, random);
  if (random.one_in(4)) {
    ignore_error(tx.savepoint([&](WriteTx& inner) -> Result<void> {
      transfer(inner, random);
      resize(inner, random);
      record_of(inner, some_account(random)).put("balance", "0").value();
      return Error(Errc::cancelled, "test", {});
    }),
                 "it is undone on purpose");
  }
  if (!random.one_in(10)) return {};
  record_of(tx, some_account(random)).put("balance", "0").value();
  if (random.one_in(2)) throw Thrown{};
  return Error(Errc::cancelled, "test", {});
}

class Soak {
 public:
  Soak(std::filesystem::path path, std::size_t seed, std::chrono::steady_clock::time_point end)
      : db_(Db::open(std::move(path)).value()), seed_(seed), end_(end) {}

  void write(std::size_t number) {
    guarded([&] {
      Random random(seed_ + number);
      while (going()) {
        write_once(random);
        ++commits_;
      }
    });
  }

  void read(std::size_t number) {
    guarded([&] {
      Random random(seed_ + number);
      while (going()) {
        const bool all = random.one_in(5000);
        const std::int64_t sum = all ? total() : total_of(owner_name(random.below(kOwners)));
        if (sum != (all ? kTotal : kOfOwner)) throw std::runtime_error("the sum is " + std::to_string(sum));
        expect_whole_snapshot();
        ++reads_;
      }
    });
  }

  // LMDB alone sometimes numbers a snapshot after one commit and reads a later one.
  void expect_whole_snapshot() const {
    db_.view([](const ReadTx& tx) -> Result<void> {
         const ReadState& state = state_of(tx);
         BAYPLAN_ASSIGN(const Header header, state.environment->read_header(state.own_txn));
         return check_commit(header, ::mdb_txn_id(state.own_txn));
       })
        .value();
  }

  std::int64_t total() const {
    return db_
        .view([&](const ReadTx& tx) -> Result<std::int64_t> {
          std::int64_t sum = 0;
          BAYPLAN_TRY(root_bucket(tx).for_each_bucket([&](std::string_view, const Bucket& bank) {
            return bank.for_each_bucket([&](std::string_view, const Bucket& record) -> Result<void> {
              sum += balance_of(record);
              return {};
            });
          }));
          return sum;
        })
        .value();
  }

  std::int64_t total_of(const std::string& owner) const {
    return db_
        .view([&](const ReadTx& tx) -> Result<std::int64_t> {
          std::int64_t sum = 0;
          for (std::size_t bank = 0; bank < kBanks; ++bank) {
            sum += balance_of(*root_bucket(tx).descend({bank_name(bank), owner}).value());
          }
          return sum;
        })
        .value();
  }

  const Db& db() const noexcept { return db_; }
  std::size_t commits() const noexcept { return commits_; }
  std::size_t reads() const noexcept { return reads_; }
  bool failed() const noexcept { return failed_; }

 private:
  bool going() const { return !failed_ && std::chrono::steady_clock::now() < end_; }

  // The one place where a writer meets the store: alone, or in a group.
  void write_once(Random& random) {
    const auto body = [&](WriteTx& tx) { return one_transaction(tx, random); };
    try {
      const auto result = random.one_in(2) ? db_.update(body) : db_.submit(body).get();
      if (!result && result.error().code() != Errc::cancelled)
        throw std::runtime_error(result.error().to_string());
    } catch (const Thrown&) {
    }
  }

  template <class F>
  void guarded(F body) {
    try {
      body();
    } catch (const std::exception& failure) {
      std::printf("soak, seed %zu: %s\n", seed_, failure.what());
      failed_ = true;
    }
  }

  Db db_;
  std::size_t seed_;
  std::chrono::steady_clock::time_point end_;
  std::atomic<std::size_t> commits_{0};
  std::atomic<std::size_t> reads_{0};
  std::atomic<bool> failed_{false};
};

int other_process(const std::filesystem::path& path, std::size_t seed,
                  std::chrono::steady_clock::time_point end) {
  Soak soak(path, seed + 1000, end);
  soak.write(0);
  if (soak.total() != kTotal) return 1;
  return soak.failed() ? 2 : 0;
}

TEST(Soak, WritersReadersAndAnotherProcess) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  const std::size_t seconds = number_from_environment("BAYPLAN_SOAK_SECONDS", 2);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const test::TempDir dir;
  const auto path = dir.path() / "metadata";
  Random random(seed);
  create_accounts(Db::open(path).value(), random);
  const pid_t other = start_child([&] { return other_process(path, seed, end); });

  Soak soak(path, seed, end);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kWriters; ++i) threads.emplace_back([&, i] { soak.write(i); });
  for (std::size_t i = 0; i < kReaders; ++i) threads.emplace_back([&, i] { soak.read(100 + i); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wait_for(other), 0);
  EXPECT_FALSE(soak.failed());
  EXPECT_EQ(soak.total(), kTotal);
  EXPECT_TRUE(check(soak.db(), {}).value().clean());

  const DbStats stats = soak.db().stats().value();
  const std::uint64_t live = stats.used_pages * stats.page_bytes;
  if (seconds > kWarmUp) {
    EXPECT_LE(stats.file_bytes, kMaxGrowth * live);
  }
  std::printf(
      "soak: %zu s, %zu transactions and %zu reads here, %llu commits in all; file %llu KiB, live %llu KiB\n",
      seconds, soak.commits(), soak.reads(), static_cast<unsigned long long>(stats.revision),
      static_cast<unsigned long long>(stats.file_bytes >> 10), static_cast<unsigned long long>(live >> 10));
}

}  // namespace
}  // namespace bayplan::metadata
