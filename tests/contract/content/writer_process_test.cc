// Writers of one reference in several processes, some of which die.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "bayplan/base/file.h"
#include "contract/content/writer_fixture.h"
#include "ingest_records.h"
#include "ingest_state.h"

namespace bayplan::content::test {
namespace {

class WriterProcess : public WriterTest {
 protected:
  /// Runs `body` in a child with handles of its own, which has to end in die().
  template <class F>
  void in_killed_child(F&& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      Store store = must(Store::open(root()));
      const metadata::Db db = open_db(dir_.path() / "metadata");
      body(store, db);
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  static void die() { ::kill(::getpid(), SIGKILL); }
  void write_and_die(const std::string& ref, std::string_view text, const Expected& expected = {}) {
    in_killed_child([&](const Store& store, const metadata::Db& db) {
      Writer writer = must(open_writer(store, db, "default", ref, {.expected = expected}));
      write(writer, text);
      die();
    });
  }
  std::filesystem::path directory(const std::string& ref) const {
    return root() / "ingest" / ingests::directory_of(ingests::first_backend("default", ref));
  }
  IngestState state_of(const std::string& ref) const {
    const UniqueFd dir = must(file::open_dir(directory(ref)));
    return must(read_state(dir.get()));
  }
  void set_state(const std::string& ref, const IngestState& state) const {
    const UniqueFd dir = must(file::open_dir(directory(ref)));
    must(write_state(dir.get(), state, true));
  }
};

TEST_F(WriterProcess, GoesOnWithWhatAKilledOneWrote) {
  const std::string text = sample_text(10'000);
  write_and_die("ref", std::string_view(text).substr(0, 6000));
  EXPECT_EQ(must(status("ref")).offset, 6000u);
  EXPECT_EQ(must(status("ref")).writer, std::nullopt);
  Writer writer = open("ref");
  EXPECT_EQ(writer.offset(), 6000u);
  EXPECT_EQ(writer.digest(), Digest::of(std::string_view(text).substr(0, 6000)));
  write(writer, std::string_view(text).substr(6000));
  must(commit(std::move(writer), {.digest = Digest::of(text)}));
  EXPECT_TRUE(content_of(text) == text);
}

TEST_F(WriterProcess, AfterAnotherBootOnlyCheckpointsAreBelieved) {
  must(std::move(open("ref")).close());
  {
    Writer writer = open("ref");
    write(writer, "durable, ");
    must(std::move(writer).close());
  }
  write_and_die("ref", "perhaps not");
  IngestState state = state_of("ref");
  EXPECT_EQ(state.offset, 9u);
  state.boot = "another";
  set_state("ref", state);
  Writer writer = open("ref");
  EXPECT_EQ(writer.offset(), 9u);
  write(writer, "and more");
  must(commit(std::move(writer), {.digest = Digest::of("durable, and more")}));
}

TEST_F(WriterProcess, ACheckpointIsMadeOnTheWay) {
  const std::string piece = sample_text(kCheckpointBytes / 4);
  in_killed_child([&](const Store& store, const metadata::Db& db) {
    Writer writer = must(open_writer(store, db, "default", "ref"));
    for (int i = 0; i < 5; ++i) write(writer, piece);
    die();
  });
  const IngestState state = state_of("ref");
  EXPECT_EQ(state.offset, kCheckpointBytes);
  // Were the first bytes hashed again, this would be seen.
  const auto data = directory("ref") / "data";
  std::fstream(data, std::ios::in | std::ios::out | std::ios::binary).put('!');
  Writer writer = open("ref");
  EXPECT_EQ(writer.offset(), piece.size() * 5);
  EXPECT_EQ(writer.digest(), Digest::of(piece + piece + piece + piece + piece));
}

TEST_F(WriterProcess, ADamagedStateBeginsAnew) {
  write_and_die("ref", "some");
  std::ofstream(directory("ref") / "state", std::ios::app) << " ";
  EXPECT_EQ(open("ref").offset(), 0u);
  std::filesystem::remove(directory("ref") / "state");
  EXPECT_EQ(open("ref").offset(), 0u);
}

TEST_F(WriterProcess, BytesThatGotLostBeginAnew) {
  {
    Writer writer = open("ref");
    write(writer, "some");
  }
  std::filesystem::resize_file(directory("ref") / "data", 3);
  Writer writer = open("ref");
  EXPECT_EQ(writer.offset(), 0u);
  write(writer, "text");
  must(commit(std::move(writer), {.digest = Digest::of("text")}));
}

TEST_F(WriterProcess, BytesThatAFailedWriteLeftAreCutOff) {
  {
    Writer writer = open("ref", {.expected = {.digest = {}, .size = 8}});
    write(writer, "four");
    EXPECT_EQ(code_of(writer.write(as_bytes("and more than that"))), Errc::too_large);
    EXPECT_EQ(code_of(writer.write(as_bytes("x"))), Errc::too_large);
    std::ofstream(directory("ref") / "data", std::ios::app) << "half";
  }
  Writer writer = open("ref");
  EXPECT_EQ(writer.offset(), 4u);
  write(writer, "more");
  must(commit(std::move(writer), {.digest = Digest::of("fourmore")}));
}

TEST_F(WriterProcess, AnotherTotalIsRefused) {
  must(std::move(open("ref", {.expected = {.digest = {}, .size = 10}})).close());
  EXPECT_EQ(code_of(try_open("ref", {.expected = {.digest = {}, .size = 11}})), Errc::failed_precondition);
  {
    Writer writer = open("ref");
    write(writer, "0123456789");
    EXPECT_EQ(code_of(writer.write(as_bytes("x"))), Errc::too_large) << "the total is remembered";
  }
  Writer other = open("other");
  write(other, "0123456789");
  must(std::move(other).close());
  EXPECT_EQ(code_of(try_open("other", {.expected = {.digest = {}, .size = 9}})), Errc::failed_precondition);
}

TEST_F(WriterProcess, ChangesTheAlgorithmByHashingAgain) {
  must(std::move(open("ref")).close());
  {
    Writer writer = open("ref");
    write(writer, "some ");
  }
  const Digest digest = Digest::of("some text", DigestAlgorithm::sha512);
  Writer writer = open("ref", {.expected = {.digest = digest}});
  EXPECT_EQ(writer.digest(), Digest::of("some ", DigestAlgorithm::sha512));
  write(writer, "text");
  EXPECT_EQ(must(commit(std::move(writer))).digest, digest);

  Writer late = open("late");
  write(late, "late text");
  const Digest other = Digest::of("late text", DigestAlgorithm::sha512);
  EXPECT_EQ(must(commit(std::move(late), {.digest = other})).digest, other);
}

TEST_F(WriterProcess, NamesTheProcessThatWrites) {
  int ready[2];
  int over[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(over), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Store store = must(Store::open(root()));
    const metadata::Db db = open_db(dir_.path() / "metadata");
    const Writer writer = must(open_writer(store, db, "default", "ref"));
    char byte = 0;
    const bool told = ::write(ready[1], &byte, 1) == 1 && ::read(over[0], &byte, 1) == 1;
    ::_exit(told ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto refused = try_open("ref");
  EXPECT_EQ(code_of(refused), Errc::busy);
  EXPECT_NE(refused.error().to_string().find("process " + std::to_string(child) + " writes to it"),
            std::string::npos)
      << refused.error().to_string();
  EXPECT_EQ(must(status("ref")).writer, child);
  EXPECT_EQ(code_of(abort("ref")), Errc::busy);
  ASSERT_EQ(::write(over[1], &byte, 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  must(std::move(open("ref")).close());
  for (const int fd : {ready[0], ready[1], over[0], over[1]}) ::close(fd);
}

TEST_F(WriterProcess, AForkedChildLeavesTheWriterToItsParent) {
  std::optional<Writer> writer(open("ref"));
  write(*writer, "text");
  const pid_t child = ::fork();
  if (child == 0) {
    writer.reset();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(code_of(try_open("ref")), Errc::busy);
  must(commit(*std::move(writer), {.digest = Digest::of("text")}));
}

TEST_F(WriterProcess, WhatWasNamedButNotRecordedIsTakenAsItIs) {
  const Expected expected{.digest = Digest::of("text"), .size = 4};
  in_killed_child([&](const Store& store, const metadata::Db& db) {
    Writer writer = must(open_writer(store, db, "default", "ref", {.expected = expected}));
    write(writer, "text");
    const ReadyBlob blob = must(std::move(writer).finish());
    die();
  });
  Writer writer = open("ref", {.expected = expected});
  EXPECT_TRUE(writer.is_adopted());
  must(commit(std::move(writer)));
  EXPECT_EQ(content_of("text"), "text");
  EXPECT_EQ(ingests(), 0u);
}

}  // namespace
}  // namespace bayplan::content::test
