#include <memory>

#include "bayplan/images/import.h"
#include "bayplan/images/resolve.h"
#include "bayplan/images/stored_images.h"
#include "label_arguments.h"
#include "listing.h"
#include "print.h"
#include "progress_bar.h"
#include "prune.h"
#include "session.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

void print_import_json(const images::ImportReport& report) {
  json::Writer out = begin_json();
  out.key("images").begin_array();
  for (const auto& image : report.images) {
    out.begin_object().member("name", image.name).member("target", image.target.to_string());
    if (image.previous) out.member("previous", image.previous->to_string());
    if (image.chain_id) out.member("chainID", image.chain_id->to_string());
    out.end_object();
  }
  out.end_array().key("blobs").unsigned_integer(report.blobs).key("bytes").unsigned_integer(report.bytes);
  out.key("warnings").begin_array();
  for (const auto& warning : report.warnings) out.string(warning);
  out.end_array().end_object();
  print_json(std::move(out));
}

void print_import(const images::ImportReport& report) {
  for (const auto& image : report.images) {
    print_line(printable(image.name) + "  " + image.target.to_string() +
               (image.chain_id ? "  unpacked" : ""));
    if (image.previous) print_line("  replaced " + image.previous->to_string());
  }
  for (const auto& warning : report.warnings)
    std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
  print_line(std::to_string(report.blobs) + " blobs, " + human_bytes(report.bytes));
}

struct ImportArguments {
  std::string source;
  std::string platform;
  images::ImportOptions options;
  bool no_unpack = false;
};

Result<int> import_image(const Session& session, ImportArguments arguments) {
  if (!arguments.platform.empty()) {
    BAYPLAN_ASSIGN(arguments.options.platform, images::parse_platform(arguments.platform));
  }
  arguments.options.unpack = !arguments.no_unpack;
  BAYPLAN_ASSIGN(images::Store store, session.open_store());
  ProgressBar bar;
  Control control = session.control;
  control.progress = bar.sink();
  BAYPLAN_ASSIGN(const auto report,
                 images::import(store, session.ns, arguments.source, arguments.options, control));
  session.json() ? print_import_json(report) : print_import(report);
  return 0;
}

void show_image(Listing& listing, const images::ImageView& image) {
  listing.add(image.name,
              {std::string(image.name), short_digest(image.digest), std::string(image.media_type),
               human_bytes(image.size), format_rfc3339(image.created)},
              [&](json::Writer& out) {
                out.member("name", image.name).member("target", image.digest);
                out.member("mediaType", image.media_type).key("size").unsigned_integer(image.size);
                out.member("createdAt", format_rfc3339(image.created));
                out.member("updatedAt", format_rfc3339(image.updated));
                write_labels(out, image.labels.own());
              });
}

Result<int> list_images(const Session& session, const ListArguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, bind_filter(arguments, images::image_fields()));
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  Listing listing(session, "images", {"NAME", "TARGET", "MEDIA TYPE", "TARGET SIZE", "CREATED"},
                  arguments.quiet);
  BAYPLAN_ASSIGN(const auto end, store.db().view([&](const metadata::ReadTx& tx) {
    return images::list(
        tx, session.ns, filter, arguments.page,
        [&](const images::ImageView& image) -> Result<void> {
          show_image(listing, image);
          return {};
        },
        [&](std::string_view, const Error& error) { listing.add_problem(error); });
  }));
  if (end.more) listing.cut_at(end.last);
  return std::move(listing).finish();
}

Result<int> label_image(const Session& session, const std::string& name,
                        const std::vector<std::string>& labels) {
  BAYPLAN_ASSIGN(const Labels changes, parse_labels(labels));
  FieldMask mask;
  for (const auto& [key, value] : changes) mask.push_back("labels." + key);
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  BAYPLAN_TRY(store.db().update([&](metadata::WriteTx& tx) -> Result<images::Image> {
    BAYPLAN_ASSIGN(images::Image image, images::find(tx, session.ns, name));
    image.labels = changes;
    return images::update(tx, session.ns, image, mask);
  }));
  return 0;
}

// No record is called `name`, but it may be the ID of an image.
Error no_such_name(images::Store& store, std::string_view ns, const std::string& name, Error error) {
  if (error.code() != Errc::not_found && error.code() != Errc::invalid_argument) return error;
  const images::StoredImages stored(store, ns);
  const auto names = store.db().view([&](const metadata::ReadTx& tx) -> Result<std::vector<std::string>> {
    BAYPLAN_ASSIGN(const images::FoundImage found, stored.lookup(tx, name));
    if (!found.by_id) return std::vector<std::string>();
    BAYPLAN_ASSIGN(images::StoredImage image, stored.get(tx, found.id));
    return std::move(image.names);
  });
  if (!names || names->empty()) return error;
  return std::move(error).with_advice("rm takes names, and this is the ID of " + quoted(names->front()) +
                                      "; untag takes IDs");
}

Result<int> remove_images(const Session& session, const std::vector<std::string>& names) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  std::string current;
  const auto removed = store.db().update(
      [&](metadata::WriteTx& tx) -> Result<void> {
        for (const auto& name : names) {
          current = name;
          BAYPLAN_ASSIGN(const images::Image image, images::find(tx, session.ns, name));
          BAYPLAN_TRY(images::remove(tx, session.ns, image.name));
        }
        return {};
      },
      {.reclaiming = true});
  if (!removed) return no_such_name(store, session.ns, current, removed.error());
  return 0;
}

Result<int> inspect_image(const Session& session, const std::string& name) {
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto resolved, store.db().view([&](const metadata::ReadTx& tx) {
    return images::resolve(store, tx, session.ns, name);
  }));
  json::Writer out = begin_json();
  out.member("name", resolved.image.name).member("id", resolved.id().to_string());
  out.member("target", resolved.image.target.digest.to_string());
  out.member("manifest", resolved.manifest.digest.to_string());
  out.member("platform", resolved.config.platform.to_string());
  out.key("layers").begin_array();
  for (const auto& layer : resolved.document.layers) {
    out.begin_object().member("digest", layer.digest.to_string()).member("mediaType", layer.media_type);
    out.key("size").unsigned_integer(layer.size).end_object();
  }
  out.end_array();
  if (resolved.chain_id) out.member("chainID", resolved.chain_id->to_string());
  const auto strings = [&out](std::string_view key, const std::vector<std::string>& values) {
    out.key(key).begin_array();
    for (const auto& value : values) out.string(value);
    out.end_array();
  };
  strings("env", resolved.config.env);
  strings("entrypoint", resolved.config.entrypoint);
  strings("cmd", resolved.config.cmd);
  out.member("user", resolved.config.user).member("workingDir", resolved.config.working_dir);
  write_labels(out, resolved.image.labels);
  out.end_object();
  print_json(std::move(out));
  return 0;
}

}  // namespace

void add_image_commands(CLI::App& app, Session& session) {
  CLI::App* image = app.add_subcommand("image", "Images");
  image->require_subcommand(1);
  add_image_mount_commands(*image, session);

  auto import = std::make_shared<ImportArguments>();
  CLI::App* command =
      add_command(*image, session, "import", "Import an OCI layout or a docker archive and unpack it",
                  [&session, import] { return import_image(session, *import); });
  command->add_option("SOURCE", import->source, "Directory or archive; - is an archive on standard input")
      ->required();
  command->add_option("--name", import->options.name, "Name for the only image of the source");
  command->add_option("--platform", import->platform, "os/arch[/variant] to unpack; default: this machine's");
  command->add_flag("--no-unpack", import->no_unpack, "Record the image, make no snapshots");
  command->add_flag("--replace", import->options.replace, "Point existing names at the imported image");

  add_image_pull_command(*image, session);
  add_image_export_command(*image, session);
  add_image_push_command(*image, session);
  add_image_login_commands(*image, session);
  add_image_check_commands(*image, session);
  add_image_unpack_command(*image, session);
  add_image_name_commands(*image, session);
  add_list_command(*image, session, {"List images", "Names"}, list_images);

  auto names = std::make_shared<std::vector<std::string>>();
  command = add_command(*image, session, "rm", "Remove image records; gc removes what only they kept",
                        [&session, names] { return remove_images(session, *names); });
  command->add_option("NAME", *names, "Image names")->required();

  auto labelled = std::make_shared<std::string>();
  auto labels = std::make_shared<std::vector<std::string>>();
  command = add_command(*image, session, "label", "Set labels; KEY= removes one",
                        [&session, labelled, labels] { return label_image(session, *labelled, *labels); });
  command->add_option("NAME", *labelled, "Image name")->required();
  command->add_option("LABELS", *labels, "KEY=value")->required();

  auto pruned = std::make_shared<PruneArguments>();
  command = add_command(*image, session, "prune", "Remove unused images, and all that nothing refers to then",
                        [&session, pruned] { return prune(session, *pruned); });
  // Without it other tools remove what has no name. Here every image has one.
  add_prune_options(*command, *pruned)->required();

  auto name = std::make_shared<std::string>();
  command = add_command(*image, session, "inspect", "Show what an image is made of, as JSON",
                        [&session, name] { return inspect_image(session, *name); });
  command->add_option("NAME", *name, "Image name")->required();
}

}  // namespace bayplan::cli
