#include "gc_kind.h"

#include <string>

#include "records.h"
#include "sweep.h"

namespace bayplan::content {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::Entry;
using metadata::GcNode;
using metadata::NodeSink;

constexpr std::string_view kKind = "content";

GcNode node_of(std::string_view ns, std::string_view key) {
  return {.kind = std::string(kKind), .ns = std::string(ns), .key = std::string(key)};
}

// Every record of a namespace, whatever its key.
Result<void> for_each_record(
    const BucketSource& source, std::string_view ns,
    const std::function<Result<void>(std::string_view key, const Bucket& record)>& visit) {
  BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
  if (!blobs) return {};
  return blobs->for_each_bucket(visit);
}

// What is wrong with one record or its file; empty when nothing is.
Result<std::string> problem_of(const BlobDirs& dirs, const Bucket& blobs, const Entry& entry) {
  const auto info = decode_record(blobs, entry);
  if (!info && info.error().code() == Errc::corrupt) return info.error().to_string();
  if (!info) return info.error();
  const auto file = check_blob_file(dirs, info->digest, info->size);
  if (file) return std::string();
  if (file.error().code() == Errc::not_found) return std::string("the file of the blob is missing");
  if (file.error().code() == Errc::corrupt) return file.error().to_string();
  return file.error();
}

}  // namespace

std::string_view ContentKind::kind() const { return kKind; }

Result<void> ContentKind::roots(const BucketSource& source, std::string_view ns, const NodeSink& sink) const {
  return for_each_record(source, ns, [&](std::string_view key, const Bucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(const bool is_root, metadata::has_gc_root_label(record));
    if (!is_root) return {};
    return sink(node_of(ns, key));
  });
}

Result<void> ContentKind::edges(const BucketSource& source, const GcNode& node, const NodeSink& sink) const {
  BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, node.ns));
  if (!blobs) return {};
  BAYPLAN_ASSIGN(const auto record, blobs->bucket(node.key));
  if (!record) return {};
  return metadata::label_edges(*record, node.ns, sink);
}

Result<void> ContentKind::candidates(const BucketSource& source, std::string_view ns,
                                     const NodeSink& sink) const {
  return for_each_record(source, ns,
                         [&](std::string_view key, const Bucket&) { return sink(node_of(ns, key)); });
}

Result<void> ContentKind::remove(metadata::WriteTx& tx, const GcNode& node) const {
  return remove_record(tx, node.ns, node.key);
}

Result<metadata::FileSweep> ContentKind::sweep_files(const metadata::Db& db, const Control& control) const {
  BAYPLAN_ASSIGN(metadata::FileSweep sweep, sweep_staging(*dirs_, db, control));
  BAYPLAN_ASSIGN(const metadata::FileSweep blobs, sweep_blobs(*dirs_, db, control));
  sweep.files += blobs.files;
  sweep.bytes += blobs.bytes;
  return sweep;
}

Result<void> ContentKind::check(const BucketSource& source, std::string_view ns,
                                const metadata::ProblemSink& sink) const {
  BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
  if (!blobs) return {};
  return blobs->for_each([&](const Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(std::string what, problem_of(*dirs_, *blobs, entry));
    if (!what.empty()) sink({.object = node_of(ns, entry.key), .what = std::move(what)});
    return {};
  });
}

}  // namespace bayplan::content
