#include <map>

#include "bayplan/images/pull.h"
#include "bayplan/images/transport.h"
#include "print.h"
#include "remote_arguments.h"
#include "transfer_progress.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

const std::map<std::string, images::PullPolicy> kPolicies{{"always", images::PullPolicy::always},
                                                          {"missing", images::PullPolicy::missing},
                                                          {"never", images::PullPolicy::never},
                                                          {"newer", images::PullPolicy::newer}};

struct PullArguments {
  std::string source;
  RemoteArguments remote;
  images::PullOptions options;
  bool no_unpack = false;
};

void print_pull_json(const images::PullReport& report) {
  json::Writer out = begin_json();
  out.member("name", report.name).member("source", report.source);
  out.member("target", report.target.digest.to_string()).member("mediaType", report.target.media_type);
  if (report.previous) out.member("previous", report.previous->to_string());
  if (report.chain_id) out.member("chainID", report.chain_id->to_string());
  out.key("asked").boolean(report.asked).key("blobs").unsigned_integer(report.blobs);
  out.key("bytes").unsigned_integer(report.bytes).key("fetched").unsigned_integer(report.fetched);
  out.key("warnings").begin_array();
  for (const auto& warning : report.warnings) out.string(warning);
  out.end_array().end_object();
  print_json(std::move(out));
}

void print_pull(const images::PullReport& report) {
  for (const auto& warning : report.warnings)
    std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
  print_line(printable(report.name) + "  " + report.target.digest.to_string() +
             (report.chain_id ? "  unpacked" : ""));
  if (report.previous) print_line("  replaced " + report.previous->to_string());
  print_line(std::to_string(report.blobs) + " blobs, " + human_bytes(report.bytes) + ", " +
             human_bytes(report.fetched) + " fetched");
}

Result<int> pull_image(const Session& session, PullArguments arguments) {
  BAYPLAN_ASSIGN(const images::RemoteContext context, remote_context(arguments.remote));
  arguments.options.unpack = !arguments.no_unpack;
  // What cannot be pulled makes no store.
  BAYPLAN_TRY(images::parse_source(arguments.source, arguments.options.default_transport));
  BAYPLAN_ASSIGN(images::Store store, session.open_store());
  RegistryClient client;
  Result<images::PullReport> report = [&] {
    TransferProgress progress(session);
    const Control control{.cancel = session.control.cancel, .progress = progress.sink()};
    return images::pull(store, session.ns, arguments.source, client.provider(), context, arguments.options,
                        control);
  }();
  if (!report) return std::move(report).error();
  session.json() ? print_pull_json(*report) : print_pull(*report);
  return 0;
}

}  // namespace

void add_image_pull_command(CLI::App& image, Session& session) {
  auto pull = std::make_shared<PullArguments>();
  CLI::App* command = add_command(image, session, "pull", "Pull an image from a registry and unpack it",
                                  [&session, pull] { return pull_image(session, *pull); });
  command
      ->add_option("SOURCE", pull->source,
                   "NAME, or docker://NAME, oci:PATH[:NAME], oci-archive:.., docker-archive:.., dir:PATH")
      ->required();
  add_remote_options(*command, pull->remote);
  command->add_option("--signature-policy", pull->remote.policy_file, "policy.json to go by");
  command->add_option("--platform", pull->remote.platform, "os/arch[/variant]; default: this machine's");
  command->add_flag("--all-platforms", pull->options.all_platforms, "Fetch whatever the index names");
  command->add_flag("--no-unpack", pull->no_unpack, "Record the image, make no snapshots");
  command
      ->add_option_function<std::string>(
          "--policy", [pull](const std::string& name) { pull->options.policy = kPolicies.at(name); },
          "When to ask. always: what the name means there (default). missing: only if it is not here. "
          "never: not at all. newer: as always, but what is here will do if there is no answer")
      ->check(CLI::IsMember(kPolicies));
}

}  // namespace bayplan::cli
