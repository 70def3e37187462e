#include "url.h"

#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

TEST(Url, OriginIsSchemeHostAndPort) {
  EXPECT_EQ(Url::parse("https://Host.example/v2/")->origin(), (Origin{"https", "host.example", "443"}));
  EXPECT_EQ(Url::parse("http://host:5000/x?y=1#z")->origin().to_string(), "http://host:5000");
  EXPECT_EQ(Url::parse("http://host:5000/x?y=1#z")->text(), "http://host:5000/x?y=1");
  EXPECT_EQ(Url::parse("https://[::1]:5000/")->origin().host, "[::1]");
  EXPECT_NE(Url::parse("https://host/")->origin(), Url::parse("http://host/")->origin());
  EXPECT_NE(Url::parse("https://host/")->origin(), Url::parse("https://host:444/")->origin());
  EXPECT_EQ(Url::parse("https://host/")->origin(), Url::parse("https://HOST:443/")->origin());
}

TEST(Url, RefusesWhatLeadsElsewhere) {
  for (const char* text : {"",
                           "host/v2",
                           "ftp://host/x",
                           "file:///etc/passwd",
                           "https://user@host/",
                           "https://user:secret@host/",
                           "https://host/a/../b",
                           "https://host/a/%2e%2E/b",
                           "https://host/a/./b",
                           "https://host/..",
                           "https://ho st/",
                           "https://host/a\r\nX: y",
                           "https://host\\@other/",
                           "https://",
                           "https://[fe80::1%25eth0]/",
                           "https://h\xc3\xb6st/",
                           "https://h%e1st/",
                           "https://%33",
                           "https://h%20st/",
                           "https://a,b/"}) {
    EXPECT_FALSE(Url::parse(text)) << text;
  }
  EXPECT_FALSE(Url::parse("https://host/" + std::string(kMaxUrlBytes, 'a')));
  EXPECT_EQ(Url::parse("https://user:secret@host/").error().to_string().find("secret"), std::string::npos);
}

TEST(Url, MeansTheSameWhenReadAgain) {
  for (const char* text : {"https://33/", "http://0x7f.1/", "http://127.1:80", "https://HOST/a//b%20c?d#e"}) {
    const auto url = Url::parse(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(Url::parse(url->text())->origin(), url->origin()) << text;
    EXPECT_EQ(Url::parse(url->text())->text(), url->text()) << text;
  }
}

TEST(Url, ResolvesAsSeenFromHere) {
  const Url here = *Url::parse("https://host:5000/v2/a/blobs/uploads/");
  EXPECT_EQ(here.resolve("/v2/a/blobs/uploads/id?state=x%2Fy")->text(),
            "https://host:5000/v2/a/blobs/uploads/id?state=x%2Fy");
  EXPECT_EQ(here.resolve("id")->text(), "https://host:5000/v2/a/blobs/uploads/id");
  EXPECT_EQ(here.resolve("https://other/x")->origin().host, "other");
  EXPECT_EQ(here.resolve("//other/x")->origin(), (Origin{"https", "other", "443"}));
  EXPECT_FALSE(here.resolve("../../../secret"));
  EXPECT_FALSE(here.resolve("ftp://host/x"));
  EXPECT_FALSE(here.resolve(""));
}

TEST(Url, QueryIsAppendedAndNotShown) {
  const Url url = *Url::parse("https://host/x?state=1");
  const Url with = url.with_query({{"digest", "sha256:ab"}, {"a b", "c&d"}});
  EXPECT_EQ(with.text(), "https://host/x?state=1&digest=sha256%3Aab&a%20b=c%26d");
  EXPECT_EQ(with.shown(), "https://host/x");
  EXPECT_EQ(Url::parse("https://host/x")->with_query({{"n", "1"}}).text(), "https://host/x?n=1");
}

}  // namespace
}  // namespace bayplan::registry
