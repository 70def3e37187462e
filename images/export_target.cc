#include "export_target.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "bayplan/base/file.h"
#include "bayplan/base/new_file.h"

namespace bayplan::images {
namespace {

/// The writer's content of the entry that was added last.
class EntrySink final : public ByteSink {
 public:
  explicit EntrySink(snapshots::TarWriter& tar) : tar_(tar) {}
  Result<void> write(std::span<const std::byte> bytes) override { return tar_.write(bytes); }

 private:
  snapshots::TarWriter& tar_;
};

}  // namespace

Result<void> TarTarget::directory(const std::string& name) {
  snapshots::TarEntry entry;
  entry.type = snapshots::TarType::directory;
  entry.name = name;
  entry.mode = 0755;
  return tar_.add(entry);
}

Result<void> TarTarget::file(const std::string& name, bool read_only, std::uint64_t size,
                             ByteSource& content) {
  snapshots::TarEntry entry;
  entry.name = name;
  entry.mode = read_only ? 0444 : 0644;
  entry.size = size;
  BAYPLAN_TRY(tar_.add(entry));
  EntrySink sink(tar_);
  BAYPLAN_TRY(copy(content, sink));
  return {};
}

Result<void> DirectoryTarget::directory(const std::string& name) {
  if (::mkdirat(root_, name.c_str(), 0777) == 0) return {};
  return Error::from_errno(errno, "directory", name, "mkdirat");
}

Result<void> DirectoryTarget::file(const std::string& name, bool read_only, std::uint64_t,
                                   ByteSource& content) {
  const mode_t mode = read_only ? 0444 : 0666;
  BAYPLAN_ASSIGN(const UniqueFd fd, file::open_beneath(root_, name, O_WRONLY | O_CREAT | O_EXCL, mode));
  file::FdSink sink(fd.get(), name);
  BAYPLAN_TRY(copy(content, sink));
  return sink.flush();
}

Result<void> DirectoryTarget::finish() { return file::sync_fs(root_, "export"); }

}  // namespace bayplan::images
