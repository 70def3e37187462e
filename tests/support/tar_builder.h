// Writes tar archives for tests, hostile ones included: nothing is checked, and every byte can be chosen.
//
//   TarBuilder tar;
//   tar.dir("etc", {.mode = 0700}).file("etc/passwd", "root:x:0").symlink("p", "etc/passwd");
//   const std::string archive = tar.end();
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/base/time.h"

namespace bayplan::test {

/// How what does not fit a plain header is written: not at all, in pax records, or in GNU headers.
enum class TarDialect : std::uint8_t { v7, ustar, pax, gnu };

inline constexpr Time kTarEpoch{std::chrono::seconds(1'700'000'000)};

struct TarMeta {
  std::uint32_t mode = 0644;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  Time mtime = kTarEpoch;
  std::map<std::string, std::string> xattrs{};  ///< pax only
};

/// The fields of one header block, as they are to be written.
struct TarFields {
  char type = '0';
  std::string name{};
  std::string link{};
  std::int64_t size = 0;
  std::int64_t mode = 0644;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::int64_t mtime = 1'700'000'000;
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::string prefix{};
};

class TarBuilder {
 public:
  using Records = std::vector<std::pair<std::string, std::string>>;

  explicit TarBuilder(TarDialect dialect = TarDialect::pax) : dialect_(dialect) {}

  TarBuilder& file(const std::string& name, std::string_view content, const TarMeta& meta = {});
  /// The name is written with a slash at its end.
  TarBuilder& dir(const std::string& name, const TarMeta& meta = {.mode = 0755});
  TarBuilder& symlink(const std::string& name, const std::string& target,
                      const TarMeta& meta = {.mode = 0777});
  TarBuilder& hard_link(const std::string& name, const std::string& target, const TarMeta& meta = {});
  /// `type` is '3' for a character device, '4' for a block device.
  TarBuilder& device(const std::string& name, char type, std::uint32_t major, std::uint32_t minor,
                     const TarMeta& meta = {});
  TarBuilder& fifo(const std::string& name, const TarMeta& meta = {});

  /// A pax header (or a global one, type 'g') for whatever comes next.
  TarBuilder& pax(const Records& records, char type = 'x');
  /// One header block, in this builder's dialect, and nothing else.
  TarBuilder& header(const TarFields& fields);
  /// Content padded to whole blocks.
  TarBuilder& data(std::string_view bytes);
  /// Bytes as they are.
  TarBuilder& raw(std::string_view bytes);

  /// The archive so far, with `zero_blocks` at its end.
  std::string end(std::size_t zero_blocks = 2) const;

  /// One header block with a right checksum.
  static std::string block(const TarFields& fields, TarDialect dialect);
  /// `block` with `bytes` at `offset` and the checksum made right again.
  static std::string patched(std::string block, std::size_t offset, std::string_view bytes);
  /// One pax record, its length included.
  static std::string record(std::string_view key, std::string_view value);

 private:
  TarBuilder& entry(TarFields fields, std::string_view content, const TarMeta& meta);
  void write_pax_extras(const TarFields& fields, const TarMeta& meta);
  void write_gnu_extras(const TarFields& fields);

  TarDialect dialect_;
  std::string bytes_;
};

}  // namespace bayplan::test
