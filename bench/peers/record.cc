#include "record.h"

namespace bayplan::bench {
namespace {

constexpr std::uint64_t kRare = 1000;
constexpr std::uint64_t kLayers = 6;
constexpr std::uint64_t kSpread = 2654435761u;  // odd, so that multiplying by it permutes 32-bit numbers

std::string hex(std::uint64_t number, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t at = digits; at-- > 0; number >>= 4) text[at] = "0123456789abcdef"[number & 15];
  return text;
}

std::string go_time(std::uint64_t seconds) {
  std::string bytes(15, '\0');
  bytes[0] = 1;
  std::uint64_t rest = 63'000'000'000u + seconds;
  for (std::size_t at = 8; at >= 1; --at, rest >>= 8) bytes[at] = static_cast<char>(rest & 255);
  bytes[13] = bytes[14] = static_cast<char>(0xff);  // UTC
  return bytes;
}

std::string digest(std::uint64_t number) {
  std::string text = "sha256:";
  for (std::uint64_t part = 0; part < 4; ++part) text += hex(mixed(number * 4 + part), 16);
  return text;
}

Blob make_blob(std::uint64_t number, std::string_view digest, const Record& image) {
  return {std::string(digest),
          go_time(number),
          image.size,
          {{std::string(kLabelKeys.front()), image.labels.front()}}};
}

}  // namespace

std::uint64_t mixed(std::uint64_t number) noexcept {
  number += 0x9e3779b97f4a7c15u;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9u;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebu;
  return number ^ (number >> 31);
}

Record make_record(std::uint64_t number) {
  Record record;
  record.name = "registry.example.com/team/app-" + hex(number * kSpread, 8) + ":v1";
  record.created_at = go_time(number);
  record.updated_at = go_time(number);
  record.media_type = "application/vnd.oci.image.manifest.v1+json";
  record.digest = digest(number);
  // A varint of Go: even, for containerd refuses sizes below zero.
  record.size = {static_cast<char>(0x80 | ((number << 1) & 127)),
                 static_cast<char>(0x80 | ((number >> 6) & 127)), 9};
  record.labels = {"team/app", number % kRare == 0 ? std::string(kRareLabel) : "managed", "pinned"};
  return record;
}

std::vector<Blob> make_blobs(std::uint64_t number) {
  const Record image = make_record(number);
  std::vector<Blob> blobs{make_blob(number, image.digest, image)};
  for (std::uint64_t part = 0; part <= kLayers; ++part) {
    const std::string child = digest((std::uint64_t{1} << 32) + number * (kLayers + 1) + part);
    const std::string name = part == 0 ? "config" : "l." + std::to_string(part - 1);
    blobs.front().labels.emplace_back("containerd.io/gc.ref.content." + name, child);
    blobs.push_back(make_blob(number, child, image));
  }
  return blobs;
}

std::string changed_time(std::uint64_t number) { return go_time(number + 1'000'000); }

}  // namespace bayplan::bench
