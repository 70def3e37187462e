// What the runtime services keep about a container, as the JSON text that is its metadata string
// (storage_record.h). Pure functions; thread-safe. Key for key CRI-O's and libpod's, so that their text reads
// here and ours reads there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::containers {

/// CRI-O's. In this order: pod, pod-name, pod-id, image-name, image-id, name, metadata-name, uid, namespace,
/// attempt, created-at, mountlabel, privileged.
struct RuntimeMetadata {
  bool pod = false;        ///< it is the infrastructure container; not written when false
  std::string pod_name{};  ///< a container without pod_name and pod_id is none of a pod
  std::string pod_id{};
  std::string image_name{};
  std::string image_id{};  ///< 64 hex digits
  std::string name{};
  std::string metadata_name{};
  std::string uid{};            ///< of the pod; not written when empty
  std::string pod_namespace{};  ///< "namespace": Kubernetes'; not written when empty
  std::uint32_t attempt = 0;    ///< not written when 0
  std::int64_t created_at = 0;  ///< seconds since 1970
  std::string mount_label{};    ///< SELinux's; not written when empty
  bool privileged = false;      ///< not written when false

  friend bool operator==(const RuntimeMetadata&, const RuntimeMetadata&) = default;
};

/// libpod's. In this order: image-name, image-id, name, created-at, mountlabel.
struct LibpodMetadata {
  std::string image_name{};
  std::string image_id{};
  std::string name{};
  std::int64_t created_at = 0;
  std::string mount_label{};  ///< not written when empty

  friend bool operator==(const LibpodMetadata&, const LibpodMetadata&) = default;
};

/// Absent keys are as they are above, unknown ones are passed over. Errors: corrupt (no JSON object; a value
/// of another type or out of range).
Result<RuntimeMetadata> decode_runtime_metadata(std::string_view json);
Result<LibpodMetadata> decode_libpod_metadata(std::string_view json);

std::string encode(const RuntimeMetadata& metadata);
std::string encode(const LibpodMetadata& metadata);
/// The same, with the keys of `stored` that are not known here behind it. Errors: corrupt (`stored` is no
/// JSON object).
Result<std::string> encode_over(const RuntimeMetadata& metadata, std::string_view stored);
Result<std::string> encode_over(const LibpodMetadata& metadata, std::string_view stored);

}  // namespace bayplan::containers
