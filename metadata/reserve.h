// The disk space kept for deletions: on a full disk even removing a row takes pages, because LMDB copies what
// it changes. One file whose blocks are given back while a reclaiming transaction runs, and taken again after
// it.
#pragma once

#include <cstdint>

#include "bayplan/base/fd.h"

namespace bayplan::metadata {

/// Used by the writer of the moment only. Nothing here fails: where the file system gives no space, or does
/// not tell, nothing is kept.
class Reserve {
 public:
  Reserve() = default;
  /// The file "reserve" in `directory`, made if need be.
  static Reserve open(int directory) noexcept;

  /// Whether all of it is there; takes what is missing if the disk has it.
  bool fill() noexcept;
  /// Gives it back if the disk is that full.
  void release() noexcept;
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  UniqueFd file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace bayplan::metadata
