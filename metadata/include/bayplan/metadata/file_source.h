// Data files read without the engine that wrote them: bolt's, and LMDB 0.9's as a store writes them. For
// whoever looks into a file that may be damaged, hostile, or in use by somebody else: no byte of it is
// believed, none is mapped, nothing is written and no lock is taken.
//
// Damage is reported where it lies. A cursor answers corrupt for a subtree, or a key, that cannot be read,
// and goes on behind it; what it answers otherwise was checked as far as the format allows: bolt keeps
// checksums of its meta pages alone, so that a changed value byte of a bolt file cannot be told from a good
// one.
//
// A file that is being written can change under its reader: ask unchanged() at the end, before believing what
// was read.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

/// Larger values are not read: too_large.
inline constexpr std::size_t kMaxInspectedValueBytes = std::size_t{64} << 20;

/// One of the two meta pages, of which every commit writes the other.
struct MetaFacts {
  std::optional<std::uint64_t> transaction{};  ///< that wrote it; empty when it cannot be read
  std::string problem{};                       ///< why not
};

/// How a file is read that others may write to.
enum class Reading : unsigned char {
  file,    ///< as it lies there
  slot,    ///< beside who writes it: a slot of LMDB's reader table keeps the pages, for kMostHoldTime
  copy,    ///< of one moment, in the directory for temporary files
  several  ///< each of several files by itself
};

/// A slot is given back after this, so that no writer's file grows for whoever looks at it; what is read
/// later is as unchanged() says.
inline constexpr std::chrono::seconds kMostHoldTime{60};

/// What a file says about itself.
struct FileFacts {
  std::string name;    ///< among several that are read together, else empty
  std::string format;  ///< "bolt 2", "LMDB 0.9", "containerd" (several files); empty when it cannot be read
  std::uint32_t page_bytes = 0;
  std::uint64_t transaction = 0;  ///< that is read: the newest that has a meta page
  std::uint64_t pages = 0;        ///< that were ever used
  std::uint64_t file_bytes = 0;
  std::vector<std::uint64_t> holders{};  ///< processes that had it open; one that cannot be seen from here: 1
  Reading reading = Reading::file;
  MetaFacts metas[2]{};
  std::vector<std::string> problems{};  ///< of the file as a whole
};

/// What is wrong, and where: the keys that lead to the bucket or value, none where it concerns the whole
/// file.
struct Damage {
  std::vector<std::string> path{};
  Error error;
};
using DamageSink = std::function<Result<void>(const Damage&)>;

/// Where "corrupt" is listed, too_large is possible as well (kMaxInspectedValueBytes). Views live until
/// forget(), or the end of the source. Memory: what was read since then, 16 MiB of pages, and some 64 bytes
/// for each page that was seen. Belongs to one thread at a time.
class FileSource : public BucketSource {
 public:
  virtual const FileFacts& facts() const noexcept = 0;

  /// Of each file that is read: one, or those of a containerd root, meta.db first.
  virtual std::vector<FileFacts> files() const { return {facts()}; }
  /// The file whose root is drawn in schema.h; null when it cannot be read.
  virtual const FileSource* records() const noexcept { return this; }
  /// containerd's own file of a snapshotter, whose root is not drawn there (docs/inspect.md); null when there
  /// is none, or it cannot be read.
  virtual const FileSource* snapshotter(std::string_view) const noexcept { return nullptr; }

  /// Ends all views that were handed out. Buckets and cursors stay good.
  virtual void forget() const = 0;

  /// Everything that can be checked without knowing the schema: all buckets, and what pages are used for.
  /// Calls `tell` for each problem, and stops at its error. Also ends views. Errors: tell's, io.
  virtual Result<void> check(const DamageSink& tell) const = 0;

  /// Errors: busy (the file was written to meanwhile, so that what was read means nothing), io.
  virtual Result<void> unchanged() const = 0;

 protected:
  /// Tells the problems of facts(), and what is damaged in buckets; `complete` becomes false where something
  /// is. Ends views. Errors: tell's, io.
  Result<void> check_buckets(const DamageSink& tell, bool& complete) const;
};

/// Opens the bolt file `path`; links are followed. Any page size from 1 KiB to 64 KiB. With one meta page
/// damaged, the other's transaction is read, and facts() say so. Who has the file open with bolt is not held
/// up: a copy of it is read, made between two commits, in the directory for temporary files. Errors:
/// not_found, invalid_argument (no regular file), version_mismatch (another version of the format, or bytes
/// in the other order), corrupt (neither meta page can be read), busy (commits came faster than it could be
/// copied), unsupported and no_space (no place for the copy), permission_denied, io.
Result<std::unique_ptr<FileSource>> open_bolt_file(const std::filesystem::path& path);

/// Opens the data.mdb of a store, bare or not, with the same care. Of a dead store nothing is touched, the
/// lock file included. Where a process has it open, one reader slot is taken, through LMDB, which keeps what
/// is read from being written over; where the lock file may not be written to, a copy is read. Errors:
/// not_found, invalid_argument (no regular file), version_mismatch (LMDB 1.0, a 32-bit or big-endian
/// machine's), corrupt (neither meta page can be read; nothing leads to rows), busy, unsupported and no_space
/// (as open_bolt_file), permission_denied, io.
Result<std::unique_ptr<FileSource>> open_store_file(const std::filesystem::path& path);

/// Opens a containerd root directory: meta.db and each snapshotter's metadata.db, read together as one tree,
/// whose first level is "meta.db" and "snapshotter.<name>". Each file is of one moment, not all of the same
/// one. A file that cannot be opened is damage where it lies, and the others are read. Errors: corrupt (none
/// can be opened), invalid_argument (there is none below `path`), permission_denied, io.
Result<std::unique_ptr<FileSource>> open_containerd_root(const std::filesystem::path& path);

/// Whichever `path` is: a bolt file, a data.mdb, a containerd root, or a directory that has one of the files,
/// a store's root for example. Errors: those of the three.
Result<std::unique_ptr<FileSource>> open_file_source(const std::filesystem::path& path);

}  // namespace bayplan::metadata
