#include <fstream>

#include "bayplan/images/registry_module.h"
#include "client_fixture.h"
#include "support/temp_dir.h"

namespace bayplan::registry {
namespace {

class ModuleTest : public ClientTest {};

TEST_F(ModuleTest, LoadedClientWorksAndItsErrorsAreOurs) {
  HttpServer server([](const HttpServerRequest& request) {
    return request.path().ends_with("none") ? HttpReply{.status = 404} : manifest_reply(kManifest);
  });
  const auto loaded = images::load_registry(BAYPLAN_REGISTRY_MODULE, {});
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  const auto fetched = (*loaded)->fetch_manifest(at(server), "latest", {});
  ASSERT_TRUE(fetched) << fetched.error().to_string();
  EXPECT_EQ(fetched->bytes, kManifest);
  EXPECT_EQ((*loaded)->resolve(at(server), "none", {}).error().code(), Errc::not_found);
}

TEST_F(ModuleTest, FilesThatAreNone) {
  const test::TempDir dir;
  EXPECT_EQ(images::load_registry(dir.path() / "absent", {}).error().code(), Errc::not_found);
  std::ofstream(dir.path() / "text") << "no module";
  EXPECT_EQ(images::load_registry(dir.path() / "text", {}).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace bayplan::registry
