#include "record_gc_kind.h"
#include "sandbox_record.h"

namespace bayplan::containers::sandboxes {
namespace {

struct SandboxGc : SandboxRecord {
  static constexpr std::string_view kReason = "a sandbox";

  static Result<void> tell_edges(const metadata::Bucket&, metadata::GcSink&) { return {}; }

  static Result<void> check(std::string_view, const Sandbox&, const metadata::BucketSource&,
                            const ProblemText&) {
    return {};
  }
};

}  // namespace

const metadata::GcKind& gc_kind() {
  static const RecordGcKind<SandboxGc> kKind;
  return kKind;
}

}  // namespace bayplan::containers::sandboxes
