#include <memory>

#include "bayplan/images/repair.h"
#include "exit_codes.h"
#include "print.h"
#include "progress_bar.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

/// Which images: those named, or all of the namespace.
Result<std::vector<std::string>> chosen_images(const Session& session, const images::Store& store,
                                               const std::vector<std::string>& names) {
  if (!names.empty()) return names;
  std::vector<std::string> all;
  BAYPLAN_TRY(store.db().view([&](const metadata::ReadTx& tx) {
    return images::walk(tx, session.ns, [&](const images::ImageView& image) -> Result<void> {
      all.emplace_back(image.name);
      return {};
    });
  }));
  return all;
}

std::string platform_text(const images::PlatformCheck& platform) {
  return platform.platform ? platform.platform->to_string() : "-";
}

std::string unpacked_text(const images::PlatformCheck& platform) {
  return std::to_string(platform.unpacked) + "/" + std::to_string(platform.layers);
}

void add_rows(Table& table, const images::ImageCheck& check) {
  for (const Descriptor& index : check.missing_indexes) {
    table.row({check.image.name, "-", short_digest(index.digest.to_string()), "unavailable (0/1)", "-"});
  }
  for (const auto& platform : check.platforms) {
    const std::string counts = " (" + std::to_string(platform.blobs - platform.missing.size()) + "/" +
                               std::to_string(platform.blobs) + ")";
    const bool unavailable = platform.missing.size() == platform.blobs;
    table.row({check.image.name, platform_text(platform), short_digest(platform.manifest.digest.to_string()),
               (platform.complete() ? "complete"
                : unavailable       ? "unavailable"
                                    : "incomplete") +
                   counts,
               unpacked_text(platform)});
  }
}

void write_descriptors(json::Writer& out, std::string_view key, const std::vector<Descriptor>& descriptors) {
  out.key(key).begin_array();
  for (const Descriptor& descriptor : descriptors) {
    out.begin_object().member("digest", descriptor.digest.to_string());
    out.member("mediaType", descriptor.media_type).key("size").unsigned_integer(descriptor.size).end_object();
  }
  out.end_array();
}

void write_check(json::Writer& out, const images::ImageCheck& check) {
  out.begin_object().member("name", check.image.name).member("target", check.image.target.digest.to_string());
  write_descriptors(out, "missingIndexes", check.missing_indexes);
  out.key("platforms").begin_array();
  for (const auto& platform : check.platforms) {
    out.begin_object().member("manifest", platform.manifest.digest.to_string());
    if (platform.platform) out.member("platform", platform.platform->to_string());
    out.key("complete").boolean(platform.complete()).key("blobs").unsigned_integer(platform.blobs);
    out.key("bytes").unsigned_integer(platform.bytes);
    write_descriptors(out, "missing", platform.missing);
    out.key("layers").unsigned_integer(platform.layers).key("unpacked").unsigned_integer(platform.unpacked);
    out.end_object();
  }
  out.end_array().end_object();
}

// Says what is there; that something is missing is an answer, no error.
Result<int> check_images(const Session& session, const std::vector<std::string>& names) {
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto chosen, chosen_images(session, store, names));
  json::Writer out = begin_json();
  out.key("images").begin_array();
  Table table({"NAME", "PLATFORM", "MANIFEST", "STATUS", "UNPACKED"});
  for (const std::string& name : chosen) {
    BAYPLAN_TRY(session.control.cancel.check());
    BAYPLAN_ASSIGN(const images::ImageCheck check, store.db().view([&](const metadata::ReadTx& tx) {
      return images::check_image(store, tx, session.ns, name);
    }));
    session.json() ? write_check(out, check) : add_rows(table, check);
  }
  out.end_array().end_object();
  session.json() ? print_json(std::move(out)) : table.print();
  return 0;
}

void print_verification(const images::ImageVerification& verified) {
  print_line(printable(verified.image.name) + "  " + std::to_string(verified.blobs) + " blobs good, " +
             human_bytes(verified.bytes) + "; " + std::to_string(verified.absent.size()) + " not there, " +
             std::to_string(verified.damaged.size()) + " damaged");
  for (const auto& damaged : verified.damaged) print_line("  " + printable(damaged.error.to_string()));
}

void write_verification(json::Writer& out, const images::ImageVerification& verified) {
  out.begin_object().member("name", verified.image.name);
  out.key("blobs").unsigned_integer(verified.blobs).key("bytes").unsigned_integer(verified.bytes);
  write_descriptors(out, "absent", verified.absent);
  out.key("damaged").begin_array();
  for (const auto& damaged : verified.damaged) {
    out.begin_object().member("digest", damaged.blob.digest.to_string());
    out.member("error", damaged.error.to_string()).end_object();
  }
  out.end_array().end_object();
}

Result<int> verify_images(const Session& session, const std::vector<std::string>& names) {
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto chosen, chosen_images(session, store, names));
  ProgressBar bar;
  Control control = session.control;
  control.progress = bar.sink();
  json::Writer out = begin_json();
  out.key("images").begin_array();
  bool damaged = false;
  for (const std::string& name : chosen) {
    BAYPLAN_ASSIGN(const auto verified, images::verify_image(store, session.ns, name, control));
    damaged = damaged || !verified.damaged.empty();
    session.json() ? write_verification(out, verified) : print_verification(verified);
  }
  out.end_array().end_object();
  if (session.json()) print_json(std::move(out));
  return damaged ? kDamage : kOk;
}

void write_repair(const images::ImageRepair& repair) {
  json::Writer out = begin_json();
  write_descriptors(out, "repaired", repair.repaired);
  out.key("image");
  write_verification(out, repair.after);
  out.end_object();
  print_json(std::move(out));
}

Result<int> repair_image(const Session& session, const std::string& name, const std::string& source) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  const auto repair = [&] {
    ProgressBar bar;
    return images::repair_image(store, session.ns, name, source, {session.control.cancel, bar.sink()});
  }();
  if (!repair) return repair.error();
  if (session.json()) {
    write_repair(*repair);
  } else {
    for (const Descriptor& blob : repair->repaired) print_line(blob.digest.to_string() + " repaired");
    print_verification(repair->after);
  }
  return repair->after.damaged.empty() ? kOk : kDamage;
}

}  // namespace

void add_image_check_commands(CLI::App& image, Session& session) {
  auto checked = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      add_command(image, session, "check", "Show what of an image is there, for each platform",
                  [&session, checked] { return check_images(session, *checked); });
  command->add_option("NAME", *checked, "Image names; default: all");

  auto verified = std::make_shared<std::vector<std::string>>();
  command = add_command(image, session, "verify",
                        "Read an image's blobs and compare them with their digests; exit code 4 for damage",
                        [&session, verified] { return verify_images(session, *verified); });
  command->add_option("NAME", *verified, "Image names; default: all");

  auto repaired = std::make_shared<std::pair<std::string, std::string>>();
  command =
      add_command(image, session, "repair",
                  "Replace an image's damaged blobs by those of a copy; exit code 4 if some stay damaged",
                  [&session, repaired] { return repair_image(session, repaired->first, repaired->second); });
  command->add_option("NAME", repaired->first, "Image name")->required();
  command->add_option("SOURCE", repaired->second, "Directory or archive, as `image import` takes it")
      ->required();
}

}  // namespace bayplan::cli
