#include "thread_io.h"

#include <charconv>
#include <string>
#include <string_view>

#include "bayplan/base/file.h"

namespace bayplan::metadata {

std::uint64_t bytes_written_by_thread() noexcept {
  constexpr std::string_view kField = "wchar: ";
  constexpr std::size_t kLongest = 4096;
  const auto directory = file::open_dir("/proc/thread-self");
  if (!directory) return 0;
  const auto text = file::read_file(directory->get(), "io", kLongest);
  if (!text) return 0;
  const std::size_t at = text->find(kField);
  if (at == std::string::npos) return 0;
  std::uint64_t bytes = 0;
  const char* const end = text->data() + text->size();
  std::from_chars(text->data() + at + kField.size(), end, bytes);
  return bytes;
}

}  // namespace bayplan::metadata
