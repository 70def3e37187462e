#include <memory>

#include "bayplan/images/registries.h"
#include "bayplan/images/stored_images.h"
#include "gc_kinds.h"
#include "print.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

using images::ImageStatus;
using metadata::ReadTx;
using metadata::WriteTx;

std::string size_text(const ImageStatus& status) { return status.size ? human_bytes(*status.size) : "-"; }

void write_strings(json::Writer& out, std::string_view key, const std::vector<std::string>& values) {
  out.key(key).begin_array();
  for (const std::string& value : values) out.string(value);
  out.end_array();
}

void write_optional(json::Writer& out, std::string_view key, const std::optional<std::string>& value) {
  out.key(key);
  value ? out.string(*value) : out.null();
}

void print_status_json(const ImageStatus& status) {
  json::Writer out = begin_json();
  out.member("id", status.image.id.to_string());
  write_strings(out, "names", status.image.names);
  write_strings(out, "repoTags", status.repo_tags);
  write_strings(out, "repoDigests", status.repo_digests);
  write_optional(out, "canonicalReference", status.canonical);
  out.key("size");
  status.size ? out.unsigned_integer(*status.size) : out.null();
  out.member("manifest", status.image.manifest.to_string()).member("user", status.user);
  write_optional(out, "createdAt",
                 status.created ? std::optional(format_rfc3339(*status.created)) : std::nullopt);
  write_optional(out, "previousName", status.previous_name);
  write_labels(out, Labels(status.labels.begin(), status.labels.end()));
  out.end_object();
  print_json(std::move(out));
}

void print_status(const ImageStatus& status) {
  Table table({"ID", "NAMES", "SIZE", "CREATED", "CANONICAL REFERENCE"});
  std::string names;
  for (const std::string& name : status.image.names) names += (names.empty() ? "" : ",") + name;
  table.row({status.image.id.to_string().substr(0, 12), names.empty() ? "-" : names, size_text(status),
             status.created ? format_rfc3339(*status.created) : "-", status.canonical.value_or("-")});
  table.print();
  for (const std::string& digest : status.repo_digests) print_line("digest  " + printable(digest));
  for (const auto& [key, value] : status.labels) print_line("label  " + printable(key + "=" + value));
}

Result<int> show_status(const Session& session, const std::string& text) {
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  const images::StoredImages stored(store, session.ns);
  BAYPLAN_ASSIGN(const ImageStatus status, store.db().view([&](const ReadTx& tx) -> Result<ImageStatus> {
    BAYPLAN_ASSIGN(const images::FoundImage found, stored.lookup(tx, text));
    return stored.status(tx, found.id);
  }));
  session.json() ? print_status_json(status) : print_status(status);
  return 0;
}

/// A name, and what it means now and meant before.
struct GivenName {
  images::Image image;
  std::optional<Digest> previous{};
};

Result<std::vector<GivenName>> give_names(const images::StoredImages& stored, WriteTx& tx,
                                          std::string_view ns, const std::string& text,
                                          const std::vector<std::string>& names) {
  BAYPLAN_ASSIGN(const images::FoundImage found, stored.lookup(tx, text));
  std::vector<std::optional<Digest>> before;
  for (const std::string& name : names) {
    const auto image = images::find(tx, ns, name);
    before.push_back(image ? std::optional(image->target.digest) : std::nullopt);
  }
  BAYPLAN_TRY(stored.add_names(tx, found.id, names, found.name));
  std::vector<GivenName> given;
  for (std::size_t i = 0; i < names.size(); ++i) {
    BAYPLAN_ASSIGN(images::Image image, images::find(tx, ns, names[i]));
    if (before[i] == image.target.digest) before[i].reset();
    given.push_back({std::move(image), before[i]});
  }
  return given;
}

void print_given_json(const std::vector<GivenName>& given) {
  json::Writer out = begin_json();
  out.key("images").begin_array();
  for (const GivenName& name : given) {
    out.begin_object().member("name", name.image.name);
    out.member("target", name.image.target.digest.to_string());
    if (name.previous) out.member("previous", name.previous->to_string());
    out.end_object();
  }
  out.end_array().end_object();
  print_json(std::move(out));
}

Result<int> tag(const Session& session, const std::string& text, const std::vector<std::string>& names) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  const images::StoredImages stored(store, session.ns);
  const auto given =
      store.db().update([&](WriteTx& tx) { return give_names(stored, tx, session.ns, text, names); });
  if (!given) return given.error();
  if (session.json()) print_given_json(*given);
  return 0;
}

void print_untagged_json(const std::vector<images::ImageUntag>& untagged) {
  json::Writer out = begin_json();
  out.key("images").begin_array();
  for (const images::ImageUntag& image : untagged) {
    out.begin_object();
    if (image.id) out.member("id", image.id->to_string());
    write_strings(out, "untagged", image.names);
    out.key("removed").boolean(image.removal.has_value()).end_object();
  }
  out.end_array().end_object();
  print_json(std::move(out));
}

Result<int> untag(const Session& session, const std::vector<std::string>& names) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  const images::StoredImages stored(store, session.ns);
  const auto kinds = users_of_images();
  const auto untagged = store.db().update(
      [&](WriteTx& tx) -> Result<std::vector<images::ImageUntag>> {
        std::vector<images::ImageUntag> done;
        for (const std::string& name : names) {
          BAYPLAN_ASSIGN(images::ImageUntag planned, stored.plan_untag(tx, name, kinds));
          BAYPLAN_TRY(stored.untag(tx, planned));
          done.push_back(std::move(planned));
        }
        return done;
      },
      {.reclaiming = true});
  if (!untagged) return untagged.error();
  if (session.json()) print_untagged_json(*untagged);
  return 0;
}

std::string address(const images::RegistryEndpoint& endpoint) {
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  std::string text = endpoint.plain_http ? "http://" : "https://";
  text += is_v6 ? "[" + endpoint.host + "]" : endpoint.host;
  if (endpoint.port != 0) text += ":" + std::to_string(endpoint.port);
  return text + endpoint.path_prefix;
}

/// One registry's answer to what a text may mean, and the ways to it.
struct Candidate {
  images::RegistryReference reference;
  Result<std::vector<images::RegistryRoute>> routes;
};

void print_candidates_json(const std::vector<Candidate>& candidates) {
  json::Writer out = begin_json();
  out.key("candidates").begin_array();
  for (const Candidate& candidate : candidates) {
    out.begin_object().member("reference", candidate.reference.to_string());
    if (!candidate.routes) out.member("error", candidate.routes.error().to_string());
    out.key("routes").begin_array();
    for (const auto& route : candidate.routes ? *candidate.routes : std::vector<images::RegistryRoute>()) {
      out.begin_object().member("reference", route.reference.to_string());
      out.member("endpoint", address(route.endpoint));
      out.key("verified").boolean(!route.endpoint.plain_http && !route.endpoint.skip_verify).end_object();
    }
    out.end_array().end_object();
  }
  out.end_array().end_object();
  print_json(std::move(out));
}

void print_candidates(const std::vector<Candidate>& candidates) {
  Table table({"REFERENCE", "ENDPOINT", "ASKED FOR", "VERIFIED"});
  for (const Candidate& candidate : candidates) {
    const std::string name = candidate.reference.to_string();
    if (!candidate.routes) table.row({name, "-", candidate.routes.error().to_string(), "-"});
    if (!candidate.routes) continue;
    for (const auto& route : *candidate.routes) {
      const bool verified = !route.endpoint.plain_http && !route.endpoint.skip_verify;
      table.row({name, address(route.endpoint), route.reference.to_string(), verified ? "yes" : "no"});
    }
  }
  table.print();
}

// Asks nobody: what the files say.
Result<int> search_names(const Session& session, const std::string& text) {
  BAYPLAN_ASSIGN(const auto registries, images::Registries::load(images::ConfigDirs::of_process()));
  BAYPLAN_ASSIGN(const auto references, registries.candidates(text));
  std::vector<Candidate> candidates;
  for (const images::RegistryReference& reference : references) {
    candidates.push_back({reference, registries.routes(reference, images::RegistryOperation::pull)});
  }
  session.json() ? print_candidates_json(candidates) : print_candidates(candidates);
  return 0;
}

}  // namespace

void add_image_name_commands(CLI::App& image, Session& session) {
  auto text = std::make_shared<std::string>();
  CLI::App* command =
      add_command(image, session, "status", "Show what an image is called, its ID and its size",
                  [&session, text] { return show_status(session, *text); });
  command->add_option("IMAGE", *text, "Name, ID, or how one ID begins")->required();

  auto source = std::make_shared<std::string>();
  auto added = std::make_shared<std::vector<std::string>>();
  command = add_command(image, session, "tag", "Give an image more names; those of other images move",
                        [&session, source, added] { return tag(session, *source, *added); });
  command->add_option("SOURCE", *source, "Name, ID, or how one ID begins")->required();
  command->add_option("NAME", *added, "New names")->required();

  auto removed = std::make_shared<std::vector<std::string>>();
  command = add_command(image, session, "untag", "Take names away; with its last name an image is removed",
                        [&session, removed] { return untag(session, *removed); });
  command->add_option("NAME", *removed, "Names, or an ID for the whole image")->required();

  auto short_name = std::make_shared<std::string>();
  command = add_command(image, session, "search-names",
                        "Show what a name may mean, in the order in which a pull tries it",
                        [&session, short_name] { return search_names(session, *short_name); });
  command->add_option("TEXT", *short_name, "A short name, or a whole one")->required();
}

}  // namespace bayplan::cli
