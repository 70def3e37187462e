// An open writer.
#pragma once

#include <optional>
#include <string>

#include "bayplan/content/writer.h"
#include "bayplan/metadata/db.h"
#include "ingest_file.h"
#include "ref_dir.h"

namespace bayplan::content {

/// The bytes of an ingest by reference: in a file of its own, or a blob that was there already.
struct WriterBytes {
  std::optional<IngestFile> file{};
  std::optional<ReadyFile> adopted{};
  Time started{};
  std::uint64_t saved = 0;  ///< offset of the last checkpoint
};

/// Goes on with what `dir` holds, or begins anew where that cannot be trusted. Errors: failed_precondition
/// (another size was expected, or fewer bytes than there are), no_space, permission_denied, io.
Result<WriterBytes> resume_bytes(const RefDir& dir, std::string_view ref, const Expected& expected);

/// Begins anew.
Result<WriterBytes> begin_bytes(const RefDir& dir, const Expected& expected);

struct Writer::State {
  metadata::Db db;
  std::string ns;
  std::string ref;
  std::string lease;
  Expected expected;
  RefDir dir;
  WriterBytes bytes;

  State(metadata::Db store, std::string_view name_space, std::string_view reference,
        const WriterOptions& options, RefDir locked, WriterBytes held);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  /// Writes down how far it is, if that changed. Errors: no_space, io.
  Result<void> save();
  void replace(WriterBytes begun);
  /// A copy of the adopted blob takes its place, to be appended to.
  Result<void> own_bytes();
  Result<ReadyFile> publish(const Expected& wanted);
};

}  // namespace bayplan::content
