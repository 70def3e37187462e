#include "bayplan/base/labels.h"

#include <gtest/gtest.h>

#include <string>

#include "outcome.h"

namespace bayplan {
namespace {

using test::outcome;

// Cases named Test... are containerd's, of pkg/labels and pkg/identifiers.
TEST(ValidateLabel, TestValidLabels) {
  EXPECT_EQ(outcome(validate_labels({{"unallocated", ""}, {"key", "value"}, {"k", std::string(4095, 'v')}})),
            "ok");
}

TEST(ValidateLabel, TestInvalidLabels) {
  EXPECT_EQ(outcome(validate_label("k", std::string(4096, 'v'))), "invalid_argument");
  EXPECT_EQ(outcome(validate_label(std::string(2048, 'k'), std::string(2049, 'v'))), "invalid_argument");
}

TEST(ValidateLabel, TestLongKey) {
  EXPECT_EQ(outcome(validate_label(std::string(4096, 'k'), "")), "ok");
  EXPECT_EQ(outcome(validate_label(std::string(4095, 'k'), "v")), "ok");
  const std::string key(4096, 'k');
  const auto refused = validate_label(key, "v");
  EXPECT_EQ(outcome(refused), "invalid_argument");
  EXPECT_EQ(refused.error().name(), key) << "not its first 64 bytes only";
}

TEST(ValidateLabel, EmptyKeyIsRefusedEmptyValueIsNot) {
  EXPECT_EQ(outcome(validate_label("", "v")), "invalid_argument");
  EXPECT_EQ(outcome(validate_label("k", "")), "ok");
}

TEST(ValidateLabels, OneBadLabelIsEnough) {
  EXPECT_EQ(outcome(validate_labels({})), "ok");
  EXPECT_EQ(outcome(validate_labels({{"a", "1"}, {"b", "2"}})), "ok");
  EXPECT_EQ(validate_labels({{"a", "1"}, {"b", std::string(4096, 'v')}}).error().name(), "b");
}

// containerd reserves all of containerd.io/ and io.cri-containerd, for its clients only; we reserve less, for
// everybody.
TEST(ReservedLabel, TestIsReserved) {
  for (const char* key :
       {"containerd.io/gc.root", "containerd.io/gc.ref.content.0", "containerd.io/gc.", "io.bayplan/x"}) {
    EXPECT_TRUE(is_reserved_label(key)) << key;
  }
  for (const char* key :
       {"", "containerd.io/gcroot", "containerd.io/distribution.source.a", "Containerd.io/gc.root",
        "io.bayplanx", "io.bayplan", "x/io.bayplan/y", "maintainer"}) {
    EXPECT_FALSE(is_reserved_label(key)) << key;
  }
}

TEST(ValidateIdentifier, TestValidIdentifiers) {
  for (const std::string& id :
       {std::string("default"), std::string("Default"), std::string("default-default"),
        std::string("containerd.io"), std::string("foo.boo"), std::string("swarmkit.docker.io"),
        std::string("0912341234"), std::string("task.0.0123456789"),
        std::string("container.system-75-f19a.00"), std::string("underscores_are_allowed"),
        std::string("A-b_c.D"), std::string("a"), std::string(76, 'a')}) {
    EXPECT_EQ(outcome(validate_identifier("namespace", id)), "ok") << id;
  }
}

TEST(ValidateIdentifier, TestInvalidIdentifiers) {
  for (const std::string& id : {std::string(),
                                std::string(".foo..foo"),
                                std::string("foo/foo"),
                                std::string("foo/.."),
                                std::string("foo..foo"),
                                std::string("foo.-boo"),
                                std::string("-foo.boo"),
                                std::string("foo.boo-"),
                                std::string("but__only_tasteful_underscores"),
                                std::string("zn--e9.org"),
                                std::string("default--default"),
                                std::string(77, 'a'),
                                std::string("."),
                                std::string(".."),
                                std::string("../a"),
                                std::string("a b"),
                                std::string("a\n"),
                                std::string("a\0b", 3),
                                std::string("\xC3\xBC"),
                                std::string("a:b")}) {
    EXPECT_EQ(outcome(validate_identifier("namespace", id)), "invalid_argument") << id;
  }
}

TEST(ValidateIdentifier, ErrorCarriesKindAndName) {
  EXPECT_EQ(
      test::words(validate_identifier("container", "a b")).rfind("container \"a b\": invalid argument", 0),
      0u);
}

TEST(ValidateName, TakesPrintableTextUpToTheLimit) {
  for (const std::string& name : {std::string("a b/c:d"), std::string("\xC3\xBC"), std::string(10, 'x')}) {
    EXPECT_EQ(outcome(validate_name("lease", name, 10)), "ok") << name;
  }
  for (const std::string& name :
       {std::string(), std::string(11, 'x'), std::string("a\nb"), std::string("\x7f"), std::string("a\0b", 3),
        std::string("\xC2\x85"), std::string("\xff")}) {
    EXPECT_EQ(outcome(validate_name("lease", name, 10)), "invalid_argument") << quoted(name);
  }
}

}  // namespace
}  // namespace bayplan
