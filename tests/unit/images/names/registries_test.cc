#include "bayplan/images/registries.h"

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
using enum RegistryOperation;

const std::string kDigest = "sha256:" + std::string(64, 'd');

std::vector<std::string> candidates(std::string_view config, std::string_view text) {
  const auto found = Registries::parse(config, "t")->candidates(text);
  if (!found) return {outcome(found)};
  std::vector<std::string> texts;
  for (const RegistryReference& reference : *found) texts.push_back(reference.to_string());
  return texts;
}

// "CHANNEL URL REFERENCE" of each, or the class of the error.
std::vector<std::string> shown(const Result<std::vector<RegistryRoute>>& routes) {
  if (!routes) return {outcome(routes)};
  std::vector<std::string> texts;
  for (const auto& [endpoint, reference, key] : *routes) {
    std::string text = endpoint.skip_verify ? "unverified " : "tls ";
    if (endpoint.plain_http) text = "plain ";
    text += endpoint.plain_http ? "http://" : "https://";
    text += endpoint.host + (endpoint.port == 0 ? "" : ":" + std::to_string(endpoint.port));
    texts.push_back(text + endpoint.path_prefix + " " + reference.to_string());
  }
  return texts;
}

std::vector<std::string> routes(std::string_view config, std::string_view text,
                                RegistryOperation operation = pull,
                                const ConnectionOverrides& overrides = {}) {
  return shown(Registries::parse(config, "t")->routes(*RegistryReference::parse(text), operation, overrides));
}

TEST(ShortNames, WhatNamesItsRegistryMeansItself) {
  const char* config = "unqualified-search-registries = ['a.io', 'b.io']\nshort-name-mode = 'enforcing'\n";
  EXPECT_THAT(candidates(config, "localhost/x"), ElementsAre("localhost/x:latest"));
  EXPECT_THAT(candidates(config, "docker.io/x:1"), ElementsAre("docker.io/library/x:1"));
  EXPECT_THAT(candidates(config, "h:5000/x@" + kDigest), ElementsAre("h:5000/x@" + kDigest));
}

// With several search registries each is a reference of its own, so that a pull can tell which one it was.
TEST(ShortNames, S27_EachSearchRegistryGivesItsOwnReference) {
  const char* config = "unqualified-search-registries = ['a.io', 'b.io:5000/x']\n";
  EXPECT_THAT(candidates(config, "n"), ElementsAre("a.io/n:latest", "b.io:5000/x/n:latest"));
  EXPECT_THAT(candidates(config, "n/m:1"), ElementsAre("a.io/n/m:1", "b.io:5000/x/n/m:1"));
  EXPECT_THAT(candidates(config, "n:t@" + kDigest),
              ElementsAre("a.io/n@" + kDigest, "b.io:5000/x/n@" + kDigest));
  EXPECT_THAT(candidates("unqualified-search-registries = ['docker.io']", "n"),
              ElementsAre("docker.io/library/n:latest"));
}

TEST(ShortNames, C5_AliasesGoFirst) {
  const char* config =
      "unqualified-search-registries = ['a.io']\n[aliases]\nn = 'q.io/p/n'\n'x/y' = 'q.io/y'\noff = ''\n";
  EXPECT_THAT(candidates(config, "n"), ElementsAre("q.io/p/n:latest"));
  EXPECT_THAT(candidates(config, "n:2"), ElementsAre("q.io/p/n:2"));
  EXPECT_THAT(candidates(config, "n@" + kDigest), ElementsAre("q.io/p/n@" + kDigest));
  EXPECT_THAT(candidates(config, "x/y"), ElementsAre("q.io/y:latest"));
  EXPECT_THAT(candidates(config, "off"), ElementsAre("a.io/off:latest"));
  EXPECT_THAT(candidates(config, "nn"), ElementsAre("a.io/nn:latest"));
  EXPECT_THAT(candidates(config, "a.io/n"), ElementsAre("a.io/n:latest"));
}

TEST(ShortNames, C5_EnforcingRefusesWhatIsAmbiguous) {
  const std::string two = "unqualified-search-registries = ['a.io', 'b.io']\n";
  const std::string one = "unqualified-search-registries = ['a.io']\n";
  EXPECT_THAT(candidates(two + "short-name-mode = 'enforcing'", "n"), ElementsAre("invalid_argument"));
  EXPECT_THAT(candidates(one + "short-name-mode = 'enforcing'", "n"), ElementsAre("a.io/n:latest"));
  EXPECT_THAT(candidates(two + "short-name-mode = 'disabled'", "n"),
              ElementsAre("a.io/n:latest", "b.io/n:latest"));
  EXPECT_THAT(candidates(two + "short-name-mode = 'permissive'", "n"),
              ElementsAre("a.io/n:latest", "b.io/n:latest"));
}

TEST(ShortNames, C5_ThereIsACandidateOrAnError) {
  EXPECT_THAT(candidates("", "n"), ElementsAre("docker.io/library/n:latest"));
  EXPECT_THAT(candidates("unqualified-search-registries = []", "n"), ElementsAre("invalid_argument"));
  EXPECT_THAT(candidates("", "a/B"), ElementsAre("invalid_argument"));
  EXPECT_THAT(candidates("", ""), ElementsAre("invalid_argument"));
}

TEST(Routes, ARegistryIsAskedOverVerifiedTls) {
  EXPECT_THAT(routes("", "h.io/a:1"), ElementsAre("tls https://h.io/v2 h.io/a:1"));
  EXPECT_THAT(routes("", "h.io:5000/a"), ElementsAre("tls https://h.io:5000/v2 h.io:5000/a:latest"));
  EXPECT_THAT(routes("", "a"), ElementsAre("tls https://registry-1.docker.io/v2 docker.io/library/a:latest"));
}

TEST(Routes, LoopbackAloneIsPlainUnlessSomebodySpeaksOfIt) {
  EXPECT_THAT(routes("", "localhost:5000/a"),
              ElementsAre("plain http://localhost:5000/v2 localhost:5000/a:latest"));
  EXPECT_THAT(routes("", "127.0.0.1:5000/a"),
              ElementsAre("plain http://127.0.0.1:5000/v2 127.0.0.1:5000/a:latest"));
  EXPECT_THAT(routes("", "[::1]:5000/a"), ElementsAre("plain http://::1:5000/v2 [::1]:5000/a:latest"));
  EXPECT_THAT(routes("[[registry]]\nlocation = 'localhost:5000'", "localhost:5000/a"),
              ElementsAre("tls https://localhost:5000/v2 localhost:5000/a:latest"));
  EXPECT_THAT(routes("", "localhost:5000/a", pull, {.verify_tls = true}),
              ElementsAre("tls https://localhost:5000/v2 localhost:5000/a:latest"));
  EXPECT_THAT(routes("", "127.evil.example/a"),
              ElementsAre("tls https://127.evil.example/v2 127.evil.example/a:latest"));
}

TEST(Routes, PlainHttpOnlyWhereSomebodySaidInsecure) {
  const char* config = "[[registry]]\nlocation = 'h.io'\ninsecure = true\n";
  EXPECT_THAT(routes(config, "h.io/a:1"),
              ElementsAre("unverified https://h.io/v2 h.io/a:1", "plain http://h.io/v2 h.io/a:1"));
  EXPECT_THAT(routes(config, "h.io/a:1", pull, {.verify_tls = true}),
              ElementsAre("tls https://h.io/v2 h.io/a:1"));
  EXPECT_THAT(routes("", "h.io/a:1", pull, {.verify_tls = false}),
              ElementsAre("unverified https://h.io/v2 h.io/a:1", "plain http://h.io/v2 h.io/a:1"));
}

TEST(Routes, MirrorsComeFirst) {
  const char* config =
      "[[registry]]\nprefix = 'h.io/x'\nlocation = 'real.io/y'\n[[registry.mirror]]\nlocation = 'm.io'\n"
      "[[registry.mirror]]\nlocation = 'n.io/z'\ninsecure = true\n";
  EXPECT_THAT(routes(config, "h.io/x/a:1", resolve),
              ElementsAre("tls https://m.io/v2 m.io/a:1", "unverified https://n.io/v2 n.io/z/a:1",
                          "plain http://n.io/v2 n.io/z/a:1", "tls https://real.io/v2 real.io/y/a:1"));
  EXPECT_THAT(routes(config, "h.io/w/a:1"), ElementsAre("tls https://h.io/v2 h.io/w/a:1"));
}

TEST(Routes, NothingIsPushedToAMirror) {
  EXPECT_THAT(
      routes("[[registry]]\nlocation = 'h.io'\n[[registry.mirror]]\nlocation = 'm.io'\n", "h.io/a:1", push),
      ElementsAre("tls https://h.io/v2 h.io/a:1"));
}

// A mirror that may not say what a tag means is asked for digests only.
TEST(Routes, MirrorsServeWhatTheyMay) {
  const std::string rule = "[[registry]]\nlocation = 'h.io'\n";
  const std::string mirror = "[[registry.mirror]]\nlocation = 'm.io'\n";
  const std::string by_tag = "tls https://m.io/v2 m.io/a:1";
  const std::string by_digest = "tls https://m.io/v2 m.io/a@" + kDigest;
  for (const std::string& config : {rule + "mirror-by-digest-only = true\n" + mirror,
                                    rule + mirror + "pull-from-mirror = 'digest-only'\n"}) {
    EXPECT_THAT(routes(config, "h.io/a:1", resolve), ElementsAre("tls https://h.io/v2 h.io/a:1"));
    EXPECT_THAT(routes(config, "h.io/a@" + kDigest),
                ElementsAre(by_digest, "tls https://h.io/v2 h.io/a@" + kDigest));
  }
  const std::string tags = rule + mirror + "pull-from-mirror = 'tag-only'\n";
  EXPECT_THAT(routes(tags, "h.io/a:1", resolve), ElementsAre(by_tag, "tls https://h.io/v2 h.io/a:1"));
  EXPECT_THAT(routes(tags, "h.io/a@" + kDigest), ElementsAre("tls https://h.io/v2 h.io/a@" + kDigest));
}

TEST(Routes, ABlockedRegistryIsRefused) {
  const char* config =
      "[[registry]]\nlocation = 'h.io'\nblocked = true\n[[registry]]\nlocation = 'h.io/ok'\n";
  const auto blocked = Registries::parse(config, "t")->routes(*RegistryReference::parse("h.io/a"), pull);
  EXPECT_EQ(outcome(blocked), "failed_precondition");
  EXPECT_EQ(blocked.error().name(), "h.io");
  EXPECT_THAT(routes(config, "h.io/ok/a:1"), ElementsAre("tls https://h.io/v2 h.io/ok/a:1"));
}

// Names of hosts are the same in either case.
TEST(Routes, ABlockedRegistryIsRefusedInAnySpelling) {
  for (const char* location : {"h.io", "H.io"}) {
    const std::string config = "[[registry]]\nlocation = '" + std::string(location) + "'\nblocked = true\n";
    EXPECT_THAT(routes(config, "H.IO/a"), ElementsAre("failed_precondition"));
    EXPECT_THAT(routes(config, "h.io/a"), ElementsAre("failed_precondition"));
  }
}

TEST(Routes, ARelocationThatIsNoReferenceIsAnError) {
  const std::string config = "[[registry]]\nlocation = 'h.io'\n[[registry.mirror]]\nlocation = 'm.io/" +
                             std::string(200, 'm') + "'\n";
  EXPECT_THAT(routes(config, "h.io/" + std::string(200, 'a')), ElementsAre("invalid_argument"));
}

TEST(Routes, CredentialsAreThoseOfTheHostThatIsAsked) {
  const char* config = "[[registry]]\nlocation = 'docker.io'\n[[registry.mirror]]\nlocation = 'm.io'\n";
  const auto found = Registries::parse(config, "t")->routes(*RegistryReference::parse("a"), pull);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).credential_key, "m.io/library/a");
  EXPECT_EQ(found->at(1).credential_key, "docker.io/library/a");
}

class RegistriesFiles : public testing::Test {
 protected:
  RegistriesFiles() {
    dirs_.user = dir_.path() / "user";
    dirs_.system = dir_.path() / "etc";
  }
  void write(const std::string& name, std::string_view text) { write_text(dir_.path() / name, text); }
  fs::path at(const std::string& name) const { return dir_.path() / name; }
  std::vector<std::string> routes(std::string_view text, RegistryOperation operation = pull,
                                  const ConnectionOverrides& overrides = {}) {
    return shown(Registries::load(dirs_)->routes(*RegistryReference::parse(text), operation, overrides));
  }
  std::string candidate(std::string_view text) {
    return Registries::load(dirs_)->candidates(text)->front().to_string();
  }

  ConfigDirs dirs_;

 private:
  test::TempDir dir_;
};

TEST_F(RegistriesFiles, NoFileIsFine) {
  EXPECT_EQ(candidate("n"), "docker.io/library/n:latest");
  EXPECT_THAT(routes("h.io/a:1"), ElementsAre("tls https://h.io/v2 h.io/a:1"));
}

TEST_F(RegistriesFiles, TheUsersFileStandsInPlaceOfTheSystems) {
  write("etc/containers/registries.conf",
        "unqualified-search-registries = ['system.io']\n[aliases]\nx = 's.io/x'\n");
  EXPECT_EQ(candidate("n"), "system.io/n:latest");
  write("user/containers/registries.conf", "unqualified-search-registries = ['user.io']\n");
  EXPECT_EQ(candidate("n"), "user.io/n:latest");
  EXPECT_EQ(candidate("x"), "user.io/x:latest");
}

TEST_F(RegistriesFiles, DropInsAreMergedInOrder) {
  write("etc/containers/registries.conf", "unqualified-search-registries = ['main.io']\n");
  write("etc/containers/registries.conf.d/50-b.conf", "[aliases]\nn = 'fifty.io/n'\nm = 'fifty.io/m'\n");
  write("etc/containers/registries.conf.d/10-a.conf", "[aliases]\nn = 'ten.io/n'\n");
  write("etc/containers/registries.conf.d/99-c.txt", "[aliases]\nn = 'no.io/n'\n");
  EXPECT_EQ(candidate("n"), "fifty.io/n:latest");
  write("user/containers/registries.conf.d/00.conf", "[aliases]\nn = 'user.io/n'\n");
  EXPECT_EQ(candidate("n"), "user.io/n:latest");
  EXPECT_EQ(candidate("m"), "fifty.io/m:latest");
  EXPECT_EQ(candidate("o"), "main.io/o:latest");
}

TEST_F(RegistriesFiles, TheNamedFileStandsAlone) {
  write("etc/containers/registries.conf.d/1.conf", "unqualified-search-registries = ['etc.io']\n");
  write("mine.conf", "");
  dirs_.registries_file = at("mine.conf");
  EXPECT_EQ(candidate("n"), "docker.io/library/n:latest");
  dirs_.registries_file = at("none.conf");
  EXPECT_EQ(outcome(Registries::load(dirs_)), "not_found");
}

TEST_F(RegistriesFiles, WhatIsThereAndCannotBeUnderstoodIsAnError) {
  write("etc/containers/registries.conf", "unqualified-search-registries = [");
  EXPECT_EQ(outcome(Registries::load(dirs_)), "invalid_argument");
  EXPECT_NE(Registries::load(dirs_).error().to_string().find("registries.conf"), std::string::npos);
  write("etc/containers/registries.conf", "");
  fs::create_directories(at("etc/containers/registries.conf.d/1.conf"));
  EXPECT_EQ(outcome(Registries::load(dirs_)), "invalid_argument");
}

TEST_F(RegistriesFiles, HostsFilesSayHowToReachAHost) {
  write("etc/containerd/certs.d/h.io/hosts.toml",
        "server = 'https://real.io'\n[host.'http://m.io:5000']\ncapabilities = ['pull', 'resolve']\n"
        "[host.'http://m.io:5000'.header]\nx-a = 'b'\n[host.'https://n.io']\ncapabilities = "
        "['pull']\nskip_verify = true\n");
  EXPECT_THAT(routes("h.io/a:1", resolve),
              ElementsAre("plain http://m.io:5000/v2 h.io/a:1", "tls https://real.io/v2 h.io/a:1"));
  EXPECT_THAT(routes("h.io/a:1"),
              ElementsAre("plain http://m.io:5000/v2 h.io/a:1", "unverified https://n.io/v2 h.io/a:1",
                          "tls https://real.io/v2 h.io/a:1"));
  EXPECT_THAT(routes("h.io/a:1", push), ElementsAre("tls https://real.io/v2 h.io/a:1"));
  EXPECT_THAT(routes("h.io/a:1", pull, {.verify_tls = true}),
              ElementsAre("tls https://n.io/v2 h.io/a:1", "tls https://real.io/v2 h.io/a:1"));
  EXPECT_THAT(routes("h.io/a:1", pull, {.verify_tls = false}),
              ElementsAre("plain http://m.io:5000/v2 h.io/a:1", "unverified https://n.io/v2 h.io/a:1",
                          "unverified https://real.io/v2 h.io/a:1"));
}

TEST_F(RegistriesFiles, HostsFilesAreFoundInAnySpelling) {
  write("etc/containerd/certs.d/h.io/hosts.toml", "server = 'https://real.io'\n");
  EXPECT_THAT(routes("H.IO/a:1"), ElementsAre("tls https://real.io/v2 H.IO/a:1"));
}

TEST_F(RegistriesFiles, AMirrorIsToldWhoseItIsAndHasCredentialsOfItsOwn) {
  write("etc/containerd/certs.d/docker.io/hosts.toml",
        "server = 'https://registry-1.docker.io'\n[host.'https://m.io']\n[host.'https://m.io'.header]\nx-a = "
        "'b'\n");
  const auto found = Registries::load(dirs_)->routes(*RegistryReference::parse("a"), pull);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).endpoint.ns, "docker.io");
  EXPECT_EQ(found->at(0).credential_key, "m.io/library/a");
  EXPECT_EQ(found->at(0).endpoint.headers.size(), 1u);
  EXPECT_EQ(found->at(1).endpoint.ns, "");
  EXPECT_EQ(found->at(1).credential_key, "docker.io/library/a");
  EXPECT_THAT(found->at(1).endpoint.headers, IsEmpty());
}

TEST_F(RegistriesFiles, ALoopbackHostWithCertificatesIsNotPlain) {
  write("user/containers/certs.d/localhost:5000/ca.crt", "");
  const auto found = Registries::load(dirs_)->routes(*RegistryReference::parse("localhost:5000/a:1"), pull);
  EXPECT_THAT(shown(found), ElementsAre("tls https://localhost:5000/v2 localhost:5000/a:1"));
  EXPECT_EQ(found->front().endpoint.ca_file, dirs_.user / "containers/certs.d/localhost:5000/ca.crt");
}

TEST_F(RegistriesFiles, CertificatesOfTheCallerReplaceThoseOfTheFiles) {
  write("etc/docker/certs.d/h.io/ca.crt", "");
  for (const char* name : {"mine/my.crt", "mine/me.cert", "mine/me.key"}) write(name, "");
  const auto found = Registries::load(dirs_)->routes(*RegistryReference::parse("h.io/a"), pull,
                                                     {.verify_tls = {}, .certificates = at("mine")});
  EXPECT_EQ(found->front().endpoint.ca_file, at("mine/my.crt"));
  EXPECT_EQ(found->front().endpoint.client_certificate, at("mine/me.cert"));
  EXPECT_EQ(found->front().endpoint.client_key, at("mine/me.key"));
  EXPECT_THAT(routes("localhost:5000/a:1", pull, {.verify_tls = {}, .certificates = at("mine")}),
              ElementsAre("tls https://localhost:5000/v2 localhost:5000/a:1"));
  EXPECT_THAT(routes("h.io/a", pull, {.verify_tls = {}, .certificates = at("none")}),
              ElementsAre("not_found"));
}

TEST_F(RegistriesFiles, NothingThatServesIsAnError) {
  write("etc/containerd/certs.d/h.io/hosts.toml",
        "server = 'http://h.io'\ncapabilities = ['pull', 'resolve']\n");
  EXPECT_THAT(routes("h.io/a", push), ElementsAre("failed_precondition"));
  EXPECT_THAT(routes("h.io/a", pull, {.verify_tls = true}), ElementsAre("failed_precondition"));
}

TEST_F(RegistriesFiles, ABrokenHostsFileIsAnError) {
  write("etc/containerd/certs.d/h.io/hosts.toml", "server = ");
  EXPECT_THAT(routes("h.io/a"), ElementsAre("invalid_argument"));
}

}  // namespace
}  // namespace bayplan::images
