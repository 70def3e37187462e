#include "fixture.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "bayplan/base/file.h"

namespace bayplan::bench {

FreshDirectory::FreshDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "bayplan-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

FreshDirectory::~FreshDirectory() {
  auto parent = file::open_dir(path_.parent_path());
  if (parent)
    ignore_error(file::remove_tree(parent->get(), path_.filename()),
                 "leftovers of a benchmark are no failure");
}

images::Image image_record(std::uint64_t n) {
  const std::string number = std::to_string(n * 2654435761u % 4294967296u);  // spread over the key space
  images::Image image{.name = "registry.example.com/team/service-" + number + ":v1",
                      .target = {.media_type = "application/vnd.oci.image.manifest.v1+json",
                                 .digest = Digest::of(number),
                                 .size = 1234},
                      .labels = {{"containerd.io/distribution.source.registry.example.com", "team/service"},
                                 {"io.cri-containerd.image", "managed"}}};
  return image;
}

metadata::Db filled_db(const FreshDirectory& directory, std::uint64_t count) {
  metadata::Db db = metadata::Db::open(directory.path() / "metadata").value();
  constexpr std::uint64_t kPerTransaction = 1000;
  for (std::uint64_t first = 0; first < count; first += kPerTransaction) {
    db.update([&](metadata::WriteTx& tx) -> Result<void> {
        for (std::uint64_t n = first; n < std::min(count, first + kPerTransaction); ++n) {
          BAYPLAN_TRY(images::create(tx, metadata::kDefaultNamespace, image_record(n)));
        }
        return {};
      }).value();
  }
  return db;
}

}  // namespace bayplan::bench
