// What the sweeps of blobs and of ingest directories share.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "bayplan/metadata/gc.h"

namespace bayplan::content {

inline std::uint64_t disk_bytes(const struct stat& info) {
  return static_cast<std::uint64_t>(info.st_blocks) * 512u;
}

/// `path` is relative to the root of the store.
inline void report_stray(const metadata::Db& db, const std::string& path) {
  db.diagnose({.level = Level::warning, .message = "not a blob, left alone", .fields = {{"file", path}}});
}

inline void report_progress(const Control& control, std::string_view object,
                            const metadata::FileSweep& sweep) {
  if (control.progress) control.progress({.stage = "sweep", .object = object, .done = sweep.bytes});
}

template <class T>
bool is_absent(const Result<T>& result) {
  return !result && result.error().code() == Errc::not_found;
}

}  // namespace bayplan::content
