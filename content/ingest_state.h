// What is known of an ingest by reference beside its bytes: file "state" of its directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bayplan/base/digest.h"
#include "bayplan/base/time.h"

namespace bayplan::content {

struct IngestState {
  std::string boot{};                    ///< id of the boot that wrote it; empty: not known
  Time started{};                        ///< when its first writer opened it
  Time updated{};                        ///< when it was written
  std::optional<std::uint64_t> total{};  ///< bytes that are expected
  std::uint64_t offset = 0;              ///< bytes that are durable, and known to `hash`
  std::string hash{};                    ///< Hasher::save()

  friend bool operator==(const IngestState&, const IngestState&) = default;
};

/// One line with the digest of the rest, and JSON.
std::string encode_state(const IngestState& state);
/// Errors: corrupt.
Result<IngestState> decode_state(std::string_view text);

/// The state of the ingest in `dir`. Errors: not_found, corrupt, too_large, permission_denied, io.
Result<IngestState> read_state(int dir);
/// Replaces it; durable only when `durably`. Errors: no_space, io.
Result<void> write_state(int dir, const IngestState& state, bool durably);

/// Id of the running boot; empty where it cannot be told.
const std::string& this_boot();

}  // namespace bayplan::content
