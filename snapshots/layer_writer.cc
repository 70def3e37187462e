#include "layer_writer.h"

#include <algorithm>

#include "bayplan/base/file.h"

namespace bayplan::snapshots {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::size_t kBufferBytes = 256u << 10;
constexpr std::uint64_t kReportedBytes = 1u << 20;
constexpr std::size_t kMaxWarnings = 64;

Result<void> check_name(const std::string& path, const std::string& name) {
  if (!name.starts_with(kWhiteout)) return {};
  return Error(Errc::invalid_argument, "file", path, "in a layer its name would remove another file")
      .with_advice("give it a name that does not begin with \".wh.\"");
}

Error changed(const std::string& path) {
  return Error(Errc::busy, "file", path, "changed while it was being read")
      .with_advice("try again when nobody writes to the snapshot");
}

}  // namespace

std::string LayerWriter::path() const { return path_.substr(0, path_.empty() ? 0 : path_.size() - 1); }

Result<void> LayerWriter::enter(const std::string& name, TarEntry entry) {
  BAYPLAN_TRY(check_name(path_of(name), name));
  const std::size_t length = path_.size();
  path_ += name + '/';
  entry.name = path_;
  levels_.push_back({length, std::move(entry), false});
  return {};
}

void LayerWriter::leave() {
  path_.resize(levels_.back().path_length);
  levels_.pop_back();
}

Result<void> LayerWriter::describe() {
  // Those above come first. The written ones are the outer ones.
  const auto first =
      std::find_if(levels_.begin(), levels_.end(), [](const Level& at) { return !at.written; });
  for (auto level = first; level != levels_.end(); ++level) {
    BAYPLAN_TRY(write(level->entry));
    level->written = true;
    level->entry = {};
  }
  return {};
}

Result<void> LayerWriter::describe_root(TarEntry entry) {
  entry.name = "./";
  return write(entry);
}

Result<void> LayerWriter::write(const TarEntry& entry) {
  BAYPLAN_TRY(tar_.add(entry));
  ++report_.entries;
  return {};
}

Result<void> LayerWriter::add(int dir, const std::string& name, const struct stat& info, TarEntry entry) {
  entry.name = path_of(name);
  BAYPLAN_TRY(check_name(entry.name, name));
  BAYPLAN_TRY(describe());
  if (info.st_nlink > 1) {
    const auto [at, first] = linked_.emplace(std::pair(info.st_dev, info.st_ino), entry.name);
    if (!first) {
      entry.type = TarType::hard_link;
      entry.link = at->second;
      entry.xattrs.clear();  // they came with the first name
    }
  }
  BAYPLAN_TRY(write(entry));
  return entry.type == TarType::file ? write_content(dir, name, info, entry.size) : Result<void>();
}

Result<void> LayerWriter::write_content(int dir, const std::string& name, const struct stat& info,
                                        std::uint64_t size) {
  if (size == 0) return {};
  const std::string path = path_of(name);
  BAYPLAN_ASSIGN(const UniqueFd fd, file::open_regular(dir, name));
  BAYPLAN_ASSIGN(const struct stat opened, file::stat_fd(fd.get(), path));
  if (opened.st_ino != info.st_ino || opened.st_size != info.st_size) return changed(path);
  buffer_.resize(kBufferBytes);
  file::FdSource source(fd.get(), path);
  std::uint64_t reported = 0;
  for (std::uint64_t done = 0; done < size;) {
    BAYPLAN_TRY(control_.cancel.check());
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size - done, buffer_.size()));
    BAYPLAN_ASSIGN(const std::size_t count, source.read(std::span(buffer_).first(want)));
    if (count == 0) return changed(path);
    BAYPLAN_TRY(tar_.write(std::span(buffer_).first(count)));
    done += count;
    report_.bytes += count;
    if (control_.progress && done - reported >= kReportedBytes) {
      reported = done;
      control_.progress({.stage = "diff", .object = path, .done = report_.bytes});
    }
  }
  return {};
}

Result<void> LayerWriter::remove(const std::string& name) {
  BAYPLAN_TRY(check_name(path_of(name), name));
  return write_marker(std::string(kWhiteout) + name);
}

Result<void> LayerWriter::make_opaque() { return write_marker(std::string(kOpaque)); }

Result<void> LayerWriter::write_marker(const std::string& name) {
  BAYPLAN_TRY(describe());
  TarEntry marker;
  marker.name = path_of(name);
  BAYPLAN_TRY(write(marker));
  ++report_.removals;
  return {};
}

void LayerWriter::warn(const std::string& name, std::string_view why) {
  if (report_.warnings.size() == kMaxWarnings) return;
  report_.warnings.push_back("left out " + quoted(path_of(name)) + ": " + std::string(why));
}

Result<DiffReport> LayerWriter::finish() {
  BAYPLAN_TRY(tar_.finish());
  return std::move(report_);
}

}  // namespace bayplan::snapshots
