#include "directory_source.h"

#include "bayplan/base/file.h"
#include "file_range.h"

namespace bayplan::images {

Result<std::optional<std::uint64_t>> DirectorySource::size(const Descriptor& descriptor) const {
  const std::string path = path_of(descriptor);
  const auto blob = file::open_regular(directory_.get(), path);
  if (!blob && blob.error().code() == Errc::not_found) return std::optional<std::uint64_t>();
  if (!blob) return blob.error();
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(blob->get(), path));
  return std::optional(static_cast<std::uint64_t>(info.st_size));
}

Result<std::string> DirectorySource::document(const Descriptor& descriptor) const {
  BAYPLAN_TRY(check_document_size(descriptor));
  BAYPLAN_ASSIGN(std::string bytes,
                 file::read_file(directory_.get(), path_of(descriptor), kMaxDocumentBytes));
  BAYPLAN_TRY(check_document(descriptor, bytes));
  return bytes;
}

Result<std::unique_ptr<ByteSource>> DirectorySource::open(const Descriptor& descriptor) const {
  const std::string path = path_of(descriptor);
  BAYPLAN_ASSIGN(UniqueFd blob, file::open_regular(directory_.get(), path));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(blob.get(), path));
  return std::unique_ptr<ByteSource>(std::make_unique<FileRange>(
      std::make_shared<const UniqueFd>(std::move(blob)), path, 0, static_cast<std::uint64_t>(info.st_size)));
}

}  // namespace bayplan::images
