#include "xattr_names.h"

#include <linux/limits.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace bayplan::snapshots {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    names.emplace_back(text.substr(0, text.find('\0')));
    text.remove_prefix(std::min(names.back().size() + 1, text.size()));
  }
  return names;
}

}  // namespace

Result<std::vector<std::string>> xattr_names(const ListXattr& list, std::string_view name) {
  std::array<char, 256> small{};
  const ssize_t size = list(small.data(), small.size());
  if (size >= 0) return split({small.data(), static_cast<std::size_t>(size)});
  if (errno == EOPNOTSUPP) return std::vector<std::string>();
  if (errno != ERANGE) return Error::from_errno(errno, "file", name, "listxattr");
  std::string all(XATTR_LIST_MAX, '\0');
  const ssize_t whole = list(all.data(), all.size());
  if (whole < 0) return Error::from_errno(errno, "file", name, "listxattr");
  return split(std::string_view(all).substr(0, static_cast<std::size_t>(whole)));
}

}  // namespace bayplan::snapshots
