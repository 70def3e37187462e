#include "bayplan/images/repair.h"

#include <set>
#include <utility>

#include "open_source.h"

namespace bayplan::images {
namespace {

class Repair {
 public:
  Repair(Store& store, ImageSource& source, const Control& control)
      : store_(store), source_(source), control_(control) {}

  /// Whether a blob was brought back, so that more can be seen.
  Result<bool> bring_back(const std::vector<DamagedBlob>& damaged) {
    bool any = false;
    for (const DamagedBlob& lost : damaged) {
      if (!tried_.insert(lost.blob.digest).second) continue;
      BAYPLAN_ASSIGN(const bool done, replace(lost.blob));
      if (done) repaired_.push_back(lost.blob);
      any = any || done;
    }
    return any;
  }
  std::vector<Descriptor> take_repaired() noexcept { return std::move(repaired_); }

 private:
  Result<bool> replace(const Descriptor& blob) {
    const auto size = source_.size(blob);
    if (!size && size.error().code() != Errc::digest_mismatch) return size.error();
    if (!size || *size != blob.size) return false;
    BAYPLAN_ASSIGN(content::Ingest bytes, ingest(source_, blob, store_.blobs(), control_));
    if (bytes.digest() != blob.digest) return false;
    BAYPLAN_TRY(std::move(bytes).finish());
    return true;
  }

  Store& store_;
  ImageSource& source_;
  const Control& control_;
  std::set<Digest> tried_{};
  std::vector<Descriptor> repaired_{};
};

}  // namespace

Result<ImageRepair> repair_image(Store& store, std::string_view ns, std::string_view name_or_reference,
                                 const std::filesystem::path& source, const Control& control) {
  BAYPLAN_ASSIGN(ImageVerification verified, verify_image(store, ns, name_or_reference, control));
  if (verified.damaged.empty()) return ImageRepair{.after = std::move(verified)};
  BAYPLAN_ASSIGN(const OpenedSource copy, open_source(store.blobs(), source, {}, control));
  Repair repair(store, *copy.source, control);
  for (bool more = true; more;) {
    BAYPLAN_ASSIGN(more, repair.bring_back(verified.damaged));
    if (more) {
      BAYPLAN_ASSIGN(verified, verify_image(store, ns, name_or_reference, control));
    }
  }
  return ImageRepair{.repaired = repair.take_repaired(), .after = std::move(verified)};
}

}  // namespace bayplan::images
