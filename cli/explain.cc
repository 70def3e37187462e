#include "explain.h"

#include "gc_report.h"
#include "print.h"

namespace bayplan::cli {
namespace {

using metadata::GcLink;
using metadata::GcNode;
using metadata::GcView;

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

void print_link(const std::string& indent, const GcLink& link) {
  print_line(indent + printable(words(link.node) + " (" + link.why + ")"));
}

void print_unkept(const Explained& explained) {
  const std::string reason = explained.reason.empty() ? "" : " (" + explained.reason + ")";
  print_line(
      printable(words(explained.node) + reason) +
      ": nothing that is kept refers to it; the next collection takes it, if it is of a kind that it takes");
  for (const GcLink& link : explained.referrers) print_link("  ", link);
}

}  // namespace

std::optional<GcNode> find_object(const GcView& view, const std::vector<std::string>& kinds,
                                  const std::string& ns, const std::string& text) {
  std::vector<GcNode> candidates;
  for (const std::string& kind : kinds) {
    const std::string prefix = kind + "/";
    if (text.starts_with(prefix))
      candidates.insert(candidates.begin(), {kind, ns, text.substr(prefix.size())});
    candidates.push_back({kind, ns, text});
  }
  for (GcNode& node : candidates) {
    if (view.exists(node)) return std::move(node);
  }
  return std::nullopt;
}

// Those that would keep it if something kept them: an ended lease, an image that expired.
Explained explain(const GcView& view, const GcNode& node, std::size_t limit) {
  Explained explained{node, view.why(node, limit)};
  if (!explained.answer.chains.empty()) return explained;
  explained.reason = view.reason(node);
  explained.referrers = view.referrers(node);
  for (GcLink& link : explained.referrers) {
    const std::string reason = view.reason(link.node);
    if (!reason.empty()) link.why += ": " + reason;
  }
  return explained;
}

void print_explained(const Explained& explained, bool json) {
  if (json) return print_explained_json(explained);
  if (explained.answer.chains.empty()) return print_unkept(explained);
  for (const auto& chain : explained.answer.chains) {
    std::string indent;
    for (const GcLink& link : chain) {
      print_link(indent, link);
      indent += "  ";
    }
  }
  if (explained.answer.more) print_line("and more; see --limit");
}

void print_referrers(const GcNode& node, const std::vector<GcLink>& referrers, bool json) {
  if (!json) {
    for (const GcLink& link : referrers) print_link("", link);
    return;
  }
  json::Writer out = begin_json();
  out.key("object").begin_object();
  write_node(out, node);
  out.end_object();
  write_links(out.key("referrers"), referrers);
  out.end_object();
  print_json(std::move(out));
}

}  // namespace bayplan::cli
