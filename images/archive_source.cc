#include "archive_source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "bayplan/base/file.h"
#include "layout_source.h"
#include "source_filters.h"

namespace bayplan::images {
namespace {

constexpr std::uint64_t kSmallFileBytes = 64u << 10;
constexpr std::array<std::string_view, 4> kMetadata = {"oci-layout", "index.json", "manifest.json",
                                                       "repositories"};

bool is_metadata(std::string_view name) noexcept {
  return std::find(kMetadata.begin(), kMetadata.end(), name) != kMetadata.end();
}

Error no_archive(std::string_view why) {
  return Error(Errc::invalid_argument, "archive", {}, why)
      .with_advice("an OCI layout or the output of docker save is wanted, as a directory or as a tar");
}

// As if the archive were a root directory, which nothing leads out of.
std::string clean_name(std::string_view name) {
  std::vector<std::string_view> parts;
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, slash);
    name.remove_prefix(std::min(slash + 1, name.size()));
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  std::string clean;
  for (const std::string_view part : parts) {
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

std::string link_target(const snapshots::TarEntry& entry, std::string_view name) {
  if (entry.type == snapshots::TarType::hard_link || entry.link.starts_with('/'))
    return clean_name(entry.link);
  const std::size_t slash = name.rfind('/');
  const std::string_view directory =
      slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
  return clean_name(std::string(directory) + "/" + entry.link);
}

// The digest that a name below blobs/ stands for.
std::optional<Digest> named_digest(std::string_view name) {
  constexpr std::string_view kBlobs = "blobs/";
  if (!name.starts_with(kBlobs)) return std::nullopt;
  std::string text(name.substr(kBlobs.size()));
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  text[slash] = ':';
  const auto digest = Digest::parse(text);
  if (!digest) return std::nullopt;
  return *digest;
}

class EntryContent final : public ByteSource {
 public:
  explicit EntryContent(snapshots::TarReader& reader) : reader_(reader) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return reader_.read(into); }

 private:
  snapshots::TarReader& reader_;
};

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)), rest_(text_) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return rest_.read(into); }

 private:
  const std::string text_;
  MemorySource rest_;
};

// Appends until `text` is `size` bytes long or the source ends.
Result<void> read_up_to(ByteSource& source, std::string& text, std::uint64_t size) {
  std::size_t have = text.size();
  text.resize(static_cast<std::size_t>(size));
  while (have < text.size()) {
    const auto rest = std::as_writable_bytes(std::span(text).subspan(have));
    BAYPLAN_ASSIGN(const std::size_t count, source.read(rest));
    if (count == 0) break;
    have += count;
  }
  text.resize(have);
  return {};
}

Error too_many_bytes(std::string_view name, std::uint64_t limit) {
  return {Errc::too_large, "archive entry", name, "more than " + std::to_string(limit) + " bytes"};
}

}  // namespace

Result<std::unique_ptr<ArchiveSource>> ArchiveSource::open(content::Store& blobs,
                                                           const std::filesystem::path& path,
                                                           const Control& control) {
  return path == "-" ? open_standard_input(blobs, control) : open_file(blobs, path, control);
}

Result<std::unique_ptr<ArchiveSource>> ArchiveSource::open_file(content::Store& blobs,
                                                                const std::filesystem::path& path,
                                                                const Control& control) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(path, failed);
  if (failed) return Error::from_errno(failed.value(), "file", path.native(), "realpath");
  BAYPLAN_ASSIGN(const UniqueFd directory, file::open_dir(real.parent_path()));
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_regular(directory.get(), real.filename()));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), path.native()));
  const auto size = static_cast<std::uint64_t>(info.st_size);
  std::array<std::byte, content::kMagicBytes> magic{};
  if (size < magic.size()) return no_archive("the file is too short for one");
  BAYPLAN_TRY(file::pread_exact(fd.get(), magic, 0, path.native()));

  const auto shared = std::make_shared<const UniqueFd>(std::move(fd));
  std::unique_ptr<ArchiveSource> source(new ArchiveSource(blobs, shared, path.native()));
  FileRange bytes(shared, path.native(), 0, size);
  ProgressSource reported(bytes, control, "ingest", path.native(), size);
  const auto compression = content::detect_compression(as_text(magic));
  if (compression == content::Compression::none) {
    source->plain_ = &bytes;
    auto read = source->read_all(reported);
    source->plain_ = nullptr;
    if (!read) return std::move(read).error();
    return source;
  }
  BAYPLAN_TRY(source->read_packed(reported, compression, size));
  return source;
}

Result<std::unique_ptr<ArchiveSource>> ArchiveSource::open_standard_input(content::Store& blobs,
                                                                          const Control& control) {
  const std::string name = "standard input";
  std::unique_ptr<ArchiveSource> source(new ArchiveSource(blobs, nullptr, name));
  PipeSource pipe(STDIN_FILENO, name, control.cancel);
  ProgressSource reported(pipe, control, "ingest", name, 0);
  PeekedSource bytes(reported);
  BAYPLAN_ASSIGN(const std::string_view magic, bytes.peek());
  BAYPLAN_TRY(source->read_packed(bytes, content::detect_compression(magic), kMaxBytes));
  return source;
}

Result<void> ArchiveSource::read_packed(ByteSource& bytes, content::Compression compression,
                                        std::uint64_t size) {
  const auto inflated = content::decompress(bytes, compression);
  ExpansionLimit bounded(*inflated, size);
  return read_all(bounded);
}

Result<void> ArchiveSource::read_all(ByteSource& tar) {
  snapshots::TarReader reader(tar);
  for (std::size_t entries = 0;; ++entries) {
    auto entry = reader.next();
    if (!entry && entries == 0 && entry.error().code() == Errc::corrupt) {
      return no_archive("not a tar: " + entry.error().to_string());
    }
    if (!entry) return std::move(entry).error();
    if (!*entry) return {};
    if (entries == kMaxEntries) {
      return Error(Errc::too_large, "archive", {}, "more than " + std::to_string(kMaxEntries) + " entries");
    }
    BAYPLAN_TRY(add_entry(reader, **entry));
  }
}

Result<void> ArchiveSource::add_entry(snapshots::TarReader& reader, const snapshots::TarEntry& entry) {
  using snapshots::TarType;
  const bool is_link = entry.type == TarType::symlink || entry.type == TarType::hard_link;
  const std::string name = clean_name(entry.name);
  if (name.empty() || (!is_link && entry.type != TarType::file)) return {};
  if (is_metadata(name) && (is_link || files_.contains(name))) {
    return Error(Errc::invalid_argument, "archive entry", name, is_link ? "is a link" : "is there twice");
  }
  if (is_link) {
    files_.erase(name);
    links_.insert_or_assign(name, link_target(entry, name));
    return {};
  }
  return add_file(reader, entry, name);
}

Result<void> ArchiveSource::add_file(snapshots::TarReader& reader, const snapshots::TarEntry& entry,
                                     const std::string& name) {
  if (entry.sparse) return Error(Errc::invalid_argument, "archive entry", name, "is a sparse file");
  if (entry.size > kMaxBytes - bytes_) return too_many_bytes(name, kMaxBytes);
  bytes_ += entry.size;
  const std::size_t limit = name == kMetadata[0] ? kMaxLayoutFileBytes : kMaxDocumentBytes;
  if (is_metadata(name) && entry.size > limit) return too_many_bytes(name, limit);
  EntryContent content(reader);
  auto file = read_file(content, entry.size, name);
  if (!file) return std::move(file).error().with_context("archive entry", name);
  links_.erase(name);
  files_.insert_or_assign(name, std::move(file).value());
  return {};
}

bool ArchiveSource::keeps(std::string_view head, std::uint64_t size) const noexcept {
  constexpr std::string_view kJsonStarts = "{[ \t\r\n";
  const bool wanted = size <= kSmallFileBytes ||
                      (size <= kMaxDocumentBytes && kJsonStarts.find(head.front()) != std::string_view::npos);
  return wanted && size <= kMaxGraphBytes - kept_;
}

Result<ArchiveSource::File> ArchiveSource::read_file(ByteSource& content, std::uint64_t size,
                                                     const std::string& name) {
  const auto named = named_digest(name);
  const std::uint64_t begins = plain_ == nullptr ? 0 : plain_->offset();
  std::string text;
  BAYPLAN_TRY(read_up_to(content, text, std::min(size, kSmallFileBytes)));
  if (!is_metadata(name) && !keeps(text, size)) {
    if (plain_ == nullptr || !named) return spool(content, text, {.digest = named, .size = size});
    const auto compression = content::detect_compression(text);
    return File{.size = size, .digest = *named, .compression = compression, .position = begins};
  }
  BAYPLAN_TRY(read_up_to(content, text, size));
  kept_ += is_metadata(name) ? 0 : size;
  const Digest digest = Digest::of(text, named ? named->algorithm() : DigestAlgorithm::sha256);
  const auto compression = content::detect_compression(text);
  const std::size_t whole = text.size();
  return File{.size = whole, .digest = digest, .compression = compression, .text = std::move(text)};
}

Result<ArchiveSource::File> ArchiveSource::spool(ByteSource& rest, std::string_view head,
                                                 const content::Expected& expected) {
  BAYPLAN_ASSIGN(content::Ingest ingest, blobs_.ingest(expected));
  BAYPLAN_TRY(ingest.write(as_bytes(head)));
  BAYPLAN_TRY(copy(rest, ingest));
  const Digest digest = ingest.digest();
  const std::uint64_t written = ingest.offset();
  return File{.size = written,
              .digest = digest,
              .compression = content::detect_compression(head),
              .spooled = std::move(ingest)};
}

ArchiveSource::File* ArchiveSource::find(std::string_view name) {
  std::string clean = clean_name(name);
  if (const auto link = links_.find(clean); link != links_.end()) clean = link->second;
  const auto file = files_.find(clean);
  return file == files_.end() ? nullptr : &file->second;
}

void ArchiveSource::serve_layout() {
  const auto serve_as_named = [this](const std::string& name) {
    const auto digest = named_digest(name);
    File* const file = digest ? find(name) : nullptr;
    if (file != nullptr) served_.insert_or_assign(*digest, file);
  };
  for (const auto& [name, file] : files_) serve_as_named(name);
  for (const auto& [name, target] : links_) serve_as_named(name);
}

Descriptor ArchiveSource::add_document(std::string bytes, std::string_view media_type) {
  const Digest digest = Digest::of(bytes);
  const std::uint64_t size = bytes.size();
  // No entry has this name: they are cleaned.
  File& file = files_
                   .insert_or_assign("/" + digest.hex(),
                                     File{.size = size, .digest = digest, .text = std::move(bytes)})
                   .first->second;
  serve(file);
  return {.media_type = std::string(media_type), .digest = digest, .size = size};
}

Result<std::optional<std::uint64_t>> ArchiveSource::size(const Descriptor& descriptor) const {
  const Digest& digest = descriptor.digest;
  const auto found = served_.find(digest);
  if (found == served_.end()) return std::optional<std::uint64_t>();
  const File& file = *found->second;
  if (file.digest == digest) return std::optional(file.size);
  return Error(Errc::digest_mismatch, "blob", digest.to_string(),
               "the archive holds " + file.digest.to_string());
}

Result<std::string> ArchiveSource::document(const Descriptor& descriptor) const {
  const auto found = served_.find(descriptor.digest);
  if (found == served_.end()) return Error(Errc::not_found, "blob", descriptor.digest.to_string());
  const auto& text = found->second->text;
  if (!text) {
    BAYPLAN_TRY(check_document_size(descriptor));
    return Error(Errc::invalid_argument, "document", descriptor.digest.to_string(),
                 "is no JSON, or the archive holds too much of it");
  }
  BAYPLAN_TRY(check_document(descriptor, *text));
  return *text;
}

Result<std::unique_ptr<ByteSource>> ArchiveSource::open(const Descriptor& descriptor) const {
  const auto found = served_.find(descriptor.digest);
  if (found == served_.end()) return Error(Errc::not_found, "blob", descriptor.digest.to_string());
  const File& file = *found->second;
  if (file.position) {
    return std::unique_ptr<ByteSource>(std::make_unique<FileRange>(fd_, name_, *file.position, file.size));
  }
  BAYPLAN_ASSIGN(std::string bytes, document(descriptor));
  return std::unique_ptr<ByteSource>(std::make_unique<TextSource>(std::move(bytes)));
}

std::optional<content::Ingest> ArchiveSource::take_spooled(const Digest& digest) {
  const auto found = served_.find(digest);
  if (found == served_.end()) return std::nullopt;
  return std::exchange(found->second->spooled, std::nullopt);
}

}  // namespace bayplan::images
