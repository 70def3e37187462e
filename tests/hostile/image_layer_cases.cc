// Layers that are what their digests say, and that no tree is made of.
#include <cstdlib>

#include "bayplan/content/compress.h"
#include "hostile/image_rows.h"
#include "support/string_sink.h"
#include "support/tar_builder.h"

namespace bayplan::test {
namespace {

constexpr std::size_t kBombBytes = 128u << 20;
constexpr std::size_t kPieceBytes = 1u << 20;

/// A file of zeros, far more than a pull of these rows may unpack, in some hundred KiB.
BuildImage bomb(content::Compression compression, const std::string& type) {
  return [=](LayoutBuilder& layout) {
    StringSink packed;
    const auto compressor = content::compress(packed, compression, std::nullopt).value();
    const auto put = [&](std::string_view bytes) {
      if (!compressor->write(as_bytes(bytes))) std::abort();
    };
    put(TarBuilder::block({.name = "zeros", .size = kBombBytes}, TarDialect::ustar));
    const std::string zeros(kPieceBytes, '\0');
    for (std::size_t n = 0; n < kBombBytes / kPieceBytes; ++n) put(zeros);
    put(std::string(1024, '\0'));
    if (!compressor->finish()) std::abort();
    return image_of({packed.text}, type, {Digest::of("never reached")})(layout);
  };
}

HostileCase tar_row(std::string name, const std::string& tar, Wanted wanted) {
  return image_row(std::move(name), image_of({tar}, kTarType, {Digest::of(tar)}), std::move(wanted));
}

std::vector<HostileCase> escapes() {
  const Wanted no_entry{Errc::invalid_argument, "tar entry"};
  return {
      tar_row("layer_climbs_out", TarBuilder().file("../../../../../../escaped", "x").end(), kTaken),
      tar_row("layer_climbs_out_of_a_directory",
              TarBuilder().dir("d").file("d/../../../../../../escaped", "x").end(), kTaken),
      tar_row("layer_with_an_absolute_path", TarBuilder().file("/escaped", "x").end(), kTaken),
      tar_row("layer_through_a_link_to_the_root", TarBuilder().symlink("s", "/").file("s/escaped", "x").end(),
              kTaken),
      tar_row("layer_through_a_link_of_dots",
              TarBuilder().symlink("s", "../../../../../..").file("s/escaped", "x").end(), kTaken),
      tar_row("layer_over_a_link_at_the_end", TarBuilder().symlink("s", "/escaped").file("s", "x").end(),
              kTaken),
      tar_row("layer_links_to_the_outside", TarBuilder().hard_link("h", "../../../store.json").end(),
              {Errc::invalid_argument, "hard link"}),
      tar_row("layer_whiteout_of_dots", TarBuilder().file(".wh...", "").end(),
              {Errc::invalid_argument, "whiteout"}),
      tar_row("layer_replaces_its_root", TarBuilder().symlink(".", "/").end(), no_entry),
  };
}

std::vector<HostileCase> streams() {
  const Wanted wrong{Errc::digest_mismatch, "layer"};
  const std::string tar = small_tar();
  const std::string packed = pack(tar, Packing::gzip);
  const auto gzip = [&](std::string name, const std::string& bytes, Wanted wanted) {
    return image_row(std::move(name), image_of({bytes}, kGzipType, {Digest::of(tar)}), std::move(wanted));
  };
  const Wanted corrupt{Errc::corrupt, "stream"};
  return {
      image_row("layer_gzip_bomb", bomb(content::Compression::gzip, kGzipType), {Errc::too_large, "layer"}),
      image_row("layer_zstd_bomb",
                bomb(content::Compression::zstd, "application/vnd.oci.image.layer.v1.tar+zstd"),
                {Errc::too_large, "layer"}),
      tar_row("layer_of_a_huge_sparse_file",
              TarBuilder(TarDialect::gnu).header({.name = "f", .size = std::int64_t{1} << 62}).end(),
              {Errc::too_large, "layer"}),
      gzip("layer_gzip_cut", packed.substr(0, packed.size() - 9), corrupt),
      gzip("layer_gzip_with_more_behind", packed + "more", corrupt),
      gzip("layer_that_is_no_gzip", tar, corrupt),
      tar_row("layer_that_is_no_tar", std::string(4096, 'x'), {Errc::corrupt, "tar header"}),
      tar_row("layer_of_nothing", "", kTaken),
      tar_row("layer_cut_in_a_file", TarBuilder().file("f", std::string(5000, 'x')).end().substr(0, 1024),
              {Errc::corrupt, "tar"}),
      image_row("layer_twice", image_of({tar, tar}, kTarType, {Digest::of(tar), Digest::of(tar)}), kTaken),
      image_row("layer_twice_as_another", image_of({tar, tar}, kTarType, {Digest::of(tar), Digest::of("x")}),
                wrong),
      image_row("layer_of_another_diff_id", image_of({tar}, kTarType, {Digest::of("x")}), wrong),
      image_row("layer_said_to_be_another_images", image_of({tar}, kTarType, {Digest::of(victim_tar())}),
                wrong),
      image_row("layers_more_than_diff_ids", image_of({tar, tar}, kTarType, {Digest::of(tar)}),
                {Errc::invalid_argument, "image"}),
      image_row("layers_fewer_than_diff_ids", image_of({tar}, kTarType, {Digest::of(tar), Digest::of(tar)}),
                {Errc::invalid_argument, "image"}),
      image_row("layers_none_for_a_diff_id", image_of({}, kTarType, {Digest::of(victim_tar())}),
                {Errc::invalid_argument, "image"}),
  };
}

}  // namespace

std::vector<HostileCase> image_layer_cases() {
  std::vector<HostileCase> all = escapes();
  for (HostileCase& row : streams()) all.push_back(std::move(row));
  return all;
}

}  // namespace bayplan::test
