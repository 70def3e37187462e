#include <array>
#include <cstdio>
#include <memory>

#include "label_arguments.h"
#include "listing.h"
#include "print.h"
#include "session.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

void show_content(Listing& listing, const content::Info& info) {
  const std::string digest = info.digest.to_string();
  listing.add(
      digest,
      {digest, human_bytes(info.size), format_rfc3339(info.created), std::to_string(info.labels.size())},
      [&](json::Writer& out) {
        out.member("digest", digest).key("size").unsigned_integer(info.size);
        out.member("createdAt", format_rfc3339(info.created));
        out.member("updatedAt", format_rfc3339(info.updated));
        write_labels(out, info.labels);
      });
}

Result<int> list_content(const Session& session, const ListArguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, bind_filter(arguments, content::content_fields()));
  BAYPLAN_ASSIGN(const images::Store store, session.open_store_read_only());
  Listing listing(session, "content", {"DIGEST", "SIZE", "CREATED", "LABELS"}, arguments.quiet);
  BAYPLAN_ASSIGN(const auto end, store.db().view([&](const metadata::ReadTx& tx) {
    return content::list(
        tx, session.ns, filter, arguments.page,
        [&](const content::Info& info) -> Result<void> {
          show_content(listing, info);
          return {};
        },
        [&](std::string_view, const Error& error) { listing.add_problem(error); });
  }));
  if (end.more) listing.cut_at(end.last);
  return std::move(listing).finish();
}

Result<int> print_content(const Session& session, const std::string& text) {
  BAYPLAN_ASSIGN(const Digest digest, Digest::parse(text));
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  BAYPLAN_ASSIGN(const content::Info info, store.db().view([&](const metadata::ReadTx& tx) {
    return content::stat(tx, session.ns, digest);
  }));
  BAYPLAN_ASSIGN(content::BlobReader reader,
                 store.blobs().open_blob(digest, info.size, content::Verify::yes));
  std::array<std::byte, std::size_t{128} * 1024> buffer;
  for (;;) {
    BAYPLAN_TRY(session.control.cancel.check());
    BAYPLAN_ASSIGN(const std::size_t got, reader.read(buffer));
    if (got == 0) return 0;
    if (std::fwrite(buffer.data(), 1, got, stdout) != got) {
      return Error::from_errno(errno, "output", "standard output", "write");
    }
  }
}

Result<int> label_content(const Session& session, const std::string& text,
                          const std::vector<std::string>& labels) {
  BAYPLAN_ASSIGN(const Digest digest, Digest::parse(text));
  BAYPLAN_ASSIGN(const Labels changes, parse_labels(labels));
  BAYPLAN_ASSIGN(const images::Store store, session.open_present_store());
  BAYPLAN_TRY(store.db().update(
      [&](metadata::WriteTx& tx) { return content::merge_labels(tx, session.ns, digest, changes); }));
  return 0;
}

}  // namespace

void add_content_commands(CLI::App& app, Session& session) {
  CLI::App* content = app.add_subcommand("content", "Blobs");
  content->require_subcommand(1);

  add_list_command(*content, session, {"List blobs", "Digests", "labels.tier==web,size>10MiB"}, list_content);

  auto digest = std::make_shared<std::string>();
  CLI::App* command =
      add_command(*content, session, "cat", "Write a blob to standard output; exit code 4 if it is damaged",
                  [&session, digest] { return print_content(session, *digest); });
  command->add_option("DIGEST", *digest, "algorithm:hex")->required();

  auto labelled = std::make_shared<std::string>();
  auto labels = std::make_shared<std::vector<std::string>>();
  command = add_command(*content, session, "label", "Set labels; KEY= removes one",
                        [&session, labelled, labels] { return label_content(session, *labelled, *labels); });
  command->add_option("DIGEST", *labelled, "algorithm:hex")->required();
  command->add_option("LABELS", *labels, "KEY=value")->required();

  add_content_ingest_commands(*content, session);
  add_content_verify_commands(*content, session);
}

}  // namespace bayplan::cli
