// The ends of an ingest: committed, aborted, collected, undone with its transaction.
#include <thread>

#include "bayplan/metadata/codec.h"
#include "contract/content/writer_fixture.h"

namespace bayplan::content::test {
namespace {

class WriterLifecycle : public WriterTest {
 protected:
  metadata::GcReport collect() const {
    const std::vector<const metadata::GcKind*> kinds{&store_.gc_kind(), &store_.ingest_gc_kind()};
    return must(metadata::collect(db_, kinds, {}, {}));
  }
  void close_with(const std::string& ref, std::string_view text) {
    Writer writer = open(ref);
    write(writer, text);
    must(std::move(writer).close());
  }
  void expire(const std::string& ref) {
    must(db_.update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record,
                     metadata::open_namespace_bucket(tx, "default", {"content", "ingests", ref}));
      return record->put("expireat", metadata::codec::encode_time(now() - std::chrono::hours(1)));
    }));
  }
};

TEST_F(WriterLifecycle, BadNamesAreRefused) {
  EXPECT_EQ(code_of(try_open("")), Errc::invalid_argument);
  EXPECT_EQ(code_of(try_open("ref", {}, "")), Errc::invalid_argument);
  EXPECT_EQ(code_of(try_open(std::string(ingests::kMaxRefBytes + 1, 'x'))), Errc::invalid_argument);
  EXPECT_EQ(ingests(), 0u);
  must(commit(open(std::string("../\0\n/", 6))));
}

TEST_F(WriterLifecycle, ListsWithFilters) {
  for (const char* ref : {"b", "a", "c"}) close_with(ref, ref);
  EXPECT_EQ(listed(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(listed({"ref==b", "ref~=^c"}), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(listed({"expireat<0s"}), std::vector<std::string>{});
  EXPECT_EQ(listed({}, "other"), std::vector<std::string>{});
}

TEST_F(WriterLifecycle, NamespacesHaveTheirOwnReferences) {
  Writer one = open("ref");
  Writer two = open("ref", {}, "other");
  write(one, "one");
  EXPECT_EQ(two.offset(), 0u);
}

TEST_F(WriterLifecycle, AbortRemovesRecordAndBytes) {
  close_with("ref", "text");
  must(abort("ref"));
  EXPECT_EQ(code_of(status("ref")), Errc::not_found);
  EXPECT_EQ(ingests(), 0u);
  EXPECT_EQ(code_of(abort("ref")), Errc::not_found);
  EXPECT_EQ(open("ref").offset(), 0u);
}

// containerd aborts it under its writer, whose commit then fails for want of a file.
TEST_F(WriterLifecycle, ACollectionSparesWhatIsWrittenTo) {
  {
    Writer writer = open("ref");
    write(writer, "text");
    expire("ref");
    EXPECT_EQ(collect().removed.size(), 0u);
    must(commit(std::move(writer), {}, {{"containerd.io/gc.root", "x"}}));
  }
  close_with("idle", "text");
  EXPECT_EQ(collect().removed.size(), 0u) << "it has not expired";
  expire("idle");
  EXPECT_EQ(collect().removed.size(), 1u);
  EXPECT_EQ(ingests(), 0u);
  EXPECT_TRUE(has_file("text"));
}

TEST_F(WriterLifecycle, FinishedBytesAreRecordedInATransactionOfTheCallers) {
  Writer writer = open("ref");
  write(writer, "text");
  ReadyBlob blob = must(std::move(writer).finish({.digest = Digest::of("text")}));
  EXPECT_EQ(code_of(try_open("ref")), Errc::busy) << "until the transaction is over";
  must(try_record("default", std::move(blob)));
  EXPECT_EQ(code_of(status("ref")), Errc::not_found);
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(WriterLifecycle, ATransactionThatFailsLeavesAnEmptyIngest) {
  Writer writer = open("ref");
  write(writer, "text");
  ReadyBlob blob = must(std::move(writer).finish());
  const auto failed = db_.update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(add(tx, "default", std::move(blob), {}, metadata::referred()));
    return Error(Errc::conflict, "test", "x");
  });
  EXPECT_EQ(code_of(failed), Errc::conflict);
  Writer again = open("ref");
  EXPECT_EQ(again.offset(), 0u);
  write(again, "text");
  must(commit(std::move(again)));
}

TEST_F(WriterLifecycle, TruncatingForgetsAFailedWrite) {
  Writer writer = open("ref", {.expected = {.digest = Digest::of("text"), .size = 4}});
  write(writer, "te");
  EXPECT_EQ(code_of(writer.write(as_bytes("xt and more"))), Errc::too_large);
  EXPECT_EQ(code_of(writer.write(as_bytes("xt"))), Errc::too_large);
  must(writer.truncate());
  EXPECT_EQ(must(status("ref")).offset, 0u);
  write(writer, "text");
  must(commit(std::move(writer)));
}

TEST_F(WriterLifecycle, BadLabelsKeepTheBytes) {
  Writer writer = open("ref");
  write(writer, "text");
  EXPECT_EQ(code_of(commit(std::move(writer), {}, {{"", "x"}})), Errc::invalid_argument);
  EXPECT_EQ(open("ref").offset(), 4u);
}

TEST_F(WriterLifecycle, AFaultNeverLosesMoreThanItsIngest) {
  for (const fault::Point point :
       {fault::Point::writer_locked, fault::Point::checkpoint_synced, fault::Point::ingest_written,
        fault::Point::ingest_synced, fault::Point::blob_renamed, fault::Point::blob_durable}) {
    SCOPED_TRACE(fault::name(point));
    {
      const FaultAt fault(point);
      auto writer = try_open("ref");
      if (writer) {
        write(*writer, "text");
        EXPECT_EQ(code_of(point == fault::Point::checkpoint_synced
                              ? std::move(*writer).close()
                              : Result<void>(std::move(*writer).finish().error())),
                  Errc::io);
      }
    }
    Writer again = open("ref");
    if (again.offset() == 0) write(again, "text");
    must(commit(std::move(again), {.digest = Digest::of("text")}));
    EXPECT_EQ(content_of("text"), "text");
    must(unrecord("text"));
  }
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(WriterLifecycle, ManyThreadsCommitAtOnce) {
  std::vector<std::thread> threads;
  for (int n = 0; n < 8; ++n) {
    threads.emplace_back([&, n] {
      for (int i = 0; i < 20; ++i) {
        const std::string text = std::to_string(n) + "/" + std::to_string(i);
        Writer writer = open(text);
        write(writer, text);
        must(commit(std::move(writer), {.digest = Digest::of(text)}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(blobs(), 160u);
  EXPECT_EQ(ingests(), 0u);
}

}  // namespace
}  // namespace bayplan::content::test
