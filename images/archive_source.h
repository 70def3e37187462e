// A tar with an OCI layout or a docker archive in it, read once from its beginning to its end: small files
// stay in memory, big ones go to the store's ingest at once, and what is wanted of them is known only at the
// end. In an archive that is not compressed big files whose names are their digests are passed over: they are
// read when it is known what they are.
#pragma once

#include <filesystem>
#include <map>
#include <memory>

#include "bayplan/base/fd.h"
#include "bayplan/content/compression.h"
#include "bayplan/snapshots/tar_reader.h"
#include "file_range.h"
#include "image_source.h"

namespace bayplan::images {

/// Names are cleaned as if the archive were a root directory: "/a/../../b" is "b".
class ArchiveSource final : public ImageSource {
 public:
  static constexpr std::size_t kMaxEntries = 65536;
  static constexpr std::uint64_t kMaxBytes = 256ull << 30;  ///< of all files together

  struct File {
    std::uint64_t size = 0;
    Digest digest;  ///< sha256, or sha512 below blobs/sha512/; where `position` is set only the name says so
    content::Compression compression = content::Compression::none;
    std::optional<std::string> text{};         ///< of small files
    std::optional<content::Ingest> spooled{};  ///< of others that were read, until take_spooled()
    std::optional<std::uint64_t> position{};   ///< of others that were passed over: where they begin
  };

  /// Reads the archive at `path` ("-": standard input), which may be compressed as a whole with gzip or zstd.
  /// `blobs` must outlive this. Errors: not_found, invalid_argument (no archive; a metadata file twice;
  /// sparse files), too_large, corrupt, cancelled, no_space, permission_denied, io.
  static Result<std::unique_ptr<ArchiveSource>> open(content::Store& blobs, const std::filesystem::path& path,
                                                     const Control& control);

  /// The regular file of that name, through at most one link; null when there is none. Valid as long as this.
  File* find(std::string_view name);

  /// Serves the files below blobs/ by the digests they are named by.
  void serve_layout();
  /// Serves `file`, one of this source's, by its digest.
  void serve(File& file) { served_.insert_or_assign(file.digest, &file); }
  /// Adds a document that the archive does not hold, and serves it. Its descriptor is of `media_type`.
  Descriptor add_document(std::string bytes, std::string_view media_type);

  Result<std::optional<std::uint64_t>> size(const Descriptor& descriptor) const override;
  Result<std::string> document(const Descriptor& descriptor) const override;
  Result<std::unique_ptr<ByteSource>> open(const Descriptor& descriptor) const override;
  std::optional<content::Ingest> take_spooled(const Digest& digest) override;

 private:
  ArchiveSource(content::Store& blobs, std::shared_ptr<const UniqueFd> fd, std::string name)
      : blobs_(blobs), fd_(std::move(fd)), name_(std::move(name)) {}
  static Result<std::unique_ptr<ArchiveSource>> open_file(content::Store& blobs,
                                                          const std::filesystem::path& path,
                                                          const Control& control);
  static Result<std::unique_ptr<ArchiveSource>> open_standard_input(content::Store& blobs,
                                                                    const Control& control);
  Result<void> read_packed(ByteSource& bytes, content::Compression compression, std::uint64_t size);
  Result<void> read_all(ByteSource& tar);
  Result<void> add_entry(snapshots::TarReader& reader, const snapshots::TarEntry& entry);
  Result<void> add_file(snapshots::TarReader& reader, const snapshots::TarEntry& entry,
                        const std::string& name);
  Result<File> read_file(ByteSource& content, std::uint64_t size, const std::string& name);
  Result<File> spool(ByteSource& rest, std::string_view head, const content::Expected& expected);
  bool keeps(std::string_view head, std::uint64_t size) const noexcept;

  content::Store& blobs_;
  std::shared_ptr<const UniqueFd> fd_;
  std::string name_;                  // for errors
  const FileRange* plain_ = nullptr;  // what read_all() reads, where it is the file itself
  std::map<std::string, File, std::less<>> files_;
  std::map<std::string, std::string, std::less<>> links_;  // to which name
  std::map<Digest, File*> served_;
  std::uint64_t bytes_ = 0;
  std::uint64_t kept_ = 0;  // bytes in memory
};

}  // namespace bayplan::images
