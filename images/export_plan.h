// What goes into an exported archive, by name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/images/export.h"
#include "bayplan/images/images.h"

namespace bayplan::images {

/// One file of an archive: a stored blob, or a text.
struct ExportFile {
  std::optional<Descriptor> blob{};
  std::string text{};
  bool read_only = false;
};

struct ExportPlan {
  std::vector<std::string> directories{};     ///< parents first, each with a slash at its end
  std::map<std::string, ExportFile> files{};  ///< by name
  ExportReport report{};
};

/// Finds and counts everything before a byte is written. Errors: as export_images.
Result<ExportPlan> plan_export(Store& store, const metadata::BucketSource& source, std::string_view ns,
                               const std::vector<std::string>& names, const ExportOptions& options);

/// Adds a file that holds `blob`, once, and counts it.
void add_blob(ExportPlan& plan, const std::string& name, const Descriptor& blob);

// The two formats. `images` in the order of names. Errors: as export_images.
Result<void> plan_layout(Store& store, const metadata::BucketSource& source, std::string_view ns,
                         const std::vector<Image>& images, const ExportOptions& options, ExportPlan& plan);
Result<void> plan_docker_archive(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                 const std::vector<Image>& images, const ExportOptions& options,
                                 ExportPlan& plan);

}  // namespace bayplan::images
