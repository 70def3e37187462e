#include "support/temp_dir.h"

#include <cstdlib>
#include <string>

#include "bayplan/base/file.h"

namespace bayplan::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "bayplan-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
  fd_ = file::open_dir(path_).value();
}

TempDir::~TempDir() {
  auto parent = file::open_dir(path_.parent_path());
  if (parent)
    ignore_error(file::remove_tree(parent->get(), path_.filename()), "a test's leftovers are no failure");
}

}  // namespace bayplan::test
