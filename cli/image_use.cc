#include "image_use.h"

#include "bayplan/containers/containers.h"
#include "bayplan/images/images.h"

namespace bayplan::cli {
namespace {

class ImageHolders final : public metadata::GcSink {
 public:
  explicit ImageHolders(Names& held) : held_(held) {}

  void begin(std::string_view kind) {
    leases_ = kind == "lease";
    containers_ = kind == containers::container_gc_kind().kind();
  }

  Result<void> object(const metadata::GcObject& object) override {
    ended_ = leases_ && !object.root;
    return {};
  }

  Result<void> edge(const metadata::GcEdge& edge) override {
    const bool keeps = !ended_ && edge.type != metadata::EdgeType::back;
    // A nameless image is kept by a record that is called as its config is.
    const bool by_id = containers_ && edge.kind == "content";
    if (keeps && (by_id || edge.kind == images::image_gc_kind().kind())) held_.emplace(edge.key);
    return {};
  }

 private:
  Names& held_;
  bool leases_ = false;
  bool containers_ = false;
  bool ended_ = false;
};

}  // namespace

Result<Names> images_in_use(const metadata::BucketSource& source, metadata::GcKinds kinds,
                            std::string_view ns) {
  Names used;
  BAYPLAN_TRY(containers::walk(source, ns, [&](const containers::Container& container) -> Result<void> {
    used.insert(container.image);
    return {};
  }));
  ImageHolders holders(used);
  for (const metadata::GcKind* kind : kinds) {
    holders.begin(kind->kind());
    BAYPLAN_TRY(kind->scan(source, ns, holders));
  }
  return used;
}

}  // namespace bayplan::cli
