// The record at bucket sandboxes/<id>.
#pragma once

#include <array>
#include <string_view>

#include "bayplan/containers/sandboxes.h"
#include "record_store.h"

namespace bayplan::containers::sandboxes {

struct SandboxRecord {
  using Value = Sandbox;
  static constexpr std::string_view kWord = "sandbox";
  static constexpr std::string_view kBucket = metadata::schema::kSandboxes;
  static constexpr std::array<std::string_view, 2> kOwnFields = {"spec", "runtime"};

  static Result<void> read(const metadata::Bucket& record, Sandbox& into);
  static Result<void> write(metadata::MutableBucket& record, const Sandbox* before, const Sandbox& sandbox);
  static bool apply(Sandbox& stored, const Sandbox& given, std::string_view field);
  static Result<void> validate(const Sandbox& sandbox);
  static std::string_view fixed(const Sandbox& stored, const Sandbox& given);
};

using SandboxRecords = RecordStore<SandboxRecord>;

}  // namespace bayplan::containers::sandboxes
