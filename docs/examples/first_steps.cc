#include <bayplan/containers/service.h>
#include <bayplan/images/import.h>

#include <iostream>

using namespace bayplan;

Result<void> first_steps(const char* root, const char* archive) {
  BAYPLAN_ASSIGN(images::Store store, images::Store::open(root));
  BAYPLAN_ASSIGN(auto report, images::import(store, "default", archive, {.name = "example:1"}, {}));
  const std::string image = report.images.front().name;  // docker.io/library/example:1

  containers::CreateOptions options{.spec = {.args = {"/bin/sh"}}};
  BAYPLAN_TRY(containers::create_from_image(store, "default", "c1", image, options, {}));

  // One transaction over all records: the container is labelled and the image unlisted, or neither.
  return store.db().update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(containers::set_labels(tx, "default", "c1", {{"role", "demo"}}));
    return images::remove(tx, "default", image);
  });
}

int main(int, char** argv) {
  auto done = first_steps(argv[1], argv[2]);
  if (!done) std::cerr << done.error().to_string() << '\n';
  return done ? 0 : 1;
}
