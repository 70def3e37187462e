#include "bayplan/images/unpack.h"
#include "print.h"
#include "progress_bar.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct UnpackArguments {
  std::string name;
  std::string platform;
};

Result<int> unpack_image(const Session& session, const UnpackArguments& arguments) {
  std::optional<images::Platform> platform;
  if (!arguments.platform.empty()) {
    BAYPLAN_ASSIGN(platform, images::parse_platform(arguments.platform));
  }
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  ProgressBar bar;
  const Control control{.cancel = session.control.cancel, .progress = bar.sink()};
  BAYPLAN_ASSIGN(const auto image, images::unpack(store, session.ns, arguments.name, platform, control));
  if (!session.json()) {
    print_line(printable(image.image.name) + "  " +
               (image.chain_id ? image.chain_id->to_string() : "no layers"));
    return 0;
  }
  json::Writer out = begin_json();
  out.member("name", image.image.name).member("manifest", image.manifest.digest.to_string());
  out.member("platform", image.config.platform.to_string());
  if (image.chain_id) out.member("chainID", image.chain_id->to_string());
  out.member("snapshotter", store.snapshotter().name()).end_object();
  print_json(std::move(out));
  return 0;
}

}  // namespace

void add_image_unpack_command(CLI::App& image, Session& session) {
  auto arguments = std::make_shared<UnpackArguments>();
  CLI::App* command = add_command(image, session, "unpack", "Make the snapshots of an image's layers",
                                  [&session, arguments] { return unpack_image(session, *arguments); });
  command->add_option("NAME", arguments->name, "Image name")->required();
  command->add_option("--platform", arguments->platform, "os/arch[/variant]; default: this machine's");
}

}  // namespace bayplan::cli
