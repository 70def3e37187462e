#include "config_template.h"

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"

namespace bayplan::containers {
namespace {

constexpr std::string_view kWhat = "runtime configuration";
const std::string kConfigName = "config.json";

}  // namespace

Result<void> write_template(int work_directory, std::string_view config) {
  BAYPLAN_ASSIGN(const auto document, json::Document::parse(config, kWhat));
  BAYPLAN_TRY(document.root().as_object().with_context(kWhat, kConfigName));
  return file::replace_durably(work_directory, kConfigName, config);
}

Result<void> write_config(int work_directory, int run_directory, const ConfigPlace& place) {
  BAYPLAN_ASSIGN(const std::string text, file::read_file(work_directory, kConfigName, json::kMaxJsonBytes));
  const auto config = bound_config(text, place);
  if (!config && config.error().code() == Errc::invalid_argument) {
    return Error(Errc::corrupt, kWhat, kConfigName, config.error().to_string())
        .with_advice("the template in the work directory has to be an OCI runtime spec");
  }
  BAYPLAN_TRY(config);
  return file::replace_durably(run_directory, kConfigName, *config);
}

}  // namespace bayplan::containers
