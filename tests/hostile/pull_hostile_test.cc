// The rows of the hostile registry that a pull gets to see, through a pull into a store that holds an image
// already. Whatever comes of it, that image is as it was, the store is without fault, and once the pulled
// image and the lease of the pull are gone a collection leaves what was there before. `--table [PART]` prints
// what becomes of each, or of those whose "group/name" holds PART.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string_view>

#include "bayplan/content/ingests.h"
#include "bayplan/images/import.h"
#include "bayplan/images/pull.h"
#include "bayplan/metadata/check.h"
#include "client.h"
#include "hostile/good_registry.h"
#include "hostile/hostile_main.h"
#include "hostile/image_rows.h"
#include "support/store_state.h"
#include "support/temp_dir.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNamespace = "default";
constexpr const char* kVictim = "localhost/victim:1";
constexpr std::uint64_t kMostUnpacked = 64u << 20;

/// A store of an image, and how it is to be found after a pull.
class Host {
 public:
  /// Precondition: `home` outlives it.
  static Result<Host> open(const fs::path& home) {
    BAYPLAN_ASSIGN(images::Store store, images::Store::open(home / "store", {.snapshotter = "native"}));
    LayoutBuilder layout;
    layout.tag(layout.image({victim_tar()}));
    layout.write_to(home / "victim");
    BAYPLAN_TRY(images::import(store, kNamespace, home / "victim", {.name = kVictim}, {}));
    Host host(home, std::move(store));
    BAYPLAN_TRY(host.make_buckets());
    host.before_ = state_of(host.store_);
    return host;
  }

  images::Store& store() { return store_; }

  /// What is there is without fault, and what a pull that failed left is kept by its lease alone.
  Result<void> check(bool pulled) {
    BAYPLAN_ASSIGN(const auto checked, metadata::check(store_.db(), store_.gc_kinds()));
    if (!checked.clean())
      return Error(Errc::corrupt, "store", checked.problems[0].object.key, checked.problems[0].what);
    if (const auto path = escaped(); !path.empty()) return Error(Errc::conflict, "file", path, "came out");
    BAYPLAN_ASSIGN(const auto names, image_names());
    if (names.size() != (pulled ? 2u : 1u)) return Error(Errc::conflict, "store", {}, "has other images");
    BAYPLAN_ASSIGN(const auto leases, lease_ids());
    for (const std::string& id : leases) {
      if (pulled || !id.starts_with("pull-sha256:")) return Error(Errc::conflict, "lease", id, "was left");
    }
    return {};
  }

  /// All that the pull brought goes; anything else that is there then was not to be.
  Result<void> forget_pull() {
    BAYPLAN_ASSIGN(const auto names, image_names());
    BAYPLAN_ASSIGN(const auto leases, lease_ids());
    const auto removed = store_.db().update([&](metadata::WriteTx& tx) -> Result<void> {
      for (const std::string& name : names) {
        if (name != kVictim) BAYPLAN_TRY(images::remove(tx, kNamespace, name));
      }
      for (const std::string& id : leases) BAYPLAN_TRY(metadata::leases::remove(tx, kNamespace, id));
      return {};
    });
    return removed ? collect() : removed;
  }
  bool is_as_before() { return state_of(store_) == before_; }

 private:
  Host(const fs::path& home, images::Store store) : home_(home), store_(std::move(store)) {}

  // A file of a layer that is anywhere but in its snapshot.
  std::string escaped() const {
    if (fs::exists("/escaped")) return "/escaped";
    for (const auto& entry : fs::recursive_directory_iterator(home_)) {
      const std::string path = entry.path();
      if (entry.path().filename() == "escaped" && path.find("/fs/") == std::string::npos) return path;
    }
    return {};
  }

  // Those that a pull makes once and for all, and the counter of directories.
  Result<void> make_buckets() {
    BAYPLAN_TRY(store_.db().update([&](metadata::WriteTx& tx) -> Result<content::ingests::IngestRecord> {
      BAYPLAN_ASSIGN(const auto lease, metadata::leases::create(tx, kNamespace, {}));
      return content::ingests::start(tx, kNamespace, "before", {}, lease.id);
    }));
    return forget_pull();
  }
  Result<void> collect() {
    BAYPLAN_TRY(metadata::collect(store_.db(), store_.gc_kinds(), {}, {}));
    return {};
  }
  Result<std::vector<std::string>> image_names() {
    std::vector<std::string> names;
    BAYPLAN_TRY(store_.db().view([&](const metadata::ReadTx& tx) {
      return images::walk(tx, kNamespace, [&](const images::ImageView& image) -> Result<void> {
        names.emplace_back(image.name);
        return {};
      });
    }));
    return names;
  }
  Result<std::vector<std::string>> lease_ids() {
    std::vector<std::string> ids;
    BAYPLAN_TRY(store_.db().view([&](const metadata::ReadTx& tx) {
      return metadata::leases::walk(tx, kNamespace,
                                    [&](const metadata::leases::Lease& lease) -> Result<void> {
                                      ids.push_back(lease.id);
                                      return {};
                                    });
    }));
    return ids;
  }

  const fs::path& home_;
  images::Store store_;
  std::string before_;
};

std::string host_of(const images::RemoteRepository& repository) {
  return repository.endpoint.host + ":" + std::to_string(repository.endpoint.port);
}

// What the row's endpoint is, as the files of an operator say it.
images::RemoteContext context_of(const fs::path& home, const images::RemoteRepository& repository) {
  const images::RegistryEndpoint& endpoint = repository.endpoint;
  const std::string host = host_of(repository);
  std::string text = "server = \"" + std::string(endpoint.plain_http ? "http" : "https") + "://" + host +
                     "\"\nca = \"" + endpoint.ca_file.native() + "\"\n[header]\n";
  for (const auto& [name, value] : endpoint.headers) text += name + " = \"" + value + "\"\n";
  write_file(home / "etc/containerd/certs.d" / host / "hosts.toml", text);
  images::RemoteContext context;
  context.dirs.system = home / "etc";
  context.credentials = repository.credentials;
  context.platform = images::Platform{.os = "linux", .architecture = "amd64"};
  return context;
}

std::string source_of(const HostileCase& hostile, const images::RemoteRepository& repository) {
  const std::string name = host_of(repository) + "/" + kRepository;
  if (hostile.ask != Ask::pinned) return name + ":" + kTag;
  return name + "@" + good_image().registry.tagged().digest.to_string();
}

Result<void> be_puller(const HostileCase& hostile, const images::RemoteRepository& repository) {
  const TempDir home;
  BAYPLAN_ASSIGN(Host host, Host::open(home.path()));
  const auto no_wait = [](std::chrono::milliseconds, const CancelToken& cancel) { return cancel.check(); };
  BAYPLAN_ASSIGN(const auto registry, registry::open_client_with(options_of(hostile), std::nullopt, no_wait));
  const auto provider = [&]() -> Result<images::Registry*> { return registry.get(); };
  images::PullOptions options;
  options.limits.layer.max_bytes = kMostUnpacked;
  const auto pulled = images::pull(host.store(), kNamespace, source_of(hostile, repository), provider,
                                   context_of(home.path(), repository), options, {});
  const std::string outcome = pulled ? "taken" : pulled.error().to_string();
  BAYPLAN_TRY(host.check(pulled.has_value()).with_context("after", outcome));
  BAYPLAN_TRY(host.forget_pull());
  if (!host.is_as_before()) return Error(Errc::conflict, "store", {}, "is not as it was after " + outcome);
  if (!pulled) return pulled.error();
  return {};
}

/// Of the others a pull asks nothing.
bool concerns_pulls(const HostileCase& hostile) {
  constexpr Ask kAsks[] = {Ask::resolve, Ask::manifest, Ask::pinned, Ask::blob, Ask::pull};
  return std::find(std::begin(kAsks), std::end(kAsks), hostile.ask) != std::end(kAsks);
}

/// A pull asks for heads first: what floods one is kept for the request that the row is about.
std::function<Says(const Places&)> without_floods_of_heads(std::function<Says(const Places&)> says) {
  return [says = std::move(says)](const Places& places) -> Says {
    return [said = says(places)](const HttpServerRequest& request) {
      auto reply = said(request);
      const bool floods = reply && (reply->then == Then::endless || reply->then == Then::drip);
      return request.method == "HEAD" && floods ? std::nullopt : std::move(reply);
    };
  };
}

std::vector<HostileCase> pull_cases() {
  std::vector<HostileCase> rows = hostile_cases();
  for (HostileCase& row : image_cases()) rows.push_back(std::move(row));
  std::erase_if(rows, [](const HostileCase& row) { return !concerns_pulls(row); });
  for (HostileCase& row : rows) {
    if (row.pulled) row.wanted = *row.pulled;
    if (row.ask != Ask::resolve && row.registry.says)
      row.registry.says = without_floods_of_heads(std::move(row.registry.says));
  }
  return rows;
}

class HostilePull : public testing::TestWithParam<HostileCase> {};

TEST_P(HostilePull, LeavesTheStoreAsItWas) { expect_as_it_must_be(GetParam(), be_puller); }

INSTANTIATE_TEST_SUITE_P(, HostilePull, testing::ValuesIn(pull_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace bayplan::test

int main(int argc, char** argv) {
  using namespace bayplan::test;
  return hostile_main(argc, argv, pull_cases(), be_puller);
}
