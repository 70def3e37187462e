// One process collects while another ingests the same digest again and again: at no moment does a record name
// bytes that are not there. Every round has a collection of its own, and begins a little later in it than the
// one before. BAYPLAN_RACE_ROUNDS: how many; scripts/nightly does 10,000.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bayplan/content/writer.h"
#include "support/temp_dir.h"

namespace bayplan::content::test {
namespace {

constexpr std::string_view kText = "contested";
constexpr std::string_view kNamespace = "default";

struct Place {
  Store store;
  metadata::Db db;
};

Result<Place> open_place(const std::filesystem::path& path) {
  BAYPLAN_ASSIGN(Store store, Store::open(path / "content"));
  BAYPLAN_ASSIGN(metadata::Db db, metadata::Db::open(path / "metadata", {.map_bytes = 64u << 20}));
  return Place{std::move(store), std::move(db)};
}

int rounds() {
  const char* const wanted = std::getenv("BAYPLAN_RACE_ROUNDS");
  return wanted == nullptr ? 200 : std::atoi(wanted);
}

Result<void> record(const Place& place, ReadyBlob blob) {
  return place.db.update(
      [&](metadata::WriteTx& tx) { return add(tx, kNamespace, std::move(blob), {}, metadata::referred()); });
}

Result<void> publish(Place& place) {
  BAYPLAN_ASSIGN(Ingest ingest, place.store.ingest());
  BAYPLAN_TRY(ingest.write(as_bytes(kText)));
  BAYPLAN_ASSIGN(ReadyBlob blob, std::move(ingest).finish());
  return record(place, std::move(blob));
}

Result<void> adopt(Place& place) {
  BAYPLAN_ASSIGN(auto adopted, place.store.adopt(Digest::of(kText), kText.size()));
  if (adopted) return record(place, *std::move(adopted));
  return publish(place);
}

// By reference, adopted where the store has it; the record may be there by now.
Result<void> write(Place& place, const Expected& expected) {
  auto writer = open_writer(place.store, place.db, kNamespace, "ref", {.expected = expected});
  if (!writer && writer.error().code() == Errc::already_exists) return {};
  if (!writer) return writer.error();
  if (!writer->is_adopted() && writer->offset() == 0) BAYPLAN_TRY(writer->write(as_bytes(kText)));
  const auto made = std::move(*writer).commit({}, metadata::referred());
  if (made || made.error().code() == Errc::already_exists) return {};
  return made.error();
}

Result<bool> is_recorded(const Place& place) {
  const auto info =
      place.db.view([](const metadata::ReadTx& tx) { return stat(tx, kNamespace, Digest::of(kText)); });
  if (info) return true;
  if (info.error().code() == Errc::not_found) return false;
  return info.error();
}

// Only this process records it: once seen to be gone, the record stays gone until the next round.
Result<void> expect_bytes(const Place& place) {
  BAYPLAN_ASSIGN(const bool recorded, is_recorded(place));
  if (!recorded) return {};
  const auto bytes = place.store.read_blob(Digest::of(kText), kText.size(), kText.size());
  if (bytes) return {};
  BAYPLAN_ASSIGN(const bool still, is_recorded(place));
  if (still) return Error(bytes.error()).with_context("record", "names bytes that are not there");
  return {};
}

Result<void> one_round(Place& place, int round) {
  switch (round % 4) {
    case 0:
      return publish(place);
    case 1:
      return adopt(place);
    case 2:
      return write(place, {});
    default:
      return write(place, {.digest = Digest::of(kText), .size = kText.size()});
  }
}

/// What the two processes share.
struct Meeting {
  std::atomic<std::uint64_t> collections{0};  // begun
  std::atomic<bool> over{false};
};

Meeting& shared_meeting() {
  void* const memory =
      ::mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return *new (memory) Meeting;
}

// Until another collection begins than any before, and a part of it has passed.
void await_collection(const Meeting& meeting, std::uint64_t& last, int round) {
  while (meeting.collections.load() == last && !meeting.over.load()) ::sched_yield();
  last = meeting.collections.load();
  const auto later = std::chrono::microseconds(round % 100 * 10);
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < begun + later) ::sched_yield();
}

Result<void> ingest_again_and_again(const std::filesystem::path& path, const Meeting& meeting) {
  BAYPLAN_ASSIGN(Place place, open_place(path));
  std::uint64_t last = 0;
  for (int round = 0; round < rounds(); ++round) {
    const std::string number = std::to_string(round);
    await_collection(meeting, last, round);
    BAYPLAN_TRY(one_round(place, round).with_context("round", number));
    BAYPLAN_TRY(expect_bytes(place).with_context("round", number));
  }
  return {};
}

TEST(CollectRace, ARecordNeverNamesMissingBytes) {
  const bayplan::test::TempDir dir;
  Meeting& meeting = shared_meeting();
  const pid_t ingester = ::fork();
  if (ingester == 0) {
    const auto result = ingest_again_and_again(dir.path(), meeting);
    if (!result) std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
    ::_exit(result ? 0 : 1);
  }
  auto place = open_place(dir.path());
  ASSERT_TRUE(place) << place.error().to_string();
  const std::vector<const metadata::GcKind*> kinds{&place->store.gc_kind(), &place->store.ingest_gc_kind()};
  std::uint64_t removed = 0;
  std::uint64_t unlinked = 0;
  int status = 0;
  while (::waitpid(ingester, &status, WNOHANG) == 0) {
    ++meeting.collections;
    const auto report = metadata::collect(place->db, kinds, {}, {});
    meeting.over = !report;
    ASSERT_TRUE(report) << report.error().to_string();
    removed += report->removed.size();
    unlinked += report->files.files;
  }
  EXPECT_EQ(status, 0);
  std::printf("%d rounds: %llu records collected, %llu files unlinked\n", rounds(),
              static_cast<unsigned long long>(removed), static_cast<unsigned long long>(unlinked));
  EXPECT_GT(removed, 0u);
  EXPECT_GT(unlinked, 0u);
}

}  // namespace
}  // namespace bayplan::content::test
