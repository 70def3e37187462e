// The objects of a source and what keeps them, read once for any number of questions: of a store that may be
// dead, damaged, or containerd's own.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "bayplan/metadata/file_source.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/stored_records.h"

namespace bayplan::metadata {

/// A kind, and which records are its objects.
struct RecordGcKind {
  const GcKind* kind = nullptr;
  RecordKind records{};
};

class GcView {
 public:
  /// Every object of every namespace. `kinds` have to outlive this. Errors: cancelled, too_large, corrupt,
  /// closed, io.
  static Result<GcView> read(const BucketSource& source, GcKinds kinds, const Control& control);
  /// The same of files that nobody vouches for: object by object, past what cannot be read, which `damaged`
  /// is told. What that would keep is not known, and shows as kept by less than it is. Ends views of
  /// `source`. Errors: those of `damaged`, cancelled, too_large, closed, io.
  static Result<GcView> read_readable(const FileSource& source, std::span<const RecordGcKind> kinds,
                                      const RecordReader::Damaged& damaged, const Control& control);
  GcView(GcView&&) noexcept;
  GcView& operator=(GcView&&) noexcept;
  ~GcView();

  bool exists(const GcNode& node) const;
  /// As metadata::why.
  GcAnswer why(const GcNode& node, std::size_t limit) const;
  /// As metadata::referrers.
  std::vector<GcLink> referrers(const GcNode& node) const;
  /// What an object says of itself (GcObject::reason).
  std::string reason(const GcNode& node) const;
  /// What a collection would remove, and how much it would keep.
  GcReport unkept() const;

 private:
  struct State;
  explicit GcView(std::unique_ptr<State> state);
  static Result<GcView> finish(std::unique_ptr<State> state, Result<void> scanned);

  std::unique_ptr<State> state_;
};

}  // namespace bayplan::metadata
