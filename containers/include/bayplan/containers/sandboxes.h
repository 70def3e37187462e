// Sandbox records: what containers share (a pod, a virtual machine), as metadata only. In the caller's
// transaction; all-or-nothing each. Semantics and errors as containerd's sandbox store
// (core/metadata/sandbox.go), but: labels and names of extensions are checked; what an update leaves out
// (extensions, spec, options of the runtime) is gone; a sandboxer that differs is refused, never ignored.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/field_mask.h"
#include "bayplan/base/labels.h"
#include "bayplan/base/time.h"
#include "bayplan/containers/record_parts.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/list.h"

namespace bayplan::containers::sandboxes {

struct Sandbox {
  std::string id;                       ///< an identifier (base/labels.h)
  std::string sandboxer{};              ///< who makes it ("podsandbox", "shim"), may be empty
  Runtime runtime{};                    ///< its name may be empty
  std::optional<metadata::Any> spec{};  ///< as the sandboxer wants it
  Extensions extensions{};
  Labels labels{};
  Time created{};
  Time updated{};

  friend bool operator==(const Sandbox&, const Sandbox&) = default;
};

/// Errors: not_found, corrupt, closed, io.
Result<Sandbox> get(const metadata::BucketSource& source, std::string_view ns, std::string_view id);
/// created and updated become now. Errors: already_exists, invalid_argument (id, labels, names of
/// extensions), and those of MutableBucket.
Result<void> create(metadata::WriteTx& tx, std::string_view ns, const Sandbox& sandbox);
/// Takes what `mask` names ("labels", "labels.K", "extensions", "extensions.K", "spec", "runtime"; empty: all
/// of that, and then sandboxer and the runtime's name have to be those of the record) from `sandbox`; what
/// that lacks of it goes. Keeps the rest, byte for byte, and created; sets updated. Answers the record as it
/// is now. Errors: not_found, invalid_argument (as create; another path; what cannot be changed differs), and
/// those of MutableBucket.
Result<Sandbox> update(metadata::WriteTx& tx, std::string_view ns, const Sandbox& sandbox,
                       const FieldMask& mask = {});
/// Containers that name it are not looked for. Errors: not_found, and those of MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view id);
/// Id order. A record that does not decode is an error naming it. Errors: visit's, corrupt, closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Sandbox&)>& visit);

/// What sandboxes are filtered by (metadata/filter.h): id, sandboxer, runtime.name, createdat, updatedat,
/// labels.K.
metadata::FieldTable fields() noexcept;
/// The sandboxes that match, in id order. Errors: as metadata::list.
Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Sandbox&)>& visit,
                               const metadata::ListProblem& problem = {});

/// kind() "sandbox"; always roots, as their gc.ref labels are for containerd; edges: those labels.
const metadata::GcKind& gc_kind();

}  // namespace bayplan::containers::sandboxes
