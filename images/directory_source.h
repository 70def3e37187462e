// A source whose blobs are files below one directory.
#pragma once

#include <string>
#include <utility>

#include "bayplan/base/fd.h"
#include "image_source.h"

namespace bayplan::images {

class DirectorySource : public ImageSource {
 public:
  Result<std::optional<std::uint64_t>> size(const Descriptor& descriptor) const override;
  Result<std::string> document(const Descriptor& descriptor) const override;
  Result<std::unique_ptr<ByteSource>> open(const Descriptor& descriptor) const override;

 protected:
  explicit DirectorySource(UniqueFd directory) : directory_(std::move(directory)) {}

 private:
  /// Where the file of a blob is.
  virtual std::string path_of(const Descriptor& descriptor) const = 0;

  UniqueFd directory_;
};

}  // namespace bayplan::images
