#include "blob_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace bayplan::bench {
namespace {

int check(int result) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), "a blob's file");
  return result;
}

}  // namespace

BlobFiles::BlobFiles(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  directory_ = check(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

BlobFiles::~BlobFiles() { ::close(directory_); }

void BlobFiles::write(std::string_view name, std::string_view bytes) const {
  const int file = check(::openat(directory_, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0400));
  check(static_cast<int>(::write(file, bytes.data(), bytes.size())));
  check(::fdatasync(file));
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  check(::linkat(AT_FDCWD, path.c_str(), directory_, std::string(name).c_str(), AT_SYMLINK_FOLLOW));
  check(::fsync(directory_));
  ::close(file);
}

}  // namespace bayplan::bench
