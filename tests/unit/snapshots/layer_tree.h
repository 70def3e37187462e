// A tree that layers are applied to, plainly or through an overlay mount over the layers below, and a look
// into it. Beside it stands a canary, which no test may change.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layer_apply.h"
#include "overlay_mount.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::snapshots {

enum class How : std::uint8_t { plain, overlay };

inline std::string how_name(const ::testing::TestParamInfo<How>& info) {
  return info.param == How::plain ? "Plain" : "Overlay";
}

class LayerTree {
 public:
  explicit LayerTree(How how) : how_(how) {
    for (const char* name : {"cover", "outside"}) std::filesystem::create_directory(dir_.path() / name);
    std::ofstream(dir_.path() / "outside" / "victim") << "safe";
  }

  /// The tree with one more layer.
  Result<ApplyReport> apply(std::string_view archive, const ApplyLimits& limits = {},
                            const Control& control = {}) {
    MemorySource source(archive);
    return apply(source, limits, control);
  }
  Result<ApplyReport> apply(ByteSource& source, const ApplyLimits& limits = {}, const Control& control = {}) {
    BAYPLAN_TRY(add_layer());
    return apply_layer(source, root_.get(), limits, control);
  }

  /// Applies to the tree as it is, without a new layer; answers how it was refused.
  Errc apply_again(const std::string& archive) {
    MemorySource source(archive);
    const auto report = apply_layer(source, root_.get(), {}, {});
    EXPECT_FALSE(report);
    return report ? Errc::io : report.error().code();
  }

  /// A path through which the tree can be looked at.
  std::filesystem::path path(const std::string& below = {}) const {
    return "/proc/self/fd/" + std::to_string(root_.get()) + "/" + below;
  }
  std::filesystem::path outside() const { return dir_.path() / "outside"; }

  struct stat stat(const std::string& name) const {
    struct stat info {};
    EXPECT_EQ(::lstat(path(name).c_str(), &info), 0) << name << " is missing";
    return info;
  }
  bool exists(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
  }
  mode_t mode(const std::string& name) const { return stat(name).st_mode & 07777u; }
  std::string content(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Time mtime(const std::string& name) const {
    const struct stat info = stat(name);
    return Time(std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec));
  }
  std::optional<std::string> xattr(const std::string& name, const char* key) const {
    std::array<char, 4096> value{};
    const ssize_t length = ::lgetxattr(path(name).c_str(), key, value.data(), value.size());
    if (length < 0) return std::nullopt;
    return std::string(value.data(), static_cast<std::size_t>(length));
  }

  /// All paths, sorted, with "/" behind directories and "@target" behind symbolic links.
  std::vector<std::string> paths() const {
    std::vector<std::string> out;
    const std::filesystem::path root = path();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      std::string name = entry.path().string().substr(root.string().size());
      if (entry.is_symlink()) {
        name += "@" + std::filesystem::read_symlink(entry.path()).string();
      } else if (entry.is_directory()) {
        name += "/";
      }
      out.push_back(std::move(name));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  /// Everything about every path but the root: what two ways to the same tree must agree on.
  std::map<std::string, std::string> dump() const {
    std::map<std::string, std::string> out;
    std::map<ino_t, std::string> first_names;
    for (const std::string& listed : paths()) {
      const std::string name = listed.substr(0, listed.find('@'));
      const struct stat info = stat(name);
      std::string text = std::to_string(info.st_mode) + " " + std::to_string(info.st_uid) + " " +
                         std::to_string(info.st_gid) + " " +
                         std::to_string(mtime(name).time_since_epoch().count());
      if (S_ISREG(info.st_mode)) text += " " + content(name);
      if (!S_ISDIR(info.st_mode)) text += " =" + first_names.emplace(info.st_ino, name).first->second;
      if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) text += " " + xattr(name, "user.x").value_or("-");
      out.emplace(listed, std::move(text));
    }
    return out;
  }

  /// That nothing outside was touched.
  void expect_canary() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      names.push_back(entry.path().filename().string());
    }
    EXPECT_EQ(names.size(), 2 + layers_ + (layers_ > 1 && how_ == How::overlay ? layers_ - 1 : 0));
    std::ifstream victim(outside() / "victim");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(victim), {}), "safe");
    struct stat info {};
    ASSERT_EQ(::lstat((outside() / "victim").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777u, 0644u & ~umask_now());
    EXPECT_EQ(info.st_nlink, 1u);
    EXPECT_EQ(info.st_uid, ::geteuid());
    const auto outside_names = std::filesystem::directory_iterator(outside());
    EXPECT_EQ(std::distance(std::filesystem::begin(outside_names), std::filesystem::end(outside_names)), 1);
  }

 private:
  static mode_t umask_now() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return mask;
  }

  // The root of an overlay is that of its upper directory.
  void copy_root(const std::string& from, const std::string& to) const {
    struct stat info {};
    const std::string path = dir_.path() / to;
    ASSERT_EQ(::lstat((dir_.path() / from).c_str(), &info), 0);
    ASSERT_EQ(::chown(path.c_str(), info.st_uid, info.st_gid), 0);
    ASSERT_EQ(::chmod(path.c_str(), info.st_mode & 07777u), 0);
    const std::array<timespec, 2> times{info.st_mtim, info.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
  }

  Result<void> add_layer() {
    if (how_ == How::plain && layers_ != 0) return {};
    const std::string name = "layer" + std::to_string(layers_);
    std::filesystem::create_directory(dir_.path() / name);
    if (layers_ == 0) {
      root_.reset(::open((dir_.path() / name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    } else {
      OverlayLayout layout{
          .upper = name, .work = "work" + std::to_string(layers_), .lower = {}, .cover = "cover"};
      std::filesystem::create_directory(dir_.path() / layout.work);
      for (std::size_t i = layers_; i-- > 0;) layout.lower.push_back("layer" + std::to_string(i));
      copy_root("layer" + std::to_string(layers_ - 1), name);
      BAYPLAN_ASSIGN(root_, mount_overlay_detached(dir_.fd(), layout));
    }
    ++layers_;
    return {};
  }

  How how_;
  test::TempDir dir_;
  UniqueFd root_;
  std::size_t layers_ = 0;
};

/// For tests that must hold for both ways.
class LayerTest : public ::testing::TestWithParam<How> {
 protected:
  void TearDown() override { tree.expect_canary(); }

  void apply(const std::string& archive) {
    const auto report = tree.apply(archive);
    ASSERT_TRUE(report) << report.error().to_string();
    last_report = *report;
  }
  void apply(const test::TarBuilder& tar) { apply(tar.end()); }
  Errc refusal(const test::TarBuilder& tar) {
    const auto report = tree.apply(tar.end());
    EXPECT_FALSE(report);
    return report ? Errc::io : report.error().code();
  }

  LayerTree tree{GetParam()};
  ApplyReport last_report;
};

}  // namespace bayplan::snapshots
