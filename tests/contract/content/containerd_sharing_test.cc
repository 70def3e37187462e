// containerd's content suite: what one namespace has and another asks for. Leases of ingests and blobs.
#include "contract/content/writer_fixture.h"

namespace bayplan::content::test {
namespace {

class CrossNamespace : public WriterTest {
 protected:
  /// Opens the store again, isolated.
  void isolate() { store_ = must(Store::open(root(), {.sharing = Sharing::isolated})); }
  WriterOptions expecting(std::string_view text) const {
    return {.expected = {.digest = Digest::of(text), .size = text.size()}};
  }
  const std::string text_ = sample_text(3000);
};

TEST_F(CrossNamespace, CrossNamespaceAppend) {
  record(text_, {}, "one");
  Writer writer = open("append", {.expected = {.digest = Digest::of(text_)}}, "two");
  EXPECT_TRUE(writer.is_adopted());
  EXPECT_EQ(writer.offset(), text_.size());
  write(writer, "more");
  EXPECT_FALSE(writer.is_adopted());
  EXPECT_EQ(writer.offset(), text_.size() + 4);
  const Digest longer = Digest::of(text_ + "more");
  EXPECT_EQ(writer.digest(), longer);
  must(commit(std::move(writer), {.digest = longer}));
  EXPECT_TRUE(content_of(text_ + "more") == text_ + "more");
  EXPECT_TRUE(content_of(text_) == text_);
  EXPECT_EQ(code_of(stat_now(Digest::of(text_), "two")), Errc::not_found);
}

TEST_F(CrossNamespace, CrossNamespaceShare) {
  record(text_, {}, "one");
  Writer writer = open("share", expecting(text_), "two");
  EXPECT_TRUE(writer.is_adopted());
  EXPECT_EQ(writer.offset(), text_.size());
  EXPECT_EQ(writer.digest(), Digest::of(text_));
  must(commit(std::move(writer), expecting(text_).expected));
  for (const char* ns : {"one", "two"}) EXPECT_EQ(must(stat_now(Digest::of(text_), ns)).size, text_.size());
  EXPECT_EQ(blobs(), 1u);
  EXPECT_EQ(ingests(), 0u);
  EXPECT_EQ(listed({}, "two"), std::vector<std::string>{});
}

TEST_F(CrossNamespace, CrossNamespaceIsolate) {
  record(text_, {}, "one");
  isolate();
  Writer writer = open("isolated", expecting(text_), "two");
  EXPECT_FALSE(writer.is_adopted());
  EXPECT_EQ(writer.offset(), 0u);
  EXPECT_EQ(writer.digest(), Digest::of(""));
  write(writer, text_);
  must(commit(std::move(writer)));
  EXPECT_EQ(must(stat_now(Digest::of(text_), "two")).size, text_.size());
}

TEST_F(CrossNamespace, SharedNamespaceIsolate) {
  record(text_, {}, "one");
  record("private", {}, "three");
  isolate();
  must(db_.update([&](metadata::WriteTx& tx) {
    return metadata::set_namespace_label(tx, "one", metadata::kShareableLabel, "true");
  }));
  EXPECT_TRUE(open("shared", expecting(text_), "two").is_adopted());
  EXPECT_FALSE(open("private", expecting("private"), "two").is_adopted());
}

TEST_F(CrossNamespace, AnotherCommitOfWhatWasAdoptedIsRefused) {
  record(text_, {}, "one");
  Writer writer = open("share", expecting(text_), "two");
  EXPECT_EQ(code_of(commit(std::move(writer), {.digest = Digest::of("other")})), Errc::digest_mismatch);
  EXPECT_TRUE(open("share", expecting(text_), "two").is_adopted());
}

TEST_F(CrossNamespace, TruncatingWhatWasAdoptedBeginsAnew) {
  record(text_, {}, "one");
  Writer writer = open("share", expecting(text_), "two");
  must(writer.truncate());
  EXPECT_EQ(writer.offset(), 0u);
  write(writer, text_);
  must(commit(std::move(writer)));
  EXPECT_TRUE(content_of(text_) == text_);
}

class WriterLeases : public WriterTest {};

TEST_F(WriterLeases, TestContentLeased) {
  make_lease("l");
  Writer writer = open("leased", {.lease = "l"});
  write(writer, "text");
  must(std::move(writer).commit({}, metadata::leased("l")));
  const std::vector<std::string> blob{"content " + Digest::of("text").to_string()};
  EXPECT_EQ(leased("l"), blob) << "the ingest is leased no longer";

  make_lease("l2");
  EXPECT_EQ(code_of(try_open("again", {.expected = {.digest = Digest::of("text")}, .lease = "l2"})),
            Errc::already_exists);
  EXPECT_EQ(leased("l2"), blob);
}

TEST_F(WriterLeases, TestIngestLeased) {
  make_lease("l");
  must(open("leased", {.lease = "l"}).truncate());
  EXPECT_EQ(leased("l"), std::vector<std::string>{"ingests leased"});
  EXPECT_EQ(must(status("leased")).expires, std::nullopt);
  must(abort_ingest(store_, db_, "default", "leased", "l"));
  EXPECT_EQ(code_of(status("leased")), Errc::not_found);
  EXPECT_EQ(leased("l"), std::vector<std::string>{});
}

TEST_F(WriterLeases, AnUnknownLeaseMakesNothing) {
  EXPECT_EQ(code_of(try_open("leased", {.lease = "absent"})), Errc::not_found);
  EXPECT_EQ(listed(), std::vector<std::string>{});
}

}  // namespace
}  // namespace bayplan::content::test
