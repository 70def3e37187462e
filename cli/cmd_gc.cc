#include <memory>
#include <optional>

#include "gc_kinds.h"
#include "gc_report.h"
#include "print.h"
#include "session.h"

namespace bayplan::cli {
namespace {

using metadata::GcLink;
using metadata::GcNode;

Result<int> collect(const Session& session, bool dry_run) {
  BAYPLAN_ASSIGN(const images::Store store,
                 dry_run ? session.open_store_read_only() : session.open_present_store());
  const CollectedKinds kinds(store);
  BAYPLAN_ASSIGN(const auto report,
                 metadata::collect(store.db(), kinds.list(), {.dry_run = dry_run}, session.control));
  if (session.json()) {
    json::Writer out = begin_json();
    write_gc_report(out, report, dry_run);
    out.end_object();
    print_json(std::move(out));
  } else {
    print_gc_report(report, dry_run);
  }
  return 0;
}

struct WhyOptions {
  std::string object;
  std::size_t limit = 20;
};

/// The objects that `text` may mean: KIND/KEY, or a key of any kind, which may begin like that, too.
std::vector<GcNode> candidates(const std::vector<const metadata::GcKind*>& kinds, const std::string& ns,
                               const std::string& text) {
  std::vector<GcNode> nodes;
  for (const metadata::GcKind* kind : kinds) {
    const std::string prefix = std::string(kind->kind()) + "/";
    if (text.starts_with(prefix))
      nodes.insert(nodes.begin(), {std::string(kind->kind()), ns, text.substr(prefix.size())});
    nodes.push_back({std::string(kind->kind()), ns, text});
  }
  return nodes;
}

struct Explained {
  GcNode node;
  metadata::GcAnswer answer;
  std::string reason{};             // what the object says of itself, where nothing keeps it
  std::vector<GcLink> referrers{};  // then, too: each says why it keeps nothing
};

// What an object says of itself.
class ReasonSink final : public metadata::GcSink {
 public:
  Result<void> object(const metadata::GcObject& object) override {
    reason = object.reason;
    return {};
  }
  Result<void> edge(const metadata::GcEdge&) override { return {}; }

  std::string reason{};
};

Result<std::string> reason_of(const metadata::ReadTx& tx, metadata::GcKinds kinds, const GcNode& node) {
  ReasonSink sink;
  for (const metadata::GcKind* kind : kinds) {
    if (kind->kind() == node.kind) BAYPLAN_TRY(kind->look(tx, node.ns, node.key, sink));
  }
  return std::move(sink.reason);
}

// Those that would keep it if something kept them: an ended lease, an image that expired.
Result<void> explain_unkept(const metadata::ReadTx& tx, metadata::GcKinds kinds, Explained& explained,
                            const Control& control) {
  BAYPLAN_ASSIGN(explained.reason, reason_of(tx, kinds, explained.node));
  BAYPLAN_ASSIGN(explained.referrers, metadata::referrers(tx, kinds, explained.node, control));
  for (GcLink& link : explained.referrers) {
    BAYPLAN_ASSIGN(const std::string reason, reason_of(tx, kinds, link.node));
    if (!reason.empty()) link.why += ": " + reason;
  }
  return {};
}

Result<std::optional<Explained>> explain(const images::Store& store, const Session& session,
                                         const WhyOptions& options) {
  const auto kinds = all_kinds(store);
  return store.db().view([&](const metadata::ReadTx& tx) -> Result<std::optional<Explained>> {
    for (const GcNode& node : candidates(kinds, session.ns, options.object)) {
      BAYPLAN_ASSIGN(auto answer, metadata::why(tx, kinds, node, options.limit, session.control));
      if (!answer.exists) continue;
      Explained explained{node, std::move(answer)};
      if (explained.answer.chains.empty()) BAYPLAN_TRY(explain_unkept(tx, kinds, explained, session.control));
      return std::optional(std::move(explained));
    }
    return std::optional<Explained>();
  });
}

void write_links(json::Writer& out, const std::vector<GcLink>& links) {
  out.begin_array();
  for (const GcLink& link : links) {
    out.begin_object();
    write_node(out, link.node);
    out.member("why", link.why).end_object();
  }
  out.end_array();
}

void print_explained_json(const Explained& explained) {
  json::Writer out = begin_json();
  out.key("object").begin_object();
  write_node(out, explained.node);
  out.end_object().key("kept").boolean(!explained.answer.chains.empty());
  if (!explained.reason.empty()) out.member("reason", explained.reason);
  if (!explained.referrers.empty()) write_links(out.key("referrers"), explained.referrers);
  out.key("more").boolean(explained.answer.more).key("chains").begin_array();
  for (const auto& chain : explained.answer.chains) write_links(out, chain);
  out.end_array().end_object();
  print_json(std::move(out));
}

void print_unkept(const Explained& explained) {
  const std::string reason = explained.reason.empty() ? "" : " (" + explained.reason + ")";
  print_line(
      printable(words(explained.node) + reason) +
      ": nothing that is kept refers to it; the next collection takes it, if it is of a kind that it takes");
  for (const GcLink& link : explained.referrers)
    print_line("  " + printable(words(link.node) + " (" + link.why + ")"));
}

void print_explained(const Explained& explained) {
  if (explained.answer.chains.empty()) return print_unkept(explained);
  for (const auto& chain : explained.answer.chains) {
    std::string indent;
    for (const GcLink& link : chain) {
      print_line(indent + printable(words(link.node) + " (" + link.why + ")"));
      indent += "  ";
    }
  }
  if (explained.answer.more) print_line("and more; see --limit");
}

Result<int> why(const Session& session, const WhyOptions& options) {
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const auto explained, explain(store, session, options));
  if (!explained) {
    return Error(Errc::not_found, "object", options.object,
                 "no object of any kind in namespace " + session.ns)
        .with_advice("name it KIND/KEY, e.g. snapshot/overlay/KEY, or choose another --namespace");
  }
  if (session.json()) {
    print_explained_json(*explained);
  } else {
    print_explained(*explained);
  }
  return 0;
}

}  // namespace

void add_gc_command(CLI::App& app, Session& session) {
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, session, "gc", "Remove what nothing refers to",
                                  [&session, dry_run] { return collect(session, *dry_run); });
  command->add_flag("--dry-run", *dry_run, "Show what would go, remove nothing");

  auto options = std::make_shared<WhyOptions>();
  CLI::App* explained = add_command(*command, session, "why", "Show what keeps an object",
                                    [&session, options] { return why(session, *options); });
  explained->add_option("OBJECT", options->object, "A digest, a name, or KIND/KEY")->required();
  explained->add_option("--limit", options->limit, "Chains to show (20)")->check(CLI::Range(1, 1'000'000));
}

}  // namespace bayplan::cli
