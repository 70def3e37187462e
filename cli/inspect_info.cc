#include "inspect_info.h"

#include <fstream>

#include "bucket_path.h"
#include "exit_codes.h"
#include "print.h"

namespace bayplan::cli {
namespace {

using metadata::FileFacts;
using metadata::Reading;

std::string_view reading_word(Reading reading) {
  switch (reading) {
    case Reading::slot:
      return "reader slot";
    case Reading::copy:
      return "copy";
    case Reading::several:
      return "each file";
    case Reading::file:
      break;
  }
  return "file";
}

// "12 (containerd), 15"; a process that ended meanwhile has no name any more.
std::string holder_words(const FileFacts& facts) {
  if (facts.holders.empty()) return "nobody";
  std::string words;
  for (const std::uint64_t pid : facts.holders) {
    words += (words.empty() ? "" : ", ") + std::to_string(pid);
    std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
    if (std::string name; std::getline(comm, name)) words += " (" + name + ")";
  }
  return words;
}

std::string meta_words(const metadata::MetaFacts& meta) {
  return meta.transaction ? "transaction " + std::to_string(*meta.transaction) : meta.problem;
}

using Rows = std::vector<std::pair<std::string, std::string>>;
Rows rows_of(const FileFacts& facts) {
  Rows rows{{"format", facts.format}};
  if (facts.format.empty()) rows.clear();
  if (facts.reading != Reading::several && !facts.format.empty()) {
    rows.emplace_back("meta0", meta_words(facts.metas[0]));
    rows.emplace_back("meta1", meta_words(facts.metas[1]));
    rows.emplace_back("transaction", std::to_string(facts.transaction));
    rows.emplace_back("pageBytes", std::to_string(facts.page_bytes));
    rows.emplace_back("pages", std::to_string(facts.pages));
  }
  rows.emplace_back("fileBytes", std::to_string(facts.file_bytes));
  rows.emplace_back("openIn", holder_words(facts));
  rows.emplace_back("reading", reading_word(facts.reading));
  return rows;
}

void write_holders(json::Writer& out, const FileFacts& facts) {
  out.key("openIn").begin_array();
  for (const std::uint64_t pid : facts.holders) out.unsigned_integer(pid);
  out.end_array().member("reading", reading_word(facts.reading));
}

void write_facts(json::Writer& out, const FileFacts& facts) {
  if (!facts.name.empty()) out.member("file", facts.name);
  if (!facts.format.empty()) out.member("format", facts.format);
  if (facts.reading != Reading::several && !facts.format.empty()) {
    out.member("meta0", meta_words(facts.metas[0])).member("meta1", meta_words(facts.metas[1]));
    out.key("transaction").unsigned_integer(facts.transaction);
    out.key("pageBytes").unsigned_integer(facts.page_bytes);
    out.key("pages").unsigned_integer(facts.pages);
  }
  out.key("fileBytes").unsigned_integer(facts.file_bytes);
  write_holders(out, facts);
  out.key("problems").begin_array();
  for (const std::string& problem : facts.problems) out.string(problem);
  out.end_array();
}

std::string path_text(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& key : path) text += (text.empty() ? "" : "/") + escape_key(key);
  return text.empty() ? "file" : text;
}

void print_damage(const metadata::Damage& damage, bool as_json) {
  if (!as_json) {
    print_line(path_text(damage.path) + ": " + printable(damage.error.to_string()));
    return;
  }
  json::Writer line = begin_json();
  line.member("path", path_text(damage.path)).member("problem", damage.error.to_string()).end_object();
  print_json(std::move(line));
}

void print_verdict(const InspectSource& source, std::uint64_t problems, bool as_json) {
  const FileFacts& facts = source.file().facts();
  if (as_json) {
    json::Writer line = begin_json();
    line.key("clean").boolean(problems == 0).key("problems").unsigned_integer(problems);
    line.key("transaction").unsigned_integer(facts.transaction);
    write_holders(line, facts);
    line.end_object();
    print_json(std::move(line));
    return;
  }
  std::string words = problems == 0 ? "clean" : std::to_string(problems) + " problems";
  words += ": transaction " + std::to_string(facts.transaction);
  if (!facts.holders.empty()) {
    words += ", open in " + holder_words(facts) + ", read from ";
    words += reading_word(facts.reading);
  }
  print_line(printable(words));
}

}  // namespace

Result<int> print_info(const InspectSource& source, const Session& session) {
  const auto files = source.file().files();
  if (session.json()) {
    json::Writer out = begin_json();
    write_facts(out, source.file().facts());
    if (files.size() > 1) {
      out.key("files").begin_array();
      for (const FileFacts& facts : files) {
        out.begin_object();
        write_facts(out, facts);
        out.end_object();
      }
      out.end_array();
    }
    out.end_object();
    print_json(std::move(out));
    return source.finish(false);
  }
  const bool several = files.size() > 1;
  Table table(several ? std::vector<std::string>{"FILE", "FIGURE", "VALUE"}
                      : std::vector<std::string>{"FIGURE", "VALUE"});
  for (const FileFacts& facts : files) {
    for (const auto& [figure, value] : rows_of(facts))
      table.row(several ? std::vector<std::string>{facts.name, figure, value}
                        : std::vector<std::string>{figure, value});
  }
  table.print();
  return source.finish(false);
}

Result<int> check_files(const InspectSource& source, const Session& session) {
  std::uint64_t problems = 0;
  BAYPLAN_TRY(source.file().check([&](const metadata::Damage& damage) -> Result<void> {
    ++problems;
    print_damage(damage, session.json());
    return session.control.cancel.check();
  }));
  BAYPLAN_TRY(source.file().unchanged());
  print_verdict(source, problems, session.json());
  return problems == 0 ? kOk : kDamage;
}

}  // namespace bayplan::cli
