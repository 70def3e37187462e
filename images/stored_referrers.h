// What a namespace has that is about something else: manifests and indexes with a subject.
#pragma once

#include <map>
#include <string_view>

#include "bayplan/base/descriptor.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

/// Finds referrers by their subject: what images of the namespace point at, and what the content record of
/// the subject refers to (containerd.io/gc.ref.content.referrer.*, as containerd keeps them). What is not
/// there is none.
class StoredReferrers {
 public:
  /// Looks at every image of the namespace. Borrows what it is given. Errors: corrupt, digest_mismatch,
  /// invalid_argument (a document), too_large, closed, io.
  static Result<StoredReferrers> find(Store& store, const metadata::BucketSource& source,
                                      std::string_view ns);

  /// Those of `subject`, which is recorded. Errors: as find; not_found.
  Result<std::map<Digest, Descriptor>> of(const Digest& subject) const;

 private:
  StoredReferrers(Store& store, const metadata::BucketSource& source, std::string_view ns)
      : store_(&store), source_(&source), ns_(ns) {}
  Result<void> add(const Descriptor& descriptor);
  Result<void> add_noted(std::string_view digest, const Digest& subject,
                         std::map<Digest, Descriptor>& found) const;

  Store* store_;
  const metadata::BucketSource* source_;
  std::string_view ns_;
  std::map<Digest, std::map<Digest, Descriptor>> by_subject_{};
};

}  // namespace bayplan::images
