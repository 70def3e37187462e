// Fields of each type, on encoded records.
#include "filter_test_base.h"

namespace bayplan::metadata {
namespace {

class FilterMatch : public FilterStoreTest {
 protected:
  void add_value(std::string_view key, std::string_view field, std::string_view bytes) {
    add(key, [&](MutableBucket& record) { record.put(field, bytes).value(); });
  }
};

TEST_F(FilterMatch, text_compares_byte_for_byte) {
  add("r", {{"name", "Cow"}});
  EXPECT_TRUE(matches("r", {"name==Cow"}));
  EXPECT_FALSE(matches("r", {"name==cow"}));
  EXPECT_FALSE(matches("r", {"name==Cow2"}));
  EXPECT_TRUE(matches("r", {"name~=(?i)^cow$"}));
  EXPECT_TRUE(matches("r", {"name~=o"}));
}

TEST_F(FilterMatch, empty_text_is_absent) {
  add_value("r", "name", "");
  EXPECT_FALSE(matches("r", {"name"}));
  EXPECT_FALSE(matches("r", {R"(name=="")"}));
  EXPECT_TRUE(matches("r", {"name!=x"}));
  EXPECT_TRUE(matches("r", {"name~=^$"}));
  EXPECT_TRUE(matches("r", {"parent"}));
  EXPECT_TRUE(matches("r", {R"(parent=="")"}));
  EXPECT_FALSE(matches("r", {R"(parent!="")"}));
}

TEST_F(FilterMatch, fields_of_a_sub_bucket) {
  add("r", [](MutableBucket& record) {
    auto target = record.create_bucket("target").value();
    target.put("digest", "sha256:ab").value();
    target.put("size", codec::encode_varint(2048)).value();
  });
  add("none", {{"target", "a value where a bucket should be"}});
  EXPECT_TRUE(matches("r", {"target.digest==sha256:ab,target.size>=2Ki"}));
  EXPECT_TRUE(matches("r", {R"(target."digest"~=^sha256:)"}));
  EXPECT_FALSE(matches("r", {"target"}));
  EXPECT_FALSE(matches("r", {"target.other"}));
  EXPECT_FALSE(matches("none", {"target.digest"}));
  EXPECT_TRUE(matches("none", {"target.digest!=x"}));
}

TEST_F(FilterMatch, maps_join_the_rest_of_the_path) {
  add("r", {}, {{"containerd.io/gc.root", "now"}, {"a", "1"}, {".b", "2"}});
  EXPECT_TRUE(matches("r", {R"(labels."".b==2)"}));
  EXPECT_TRUE(matches("r", {R"(labels."containerd.io/gc.root"==now)"}));
  EXPECT_TRUE(matches("r", {R"(labels."containerd.io/gc".root)"}));
  EXPECT_TRUE(matches("r", {"labels.a==1"}));
  EXPECT_TRUE(matches("r", {"labels.b!=1"}));
  EXPECT_FALSE(matches("r", {"labels.a.b"}));
  EXPECT_FALSE(matches("r", {"annotations.a"}));
  EXPECT_FALSE(matches("r", {"labels." + std::string(kMaxFilterBytes - 7, 'x')}));
}

TEST_F(FilterMatch, numbers) {
  add_value("r", "size", codec::encode_varint(1048576));
  add_value("none", "name", "x");
  EXPECT_TRUE(matches("r", {"size"}));
  EXPECT_TRUE(matches("r", {"size==1MiB"}));
  EXPECT_FALSE(matches("r", {"size!=1048576"}));
  EXPECT_TRUE(matches("r", {"size>1048575"}));
  EXPECT_FALSE(matches("r", {"size>1048576"}));
  EXPECT_TRUE(matches("r", {"size>=1048576"}));
  EXPECT_FALSE(matches("r", {"size>=1048577"}));
  EXPECT_TRUE(matches("r", {"size<1048577"}));
  EXPECT_FALSE(matches("r", {"size<1Mi"}));
  EXPECT_TRUE(matches("r", {"size<=1Mi"}));
  EXPECT_FALSE(matches("r", {"size<=1M"}));
  EXPECT_TRUE(matches("r", {"size>9"}));  // as text it would not
  EXPECT_TRUE(matches("r", {"size~=^1048"}));
  for (const char* filter : {"size", "size==0", "size<9", "size<=9", "size>-1", "size>=0", "size~=0"})
    EXPECT_FALSE(matches("none", {filter})) << filter;
  EXPECT_TRUE(matches("none", {"size!=0"}));
}

TEST_F(FilterMatch, times) {
  const Time time = parse_rfc3339("2026-06-01T12:00:00.5Z").value();
  add_value("r", "createdat", codec::encode_time(time));
  EXPECT_TRUE(matches("r", {"createdat==2026-06-01T12:00:00.5Z"}));
  EXPECT_TRUE(matches("r", {"createdat==2026-06-01T14:00:00.5+02:00"}));
  EXPECT_TRUE(matches("r", {"createdat<2026-06-01T12:00:00.500000001Z"}));
  EXPECT_FALSE(matches("r", {"createdat<2026-06-01T12:00:00.5Z"}));
  EXPECT_TRUE(matches("r", {"createdat>2026-06-01T12:00:00Z"}));
  EXPECT_TRUE(matches("r", {"createdat~=^2026-06-01T12"}));
}

TEST_F(FilterMatch, durations_say_how_long_ago) {
  add_value("old", "createdat", codec::encode_time(test_now() - std::chrono::hours(25)));
  add_value("new", "createdat", codec::encode_time(test_now() - std::chrono::hours(23)));
  EXPECT_TRUE(matches("old", {"createdat<24h"}));
  EXPECT_FALSE(matches("new", {"createdat<24h"}));
  EXPECT_FALSE(matches("old", {"createdat>24h"}));
  EXPECT_TRUE(matches("new", {"createdat>24h"}));
  EXPECT_TRUE(matches("new", {"createdat>=22h60m,createdat<=22h60m"}));
}

TEST_F(FilterMatch, words) {
  add_value("r", "kind", "\3");
  add_value("none", "name", "x");
  EXPECT_TRUE(matches("r", {"kind==committed"}));
  EXPECT_FALSE(matches("r", {"kind==active"}));
  EXPECT_TRUE(matches("r", {"kind~=^com"}));
  EXPECT_FALSE(matches("none", {"kind"}));
}

TEST_F(FilterMatch, reads_nothing_that_it_is_not_asked_for) {
  add("r", {{"name", "cow"}, {"size", ""}, {"createdat", "no time"}, {"kind", "\4"}});
  EXPECT_TRUE(matches("r", {"name==cow"}));
  EXPECT_FALSE(matches("r", {"name==hen,size>1"}));
  EXPECT_TRUE(matches("r", {"name==cow", "size>1"}));
}

TEST_F(FilterMatch, what_does_not_decode_is_damage) {
  add("r", {{"size", ""}, {"createdat", "no time"}, {"kind", "\4"}});
  add_value("zero", "kind", std::string(1, '\0'));
  add_value("long", "kind", "\1\1");
  EXPECT_EQ(code(matched("r", {"size>1"})), Errc::corrupt);
  EXPECT_EQ(code(matched("r", {"createdat~=x"})), Errc::corrupt);
  EXPECT_EQ(code(matched("r", {"kind==view"})), Errc::corrupt);
  EXPECT_EQ(code(matched("zero", {"kind"})), Errc::corrupt);
  EXPECT_EQ(code(matched("long", {"kind"})), Errc::corrupt);
  const auto named = matched("r", {"createdat<1h"});
  EXPECT_EQ(named.error().to_string().substr(0, 16), R"(key "createdat":)");
}

TEST_F(FilterMatch, a_hostile_pattern_takes_linear_time) {
  add_value("r", "name", std::string(20000, 'a'));
  EXPECT_FALSE(matches("r", {"name~=/^(a|a|aa)*(a*)*b$/"}));
}

TEST_F(FilterMatch, after_the_transaction_it_answers_closed) {
  add("r", {{"name", "cow"}});
  std::optional<Bucket> record;
  view([&](const ReadTx& tx) { record = tx.bucket("records").value()->bucket("r").value(); });
  EXPECT_EQ(code(bound({"name==cow"}).matches("r", *record)), Errc::closed);
}

}  // namespace
}  // namespace bayplan::metadata
