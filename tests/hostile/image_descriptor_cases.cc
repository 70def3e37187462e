// Descriptors that name what cannot be: by digests, sizes and types, of layers, configs and manifests alike.
#include <tuple>
#include <utility>

#include "hostile/image_rows.h"

namespace bayplan::test {
namespace {

enum class Role : unsigned char { layer, config, child };

using Change = std::function<void(DescriptorText&)>;

/// An image of one layer in an index, of which one descriptor is changed.
BuildImage changed(Role role, const Change& change) {
  return [=](LayoutBuilder& layout) {
    DescriptorText layer = text_of(layout.blob(small_tar(), kTarType));
    DescriptorText config = text_of(layout.blob(config_json({Digest::of(small_tar())}), kConfigType));
    if (role == Role::layer) change(layer);
    if (role == Role::config) change(config);
    const Descriptor manifest = layout.blob(manifest_of(config, {layer}), kManifestType);
    if (role != Role::child) return manifest;
    DescriptorText child = text_of(manifest);
    child.more = R"(,"platform":{"os":"linux","architecture":"amd64"})";
    change(child);
    return layout.blob(R"({"schemaVersion":2,"manifests":[)" + json_of(child) + "]}", kIndexType);
  };
}

constexpr std::pair<Role, const char*> kRoles[] = {
    {Role::layer, "layer_"}, {Role::config, "config_"}, {Role::child, "child_"}};

std::string kind_of(Role role) {
  return role == Role::layer ? "blob" : role == Role::config ? "config" : "manifest";
}

std::string hex(std::size_t count) { return std::string(count, 'a'); }

std::vector<HostileCase> digests() {
  const Wanted malformed{Errc::invalid_argument, "digest"};
  const Wanted unknown{Errc::unsupported, "digest"};
  const std::tuple<const char*, std::string, Wanted> kDigests[] = {
      {"digest_of_dots", "sha256:../../x", malformed},
      {"digest_of_dots_as_algorithm", "../..:" + hex(64), malformed},
      {"digest_of_a_path", "/etc/passwd", malformed},
      {"digest_in_upper_case", "sha256:" + std::string(64, 'A'), malformed},
      {"digest_too_short", "sha256:" + hex(63), malformed},
      {"digest_too_long", "sha256:" + hex(65), malformed},
      {"digest_with_a_line_behind", "sha256:" + hex(64) + "\\n", malformed},
      {"digest_with_nul_behind", "sha256:" + hex(64) + "\\u0000", {Errc::invalid_argument, "JSON member"}},
      {"digest_with_a_query", "sha256:" + hex(64) + "?x=1", malformed},
      {"digest_of_nothing", "", malformed},
      {"digest_without_algorithm", hex(64), malformed},
      {"digest_of_md5", "md5:" + hex(32), unknown},
      {"digest_of_blake3", "blake3:" + hex(64), unknown},
  };
  std::vector<HostileCase> rows;
  for (const auto& [role, prefix] : kRoles) {
    for (const auto& [name, digest, wanted] : kDigests) {
      const auto change = [digest = digest](DescriptorText& descriptor) { descriptor.digest = digest; };
      rows.push_back(image_row(std::string(prefix) + name, changed(role, change), wanted));
    }
    const auto absent = [](DescriptorText& descriptor) { descriptor.digest = "sha512:" + hex(128); };
    rows.push_back(image_row(std::string(prefix) + "digest_of_nobody", changed(role, absent),
                             {Errc::not_found, kind_of(role)}));
  }
  return rows;
}

std::vector<HostileCase> sizes() {
  const Wanted no_size{Errc::invalid_argument, "JSON member"};
  const std::tuple<const char*, const char*, Wanted> kSizes[] = {
      {"size_negative", "-1", no_size},
      {"size_2_to_the_63", "9223372036854775808", no_size},
      {"size_2_to_the_64", "18446744073709551616", no_size},
      {"size_fraction", "1.5", no_size},
      {"size_exponent", "1e3", no_size},
      {"size_text", "\"5\"", no_size},
      {"size_null", "null", no_size},
  };
  std::vector<HostileCase> rows;
  const auto add = [&rows](Role role, const std::string& name, std::string size, const Wanted& wanted) {
    const auto change = [size = std::move(size)](DescriptorText& descriptor) { descriptor.size = size; };
    rows.push_back(image_row(name, changed(role, change), wanted));
  };
  for (const auto& [role, prefix] : kRoles) {
    for (const auto& [name, size, wanted] : kSizes) add(role, std::string(prefix) + name, size, wanted);
    const Wanted beyond =
        role == Role::layer ? Wanted{Errc::no_space, "blob"} : Wanted{Errc::too_large, "document"};
    add(role, std::string(prefix) + "size_of_an_exbibyte", "1152921504606846976", beyond);
    add(role, std::string(prefix) + "size_2_to_the_63_less_1", "9223372036854775807", beyond);
  }
  const std::size_t size = small_tar().size();
  const Wanted wrong{Errc::digest_mismatch, "blob"};
  add(Role::layer, "layer_one_byte_more", std::to_string(size + 1), wrong);
  add(Role::layer, "layer_one_byte_less", std::to_string(size - 1), wrong);
  add(Role::layer, "layer_size_of_nothing", "0", wrong);
  add(Role::config, "config_one_byte_more", "1", wrong);
  add(Role::child, "child_one_byte", "1", {Errc::digest_mismatch, "document"});
  return rows;
}

std::vector<HostileCase> types() {
  const auto typed = [](const char* type, const char* more = "") -> Change {
    return [=](DescriptorText& descriptor) {
      descriptor.type = type;
      descriptor.more += more;
    };
  };
  const auto with = [](const char* more) -> Change {
    return [=](DescriptorText& descriptor) { descriptor.more += more; };
  };
  const Wanted unsupported{Errc::unsupported, "layer"};
  const Wanted no_member{Errc::invalid_argument, "JSON member"};
  constexpr const char* kForeign = "application/vnd.oci.image.layer.nondistributable.v1.tar";
  HostileCase elsewhere = image_row("layer_of_foreign_urls", changed(Role::layer, with("")), kTaken);
  elsewhere.registry.says = [=](const Places& places) -> Says {
    const std::string urls = R"(,"urls":[")" + places.other + R"(/layer"])";
    const auto change = [=](DescriptorText& layer) {
      layer.type = kForeign;
      layer.digest = Digest::of("nowhere but there").to_string();
      layer.more = urls;
    };
    return image_row("", changed(Role::layer, change), kTaken).registry.says(places);
  };
  return {
      elsewhere,
      image_row("layer_of_a_foreign_file",
                changed(Role::layer, typed(kForeign, R"(,"urls":["file:///etc/passwd"])")), no_member),
      image_row("layer_of_urls_that_are_none", changed(Role::layer, with(R"(,"urls":[1])")), no_member),
      image_row("layer_of_an_unknown_type", changed(Role::layer, typed("application/vnd.evil.layer")),
                unsupported),
      image_row("layer_of_an_encrypted_type",
                changed(Role::layer, typed("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")),
                unsupported),
      image_row("layer_that_is_a_manifest", changed(Role::layer, typed(kManifestType)),
                {Errc::invalid_argument, "JSON document"}),
      image_row("layer_without_a_type", changed(Role::layer, typed("")), no_member),
      image_row("layer_with_other_data", changed(Role::layer, with(R"(,"data":"eA==")")),
                {Errc::digest_mismatch, "descriptor"}),
      image_row("config_of_an_unknown_type", changed(Role::config, typed("application/vnd.evil.config")),
                kTaken),
      image_row("config_of_docker_schema1",
                changed(Role::config, typed("application/vnd.docker.distribution.manifest.v1+json")),
                {Errc::unsupported, "docker schema 1"}),
      image_row("child_of_docker_schema1",
                changed(Role::child, typed("application/vnd.docker.distribution.manifest.v1+prettyjws")),
                {Errc::not_found, "platform"}),
      image_row("child_of_an_unknown_type", changed(Role::child, typed("application/vnd.evil")),
                {Errc::not_found, "platform"}),
      image_row("child_that_is_said_to_be_an_index", changed(Role::child, typed(kIndexType)),
                {Errc::invalid_argument, "document"}),
  };
}

}  // namespace

std::vector<HostileCase> image_descriptor_cases() {
  std::vector<HostileCase> all = digests();
  for (const auto part : {sizes, types}) {
    for (HostileCase& row : part()) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace bayplan::test
