#include "names/hosts_file.h"

#include <gmock/gmock.h>

#include "support/temp_dir.h"
#include "unit/images/names/text_files.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::outcome;
using test::write_text;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using enum RegistryOperation;

std::string url(const HostEntry& entry) { return entry.scheme + "://" + entry.host + entry.api_path; }
std::string only_url(const std::string& server) {
  const auto entries = parse_hosts_file("server = \"" + server + "\"", "/d");
  return entries ? url(entries->back()) : outcome(entries);
}

TEST(HostsFile, HostsComeInTheOrderOfTheFileAndTheServerLast) {
  const auto entries = parse_hosts_file(R"(
server = "https://h.io"
skip_verify = true
ca = "server.crt"
[host."https://z.io"]
capabilities = ["pull", "resolve"]
ca = ["/abs/a.crt"]
client = [["c.cert", "c.key"]]
[host."https://z.io".header]
x-one = "1"
x-two = ["2", "3"]
[host."http://a.io:5000/proxy"]
client = "/abs/both.pem"
)",
                                        "/d");
  ASSERT_EQ(outcome(entries), "ok");
  ASSERT_EQ(entries->size(), 3u);
  const HostEntry& first = entries->at(0);
  EXPECT_EQ(url(first), "https://z.io/v2");
  EXPECT_THAT(first.operations, UnorderedElementsAre(pull, resolve));
  EXPECT_EQ(first.authority, "/abs/a.crt");
  EXPECT_EQ(first.certificate, (ClientCertificate{"/d/c.cert", "/d/c.key"}));
  EXPECT_THAT(first.headers, ElementsAre(Pair("x-one", "1"), Pair("x-two", "2"), Pair("x-two", "3")));
  EXPECT_FALSE(first.skip_verify);
  EXPECT_EQ(url(entries->at(1)), "http://a.io:5000/proxy/v2");
  EXPECT_THAT(entries->at(1).operations, UnorderedElementsAre(resolve, pull, push, referrers));
  EXPECT_EQ(entries->at(1).certificate, (ClientCertificate{"/abs/both.pem", "/abs/both.pem"}));
  EXPECT_EQ(url(entries->at(2)), "https://h.io/v2");
  EXPECT_TRUE(entries->at(2).skip_verify);
  EXPECT_EQ(entries->at(2).authority, "/d/server.crt");
}

TEST(HostsFile, WithoutAServerTheLastEntryHasNoHost) {
  const auto entries = parse_hosts_file("ca = \"a.crt\"\n", "/d");
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->back().scheme, "");
  EXPECT_EQ(entries->back().api_path, "/v2");
  EXPECT_EQ(entries->back().authority, "/d/a.crt");
}

TEST(HostsFile, ThePathLeadsToVersion2UnlessItIsOverridden) {
  EXPECT_EQ(only_url("h.io"), "https://h.io/v2");
  EXPECT_EQ(only_url("https://h.io/"), "https://h.io/v2");
  EXPECT_EQ(only_url("https://h.io/v2/"), "https://h.io/v2");
  EXPECT_EQ(only_url("http://[::1]:5000/a/b"), "http://[::1]:5000/a/b/v2");
  EXPECT_EQ(url(parse_hosts_file("server = \"https://h.io/a\"\noverride_path = true", "/d")->back()),
            "https://h.io/a");
  EXPECT_EQ(url(parse_hosts_file("server = \"https://h.io\"\noverride_path = true", "/d")->back()),
            "https://h.io");
}

TEST(HostsFile, RefusesOtherUrls) {
  for (const char* text :
       {"ftp://h.io", "file:///etc", "https://", "https:///x", "https://u:p@h.io", "https://h.io:0",
        "https://h.io?x", "https://h.io/x?y", "https://h.io/#x", "https://h.io/../x", "https://h.io/a//b",
        "https://h.io/a b", "https://h.io/%2e%2e", "https://h.io/a\\\\b", "https://h.io/\xc3\xa9",
        "https://h.io\\r\\nx: y", "HTTPS://h.io"}) {
    EXPECT_EQ(only_url(text), "invalid_argument") << text;
  }
}

TEST(HostsFile, RefusesWhatItWouldGetWrong) {
  for (const char* text :
       {"server = 1", "host = 1", "[host.\"\"]", "[host]\na = 1", "[host.\"h\"]\nskip_verify = 1",
        "client = 1", "client = []\nca = 1", "client = [[]]", "client = [[\"a\", \"b\", \"c\"]]",
        "client = [[1]]", "client = \"\"", "[header]\n\"a b\" = \"c\"", "[header]\na = \"b\\nc\"",
        "[header]\na = 1"}) {
    EXPECT_EQ(outcome(parse_hosts_file(text, "/d")), "invalid_argument") << text;
  }
  for (const char* text :
       {"ca = [\"a\", \"b\"]", "client = [\"a\", \"b\"]", "client = [[\"a\", \"b\"], [\"c\", \"d\"]]",
        "capabilities = [\"pull\", \"delete\"]", "skip_verfy = true", "[host.\"h\"]\nserver = \"x\""}) {
    EXPECT_EQ(outcome(parse_hosts_file(text, "/d")), "unsupported") << text;
  }
}

TEST(HostsFile, ErrorsDoNotTellTheValueOfAHeader) {
  const auto refused = parse_hosts_file("[header]\nauthorization = \"se\\ncret\"", "/d");
  EXPECT_EQ(refused.error().to_string().find("cret"), std::string::npos) << refused.error().to_string();
}

class HostDirectories : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return dir_.path() / name; }
  // The server's URL, "certificates", "none" or the class of the error.
  std::string found(std::string_view host, const std::vector<fs::path>& roots) const {
    const auto entries = find_host(roots, host);
    if (!entries) return outcome(entries);
    if (!*entries) return "none";
    return (*entries)->back().scheme.empty() ? "certificates" : url((*entries)->back());
  }

 private:
  test::TempDir dir_;
};

TEST_F(HostDirectories, AreFoundByHostAndPort) {
  write_text(at("1/h.io/hosts.toml"), "server = 'one.io'");
  write_text(at("2/h.io/hosts.toml"), "server = 'two.io'");
  write_text(at("2/h.io_5000_/hosts.toml"), "server = 'port.io'");
  write_text(at("2/g.io:5000/hosts.toml"), "server = 'colon.io'");
  write_text(at("1/_default/hosts.toml"), "server = 'default.io'");
  const std::vector<fs::path> roots = {at("none"), at("1"), at("2")};
  EXPECT_EQ(found("h.io", roots), "https://one.io/v2");
  EXPECT_EQ(found("h.io:5000", roots), "https://port.io/v2");
  EXPECT_EQ(found("g.io:5000", roots), "https://colon.io/v2");
  EXPECT_EQ(found("g.io", roots), "https://default.io/v2");
  EXPECT_EQ(found("g.io", {at("2")}), "none");
}

TEST_F(HostDirectories, MayHoldCertificatesOnly) {
  write_text(at("h.io/ca.crt"), "");
  write_text(at("h.io/me.cert"), "");
  write_text(at("h.io/me.key"), "");
  EXPECT_EQ(found("h.io", {at(".")}), "certificates");
  const HostEntry entry = *certificates_in(at("h.io"));
  EXPECT_EQ(entry.authority, at("h.io/ca.crt"));
  EXPECT_EQ(entry.certificate, (ClientCertificate{at("h.io/me.cert"), at("h.io/me.key")}));
}

TEST_F(HostDirectories, ACertificateHasItsKey) {
  write_text(at("a/me.cert"), "");
  write_text(at("b/me.key"), "");
  EXPECT_EQ(found("a", {at(".")}), "invalid_argument");
  EXPECT_EQ(found("b", {at(".")}), "invalid_argument");
}

TEST_F(HostDirectories, HoldOneOfEach) {
  for (const char* name : {"a/1.crt", "a/2.crt", "b/1.cert", "b/1.key", "b/2.cert", "b/2.key"})
    write_text(at(name), "");
  EXPECT_EQ(found("a", {at(".")}), "unsupported");
  EXPECT_EQ(found("b", {at(".")}), "unsupported");
}

TEST_F(HostDirectories, WhatIsThereAndCannotBeReadIsAnError) {
  write_text(at("h.io/hosts.toml"), "server = ");
  fs::create_directories(at("g.io/hosts.toml"));
  EXPECT_EQ(found("h.io", {at(".")}), "invalid_argument");
  EXPECT_EQ(found("g.io", {at(".")}), "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
