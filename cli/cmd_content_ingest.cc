#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "bayplan/base/file.h"
#include "bayplan/content/writer.h"
#include "day_lease.h"
#include "label_arguments.h"
#include "listing.h"
#include "print.h"
#include "progress_bar.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

struct IngestArguments {
  std::string ref;
  std::string file = "-";
  std::string digest;
  std::optional<std::uint64_t> size{};
  std::string lease;
  std::vector<std::string> labels;
};

Result<UniqueFd> open_input(const std::string& path) {
  if (path == "-") return UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error::from_errno(errno, "file", path, "open");
  return fd;
}

/// A file or a pipe that may say nothing for long: a signal is noticed meanwhile, and an end that came with
/// one is none.
class Input final : public ByteSource {
 public:
  Input(UniqueFd fd, const std::string& name, const CancelToken& cancel)
      : fd_(std::move(fd)), name_(name), source_(fd_.get(), name), cancel_(cancel) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    BAYPLAN_TRY(file::wait_ready(fd_.get(), POLLIN, name_, cancel_));
    BAYPLAN_ASSIGN(const std::size_t count, source_.read(into));
    if (count == 0) BAYPLAN_TRY(cancel_.check());
    return count;
  }

 private:
  UniqueFd fd_;
  const std::string& name_;
  file::FdSource source_;
  const CancelToken& cancel_;
};

// Brings the input to where the writer is. It has to begin with what is there: the reference may have been
// begun with another one.
Result<void> skip_written(ByteSource& source, const content::Writer& writer, const std::string& ref) {
  const Digest written = writer.digest();
  Hasher hasher(written.algorithm());
  std::vector<std::byte> buffer(kPieceBytes);
  for (std::uint64_t left = writer.offset(); left > 0;) {
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), left));
    BAYPLAN_ASSIGN(const std::size_t count, source.read(piece));
    if (count == 0) break;
    hasher.update(piece.first(count));
    left -= count;
  }
  if (hasher.digest() == written) return {};
  return Error(Errc::failed_precondition, "ingest", ref,
               "the input does not begin with the " + std::to_string(writer.offset()) +
                   " bytes that an earlier try stored")
      .with_advice("`bayplan content abort` it to begin anew, or choose another reference");
}

Result<void> fill(const Session& session, const IngestArguments& arguments, content::Writer& writer) {
  BAYPLAN_ASSIGN(UniqueFd fd, open_input(arguments.file));
  Input source(std::move(fd), arguments.file, session.control.cancel);
  BAYPLAN_TRY(skip_written(source, writer, arguments.ref));
  ProgressBar bar;
  const ProgressSink sink = bar.sink();
  std::vector<std::byte> buffer(kPieceBytes);
  for (;;) {
    BAYPLAN_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) return {};
    BAYPLAN_TRY(writer.write(std::span(buffer).first(count)));
    if (sink)
      sink({.stage = "ingest",
            .object = arguments.ref,
            .done = writer.offset(),
            .total = arguments.size.value_or(0)});
  }
}

// The lease that was named, or a new one of a day.
Result<std::string> lease_for(metadata::WriteTx& tx, const Session& session,
                              const IngestArguments& arguments) {
  if (!arguments.lease.empty()) return arguments.lease;
  return make_day_lease(tx, session.ns);
}

void print_ingested(const Session& session, const content::Info& info, const std::string& lease) {
  if (!session.json()) {
    print_line(info.digest.to_string() + "  " + human_bytes(info.size) + "  kept by lease " +
               printable(lease));
    return;
  }
  json::Writer out = begin_json();
  out.member("digest", info.digest.to_string()).key("size").unsigned_integer(info.size);
  out.member("lease", lease).end_object();
  print_json(std::move(out));
}

Result<int> ingest_content(const Session& session, const IngestArguments& arguments) {
  content::WriterOptions options{.expected = {.digest = {}, .size = arguments.size},
                                 .lease = arguments.lease};
  if (!arguments.digest.empty()) {
    BAYPLAN_ASSIGN(options.expected.digest, Digest::parse(arguments.digest));
  }
  BAYPLAN_ASSIGN(const Labels labels, parse_labels(arguments.labels));
  BAYPLAN_ASSIGN(images::Store store, session.open_store());
  BAYPLAN_ASSIGN(content::Writer writer,
                 content::open_writer(store.blobs(), store.db(), session.ns, arguments.ref, options));
  if (!writer.is_adopted()) BAYPLAN_TRY(fill(session, arguments, writer));
  BAYPLAN_ASSIGN(content::ReadyBlob ready, std::move(writer).finish());
  const Digest digest = ready.digest();
  std::string lease;
  BAYPLAN_ASSIGN(
      const content::Info info, store.db().update([&](metadata::WriteTx& tx) -> Result<content::Info> {
        BAYPLAN_ASSIGN(lease, lease_for(tx, session, arguments));
        BAYPLAN_TRY(content::add(tx, session.ns, std::move(ready), labels, metadata::leased(lease)));
        return content::stat(tx, session.ns, digest);
      }));
  print_ingested(session, info, lease);
  return 0;
}

std::string time_text(Time time) { return time == Time{} ? "-" : format_rfc3339(time); }

void show_ingest(Listing& listing, const content::IngestStatus& ingest) {
  listing.add(ingest.ref,
              {ingest.ref, human_bytes(ingest.offset), ingest.total ? human_bytes(*ingest.total) : "-",
               time_text(ingest.started), time_text(ingest.updated),
               ingest.expires ? format_rfc3339(*ingest.expires) : "-",
               ingest.writer ? "pid " + std::to_string(*ingest.writer) : "-"},
              [&](json::Writer& out) {
                out.member("ref", ingest.ref).key("offset").unsigned_integer(ingest.offset);
                if (ingest.total) out.key("total").unsigned_integer(*ingest.total);
                if (ingest.expected) out.member("expected", ingest.expected->to_string());
                if (ingest.started != Time{}) {
                  out.member("startedAt", format_rfc3339(ingest.started));
                  out.member("updatedAt", format_rfc3339(ingest.updated));
                }
                if (ingest.expires) out.member("expiresAt", format_rfc3339(*ingest.expires));
                if (ingest.writer) out.key("writer").integer(*ingest.writer);
              });
}

Result<int> list_active(const Session& session, const ListArguments& arguments) {
  BAYPLAN_ASSIGN(const auto filter, bind_filter(arguments, content::ingest_fields()));
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  Listing listing(session, "ingests", {"REF", "OFFSET", "TOTAL", "STARTED", "UPDATED", "EXPIRES", "WRITER"},
                  arguments.quiet);
  BAYPLAN_ASSIGN(const auto end, store.db().view([&](const metadata::ReadTx& tx) {
    return content::list_ingests(
        store.blobs(), tx, session.ns, filter, arguments.page,
        [&](const content::IngestStatus& ingest) -> Result<void> {
          show_ingest(listing, ingest);
          return {};
        },
        [&](std::string_view, const Error& error) { listing.add_problem(error); });
  }));
  if (end.more) listing.cut_at(end.last);
  return std::move(listing).finish();
}

Result<int> abort_ingests(const Session& session, const std::vector<std::string>& refs) {
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  for (const std::string& ref : refs)
    BAYPLAN_TRY(content::abort_ingest(store.blobs(), store.db(), session.ns, ref));
  return 0;
}

}  // namespace

void add_content_ingest_commands(CLI::App& content, Session& session) {
  const auto arguments = std::make_shared<IngestArguments>();
  CLI::App* command = add_command(content, session, "ingest",
                                  "Store a file, or standard input, as a blob. Goes on behind what an "
                                  "earlier try with the same REF stored",
                                  [&session, arguments] { return ingest_content(session, *arguments); });
  command->add_option("REF", arguments->ref, "Name of the ingest while it lasts")->required();
  command->add_option("FILE", arguments->file, "- for standard input");
  command->add_option("--expected-digest", arguments->digest, "algorithm:hex; other bytes are refused");
  command->add_option("--expected-size", arguments->size, "Bytes");
  command->add_option("--label", arguments->labels, "KEY=value, may be repeated")->allow_extra_args(false);
  command->add_option("--lease", arguments->lease, "Keeps it; default: a new one that lasts a day");

  add_list_command(content, session, {"List ingests that are not finished", "References", "ref~=^layer-"},
                   list_active, "active");

  const auto refs = std::make_shared<std::vector<std::string>>();
  command = add_command(content, session, "abort", "Remove ingests with the bytes they have",
                        [&session, refs] { return abort_ingests(session, *refs); });
  command->add_option("REFS", *refs, "As `active` lists them")->required();
}

}  // namespace bayplan::cli
