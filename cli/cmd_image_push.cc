#include <memory>

#include "bayplan/images/push.h"
#include "print.h"
#include "remote_arguments.h"
#include "transfer_progress.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct PushArguments {
  std::string name;
  std::string destination{};
  RemoteArguments remote{};
  images::PushOptions options{};
};

void print_push_json(const images::PushReport& report) {
  json::Writer out = begin_json();
  out.member("destination", report.destination).member("digest", report.target.digest.to_string());
  out.member("mediaType", report.target.media_type);
  out.key("referrers").begin_array();
  for (const Digest& referrer : report.referrers) out.string(referrer.to_string());
  out.end_array();
  out.key("uploaded").unsigned_integer(report.uploaded).key("mounted").unsigned_integer(report.mounted);
  out.key("existed").unsigned_integer(report.existed).key("bytes").unsigned_integer(report.bytes);
  out.key("warnings").begin_array();
  for (const auto& warning : report.warnings) out.string(warning);
  out.end_array().end_object();
  print_json(std::move(out));
}

void print_push(const images::PushReport& report) {
  print_line(printable(report.destination) + "  " + report.target.digest.to_string());
  for (const Digest& referrer : report.referrers) print_line("  with " + referrer.to_string());
  print_line(std::to_string(report.uploaded) + " blobs uploaded, " + human_bytes(report.bytes) + "; " +
             std::to_string(report.mounted) + " mounted, " + std::to_string(report.existed) + " were there");
}

Result<int> push_image(const Session& session, const PushArguments& arguments) {
  BAYPLAN_ASSIGN(const images::RemoteContext context, remote_context(arguments.remote));
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  RegistryClient client;
  Result<images::PushReport> pushed = [&] {
    TransferProgress progress(session);
    const Control control{.cancel = session.control.cancel, .progress = progress.sink()};
    return images::push(store, session.ns, arguments.name, arguments.destination, client.provider(), context,
                        arguments.options, control);
  }();
  if (!pushed) return std::move(pushed).error();
  const images::PushReport& report = *pushed;
  for (const auto& warning : report.warnings) {
    std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
  }
  session.json() ? print_push_json(report) : print_push(report);
  return 0;
}

}  // namespace

void add_image_push_command(CLI::App& image, Session& session) {
  auto arguments = std::make_shared<PushArguments>();
  CLI::App* command = add_command(image, session, "push", "Push an image to a registry",
                                  [&session, arguments] { return push_image(session, *arguments); });
  command->add_option("NAME", arguments->name, "Image name")->required();
  command->add_option("DESTINATION", arguments->destination,
                      "HOST/PATH[:TAG], also as docker://..; default: NAME");
  add_remote_options(*command, arguments->remote);
  CLI::Option* platform = command->add_option(
      "--platform", arguments->remote.platform,
      "os/arch[/variant], the only manifest that is pushed; of an index the default is this machine's");
  command->add_flag("--all-platforms", arguments->options.all_platforms, "The index, and all that it names")
      ->excludes(platform);
  command->add_flag("--referrers", arguments->options.referrers,
                    "Also signatures and other artifacts here that are about the image");
  command->add_flag("--allow-non-distributable-blobs", arguments->options.undistributable,
                    "Also layers whose type says that they stay where they are");
  command
      ->add_option("--chunk-size", arguments->options.chunk_bytes,
                   "Bytes per request of an upload; default: each blob in one request")
      ->transform(CLI::AsSizeValue(false));
}

}  // namespace bayplan::cli
