#include "prune.h"

#include "bayplan/images/images.h"
#include "gc_kinds.h"
#include "gc_report.h"
#include "image_use.h"
#include "print.h"
#include "prune_filter.h"

namespace bayplan::cli {
namespace {

using Images = std::vector<images::Image>;

Result<Images> unused_images(const metadata::BucketSource& source, const images::Store& store,
                             std::string_view ns, const metadata::BoundFilter& filter) {
  BAYPLAN_ASSIGN(const Names used, images_in_use(source, all_kinds(store), ns));
  Images unused;
  const auto take = [&](const images::ImageView& image) -> Result<void> {
    if (!used.contains(image.name)) unused.push_back(image.own());
    return {};
  };
  BAYPLAN_ASSIGN(const auto end, images::list(source, ns, filter, {}, take));
  static_cast<void>(end);
  return unused;
}

// Looks before other writers have to wait, and while they wait only if something was committed meanwhile.
Result<Images> prune_images(const Session& session, const images::Store& store,
                            const PruneArguments& arguments) {
  if (!arguments.all) return Images{};
  BAYPLAN_ASSIGN(const auto filter, parse_prune_filter(arguments.filters));
  std::uint64_t seen = 0;
  const auto look = [&](const metadata::ReadTx& tx) {
    seen = tx.revision();
    return unused_images(tx, store, session.ns, filter);
  };
  BAYPLAN_ASSIGN(Images unused, store.db().view(look));
  if (arguments.dry_run || unused.empty()) return unused;
  const auto remove = [&](metadata::WriteTx& tx) -> Result<Images> {
    if (tx.revision() != seen + 1) {
      BAYPLAN_ASSIGN(unused, look(tx));
    }
    for (const auto& image : unused) BAYPLAN_TRY(images::remove(tx, session.ns, image.name));
    return std::move(unused);
  };
  return store.db().update(remove, {.reclaiming = true});
}

void print_pruned_json(const Session& session, const Images& pruned, const metadata::GcReport& report,
                       bool dry_run) {
  json::Writer out = begin_json();
  out.key("images").begin_array();
  for (const auto& image : pruned) {
    out.begin_object().member("namespace", session.ns).member("name", image.name);
    out.member("target", image.target.digest.to_string());
    out.member("createdAt", format_rfc3339(image.created)).end_object();
  }
  out.end_array();
  write_gc_report(out, report, dry_run);
  out.end_object();
  print_json(std::move(out));
}

void print_pruned(const Images& pruned, bool dry_run) {
  Table table({"IMAGE", "TARGET", "CREATED"});
  for (const auto& image : pruned) {
    table.row({image.name, short_digest(image.target.digest.to_string()), format_rfc3339(image.created)});
  }
  if (!pruned.empty()) table.print();
  const std::string count = std::to_string(pruned.size()) + " unused images";
  print_line(dry_run ? "would remove " + count + ", and what only they keep; besides:" : "removed " + count);
}

}  // namespace

CLI::Option* add_prune_options(CLI::App& command, PruneArguments& arguments) {
  CLI::Option* all =
      command.add_flag("-a,--all", arguments.all, "Remove the images of the namespace that nothing uses");
  command
      .add_option("--filter", arguments.filters,
                  "Only such images: until=24h, until=RFC3339, label=K[=V], label!=K[=V], or as `image ls` "
                  "takes it; of several each has to match")
      ->allow_extra_args(false)
      ->needs(all);
  command.add_flag("--dry-run", arguments.dry_run, "Show what would go, remove nothing");
  return all;
}

Result<int> prune(const Session& session, const PruneArguments& arguments) {
  BAYPLAN_ASSIGN(const images::Store store,
                 arguments.dry_run ? session.open_store_read_only() : session.open_present_store());
  BAYPLAN_ASSIGN(const Images pruned, prune_images(session, store, arguments));
  const CollectedKinds kinds(store);
  auto report = metadata::collect(store.db(), kinds.list(), {.dry_run = arguments.dry_run}, session.control);
  // The images are gone even if another process collects what they kept.
  const metadata::GcReport collected = report ? *report : metadata::GcReport{};
  if (session.json()) {
    print_pruned_json(session, pruned, collected, arguments.dry_run);
  } else {
    if (arguments.all) print_pruned(pruned, arguments.dry_run);
    if (report) print_gc_report(collected, arguments.dry_run);
  }
  if (!report) return std::move(report).error();
  return 0;
}

}  // namespace bayplan::cli
