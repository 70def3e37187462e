#include "bayplan/containers/sandboxes.h"

#include "sandbox_record.h"

namespace bayplan::containers::sandboxes {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::Field;
using metadata::FieldType;
using metadata::MutableBucket;
using metadata::WriteTx;

constexpr std::array<Field, 6> kFields = {{
    {.name = "id"},
    {.name = "sandboxer", .key = schema::kSandboxer, .type = FieldType::text},
    {.name = "runtime.name", .key = schema::kName, .bucket = schema::kRuntime, .type = FieldType::text},
    {.name = "createdat", .key = schema::kCreatedAt, .type = FieldType::time},
    {.name = "updatedat", .key = schema::kUpdatedAt, .type = FieldType::time},
    {.name = "labels", .bucket = schema::kLabels, .type = FieldType::map},
}};

}  // namespace

Result<void> SandboxRecord::read(const Bucket& record, Sandbox& into) {
  BAYPLAN_ASSIGN(into.sandboxer, read_text(record, schema::kSandboxer));
  BAYPLAN_ASSIGN(into.spec, read_any(record, schema::kSpec));
  return {};
}

Result<void> SandboxRecord::write(MutableBucket& record, const Sandbox* before, const Sandbox& sandbox) {
  if (!before) BAYPLAN_TRY(record.put(schema::kSandboxer, sandbox.sandboxer));
  if (before && before->spec == sandbox.spec) return {};
  return write_any(record, schema::kSpec, sandbox.spec);
}

bool SandboxRecord::apply(Sandbox& stored, const Sandbox& given, std::string_view field) {
  if (field == "spec") {
    stored.spec = given.spec;
  } else if (field == "runtime") {
    stored.runtime = given.runtime;
  } else {
    return false;
  }
  return true;
}

// What a runtime and a spec have to be is the sandboxer's affair.
Result<void> SandboxRecord::validate(const Sandbox&) { return {}; }

std::string_view SandboxRecord::fixed(const Sandbox& stored, const Sandbox& given) {
  if (given.sandboxer != stored.sandboxer) return "its sandboxer";
  if (given.runtime.name != stored.runtime.name) return "the name of its runtime";
  return {};
}

Result<Sandbox> get(const BucketSource& source, std::string_view ns, std::string_view id) {
  return SandboxRecords::get(source, ns, id);
}

Result<void> create(WriteTx& tx, std::string_view ns, const Sandbox& sandbox) {
  return SandboxRecords::create(tx, ns, sandbox);
}

Result<Sandbox> update(WriteTx& tx, std::string_view ns, const Sandbox& sandbox, const FieldMask& mask) {
  return SandboxRecords::update(tx, ns, sandbox, mask);
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id) {
  return SandboxRecords::remove(tx, ns, id);
}

Result<void> walk(const BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Sandbox&)>& visit) {
  return SandboxRecords::walk(source, ns, visit);
}

metadata::FieldTable fields() noexcept { return kFields; }

Result<metadata::ListEnd> list(const BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Sandbox&)>& visit,
                               const metadata::ListProblem& problem) {
  return SandboxRecords::list(source, ns, filter, options, visit, problem);
}

}  // namespace bayplan::containers::sandboxes
