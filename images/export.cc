#include "bayplan/images/export.h"

#include "bayplan/base/file.h"
#include "bayplan/base/new_file.h"
#include "export_plan.h"
#include "export_target.h"
#include "source_filters.h"

namespace bayplan::images {
namespace {

Result<void> write_blob(Store& store, ExportTarget& target, const std::string& name, const ExportFile& file,
                        const Control& control) {
  const Descriptor& blob = *file.blob;
  BAYPLAN_ASSIGN(content::BlobReader reader,
                 store.blobs().open_blob(blob.digest, blob.size, content::Verify::yes));
  ProgressSource source(reader, control, "export", blob.digest.to_string(), blob.size);
  return target.file(name, file.read_only, blob.size, source);
}

Result<void> write_files(Store& store, const ExportPlan& plan, ExportTarget& target, const Control& control) {
  for (const std::string& directory : plan.directories) BAYPLAN_TRY(target.directory(directory));
  for (const auto& [name, file] : plan.files) {
    BAYPLAN_TRY(control.cancel.check());
    if (file.blob) {
      BAYPLAN_TRY(write_blob(store, target, name, file, control));
    } else {
      MemorySource text(file.text);
      BAYPLAN_TRY(target.file(name, file.read_only, file.text.size(), text));
    }
  }
  return target.finish();
}

Result<ExportPlan> make_plan(Store& store, std::string_view ns, const std::vector<std::string>& names,
                             const ExportOptions& options) {
  return store.db().view(
      [&](const metadata::ReadTx& tx) { return plan_export(store, tx, ns, names, options); });
}

Result<void> write_archive(Store& store, const ExportPlan& plan, const file::NewPath& path,
                           const Control& control) {
  BAYPLAN_ASSIGN(const UniqueFd fd, path.create_file());
  file::FdSink sink(fd.get(), path.name());
  TarTarget archive(sink);
  BAYPLAN_TRY(write_files(store, plan, archive, control));
  BAYPLAN_TRY(sink.flush());
  return file::sync_data(fd.get(), path.name());
}

Result<void> write_directory(Store& store, const ExportPlan& plan, const file::NewPath& path,
                             const Control& control) {
  BAYPLAN_ASSIGN(const UniqueFd root, path.create_directory());
  DirectoryTarget layout(root.get());
  return write_files(store, plan, layout, control);
}

}  // namespace

Result<ExportReport> export_images(Store& store, std::string_view ns, const std::vector<std::string>& names,
                                   ByteSink& archive, const ExportOptions& options, const Control& control) {
  if (options.format == ExportFormat::oci_directory) {
    return Error(Errc::invalid_argument, "export", {}, "a stream can hold an archive, no directory");
  }
  BAYPLAN_ASSIGN(ExportPlan plan, make_plan(store, ns, names, options));
  TarTarget target(archive);
  BAYPLAN_TRY(write_files(store, plan, target, control));
  return std::move(plan.report);
}

Result<ExportReport> export_images(Store& store, std::string_view ns, const std::vector<std::string>& names,
                                   const std::filesystem::path& target, const ExportOptions& options,
                                   const Control& control) {
  BAYPLAN_ASSIGN(ExportPlan plan, make_plan(store, ns, names, options));
  BAYPLAN_ASSIGN(const auto path, file::NewPath::open(target));
  const auto write = options.format == ExportFormat::oci_directory ? write_directory : write_archive;
  BAYPLAN_TRY(path.settle(write(store, plan, path, control)).with_context("export", target.native()));
  return std::move(plan.report);
}

}  // namespace bayplan::images
