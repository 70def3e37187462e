// Whether the bytes of blobs are still what they are named, and how to bring damaged ones back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/content/store.h"

namespace bayplan::content {

/// Whether an error of opening or reading a blob says that its bytes are gone, are others, or cannot be read
/// from the disk any more (EIO; EUCLEAN and EBADMSG of damaged inodes), rather than that this process could
/// not look.
bool is_damage(const Error& error) noexcept;

struct VerifyOptions {
  std::optional<std::string> ns{};     ///< none: all namespaces
  std::vector<Digest> only{};          ///< of what is recorded there; empty: everything
  unsigned threads = 0;                ///< 0: one for each processor
  std::uint64_t bytes_per_second = 0;  ///< of all threads together; 0: as fast as it goes
};

struct DamagedBlob {
  std::string key;                      ///< the digest, or what stands in its place in a damaged record
  std::vector<std::string> namespaces;  ///< that record it, in byte order
  Error error;                          ///< not_found (the file), corrupt, digest_mismatch, io (the disk)
};

struct VerifyReport {
  std::uint64_t blobs = 0;             ///< looked at, each once
  std::uint64_t bytes = 0;             ///< that were hashed
  std::vector<DamagedBlob> damaged{};  ///< in byte order of the keys
};

/// Hashes every recorded blob. Holds no lock and no read transaction meanwhile: what is removed while it runs
/// is left out. Progress: bytes of all. Errors: not_found (a digest of `only` that nobody records),
/// invalid_argument (namespace), cancelled, permission_denied, closed, io.
Result<VerifyReport> verify(const Store& store, const metadata::Db& db, const VerifyOptions& options,
                            const Control& control);

/// Brings back the bytes of a recorded blob: unless they are there and whole, those of `source` are written
/// beside, checked, and take their place in one step, which neither readers nor a crash can see half done.
/// Whether that was necessary; if not, `source` was not read. Errors: not_found (no namespace records it),
/// digest_mismatch and too_large (`source` has other bytes; nothing was changed), those of `source`,
/// cancelled, no_space, permission_denied, corrupt (the record), closed, io. Precondition: outside of write
/// transactions.
Result<bool> repair(Store& store, const metadata::Db& db, const Digest& digest, ByteSource& source,
                    const Control& control);

}  // namespace bayplan::content
