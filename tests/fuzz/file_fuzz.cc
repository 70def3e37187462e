// Whatever a bolt file or a data.mdb holds, reading it ends, and what its check does not object to can all be
// read.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "bayplan/metadata/file_source.h"
#include "bayplan/metadata/walk.h"
#include "support/bolt_builder.h"

namespace {

using namespace bayplan;
using namespace bayplan::metadata;

// One file, written again and again.
class Scratch {
 public:
  Scratch()
      : path_((std::filesystem::temp_directory_path() / "file_fuzz.XXXXXX").string()),
        fd_(::mkstemp(path_.data())) {}
  ~Scratch() { ::unlink(path_.c_str()); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const noexcept { return path_; }
  void write(const std::string& bytes) const {
    const auto size = static_cast<ssize_t>(bytes.size());
    if (::pwrite(fd_, bytes.data(), bytes.size(), 0) != size || ::ftruncate(fd_, size) != 0) std::abort();
  }

 private:
  std::string path_;
  int fd_;
};

// Answers whether everything could be read.
bool read_all(const FileSource& source) {
  bool sound = true;
  std::size_t left = 100'000;
  const auto step = [&]() -> Result<void> {
    source.forget();
    if (--left == 0) std::abort();
    return {};
  };
  const auto walked =
      walk(root_bucket(source), {.enter =
                                     [&](std::string_view, const Bucket& bucket, std::size_t) {
                                       ignore_error(bucket.sequence(), "only that it ends counts");
                                       ignore_error(bucket.get("key"), "only that it ends counts");
                                       return step();
                                     },
                                 .value = [&](const Entry&) { return step(); },
                                 .damage =
                                     [&](const Error&) {
                                       sound = false;
                                       return step();
                                     }});
  if (!walked) std::abort();
  return sound;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Scratch scratch;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  // What a wrong checksum would hide from us is tried as well.
  constexpr std::size_t kPageBytes = 1024;
  if (size >= 2 * kPageBytes && bytes.back() % 2 == 0 && bytes.starts_with(std::string(10, '\0')) &&
      bytes[16] == '\xed') {
    for (const std::size_t page : {0U, 1U}) test::seal_bolt_meta(bytes.data() + page * kPageBytes);
  }
  scratch.write(bytes);
  const auto source = open_file_source(scratch.path());
  if (!source) return 0;
  std::size_t problems = 0;
  const auto checked = (*source)->check([&](const Damage&) -> Result<void> {
    ++problems;
    return {};
  });
  if (!checked) std::abort();
  if (!read_all(**source) && problems == 0) std::abort();
  return 0;
}
