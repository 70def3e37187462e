#include "user.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <functional>
#include <set>

#include "bayplan/base/file.h"
#include "bayplan/containers/spec.h"

namespace bayplan::containers {
namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;
constexpr std::uint32_t kMaxId = 0x7fffffff;  // more turns negative in the programs of the container

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::uint32_t> parse_id(std::string_view text) noexcept {
  if (!all_digits(text)) return {};
  std::uint32_t id = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failure != std::errc() || end != text.data() + text.size() || id > kMaxId) return {};
  return id;
}

// One half of "user:group": a number or a name, or nothing.
struct Principal {
  std::optional<std::uint32_t> id{};
  std::string_view name{};
  bool given() const noexcept { return id.has_value() || !name.empty(); }
};

bool is_name(std::string_view text) noexcept {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  for (const char c : text) {
    if (control(c) || c == ':' || c == ',') return false;
  }
  return text.front() != '-' && text.front() != '+';
}

Result<Principal> parse_principal(std::string_view text, std::string_view user) {
  if (text.empty()) return Principal{};
  if (all_digits(text)) {
    const auto id = parse_id(text);
    if (!id) return Error(Errc::invalid_argument, "user", user, "an id is beyond " + std::to_string(kMaxId));
    return Principal{.id = id};
  }
  if (!is_name(text)) return Error(Errc::invalid_argument, "user", user, "neither a name nor a number");
  return Principal{.name = text};
}

// The link target, too, is looked up as if the rootfs were "/": images may link /etc/passwd, but never out.
Result<std::string> read_beneath(int rootfs_fd, const char* path) {
  if (rootfs_fd < 0) return std::string();
  struct open_how how {};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;  // O_NONBLOCK: a FIFO must not hang us
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  long opened = -1;
  do {
    opened = ::syscall(SYS_openat2, rootfs_fd, path, &how, sizeof(how));
  } while (opened < 0 && errno == EINTR);
  if (opened < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::string();
  if (opened < 0) return Error::from_errno(errno, "file", path, "openat2");
  const UniqueFd fd(static_cast<int>(opened));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), path));
  if (!S_ISREG(info.st_mode)) return Error(Errc::invalid_argument, "file", path, "not a regular file");
  file::FdSource source(fd.get(), path);
  return read_all(source, kMaxFileBytes).with_context("file", path);
}

std::string_view take_until(std::string_view& text, char separator) noexcept {
  const std::size_t size = text.find(separator);
  const std::string_view head = text.substr(0, size);
  text.remove_prefix(size == std::string_view::npos ? text.size() : size + 1);
  return head;
}

// Calls `visit` for the lines of a passwd or group file until it answers false.
void for_each_line(std::string_view file, const std::function<bool(std::string_view)>& visit) {
  while (!file.empty()) {
    if (!visit(take_until(file, '\n'))) return;
  }
}

struct PasswdEntry {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// First match wins. Malformed lines are as good as absent.
std::optional<PasswdEntry> find_user(std::string_view passwd, const Principal& wanted) {
  std::optional<PasswdEntry> found;
  for_each_line(passwd, [&](std::string_view line) {
    const std::string_view name = take_until(line, ':');
    take_until(line, ':');
    const auto uid = parse_id(take_until(line, ':'));
    const auto gid = parse_id(take_until(line, ':'));
    if (name.empty() || !uid || !gid) return true;
    if (wanted.id ? *uid != *wanted.id : name != wanted.name) return true;
    found = PasswdEntry{std::string(name), *uid, *gid};
    return false;
  });
  return found;
}

struct GroupEntry {
  std::string_view name;
  std::uint32_t gid = 0;
  std::string_view members;
};

void for_each_group(std::string_view group, const std::function<bool(const GroupEntry&)>& visit) {
  for_each_line(group, [&](std::string_view line) {
    GroupEntry entry;
    entry.name = take_until(line, ':');
    take_until(line, ':');
    const auto gid = parse_id(take_until(line, ':'));
    entry.members = take_until(line, ':');
    if (entry.name.empty() || !gid) return true;
    entry.gid = *gid;
    return visit(entry);
  });
}

bool is_member(std::string_view members, std::string_view user) noexcept {
  while (!members.empty()) {
    if (take_until(members, ',') == user) return true;
  }
  return false;
}

std::optional<std::uint32_t> find_group(std::string_view group, std::string_view name) {
  std::optional<std::uint32_t> found;
  for_each_group(group, [&](const GroupEntry& entry) {
    if (entry.name == name) found = entry.gid;
    return !found;
  });
  return found;
}

std::vector<std::uint32_t> groups_of(std::string_view group, std::string_view user) {
  std::set<std::uint32_t> gids;
  for_each_group(group, [&](const GroupEntry& entry) {
    if (is_member(entry.members, user)) gids.insert(entry.gid);
    return true;
  });
  return {gids.begin(), gids.end()};
}

Result<ProcessUser> look_up_user(const Principal& wanted, int rootfs_fd, std::string& name) {
  BAYPLAN_ASSIGN(const std::string passwd, read_beneath(rootfs_fd, "etc/passwd"));
  const auto entry = find_user(passwd, wanted);
  if (entry) {
    name = entry->name;
    return ProcessUser{.uid = entry->uid, .gid = entry->gid};
  }
  if (!wanted.id) return Error(Errc::not_found, "user", wanted.name, "not in the image's /etc/passwd");
  return ProcessUser{.uid = *wanted.id};
}

// An explicit group stands alone; without one, the user's own supplementary groups come along (runc, docker).
Result<void> add_groups(ProcessUser& user, std::string_view name, const Principal& wanted, int rootfs_fd) {
  if (wanted.id) {
    user.gid = *wanted.id;
    return {};
  }
  if (!wanted.given() && name.empty()) return {};
  BAYPLAN_ASSIGN(const std::string group, read_beneath(rootfs_fd, "etc/group"));
  if (!wanted.given()) {
    user.additional_gids = groups_of(group, name);
    return {};
  }
  const auto gid = find_group(group, wanted.name);
  if (!gid) return Error(Errc::not_found, "group", wanted.name, "not in the image's /etc/group");
  user.gid = *gid;
  return {};
}

}  // namespace

bool is_fully_numeric(std::string_view user) noexcept {
  std::string_view rest = user;
  const std::string_view user_part = take_until(rest, ':');
  return all_digits(user_part) && all_digits(rest);
}

Result<ProcessUser> resolve_user(std::string_view user, int rootfs_fd) {
  std::string_view rest = user;
  const std::string_view user_part = take_until(rest, ':');
  BAYPLAN_ASSIGN(Principal wanted, parse_principal(user_part, user));
  BAYPLAN_ASSIGN(const Principal wanted_group, parse_principal(rest, user));
  if (!wanted.given()) wanted.id = 0;

  if (wanted.id && wanted_group.id) return ProcessUser{.uid = *wanted.id, .gid = *wanted_group.id};
  std::string name;
  BAYPLAN_ASSIGN(ProcessUser resolved, look_up_user(wanted, rootfs_fd, name));
  BAYPLAN_TRY(add_groups(resolved, name, wanted_group, rootfs_fd));
  return resolved;
}

}  // namespace bayplan::containers
