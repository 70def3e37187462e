// What the service keeps of an image beside its records: labels of the content record of its config, which
// live as long as the image does.
#pragma once

#include <string>
#include <vector>

#include "bayplan/content/store.h"
#include "bayplan/images/image_id.h"

namespace bayplan::images {

struct ImageState {
  std::vector<std::string> history{};  ///< newest first, each once
  std::string metadata{};
  Labels flags{};
};

/// Whether it can be stored. Errors: invalid_argument (a flag without a name), too_large
/// (kMaxImageMetadataBytes); they name `image`.
Result<void> check_state(std::string_view image, std::string_view metadata, const Labels& flags);

/// Empty where the config is not recorded. Errors: corrupt, closed, io.
Result<ImageState> read_state(const metadata::BucketSource& source, std::string_view ns, const ImageId& id);

/// Replaces all of it. Errors: not_found (the config is not recorded), and those of content::set_labels.
Result<void> write_state(metadata::WriteTx& tx, std::string_view ns, const ImageId& id,
                         const ImageState& state);

/// The same; where the config is not recorded there is nowhere to remember, and the names count.
Result<void> write_history(metadata::WriteTx& tx, std::string_view ns, const ImageId& id,
                           const ImageState& state);

/// Puts `names` in front, in their order, each once.
void put_in_front(std::vector<std::string>& history, const std::vector<std::string>& names);
/// Adds those that are not there behind, in their order.
void put_behind(std::vector<std::string>& history, const std::vector<std::string>& names);

}  // namespace bayplan::images
