// The record at bucket containers/<id>.
#pragma once

#include <array>
#include <string_view>

#include "bayplan/containers/containers.h"
#include "record_store.h"

namespace bayplan::containers {

struct ContainerRecord {
  using Value = Container;
  static constexpr std::string_view kWord = "container";
  static constexpr std::string_view kBucket = metadata::schema::kContainers;
  static constexpr std::array<std::string_view, 3> kOwnFields = {"spec", "image", "snapshotkey"};

  static Result<void> read(const metadata::Bucket& record, Container& into);
  static Result<void> write(metadata::MutableBucket& record, const Container* before,
                            const Container& container);
  static bool apply(Container& stored, const Container& given, std::string_view field);
  static Result<void> validate(const Container& container);
  static std::string_view fixed(const Container& stored, const Container& given);
};

using ContainerRecords = RecordStore<ContainerRecord>;

}  // namespace bayplan::containers
