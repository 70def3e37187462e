#include <vector>

#include "bayplan/content/verify.h"
#include "bayplan/metadata/namespaces.h"
#include "reader_state.h"

namespace bayplan::content {
namespace {

using metadata::BucketSource;
using metadata::Db;
using metadata::ReadTx;

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

Result<Info> recorded_anywhere(const BucketSource& source, const Digest& digest) {
  BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(source));
  for (const std::string& ns : namespaces) {
    auto info = stat(source, ns, digest);
    if (info || info.error().code() != Errc::not_found) return info;
  }
  return Error(Errc::not_found, "blob", digest.to_string());
}

// The bytes of `source`, checked and under their name; the record that wants them is there.
Result<void> replace_bytes(Store& store, const Info& info, ByteSource& source, const Control& control) {
  const std::string name = info.digest.to_string();
  BAYPLAN_ASSIGN(Ingest ingest, store.ingest({.digest = info.digest, .size = info.size}));
  std::vector<std::byte> buffer(kPieceBytes);
  for (;;) {
    BAYPLAN_TRY(control.cancel.check());
    BAYPLAN_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) break;
    BAYPLAN_TRY(ingest.write(std::span(buffer).first(count)));
    if (control.progress)
      control.progress({.stage = "repair", .object = name, .done = ingest.offset(), .total = info.size});
  }
  BAYPLAN_TRY(std::move(ingest).finish());
  return {};
}

}  // namespace

Result<bool> repair(Store& store, const Db& db, const Digest& digest, ByteSource& source,
                    const Control& control) {
  BAYPLAN_ASSIGN(const Info info, db.view([&](const ReadTx& tx) { return recorded_anywhere(tx, digest); }));
  const auto reader = store.open_blob(digest, info.size, Verify::no);
  const auto whole = reader ? reader->verify(control) : Result<void>(reader.error());
  if (whole) return false;
  if (!is_damage(whole.error())) return whole.error();
  BAYPLAN_TRY(replace_bytes(store, info, source, control));
  return true;
}

}  // namespace bayplan::content
