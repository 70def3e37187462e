// Compressed layers that are damaged, endless, or want more memory than they are worth.
#include "corpus/corpus.h"

namespace bayplan::test {
namespace {

constexpr Verdict kContain = Verdict::contain;
constexpr Verdict kReject = Verdict::reject;
constexpr const char* kGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* kZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
constexpr const char* kTar = "application/vnd.oci.image.layer.v1.tar";

std::string one_file() { return TarBuilder().file("f", "x").end(); }

std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

/// A zstd frame: `head`, and then zeros, 128 KiB to each block of four bytes.
std::string zstd_zeros(std::string_view head, std::size_t blocks, unsigned window_log = 17) {
  constexpr std::uint64_t kLast = 1;
  constexpr std::uint64_t kRepeat = 1 << 1;
  std::string frame = little_endian(0xFD2FB528, 4) + '\0' + static_cast<char>((window_log - 10) << 3);
  frame += little_endian(head.size() << 3, 3) + std::string(head);
  const std::string zeros = little_endian(kRepeat | (128u << 10 << 3), 3) + '\0';
  for (std::size_t i = 1; i < blocks; ++i) frame += zeros;
  return frame + little_endian(kLast | kRepeat | (128u << 10 << 3), 3) + '\0';
}

void add_gzip(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, std::string bytes, const std::string& tar,
                       std::vector<std::string> tree = {}) {
    rows.push_back({.name = name,
                    .kind = "gzip",
                    .verdict = verdict,
                    .write = packed_layer(std::move(bytes), kGzip, Digest::of(tar)),
                    .tree = std::move(tree)});
  };
  const std::string good = pack(one_file(), Packing::gzip);
  std::string wrong_crc = good;
  wrong_crc[wrong_crc.size() - 8] = static_cast<char>(wrong_crc[wrong_crc.size() - 8] ^ 1);
  std::string wrong_length = good;
  wrong_length.back() = 1;
  std::string empty_members;
  for (int i = 0; i < 50000; ++i) empty_members += pack("", Packing::gzip);
  row("gzip-with-a-wrong-checksum", kReject, wrong_crc, one_file());
  row("gzip-with-a-wrong-length", kReject, wrong_length, one_file());
  row("gzip-cut-off", kReject, good.substr(0, good.size() - 5), one_file());
  row("gzip-of-two-members", kContain,
      pack(one_file().substr(0, 700), Packing::gzip) + pack(one_file().substr(700), Packing::gzip),
      one_file(), {"f=x"});
  row("gzip-then-zeros", kContain, good + std::string(100, '\0'), one_file(), {"f=x"});
  row("gzip-then-something", kReject, good + "garbage", one_file());
  row("50000-empty-gzip-members", kContain, std::move(empty_members), "");
  row("gzip-type-without-gzip", kReject, one_file(), one_file());
}

void add_zstd(std::vector<CorpusRow>& rows) {
  const auto row = [&](const char* name, Verdict verdict, std::string bytes, const std::string& tar,
                       std::vector<std::string> tree = {}) {
    rows.push_back({.name = name,
                    .kind = "zstd",
                    .verdict = verdict,
                    .write = packed_layer(std::move(bytes), kZstd, Digest::of(tar)),
                    .tree = std::move(tree)});
  };
  const std::string good = pack(one_file(), Packing::zstd);
  const std::string skippable = little_endian(0x184D2A50, 4) + little_endian(7, 4) + "skipped";
  row("zstd-cut-off", kReject, good.substr(0, good.size() - 5), one_file());
  row("zstd-of-two-frames", kContain,
      pack(one_file().substr(0, 700), Packing::zstd) + pack(one_file().substr(700), Packing::zstd),
      one_file(), {"f=x"});
  row("zstd-after-a-skippable-frame", kContain, skippable + good + skippable, one_file(), {"f=x"});
  row("zstd-with-a-window-of-2-gib", kReject, zstd_zeros(one_file(), 1, 31), one_file());
  // 16 GiB of zeros in 512 KiB, which no entry wants.
  row("zstd-bomb-after-the-end", kReject, zstd_zeros(std::string(1024, '\0'), 131072), "");
}

}  // namespace

std::vector<CorpusRow> stream_attacks() {
  std::vector<CorpusRow> rows;
  add_gzip(rows);
  add_zstd(rows);
  rows.push_back({.name = "tar-type-with-gzip",
                  .kind = "gzip",
                  .verdict = kReject,
                  .write = packed_layer(pack(one_file(), Packing::gzip), kTar, Digest::of(one_file()))});
  return rows;
}

}  // namespace bayplan::test
