#include "corpus/corpus.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>

#include "support/tree_dump.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

std::string mode_of(const struct stat& info) {
  const mode_t usual = S_ISDIR(info.st_mode) ? 0755 : S_ISLNK(info.st_mode) ? 0777 : 0644;
  if ((info.st_mode & 07777u) == usual) return {};
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), " %04o", info.st_mode & 07777u);
  return text.data();
}

std::string owner_of(const struct stat& info) {
  if (info.st_uid == 0 && info.st_gid == 0) return {};
  return " " + std::to_string(info.st_uid) + ":" + std::to_string(info.st_gid);
}

std::string time_of(const struct stat& info) {
  const auto usual = std::chrono::duration_cast<std::chrono::seconds>(kTarEpoch.time_since_epoch()).count();
  const auto& time = info.st_mtim;
  if (time.tv_nsec == 0 && (time.tv_sec == usual || time.tv_sec == 0)) return {};
  std::string text = " t" + std::to_string(time.tv_sec);
  if (time.tv_nsec != 0) text += "+" + std::to_string(time.tv_nsec);
  return text;
}

std::string what_it_is(const fs::path& path, const struct stat& info) {
  if (S_ISDIR(info.st_mode)) return "/";
  if (S_ISLNK(info.st_mode)) return "@" + fs::read_symlink(path).native();
  if (S_ISFIFO(info.st_mode)) return "|";
  if (!S_ISREG(info.st_mode)) {
    return "%" + std::to_string(major(info.st_rdev)) + "," + std::to_string(minor(info.st_rdev));
  }
  std::ifstream file(path, std::ios::binary);
  return "=" + std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

std::vector<std::string> list_tree(const fs::path& root) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    paths.push_back(entry.path().lexically_relative(root).native());
  }
  std::sort(paths.begin(), paths.end());
  std::map<ino_t, std::string> first_names;
  std::vector<std::string> lines;
  for (const std::string& path : paths) {
    struct stat info {};
    if (::lstat((root / path).c_str(), &info) != 0) {
      lines.push_back(path + " cannot be looked at");
      continue;
    }
    const auto [first, fresh] = first_names.emplace(info.st_ino, path);
    if (!fresh && !S_ISDIR(info.st_mode)) {
      lines.push_back(path + " ==" + first->second);
      continue;
    }
    std::string line = path + what_it_is(root / path, info) + mode_of(info) + owner_of(info) + time_of(info);
    for (const auto& [name, value] : read_xattrs(root / path)) line += " " + name + "=" + value;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::function<void(const fs::path&)> layers(std::vector<std::string> tars, Packing packing) {
  return [tars = std::move(tars), packing](const fs::path& source) {
    LayoutBuilder layout;
    layout.tag(layout.image(tars, {.packing = packing}));
    layout.write_to(source);
  };
}

std::function<void(const fs::path&)> packed_layer(std::string bytes, std::string media_type,
                                                  const Digest& diff_id) {
  return [bytes = std::move(bytes), media_type = std::move(media_type), diff_id](const fs::path& source) {
    LayoutBuilder layout;
    const Descriptor layer = layout.blob(bytes, media_type);
    const Descriptor config = layout.blob(config_json({diff_id}), "application/vnd.oci.image.config.v1+json");
    constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";
    layout.tag(layout.blob(manifest_json(config, {layer}, kManifest), kManifest));
    layout.write_to(source);
  };
}

std::function<void(const fs::path&)> archive(std::string tar) {
  return [tar = std::move(tar)](const fs::path& source) { write_file(source, tar); };
}

CorpusRow layer_row(std::string name, std::string kind, Verdict verdict, const TarBuilder& tar,
                    std::vector<std::string> tree) {
  return {.name = std::move(name),
          .kind = std::move(kind),
          .verdict = verdict,
          .write = layers({tar.end()}),
          .tree = std::move(tree)};
}

}  // namespace bayplan::test
