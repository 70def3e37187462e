#include "container_record.h"

#include "bayplan/base/json.h"

namespace bayplan::containers {
namespace {

namespace codec = metadata::codec;
namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::MutableBucket;

struct TextField {
  std::string_view key;
  std::string Container::*member;
};
constexpr std::array kTexts = {TextField{schema::kImage, &Container::image},
                               TextField{schema::kSnapshotter, &Container::snapshotter},
                               TextField{schema::kSnapshotKey, &Container::snapshot_key},
                               TextField{schema::kSandboxId, &Container::sandbox_id}};

Result<std::string> read_spec(const Bucket& record) {
  BAYPLAN_ASSIGN(const std::string_view bytes, record.require(schema::kSpec));
  BAYPLAN_ASSIGN(codec::Any spec, codec::decode_any(bytes));
  if (spec.type_url != kSpecTypeUrl) {
    return Error(Errc::corrupt, "spec", {}, "of type " + quoted(spec.type_url));
  }
  return std::move(spec.value);
}

}  // namespace

Result<void> ContainerRecord::read(const Bucket& record, Container& into) {
  for (const TextField& text : kTexts) {
    BAYPLAN_ASSIGN(into.*text.member, read_text(record, text.key));
  }
  BAYPLAN_ASSIGN(into.spec, read_spec(record));
  return {};
}

Result<void> ContainerRecord::write(MutableBucket& record, const Container* before,
                                    const Container& container) {
  for (const TextField& text : kTexts) {
    if (before && before->*text.member == container.*text.member) continue;
    BAYPLAN_TRY(record.put(text.key, container.*text.member));
  }
  if (before && before->spec == container.spec) return {};
  return write_any(record, schema::kSpec, codec::Any{std::string(kSpecTypeUrl), container.spec});
}

bool ContainerRecord::apply(Container& stored, const Container& given, std::string_view field) {
  if (field == "spec") {
    stored.spec = given.spec;
  } else if (field == "image") {
    stored.image = given.image;
  } else if (field == "snapshotkey") {
    stored.snapshot_key = given.snapshot_key;
  } else {
    return false;
  }
  return true;
}

Result<void> ContainerRecord::validate(const Container& container) {
  const auto lacks = [](std::string_view what) { return Error(Errc::invalid_argument, kWord, {}, what); };
  if (container.runtime.name.empty()) return lacks("it has no runtime");
  if (container.spec.empty()) return lacks("it has no spec");
  if (container.snapshotter.empty() && !container.snapshot_key.empty()) {
    return lacks("it has a snapshot key, but no snapshotter");
  }
  auto spec = json::Document::parse(container.spec, "runtime spec");
  if (!spec) return std::move(spec).error();
  return {};
}

std::string_view ContainerRecord::fixed(const Container& stored, const Container& given) {
  if (given.runtime != stored.runtime) return "its runtime";
  if (given.snapshotter != stored.snapshotter) return "its snapshotter";
  if (given.sandbox_id != stored.sandbox_id) return "its sandbox";
  return {};
}

}  // namespace bayplan::containers
