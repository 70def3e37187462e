// A publisher and an unlinker of one digest in two processes, one of which stands still between two of its
// steps while the other does all of its own.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "bayplan/metadata/removals.h"
#include "contract/content/writer_fixture.h"

namespace bayplan::content::test {
namespace {

using fault::Point;

/// A child that stops at a point until it is told to go on.
class StoppedProcess {
 public:
  template <class F>
  StoppedProcess(Point point, F&& body) {
    EXPECT_EQ(::pipe(reached_.data()), 0);
    EXPECT_EQ(::pipe(go_on_.data()), 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::close(reached_[0]);
      ::close(go_on_[1]);
      fault::arm([&](Point passed) -> std::optional<Error> {
        if (passed == point && !stopped_) stop();
        return {};
      });
      const Result<void> result = body();
      if (!result) std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
      ::_exit(result && stopped_ ? 0 : 1);
    }
    ::close(reached_[1]);
    ::close(go_on_[0]);
    char byte = 0;
    EXPECT_EQ(::read(reached_[0], &byte, 1), 1) << "it never got there";
  }
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;
  ~StoppedProcess() {
    ::close(reached_[0]);
    if (go_on_[1] >= 0) end();
  }

  /// It dies where it stands.
  void end() {
    ::close(std::exchange(go_on_[1], -1));
    EXPECT_EQ(::waitpid(child_, nullptr, 0), child_);
  }

  void let_go() { EXPECT_EQ(::write(go_on_[1], "x", 1), 1); }
  void expect_success() {
    int status = 0;
    ::close(std::exchange(go_on_[1], -1));
    EXPECT_EQ(::waitpid(child_, &status, 0), child_);
    EXPECT_EQ(status, 0);
  }

 private:
  void stop() {
    stopped_ = true;
    char byte = 0;
    if (::write(reached_[1], "x", 1) != 1 || ::read(go_on_[0], &byte, 1) != 1) ::_exit(2);
  }

  std::array<int, 2> reached_{};
  std::array<int, 2> go_on_{};
  pid_t child_ = 0;
  bool stopped_ = false;
};

class PublishUnlink : public WriterTest {
 protected:
  static constexpr std::string_view kText = "contested";

  Result<void> publish() const {
    BAYPLAN_ASSIGN(Store store, Store::open(root()));
    const metadata::Db db = open_db(dir_.path() / "metadata");
    BAYPLAN_ASSIGN(Ingest ingest, store.ingest());
    BAYPLAN_TRY(ingest.write(as_bytes(kText)));
    BAYPLAN_ASSIGN(ReadyBlob blob, std::move(ingest).finish());
    return db.update(
        [&](metadata::WriteTx& tx) { return add(tx, "default", std::move(blob), {}, metadata::referred()); });
  }
  /// What a collection does once the record is gone.
  Result<void> unlink() const {
    BAYPLAN_ASSIGN(const Store store, Store::open(root()));
    const metadata::Db db = open_db(dir_.path() / "metadata");
    const std::vector<const metadata::GcKind*> kinds{&store.gc_kind(), &store.ingest_gc_kind()};
    BAYPLAN_TRY(metadata::unlink_removed(db, kinds, metadata::kAllRemovals, {}));
    for (const metadata::GcKind* kind : kinds) BAYPLAN_TRY(kind->sweep_files(db, {}));
    return {};
  }
  /// The file is there, its record is gone, and its removal queued.
  void leave_unrecorded() {
    record(kText);
    must(unrecord(kText));
  }
  void expect_recorded_bytes() const {
    EXPECT_TRUE(stat_now(Digest::of(kText)));
    EXPECT_EQ(content_of(kText), kText);
  }
};

class PublisherStopsAt : public PublishUnlink, public testing::WithParamInterface<Point> {};

TEST_P(PublisherStopsAt, AnUnlinkerTakesNothingThatIsAboutToBeRecorded) {
  const Point point = GetParam();
  leave_unrecorded();
  StoppedProcess publisher(point, [&] { return publish(); });
  must(unlink());
  const bool has_lock =
      point != Point::ingest_created && point != Point::ingest_written && point != Point::ingest_synced;
  EXPECT_EQ(has_file(kText), has_lock);
  publisher.let_go();
  publisher.expect_success();
  expect_recorded_bytes();
  must(unlink());
  expect_recorded_bytes();
}

INSTANTIATE_TEST_SUITE_P(Steps, PublisherStopsAt,
                         testing::Values(Point::ingest_created, Point::ingest_written, Point::ingest_synced,
                                         Point::blob_renamed, Point::blob_durable, Point::commit_before,
                                         Point::commit_durable),
                         [](const auto& tested) { return std::string(fault::name(tested.param)); });

class UnlinkerStopsAt : public PublishUnlink, public testing::WithParamInterface<Point> {};

TEST_P(UnlinkerStopsAt, APublisherWaitsForItOrGoesBefore) {
  leave_unrecorded();
  StoppedProcess unlinker(GetParam(), [&] { return unlink(); });
  std::thread publisher([&] { must(publish()); });
  unlinker.let_go();
  publisher.join();
  unlinker.expect_success();
  expect_recorded_bytes();
  must(unlink());
  expect_recorded_bytes();
}

INSTANTIATE_TEST_SUITE_P(Steps, UnlinkerStopsAt,
                         testing::Values(Point::blob_record_removed, Point::removals_unlinked),
                         [](const auto& tested) { return std::string(fault::name(tested.param)); });

TEST_F(PublishUnlink, AnUnlinkerThatDiesLeavesTheDigestToOthers) {
  leave_unrecorded();
  StoppedProcess unlinker(Point::blob_record_removed, [&] { return unlink(); });
  unlinker.end();
  must(publish());
  expect_recorded_bytes();
}

}  // namespace
}  // namespace bayplan::content::test
