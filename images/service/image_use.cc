#include "service/image_use.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kImage = "image";
constexpr std::string_view kContent = "content";
constexpr std::string_view kSnapshot = "snapshot";
constexpr std::string_view kLease = "lease";

class Holders final : public metadata::GcSink {
 public:
  Holders(std::string_view ns, const ImageTrace& trace) : ns_(ns), trace_(trace) {}

  void begin(std::string_view kind, bool is_user) {
    kind_ = kind;
    is_user_ = is_user;
  }

  Result<void> object(const metadata::GcObject& object) override {
    key_ = object.key;
    const bool ended = kind_ == kLease && !object.root;
    // The config needs its layers; whether it stays is what is asked.
    counts_ = !ended && !(kind_ == kContent && key_ == trace_.config);
    return {};
  }

  Result<void> edge(const metadata::GcEdge& edge) override {
    if (!counts_ || edge.type == metadata::EdgeType::back) return {};
    if (edge.kind == kSnapshot && trace_.snapshots.contains(edge.key)) use_.needed.emplace(edge.key);
    const bool names = edge.kind == kImage && trace_.records.contains(edge.key);
    const bool has_id = edge.kind == kContent && edge.key == trace_.config;
    if (is_user_ && (names || has_id)) add_user();
    return {};
  }

  ImageUse take() && { return std::move(use_); }

 private:
  void add_user() {
    metadata::GcNode user{std::string(kind_), std::string(ns_), key_};
    if (use_.users.empty() || use_.users.back() != user) use_.users.push_back(std::move(user));
  }

  std::string_view ns_;
  const ImageTrace& trace_;
  std::string_view kind_{};
  bool is_user_ = false;
  std::string key_{};
  bool counts_ = false;
  ImageUse use_{};
};

}  // namespace

Result<ImageUse> image_use(const metadata::BucketSource& source, std::string_view ns, metadata::GcKinds own,
                           metadata::GcKinds users, const ImageTrace& trace) {
  Holders holders(ns, trace);
  for (const metadata::GcKind* kind : own) {
    if (kind->kind() == kSnapshot) continue;
    holders.begin(kind->kind(), false);
    BAYPLAN_TRY(kind->scan(source, ns, holders));
  }
  for (const metadata::GcKind* kind : users) {
    holders.begin(kind->kind(), true);
    BAYPLAN_TRY(kind->scan(source, ns, holders));
  }
  return std::move(holders).take();
}

}  // namespace bayplan::images
