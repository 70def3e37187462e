#include "inline_bucket.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "byte_order.h"

namespace bayplan::metadata {
namespace {

using Path = std::vector<std::string_view>;

std::string show(std::string_view bytes) {
  std::string text;
  InlineScan scan(bytes);
  for (InlineEntry entry; scan.next(entry); text += ' ') {
    text.append(entry.key).append(entry.is_bucket ? "/{" + show(entry.value) + "}"
                                                  : "=" + std::string(entry.value));
  }
  EXPECT_FALSE(scan.damaged());
  return text;
}

bool stored(const Result<InlinePut>& done) { return done.value() == InlinePut::stored; }

TEST(InlineBucket, entries_lie_in_key_order) {
  InlineBuffer buffer;
  EXPECT_TRUE(stored(buffer.put({}, {"b", "2"})));
  EXPECT_TRUE(stored(buffer.put({}, {"a", "1"})));
  EXPECT_TRUE(stored(buffer.put({}, {"c", ""})));
  EXPECT_TRUE(stored(buffer.put({}, {"b", "two"})));
  EXPECT_EQ(show(buffer.bytes()), "a=1 b=two c= ");
  buffer.erase({}, "a").value();
  buffer.erase({}, "absent").value();
  EXPECT_EQ(show(buffer.bytes()), "b=two c= ");
}

TEST(InlineBucket, buckets_around_a_change_grow_and_shrink_with_it) {
  InlineBuffer buffer;
  EXPECT_TRUE(stored(buffer.put({}, {"m", {}, true})));
  EXPECT_TRUE(stored(buffer.put(Path{"m"}, {"n", {}, true})));
  EXPECT_TRUE(stored(buffer.put(Path{"m", "n"}, {"k", "value"})));
  EXPECT_TRUE(stored(buffer.put({}, {"a", "before"})));
  EXPECT_TRUE(stored(buffer.put(Path{"m"}, {"z", "after"})));
  EXPECT_EQ(show(buffer.bytes()), "a=before m/{n/{k=value } z=after } ");
  buffer.erase(Path{"m", "n"}, "k").value();
  EXPECT_EQ(show(buffer.bytes()), "a=before m/{n/{} z=after } ");
  EXPECT_EQ(inline_depth(buffer.bytes()).value(), 3u);
}

TEST(InlineBucket, what_does_not_fit_changes_nothing) {
  InlineBuffer buffer;
  ASSERT_TRUE(stored(buffer.put({}, {"k", std::string(kMaxInlineValueBytes, 'v')})));
  const std::string before(buffer.bytes());
  EXPECT_FALSE(stored(buffer.put({}, {"l", std::string(kMaxInlineValueBytes + 1, 'v')})));
  EXPECT_FALSE(stored(buffer.put({}, {std::string(128, 'k'), ""})));
  const std::size_t left = kMaxInlineBytes - before.size() - 4;
  EXPECT_FALSE(stored(buffer.put({}, {"l", std::string(left + 1, 'v')})));
  EXPECT_EQ(buffer.bytes(), before);
  EXPECT_TRUE(stored(buffer.put({}, {"l", std::string(left, 'v')})));
  EXPECT_EQ(buffer.bytes().size(), kMaxInlineBytes);
  EXPECT_TRUE(stored(buffer.put({}, {"k", "smaller"})));
}

TEST(InlineBucket, a_key_is_either_a_bucket_or_a_value) {
  InlineBuffer buffer;
  ASSERT_TRUE(stored(buffer.put({}, {"value", "v"})));
  ASSERT_TRUE(stored(buffer.put({}, {"bucket", {}, true})));
  EXPECT_EQ(buffer.put({}, {"value", {}, true}).value(), InlinePut::holds_value);
  EXPECT_EQ(buffer.put({}, {"bucket", "v"}).value(), InlinePut::holds_bucket);
  EXPECT_EQ(buffer.put({}, {"bucket", {}, true}).value(), InlinePut::holds_bucket);
  EXPECT_EQ(show(buffer.bytes()), "bucket/{} value=v ");
}

TEST(InlineBucket, depth_is_limited) {
  InlineBuffer buffer;
  Path path;
  for (std::size_t depth = 1; depth < kMaxInlineDepth; ++depth) {
    ASSERT_TRUE(stored(buffer.put(path, {"d", {}, true})));
    path.emplace_back("d");
  }
  EXPECT_FALSE(stored(buffer.put(path, {"d", {}, true})));
  EXPECT_TRUE(stored(buffer.put(path, {"leaf", "v"})));
  const std::string deep(buffer.bytes());
  EXPECT_FALSE(stored(InlineBuffer().put({}, {"around", deep, true})));
}

TEST(InlineBucket, neighbours) {
  InlineBuffer buffer;
  const std::string sequence(8, '\1');
  ASSERT_TRUE(stored(buffer.put({}, {{}, sequence})));
  for (const char* key : {"b", "d"}) ASSERT_TRUE(stored(buffer.put({}, {key, "v"})));
  const auto key = [](const auto& found) { return found.value() ? std::string(found.value()->key) : "-"; };
  const std::string_view bytes = buffer.bytes();
  EXPECT_EQ(key(inline_after(bytes, {}, true)), "b") << "the sequence is no key";
  EXPECT_EQ(key(inline_after(bytes, "b", true)), "b");
  EXPECT_EQ(key(inline_after(bytes, "b", false)), "d");
  EXPECT_EQ(key(inline_after(bytes, "d", false)), "-");
  EXPECT_EQ(key(inline_before(bytes, {})), "d");
  EXPECT_EQ(key(inline_before(bytes, "d")), "b");
  EXPECT_EQ(key(inline_before(bytes, "b")), "-");
  EXPECT_EQ(key(inline_find(bytes, "c")), "-");
}

TEST(InlineBucket, damage_is_an_error_wherever_it_is) {
  InlineBuffer buffer;
  ASSERT_TRUE(stored(buffer.put({}, {"m", {}, true})));
  ASSERT_TRUE(stored(buffer.put(Path{"m"}, {"key", "value"})));
  ASSERT_TRUE(stored(buffer.put({}, {"other", "value"})));
  const std::string sound(buffer.bytes());
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = sound;
    for (int flips = 0; flips < 3; ++flips) {
      char& byte = bytes[random() % bytes.size()];
      byte = static_cast<char>(byte ^ (1 << (random() % 8)));
    }
    bytes.resize(random() % (bytes.size() + 1));
    // Whatever is answered, nothing outside is read: the sanitizers watch.
    ignore_error(inline_depth(bytes), "any");
    ignore_error(inline_before(bytes, {}), "any");
    InlineBuffer damaged(bytes);
    ignore_error(damaged.put(Path{"m"}, {"key", "longer than before"}), "any");
    ignore_error(damaged.erase(Path{"m"}, "key"), "any");
  }
  std::string cut = sound;
  cut.pop_back();
  EXPECT_FALSE(inline_depth(cut));
  EXPECT_FALSE(inline_descend(sound, Path{"other"}));
}

TEST(InlineBucket, random_changes_match_a_map) {
  std::mt19937 random(11);
  std::map<std::string, std::string> model;
  InlineBuffer buffer;
  for (int round = 0; round < 5000; ++round) {
    const std::string key(1 + random() % 3, static_cast<char>('a' + random() % 5));
    if (random() % 3 == 0) {
      buffer.erase({}, key).value();
      model.erase(key);
    } else {
      const std::string value(random() % 60, 'v');
      if (stored(buffer.put({}, {key, value}))) model[key] = value;
    }
    std::string expected;
    for (const auto& [k, v] : model) expected += k + "=" + v + " ";
    ASSERT_EQ(show(buffer.bytes()), expected);
  }
}

}  // namespace
}  // namespace bayplan::metadata
