// Every parser of names and of files that name registries, fed with damaged text: it answers, with a value or
// with an error that it may give, and what it accepts holds what its header says. BAYPLAN_TEST_SEED replays a
// run, BAYPLAN_MUTATIONS is how many texts each parser gets (default 2000).
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "bayplan/images/credentials.h"
#include "bayplan/images/image_names.h"
#include "bayplan/images/registries.h"
#include "bayplan/images/signature_policy.h"
#include "bayplan/images/storage_reference.h"
#include "bayplan/images/transport.h"
#include "contract/buckets/random.h"
#include "names/auth_file.h"
#include "names/base64.h"
#include "names/hosts_file.h"
#include "names/registry_host.h"
#include "names/toml.h"

namespace bayplan::images {
namespace {

using metadata::Random;

struct Parser {
  const char* name;
  std::vector<std::string> texts;  ///< good ones, to be damaged
  /// Expects what holds for every text.
  std::function<void(const std::string& text)> feed;
};

template <class T>
bool refused(const Result<T>& result) {
  if (result) return false;
  const Errc code = result.error().code();
  EXPECT_TRUE(code == Errc::invalid_argument || code == Errc::unsupported || code == Errc::too_large)
      << result.error().to_string();
  EXPECT_EQ(result.error().to_string().find('\0'), std::string::npos);
  return true;
}

void feed_reference(const std::string& text) {
  const auto reference = Reference::parse(text);
  if (refused(reference)) return;
  for (const std::string& form : {reference->canonical(), reference->familiar()}) {
    const auto again = Reference::parse(form);
    ASSERT_TRUE(again) << form;
    EXPECT_EQ(again->canonical(), reference->canonical());
  }
  const RegistryReference asked = RegistryReference::of(*reference);
  EXPECT_EQ(asked.repository().find(".."), std::string::npos);
  EXPECT_EQ(RegistryReference::parse(asked.to_string())->to_string(), asked.to_string());
  EXPECT_NE(asked.tag().has_value(), asked.digest().has_value());
}

void feed_location(const std::string& text) {
  const auto location = parse_location(text);
  ignore_error(parse_source(text, "docker://"), "only that it answers");
  ignore_error(parse_local_image(text, {}), "only that it answers");
  if (refused(location)) return;
  const auto again = parse_location(to_string(*location));
  ASSERT_TRUE(again) << to_string(*location);
  EXPECT_EQ(to_string(*again), to_string(*location));
}

void feed_registries(const std::string& text) {
  const auto registries = Registries::parse(text, "t");
  if (refused(registries)) return;
  const auto candidates = registries->candidates("a/b:1");
  EXPECT_TRUE(refused(candidates) || !candidates->empty());
  const auto routes = registries->routes(*RegistryReference::parse("h.io/x/a:1"), RegistryOperation::resolve);
  if (!routes && routes.error().code() == Errc::failed_precondition) return;  // blocked
  if (refused(routes)) return;
  ASSERT_FALSE(routes->empty());
  for (const RegistryRoute& route : *routes) {
    EXPECT_FALSE(route.endpoint.plain_http && route.endpoint.skip_verify);
    EXPECT_TRUE(is_registry_host(route.endpoint.host)) << route.endpoint.host;
    EXPECT_TRUE(credential_key(route.credential_key)) << route.credential_key;
  }
}

void feed_hosts(const std::string& text) {
  const auto entries = parse_hosts_file(text, "/d");
  if (refused(entries)) return;
  ASSERT_FALSE(entries->empty());
  for (const HostEntry& entry : *entries) {
    EXPECT_EQ(entry.api_path.find_first_of("?# \r\n"), std::string::npos) << entry.api_path;
    for (const auto& [name, value] : entry.headers)
      EXPECT_EQ((name + value).find_first_of("\r\n"), std::string::npos);
  }
}

void feed_auth_file(const std::string& text) {
  const auto file = AuthFile::parse(text, "t");
  if (refused(file)) return;
  refused(file->helper("h.io"));
  refused(file->find("h.io/a/b"));
  const RegistryCredentials stored{.user = "u", .password = "p"};
  const auto with = AuthFile::parse(file->with("h.io/a/b", "h.io/a/b", stored), "with");
  ASSERT_TRUE(with) << with.error().to_string();
  EXPECT_EQ((**with->find("h.io/a/b")).password, stored.password);
  EXPECT_FALSE(AuthFile::parse(with->without("h.io/a/b"), "without")->has("h.io/a/b"));
}

void feed_policy(const std::string& text) {
  const auto policy = SignaturePolicy::parse(text, "t");
  if (refused(policy)) return;
  const auto verdict = policy->check(*RegistryReference::parse("h.io/a:1"));
  if (verdict) return;
  EXPECT_TRUE(verdict.error().code() == Errc::permission_denied ||
              verdict.error().code() == Errc::unsupported);
}

std::vector<Parser> parsers() {
  const std::string digest = "sha256:" + std::string(64, 'a');
  return {
      {"reference",
       {"docker.io/library/a-b__c.d:Tag-1@" + digest, "localhost:5000/a/b:1", "[::1]:80/x", "a"},
       feed_reference},
      {"location",
       {"docker://h.io:5/a:1", "oci:/a/b:n/m:1", "oci-archive:a:b", "docker-archive:/x.tar:a:1",
        "docker-archive:x:@12", "dir:/x", "containers-storage:[overlay@/a+/b:c]a@" + std::string(64, 'f'),
        "docker-daemon:x"},
       feed_location},
      {"pattern",
       {"h.io/a*", "*key*", "name"},
       [](const std::string& text) { refused(NamePattern::parse(text)); }},
      {"registries.conf",
       {"unqualified-search-registries = [\"a.io\", 'b.io']\nshort-name-mode = "
        "\"permissive\"\n[[registry]]\nprefix = "
        "\"h.io/x\"\nlocation = \"g.io\"\ninsecure = true\n[[registry.mirror]]\nlocation = "
        "\"m.io\"\n[aliases]\n\"a/b\" = "
        "\"q.io/a/b\"\n",
        "[[registry]]\nprefix = \"*.io\"\nblocked = false\nmirror-by-digest-only = true\n"},
       feed_registries},
      {"hosts.toml",
       {"server = \"https://h.io\"\nca = [\"a.crt\"]\n[host.\"http://m.io:5/p\"]\ncapabilities = "
        "[\"pull\"]\nclient = "
        "[[\"a\", \"b\"]]\n[host.\"http://m.io:5/p\".header]\nx-a = [\"1\", \"2\"]\n"},
       feed_hosts},
      {"toml",
       {"a.b = { c = [1, 2.5, true, 1979-05-27T07:32:00Z], d = '''x''' }\n[[t]]\n\"q.r\" = \"\"\"\\u00e9 "
        "\\\n  x\"\"\"\n"},
       [](const std::string& text) { refused(toml::parse(text, "t")); }},
      {"auth file",
       {"{\"auths\":{\"h.io\":{\"auth\":\"dTpw\"},\"h.io/a\":{\"identitytoken\":\"i\"},\"https://h.io/v1/"
        "\":{}},"
        "\"credHelpers\":{\"g.io\":\"x\"},\"credsStore\":\"\",\"other\":[1.5,null]}"},
       feed_auth_file},
      {"credential key",
       {"h.io:5000/a/b", "https://index.docker.io/v1/"},
       [](const std::string& text) {
         const auto key = credential_key(text);
         EXPECT_TRUE(refused(key) || *credential_key(*key) == *key);
       }},
      {"policy",
       {"{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"docker\":{\"h.io/"
        "a\":[{\"type\":\"signedBy\",\"keyType\":\"x\"}],"
        "\"\":[{\"type\":\"insecureAcceptAnything\"}]}}}"},
       feed_policy},
      {"base64",
       {"Zm9vYmE=", "////"},
       [](const std::string& text) {
         const auto bytes = decode_base64(text);
         EXPECT_TRUE(refused(bytes) || encode_base64(*bytes) == text);
       }},
  };
}

std::string damaged(std::string text, Random& random) {
  constexpr std::array<std::string_view, 18> kPieces = {"@", ":",      "/",  "//", "..",       "\"",
                                                        "'", "\"\"\"", "[",  "]]", "{",        "}",
                                                        "=", "\n",     "\\", ",",  "\xc3\xa9", "*"};
  for (std::size_t changes = random.between(1, 4); changes > 0; --changes) {
    const std::size_t at = random.below(text.size() + 1);
    switch (random.below(5)) {
      case 0:
        text.insert(at, random.bytes(1));
        break;
      case 1:
        text.insert(at, kPieces[random.below(kPieces.size())]);
        break;
      case 2:
        text.erase(at, random.between(1, 8));
        break;
      case 3:
        text.insert(at, text.substr(random.below(text.size() + 1), random.between(1, 40)));
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(random.below(128));
        break;
    }
  }
  return text;
}

TEST(Mutations, EveryParserAnswers) {
  const std::size_t seed = metadata::test_seed();
  SCOPED_TRACE(metadata::replay_with(seed));
  const std::size_t mutations = metadata::number_from_environment("BAYPLAN_MUTATIONS", 2000);
  Random random(seed);
  for (const Parser& parser : parsers()) {
    for (const std::string& text : parser.texts) parser.feed(text);
    for (std::size_t i = 0; i < mutations && !testing::Test::HasFailure(); ++i) {
      const std::string text = damaged(parser.texts[random.below(parser.texts.size())], random);
      SCOPED_TRACE(std::string(parser.name) + ": " + quoted(text));
      parser.feed(text);
    }
  }
}

}  // namespace
}  // namespace bayplan::images
