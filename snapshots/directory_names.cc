#include "directory_names.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "bayplan/base/file.h"

namespace bayplan::snapshots {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kMaxName = 6;
constexpr std::uint64_t kNames = 36ull * 36 * 36 * 36 * 36 * 36;
// One width, written in place: a crash leaves the old number or the new one.
constexpr std::size_t kCounterBytes = 20;

std::string to_name(std::uint64_t number) {
  std::string name;
  do {
    name.insert(name.begin(), kDigits[number % kDigits.size()]);
    number /= kDigits.size();
  } while (number != 0);
  return name;
}

Result<UniqueFd> open_counter(int root) {
  const std::string name(DirectoryNames::kCounterFile);
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_beneath(root, name, O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY, 0600));
  BAYPLAN_TRY(file::lock_exclusive(fd.get(), name));
  return fd;
}

Error bad_counter() {
  return Error(Errc::corrupt, "file", DirectoryNames::kCounterFile, "not a counter of directory names")
      .with_advice("remove it if no snapshot directory is left; otherwise restore it");
}

// What a power cut leaves of a file whose size reached the disk before its bytes did.
bool never_written(std::string_view text) { return text.find_first_not_of('\0') == std::string_view::npos; }

// 0 for a file that was just made. Names start at 1.
Result<std::uint64_t> read_counter(int fd) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd, DirectoryNames::kCounterFile));
  if (!S_ISREG(info.st_mode)) return bad_counter();
  if (info.st_size == 0) return 0;
  std::array<char, kCounterBytes> text{};
  BAYPLAN_TRY(
      file::pread_exact(fd, std::as_writable_bytes(std::span(text)), 0, DirectoryNames::kCounterFile));
  if (never_written({text.data(), text.size()})) return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0) return bad_counter();
  return number;
}

Result<void> write_counter(int fd, std::uint64_t number) {
  std::string text = std::to_string(number);
  text.insert(0, kCounterBytes - text.size(), '0');
  if (::lseek(fd, 0, SEEK_SET) != 0) {
    return Error::from_errno(errno, "file", DirectoryNames::kCounterFile, "lseek");
  }
  return file::write_all(fd, as_bytes(text), DirectoryNames::kCounterFile);
}

}  // namespace

bool is_directory_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxName &&
         name.find_first_not_of(kDigits) == std::string_view::npos;
}

DirectoryNames::~DirectoryNames() {
  if (next_ == end_ || owner_ != ::getpid()) return;
  const auto counter = open_counter(root_);
  if (!counter) return;
  const auto stored = read_counter(counter->get());
  // Only while nobody reserved after us. Not synced: losing this costs names, not their uniqueness.
  if (stored && *stored == end_)
    ignore_error(write_counter(counter->get(), next_), "the names are just lost");
}

Result<std::string> DirectoryNames::next() {
  const std::lock_guard lock(mutex_);
  if (next_ == end_ || owner_ != ::getpid()) BAYPLAN_TRY(reserve());
  return to_name(next_++);
}

Result<void> DirectoryNames::reserve() {
  BAYPLAN_ASSIGN(const UniqueFd counter, open_counter(root_));
  BAYPLAN_ASSIGN(const std::uint64_t stored, read_counter(counter.get()));
  const std::uint64_t first = std::max<std::uint64_t>(stored, 1);
  if (first >= kNames) return Error(Errc::too_large, "directory names", {}, "all are used up");
  const std::uint64_t end = std::min(first + kBlock, kNames);
  BAYPLAN_TRY(write_counter(counter.get(), end));
  BAYPLAN_TRY(file::sync_data(counter.get(), kCounterFile));
  if (stored == 0) BAYPLAN_TRY(file::sync_dir(root_, kCounterFile));
  owner_ = ::getpid();
  next_ = first;
  end_ = end;
  return {};
}

}  // namespace bayplan::snapshots
