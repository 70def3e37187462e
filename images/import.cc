#include "bayplan/images/import.h"

#include "bayplan/metadata/namespaces.h"
#include "image_intake.h"
#include "open_source.h"

namespace bayplan::images {
namespace {

Result<ImportReport> import_from(Store& store, std::string_view ns, const std::filesystem::path& path,
                                 const ImportOptions& options, const Control& control) {
  BAYPLAN_TRY(metadata::validate_namespace(ns));
  const std::string base = path == "-" ? "stdin" : base_name(path);
  std::vector<std::string> warnings;
  BAYPLAN_ASSIGN(const OpenedSource opened, open_source(store.blobs(), path, base, control));
  BAYPLAN_ASSIGN(auto images, name_images(opened.images, options.name, base, warnings));
  ImageIntake image_intake(store, ns, options, control);
  BAYPLAN_TRY(image_intake.read(*opened.source, std::move(images)));
  BlobIntake blob_intake(*opened.source, store.blobs(), control);
  BAYPLAN_ASSIGN(ImportReport report, image_intake.record(blob_intake));
  report.warnings.insert(report.warnings.begin(), warnings.begin(), warnings.end());
  return report;
}

}  // namespace

Result<ImportReport> import(Store& store, std::string_view ns, const std::filesystem::path& source,
                            const ImportOptions& options, const Control& control) {
  return import_from(store, ns, source, options, control).with_context("import", source.native());
}

}  // namespace bayplan::images
