#include "bayplan/base/process.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "bayplan/base/file.h"

namespace bayplan::process {
namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr int kStateField = 3;  // the first behind the name, as proc(5) counts
constexpr int kStartTimeField = 22;

struct Stat {
  pid_t pid = 0;  // as the mounted /proc counts
  char state = 0;
  std::uint64_t start_time = 0;
};

Error malformed() { return Error(Errc::corrupt, "file", "/proc/<pid>/stat", "not as proc(5) has it"); }

template <class T>
Result<T> parse_number(std::string_view text) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return malformed();
  return number;
}

// "pid (name) state ...": the name may hold anything, parentheses and spaces too.
Result<Stat> parse_stat(std::string_view text) {
  const auto open = text.find(" (");
  const auto close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return malformed();
  Stat stat;
  BAYPLAN_ASSIGN(stat.pid, parse_number<pid_t>(text.substr(0, open)));
  std::string_view rest = text.substr(close + 2);
  if (rest.empty()) return malformed();
  stat.state = rest.front();
  for (int field = kStateField; field < kStartTimeField; ++field) {
    const auto space = rest.find(' ');
    if (space == std::string_view::npos) return malformed();
    rest.remove_prefix(space + 1);
  }
  BAYPLAN_ASSIGN(stat.start_time, parse_number<std::uint64_t>(rest.substr(0, rest.find(' '))));
  return stat;
}

Result<Stat> read_stat(const std::filesystem::path& directory) {
  BAYPLAN_ASSIGN(const UniqueFd process, file::open_dir(directory));
  BAYPLAN_ASSIGN(const std::string text, file::read_file(process.get(), "stat", kMostBytes));
  return parse_stat(text);
}

Error no_proc() {
  return Error(Errc::unsupported, "directory", "/proc", "does not show the processes of our pid namespace")
      .with_advice("mount it");
}

// What is in every /proc is absent only where there is none.
template <class T>
Result<T> or_no_proc(Result<T> result) {
  if (result || result.error().code() != Errc::not_found) return result;
  return no_proc();
}

Result<Stat> read_own_stat() {
  BAYPLAN_ASSIGN(const Stat stat, or_no_proc(read_stat("/proc/self")));
  if (stat.pid != ::getpid()) return no_proc();
  return stat;
}

Result<std::string> read_boot_id() {
  BAYPLAN_ASSIGN(const UniqueFd random, file::open_dir("/proc/sys/kernel/random"));
  return file::read_file(random.get(), "boot_id", kMostBytes);
}

// A /proc that hides other users' processes says the same of them as of those that have ended; this does not.
bool exists(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

}  // namespace

Result<std::string> boot_id() {
  BAYPLAN_ASSIGN(std::string id, or_no_proc(read_boot_id()));
  if (!id.empty() && id.back() == '\n') id.pop_back();
  if (id.empty()) return Error(Errc::corrupt, "file", "boot_id", "is empty");
  return id;
}

Result<std::uint64_t> pid_namespace() {
  struct stat info {};
  if (::stat("/proc/self/ns/pid", &info) == 0) return std::uint64_t{info.st_ino};
  if (errno == ENOENT) return no_proc();
  return Error::from_errno(errno, "file", "/proc/self/ns/pid", "stat");
}

Result<std::uint64_t> own_start_time() {
  BAYPLAN_ASSIGN(const Stat own, read_own_stat());
  return own.start_time;
}

Result<std::uint64_t> start_time(pid_t pid) {
  BAYPLAN_TRY(read_own_stat());
  auto stat = read_stat("/proc/" + std::to_string(pid));
  if (!stat && stat.error().code() == Errc::not_found) {
    return Error(Errc::not_found, "process", std::to_string(pid));
  }
  if (!stat) return std::move(stat).error();
  return stat->start_time;
}

Result<bool> is_running(pid_t pid, std::uint64_t start_time) {
  if (!exists(pid)) return false;
  BAYPLAN_TRY(read_own_stat());
  auto stat = read_stat("/proc/" + std::to_string(pid));
  if (!stat && stat.error().code() == Errc::not_found && !exists(pid)) return false;
  if (!stat) return std::move(stat).error();
  return stat->start_time == start_time && stat->state != 'Z' && stat->state != 'X';
}

}  // namespace bayplan::process
