#include "service_parts.h"

#include <algorithm>

#include "print.h"
#include "read_argument.h"

namespace bayplan::cli {

void add_config_option(CLI::App& command, std::filesystem::path& config) {
  command.add_option(
      "--config", config,
      "File with its OCI runtime spec, JSON, - for standard input; default: made from the image");
}

Result<std::string> read_config(const std::filesystem::path& config, const SpecArguments& spec) {
  if (spec.any()) {
    return Error(Errc::invalid_argument, "option", "--config", "says all of the process")
        .with_advice("leave out the command and the options that describe it");
  }
  return read_argument(config, json::kMaxJsonBytes);
}

Time time_of(const containers::RuntimeMetadata& metadata) {
  // Beyond this, nanoseconds in 64 bits end; the number is whoever's who wrote the text.
  constexpr std::int64_t kMost = 9'000'000'000;
  return Time{} + std::chrono::seconds(std::clamp(metadata.created_at, -kMost, kMost));
}

void print_made(const Session& session, const containers::ContainerInfo& made) {
  if (!session.json()) return print_line(made.id);
  json::Writer out = begin_json();
  out.member("id", made.id).member("workDir", made.dir.native()).member("runDir", made.run_dir.native());
  out.end_object();
  print_json(std::move(out));
}

}  // namespace bayplan::cli
