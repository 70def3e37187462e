// The corpus: sources that somebody may hand us, and what must become of each.
//
// One row is a name, a class, a verdict, how its source is made and, of what is accepted, the tree that it
// must become in every driver. Rows are grouped by what is odd about them, one file per group.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::test {

enum class Verdict : std::uint8_t {
  reject,   ///< refused with an error, and the store is as it was
  contain,  ///< accepted, and nothing happens outside of the layer's root
};

struct CorpusRow {
  std::string name;
  std::string kind;
  Verdict verdict;
  std::function<void(const std::filesystem::path& source)> write;
  /// As list_tree has it; empty: not compared, but the drivers agree.
  std::vector<std::string> tree{};
  bool needs_devices = false;  ///< the tree is another one in a user namespace
};

/// As the only line of a row's tree: too deep to be looked at.
inline constexpr const char* kNotListed = "(not listed)";

/// A directory outside of any store, which nothing may touch; absolute, known before rows are made.
const std::filesystem::path& canary();

std::vector<CorpusRow> path_attacks();
std::vector<CorpusRow> tar_attacks();
std::vector<CorpusRow> stream_attacks();
std::vector<CorpusRow> layout_attacks();
std::vector<CorpusRow> archive_attacks();
std::vector<CorpusRow> single_layer_edges();
std::vector<CorpusRow> lower_layer_edges();

/// Writers of sources: an image of these layers (tars), of one layer of these packed bytes, ...
std::function<void(const std::filesystem::path&)> layers(std::vector<std::string> tars,
                                                         Packing packing = Packing::gzip);
std::function<void(const std::filesystem::path&)> packed_layer(std::string bytes, std::string media_type,
                                                               const Digest& diff_id);
/// ... an archive of these bytes.
std::function<void(const std::filesystem::path&)> archive(std::string tar);

/// One layer: a row of it.
CorpusRow layer_row(std::string name, std::string kind, Verdict verdict, const TarBuilder& tar,
                    std::vector<std::string> tree = {});

/// One line for each path: the path; "/" behind a directory, "@target" behind a link, "=content" behind a
/// file,
/// "|" behind a FIFO, "%major,minor" behind a device; " ==path" for another name of it; then, each where it
/// is not the usual (0755 for directories, 0644 for files; 0:0; the time of TarBuilder or 1970), mode, owner,
/// " t" and seconds; and extended attributes. In byte order. Throws.
std::vector<std::string> list_tree(const std::filesystem::path& root);

}  // namespace bayplan::test
