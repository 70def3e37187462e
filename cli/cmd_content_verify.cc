#include <fcntl.h>

#include <memory>

#include "bayplan/base/file.h"
#include "bayplan/content/verify.h"
#include "exit_codes.h"
#include "print.h"
#include "progress_bar.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct VerifyArguments {
  std::vector<std::string> digests;
  bool all_namespaces = false;
  unsigned threads = 0;
  std::uint64_t rate = 0;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ",").append(word);
  return text;
}

void print_report(const content::VerifyReport& report) {
  if (!report.damaged.empty()) {
    Table table({"DIGEST", "NAMESPACES", "DAMAGE"});
    for (const content::DamagedBlob& blob : report.damaged)
      table.row({blob.key, joined(blob.namespaces), blob.error.to_string()});
    table.print();
  }
  print_line("verified " + std::to_string(report.blobs) + " blobs, " + human_bytes(report.bytes) + ": " +
             (report.damaged.empty() ? "whole" : std::to_string(report.damaged.size()) + " damaged"));
}

void write_report(const content::VerifyReport& report) {
  json::Writer out = begin_json();
  out.key("blobs").unsigned_integer(report.blobs).key("bytes").unsigned_integer(report.bytes);
  out.key("damaged").begin_array();
  for (const content::DamagedBlob& blob : report.damaged) {
    out.begin_object().member("digest", blob.key).key("namespaces").begin_array();
    for (const std::string& ns : blob.namespaces) out.string(ns);
    out.end_array().member("code", errc_name(blob.error.code()));
    out.member("error", blob.error.to_string()).end_object();
  }
  out.end_array().end_object();
  print_json(std::move(out));
}

Result<int> verify_content(const Session& session, const VerifyArguments& arguments) {
  content::VerifyOptions options{.threads = arguments.threads, .bytes_per_second = arguments.rate};
  if (!arguments.all_namespaces) options.ns = session.ns;
  for (const std::string& text : arguments.digests) {
    BAYPLAN_ASSIGN(const Digest digest, Digest::parse(text));
    options.only.push_back(digest);
  }
  BAYPLAN_ASSIGN(images::Store store, session.open_store_read_only());
  const auto report = [&] {
    ProgressBar bar;
    return content::verify(store.blobs(), store.db(), options, {session.control.cancel, bar.sink()});
  }();
  if (!report) return report.error();
  if (session.json()) {
    write_report(*report);
  } else {
    print_report(*report);
  }
  return report->damaged.empty() ? kOk : kDamage;
}

Result<int> repair_content(const Session& session, const std::string& text, const std::string& path) {
  BAYPLAN_ASSIGN(const Digest digest, Digest::parse(text));
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error::from_errno(errno, "file", path, "open");
  file::FdSource source(fd.get(), path);
  BAYPLAN_ASSIGN(images::Store store, session.open_present_store());
  BAYPLAN_ASSIGN(const bool repaired,
                 content::repair(store.blobs(), store.db(), digest, source, session.control));
  print_line(digest.to_string() + (repaired ? " repaired" : " was whole"));
  return 0;
}

}  // namespace

void add_content_verify_commands(CLI::App& content, Session& session) {
  const auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command =
      add_command(content, session, "verify", "Hash blobs again; exit code 4 if one is damaged or missing",
                  [&session, arguments] { return verify_content(session, *arguments); });
  command->add_option("DIGESTS", arguments->digests, "Only these");
  command->add_flag("--all-namespaces", arguments->all_namespaces, "Blobs of every namespace");
  command->add_option("--threads", arguments->threads, "Default: one for each processor");
  command->add_option("--rate", arguments->rate, "Bytes a second at most, with a suffix as 50MiB")
      ->transform(CLI::AsSizeValue(false));

  const auto digest = std::make_shared<std::string>();
  const auto file = std::make_shared<std::string>();
  command =
      add_command(content, session, "repair", "Replace a damaged blob by the bytes of a file, if they are it",
                  [&session, digest, file] { return repair_content(session, *digest, *file); });
  command->add_option("DIGEST", *digest, "algorithm:hex")->required();
  command->add_option("FILE", *file, "Bytes of the blob")->required();
}

}  // namespace bayplan::cli
