// Diff: the layer that a snapshot is over its parent, as an uncompressed tar. Applied over the parent it
// gives the snapshot's tree again, in every driver.
//
// The same trees give the same bytes: parents come before what is in them, names in byte order, the first
// name of a hard-linked file carries its content and the others link to it, removed names become ".wh.NAME"
// and replaced directories get ".wh..wh..opq" (image-spec layer.md), both without owner and time.
// Modification times keep their parts of seconds; times of access and change, names of owners, attributes
// that are the host's or the driver's stay out. Sockets have no place in a layer. Holes are read as zeros.
//
//   auto diff = db.view([&](const ReadTx& tx) { return snapshotter.diff(tx, "default", "c1"); });
//   auto report = diff->write(file, {});
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/base/stream.h"

namespace bayplan::snapshots {

/// What a written layer holds.
struct DiffReport {
  std::uint64_t entries = 0;            ///< whiteouts and opaque markers included
  std::uint64_t removals = 0;           ///< whiteouts and opaque markers
  std::uint64_t bytes = 0;              ///< of file content
  std::vector<std::string> warnings{};  ///< what was left out, one line each, at most 64
};

/// A snapshot whose layer can be written; answered by Snapshotter::diff. Keeps its directories and those of
/// its ancestors from being removed, records or not, as long as it lives: one descriptor each. Move-only; one
/// thread at a time.
class LayerDiff {
 public:
  LayerDiff(LayerDiff&&) noexcept;
  LayerDiff& operator=(LayerDiff&&) noexcept;
  ~LayerDiff();

  /// Writes the layer to `tar`. Precondition: nobody writes to the snapshot meanwhile; what is seen of that
  /// is busy or not_found. After an error `tar` holds a part that is good for nothing. Errors: busy,
  /// not_found, invalid_argument (a name that would be a whiteout), too_large (a path over 4,095 bytes,
  /// attributes over 1 MiB), unsupported (the overlay directory has redirects or files without content, which
  /// this library does not make), cancelled, permission_denied, io, the sink's.
  Result<DiffReport> write(ByteSink& tar, const Control& control) const;

 private:
  friend class Snapshotter;
  struct State;
  explicit LayerDiff(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bayplan::snapshots
