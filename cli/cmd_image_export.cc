#include <unistd.h>

#include <map>
#include <memory>

#include "bayplan/base/new_file.h"
#include "bayplan/images/export.h"
#include "print.h"
#include "progress_bar.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct ExportArguments {
  std::string target;
  std::vector<std::string> names{};
  std::vector<std::string> platforms{};
  images::ExportOptions options{};
};

const std::map<std::string, images::ExportFormat> kFormats{
    {"oci-archive", images::ExportFormat::oci_archive},
    {"oci-dir", images::ExportFormat::oci_directory},
    {"docker-archive", images::ExportFormat::docker_archive}};

Result<images::ExportReport> write_target(const Session& session, images::Store& store,
                                          const ExportArguments& arguments, const Control& control) {
  if (arguments.target != "-") {
    return images::export_images(store, session.ns, arguments.names, std::filesystem::path(arguments.target),
                                 arguments.options, control);
  }
  BAYPLAN_TRY(refuse_terminal("export"));
  file::FdSink out(STDOUT_FILENO, "standard output", control.cancel);
  BAYPLAN_ASSIGN(auto report,
                 images::export_images(store, session.ns, arguments.names, out, arguments.options, control));
  BAYPLAN_TRY(out.flush());
  return report;
}

void print_export_json(const images::ExportReport& report) {
  json::Writer out = begin_json();
  out.key("images").begin_array();
  for (const auto& image : report.images) {
    out.begin_object().member("name", image.name).member("target", image.target.to_string()).end_object();
  }
  out.end_array().key("blobs").unsigned_integer(report.blobs).key("bytes").unsigned_integer(report.bytes);
  out.key("warnings").begin_array();
  for (const auto& warning : report.warnings) out.string(warning);
  out.end_array().end_object();
  print_json(std::move(out));
}

void print_export(const images::ExportReport& report) {
  for (const auto& image : report.images) {
    print_line(printable(image.name) + "  " + image.target.to_string());
  }
  print_line(std::to_string(report.blobs) + " blobs, " + human_bytes(report.bytes));
}

Result<int> export_image(const Session& session, ExportArguments arguments) {
  for (const std::string& text : arguments.platforms) {
    BAYPLAN_ASSIGN(images::Platform platform, images::parse_platform(text));
    arguments.options.platforms.push_back(std::move(platform));
  }
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  ProgressBar bar;
  Control control = session.control;
  control.progress = bar.sink();
  BAYPLAN_ASSIGN(const auto report, write_target(session, store, arguments, control));
  for (const auto& warning : report.warnings) {
    std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
  }
  if (arguments.target == "-") return 0;
  session.json() ? print_export_json(report) : print_export(report);
  return 0;
}

}  // namespace

void add_image_export_command(CLI::App& image, Session& session) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command =
      add_command(image, session, "export", "Write images as an OCI layout or a docker archive",
                  [&session, arguments] { return export_image(session, *arguments); });
  command->add_option("TARGET", arguments->target, "File or directory to make; - for standard output")
      ->required();
  command->add_option("NAME", arguments->names, "Image names")->required();
  command
      ->add_option_function<std::string>(
          "--as", [arguments](const std::string& name) { arguments->options.format = kFormats.at(name); },
          "Default: oci-archive")
      ->check(CLI::IsMember(kFormats));
  CLI::Option* platform =
      command
          ->add_option("--platform", arguments->platforms,
                       "os/arch[/variant] out of an index, may be repeated; default: this "
                       "machine's")
          ->allow_extra_args(false);
  command->add_flag("--all-platforms", arguments->options.all_platforms, "All that an index names")
      ->excludes(platform);
}

}  // namespace bayplan::cli
