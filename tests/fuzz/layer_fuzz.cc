// Whatever a layer says, it is applied to its own tree and to nothing else. To be run as root.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "bayplan/base/file.h"
#include "layer_apply.h"

namespace {

namespace fs = std::filesystem;
using namespace bayplan;

void expect(bool holds) {
  if (!holds) std::abort();
}

// A directory, and beside it one that no layer may reach.
class Ground {
 public:
  Ground() {
    std::string path = fs::temp_directory_path() / "layer-fuzz-XXXXXX";
    expect(::mkdtemp(path.data()) != nullptr);
    fd_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect(::mkdirat(fd_, "outside", 0755) == 0);
  }

  void apply(std::string_view layer) const {
    expect(::mkdirat(fd_, "tree", 0755) == 0);
    {
      const UniqueFd tree(::openat(fd_, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      MemorySource source(layer);
      const snapshots::ApplyLimits limits{.max_bytes = 1u << 20, .max_entries = 1000};
      static_cast<void>(snapshots::apply_layer(source, tree.get(), limits, {}));
    }
    expect(file::remove_tree(fd_, "tree").has_value());
    const UniqueFd outside(::openat(fd_, "outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    expect(file::list(outside.get(), "outside").value().empty());
    expect(file::list(fd_, "ground").value().size() == 1);
  }

 private:
  int fd_ = -1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Ground ground;
  ground.apply({reinterpret_cast<const char*>(data), size});
  return 0;
}
