#include "export_plan.h"

#include <algorithm>

#include "bayplan/images/resolve.h"

namespace bayplan::images {

void add_blob(ExportPlan& plan, const std::string& name, const Descriptor& blob) {
  const bool fresh = plan.files.try_emplace(name, ExportFile{.blob = blob, .read_only = true}).second;
  if (!fresh) return;
  ++plan.report.blobs;
  plan.report.bytes += blob.size;
}

Result<ExportPlan> plan_export(Store& store, const metadata::BucketSource& source, std::string_view ns,
                               const std::vector<std::string>& names, const ExportOptions& options) {
  if (names.empty()) return Error(Errc::invalid_argument, "export", {}, "of no image");
  std::map<std::string, Image> by_name;
  for (const std::string& name : names) {
    BAYPLAN_ASSIGN(Image image, find(source, ns, name));
    by_name.insert_or_assign(image.name, std::move(image));
  }
  std::vector<Image> images;
  ExportPlan plan;
  for (auto& [name, image] : by_name) {
    plan.report.images.push_back({name, image.target.digest});
    images.push_back(std::move(image));
  }
  if (options.format == ExportFormat::docker_archive) {
    BAYPLAN_TRY(plan_docker_archive(store, source, ns, images, options, plan));
  } else {
    BAYPLAN_TRY(plan_layout(store, source, ns, images, options, plan));
  }
  return plan;
}

}  // namespace bayplan::images
