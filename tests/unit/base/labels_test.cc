#include "bayplan/base/labels.h"

#include <gtest/gtest.h>

#include <string>

#include "outcome.h"

namespace bayplan {
namespace {

using test::outcome;

TEST(ValidateLabel, KeyAndValueShareTheLimit) {
  EXPECT_EQ(outcome(validate_label("k", std::string(4095, 'v'))), "ok");
  EXPECT_EQ(outcome(validate_label("k", std::string(4096, 'v'))), "invalid_argument");
  EXPECT_EQ(outcome(validate_label(std::string(4096, 'k'), "")), "ok");
  EXPECT_EQ(outcome(validate_label(std::string(4097, 'k'), "")), "invalid_argument");
}

TEST(ValidateLabel, EmptyKeyIsRefusedEmptyValueIsNot) {
  EXPECT_EQ(outcome(validate_label("", "v")), "invalid_argument");
  EXPECT_EQ(outcome(validate_label("k", "")), "ok");
}

TEST(ValidateLabel, ErrorNamesTheWholeKey) {
  const std::string key(5000, 'k');
  EXPECT_EQ(validate_label(key, "").error().name(), key);
}

TEST(ValidateLabels, OneBadLabelIsEnough) {
  EXPECT_EQ(outcome(validate_labels({})), "ok");
  EXPECT_EQ(outcome(validate_labels({{"a", "1"}, {"b", "2"}})), "ok");
  EXPECT_EQ(validate_labels({{"a", "1"}, {"b", std::string(4096, 'v')}}).error().name(), "b");
}

TEST(ReservedLabel, OurOwnPrefixesAndNothingElse) {
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

TEST(ValidateIdentifier, TakesWhatContainerdTakes) {
  for (const std::string& id :
       {std::string("default"), std::string("k8s.io"), std::string("a"), std::string("0"),
        std::string("A-b_c.D"), std::string("a-1.b-2"), std::string(76, 'a')}) {
    EXPECT_EQ(outcome(validate_identifier("namespace", id)), "ok") << id;
  }
}

TEST(ValidateIdentifier, RefusesTheRest) {
  for (const std::string& id :
       {std::string(), std::string(77, 'a'), std::string("-a"), std::string("a-"), std::string("a--b"),
        std::string("a._b"), std::string("."), std::string(".."), std::string("a/b"), std::string("../a"),
        std::string("a b"), std::string("a\n"), std::string("a\0b", 3), std::string("\xC3\xBC"),
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
