// A slot in the reader table of a store that other processes use: while it is held, LMDB gives no page away
// that the commit of that moment, or a later one, sees.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

class Environment;
struct Reader;

class ReaderHold {
 public:
  /// `directory`: of a data.mdb that some process has open. Errors: permission_denied and read_only (its lock
  /// file may not be written to), and those of Db::open, read-only.
  static Result<ReaderHold> take(const std::filesystem::path& directory);
  ReaderHold(ReaderHold&& other) noexcept;
  ReaderHold& operator=(ReaderHold&&) = delete;
  ~ReaderHold() { release(); }

  bool held() const noexcept { return reader_ != nullptr; }
  /// Gives the slot back when kMostHoldTime is over.
  void release_if_due() noexcept;

 private:
  ReaderHold(std::shared_ptr<Environment> environment, Reader* reader);
  void release() noexcept;

  std::shared_ptr<Environment> environment_;
  Reader* reader_;
  std::chrono::steady_clock::time_point due_;
};

}  // namespace bayplan::metadata
