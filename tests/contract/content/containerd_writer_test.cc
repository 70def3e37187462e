// containerd's content suite (core/content/testsuite), by the names of its cases: one writer at a time.
#include "contract/content/writer_fixture.h"

namespace bayplan::content::test {
namespace {

class ContentSuite : public WriterTest {};

TEST_F(ContentSuite, Writer) {
  struct Case {
    std::string ref;
    std::string text;
    bool size;
    bool digest;
  };
  const std::vector<Case> cases{{"c1", sample_text(256), false, false},
                                {"c2", sample_text(257), true, true},
                                {"c3", sample_text(258), false, true},
                                {"c4", sample_text(259), true, false},
                                {"c5", sample_text(32u << 20), true, true}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.ref);
    const Digest digest = Digest::of(one.text);
    const Time before = now();
    content::Writer writer = open(one.ref);
    write(writer, one.text);
    Expected expected;
    if (one.size) expected.size = one.text.size();
    if (one.digest) expected.digest = digest;
    const Info info = must(commit(std::move(writer), expected, {{"k", one.ref}}));
    EXPECT_EQ(info.digest, digest);
    EXPECT_EQ(info.size, one.text.size());
    EXPECT_EQ(info.labels, (Labels{{"k", one.ref}}));
    EXPECT_EQ(info.created, info.updated);
    EXPECT_GE(info.created, before);
    EXPECT_LE(info.created, now());
    EXPECT_EQ(must(stat_now(digest)), info);
    EXPECT_TRUE(must(store_.read_blob(digest, info.size, info.size)) == one.text);
  }
  EXPECT_EQ(listed(), std::vector<std::string>{});
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(ContentSuite, UpdateStatus) {
  const std::string text = sample_text(1000);
  content::Writer writer = open("status", {.expected = {.digest = {}, .size = 1000}});
  Time last = must(status("status")).started;
  EXPECT_GT(last, Time{});
  for (std::size_t at = 0; at < text.size(); at += 250) {
    write(writer, std::string_view(text).substr(at, 250));
    const IngestStatus found = must(status("status"));
    EXPECT_EQ(found.ref, "status");
    EXPECT_EQ(found.offset, at + 250);
    EXPECT_EQ(found.total, 1000u);
    EXPECT_EQ(found.writer, ::getpid());
    EXPECT_GE(found.updated, found.started);
    EXPECT_EQ(writer.offset(), at + 250);
    EXPECT_EQ(writer.digest(), Digest::of(std::string_view(text).substr(0, at + 250)));
  }
  must(commit(std::move(writer)));
  EXPECT_EQ(code_of(status("status")), Errc::not_found);
}

TEST_F(ContentSuite, CommitExists) {
  const std::string text = sample_text(256);
  record(text);
  for (const bool told : {false, true}) {
    content::Writer writer = open("again");
    write(writer, text);
    Expected expected;
    if (told) expected.digest = Digest::of(text);
    EXPECT_EQ(code_of(commit(std::move(writer), expected)), Errc::already_exists);
    EXPECT_EQ(code_of(status("again")), Errc::not_found);
  }
  EXPECT_EQ(code_of(try_open("again", {.expected = {.digest = Digest::of(text)}})), Errc::already_exists);
  EXPECT_EQ(content_of(text), text);
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(ContentSuite, Resume) {
  const std::string text = sample_text(5000);
  const Expected expected{.digest = Digest::of(text), .size = text.size()};
  content::Writer first = open("resumed", {.expected = expected});
  write(first, std::string_view(text).substr(0, 2000));
  const IngestStatus before = must(status("resumed"));
  must(std::move(first).close());
  IngestStatus after = must(status("resumed"));
  EXPECT_EQ(after.writer, std::nullopt);
  EXPECT_GE(after.updated, before.updated);
  after.writer = before.writer;
  after.updated = before.updated;
  EXPECT_EQ(after, before);

  content::Writer second = open("resumed", {.expected = expected});
  EXPECT_EQ(second.offset(), 2000u);
  EXPECT_EQ(second.digest(), Digest::of(std::string_view(text).substr(0, 2000)));
  write(second, std::string_view(text).substr(2000));
  must(commit(std::move(second), expected));
  EXPECT_EQ(content_of(text), text);
}

TEST_F(ContentSuite, SmallBlob) {
  ready("small");
  BlobReader reader = must(store_.open_blob(Digest::of("small"), 5, Verify::no));
  std::vector<std::byte> buffer(100);
  EXPECT_EQ(must(reader.read_at(1, buffer)), 4u);
  EXPECT_EQ(as_text(std::span(buffer).first(4)), "mall");
  EXPECT_EQ(must(reader.read_at(5, buffer)), 0u);
}

TEST_F(ContentSuite, Labels) {
  content::Writer writer = open("labelled");
  write(writer, "text");
  const Digest digest = Digest::of("text");
  must(commit(std::move(writer), {}, {{"k1", "v1"}, {"k2", "v2"}}));
  EXPECT_EQ(must(stat_now(digest)).labels, (bayplan::Labels{{"k1", "v1"}, {"k2", "v2"}}));
  const auto change = [&](const bayplan::Labels& labels, const FieldMask& mask) {
    return must(db_.update([&](metadata::WriteTx& tx) {
             return update(tx, "default", {.digest = digest, .labels = labels}, mask);
           }))
        .labels;
  };
  EXPECT_EQ(change({{"k1", "new"}}, {}), (bayplan::Labels{{"k1", "new"}}));
  EXPECT_EQ(change({{"k2", "one"}, {"k3", "no"}}, {"labels.k2"}),
            (bayplan::Labels{{"k1", "new"}, {"k2", "one"}}));
  EXPECT_EQ(change({}, {"labels.k1"}), (bayplan::Labels{{"k2", "one"}}));
}

TEST_F(ContentSuite, CommitErrorState) {
  const std::string text = sample_text(256);
  const Digest digest = Digest::of(text);
  record("other");
  {
    content::Writer writer = open("c1");
    write(writer, "other");
    EXPECT_EQ(code_of(commit(std::move(writer))), Errc::already_exists);
    EXPECT_EQ(code_of(status("c1")), Errc::not_found) << "what exists ends the ingest";
  }
  for (const Expected& wrong :
       {Expected{.digest = Digest::of("wrong"), .size = {}}, Expected{.digest = {}, .size = 255},
        Expected{.digest = digest, .size = 257}}) {
    content::Writer writer = open("c1");
    const std::string_view rest = std::string_view(text).substr(writer.offset());
    if (!rest.empty()) write(writer, rest);
    const auto locked = try_open("c1");
    EXPECT_EQ(code_of(locked), Errc::busy);
    EXPECT_NE(locked.error().to_string().find("process " + std::to_string(::getpid())), std::string::npos);
    EXPECT_EQ(code_of(commit(std::move(writer), wrong)), Errc::digest_mismatch);
    EXPECT_EQ(must(status("c1")).offset, 256u) << "it goes on where it was";
  }
  must(commit(open("c1"), {.digest = digest, .size = 256}));
  EXPECT_EQ(content_of(text), text);
}

}  // namespace
}  // namespace bayplan::content::test
