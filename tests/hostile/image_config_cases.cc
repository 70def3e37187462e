// Configs that are none.
#include "hostile/image_rows.h"

namespace bayplan::test {
namespace {

constexpr std::size_t kMost = 4u << 20;

/// An image of one layer with this config.
HostileCase row(std::string name, std::function<std::string()> config, Wanted wanted) {
  const BuildImage build = [config = std::move(config)](LayoutBuilder& layout) {
    const Descriptor blob = layout.blob(config(), kConfigType);
    const Descriptor layer = layout.blob(small_tar(), kTarType);
    return layout.blob(manifest_json(blob, {layer}, kManifestType), kManifestType);
  };
  return image_row(std::move(name), build, std::move(wanted));
}

HostileCase text(std::string name, const std::string& config, Wanted wanted) {
  return row(
      std::move(name), [config] { return config; }, std::move(wanted));
}

std::string with(const std::string& diff_ids) {
  return R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[)" + diff_ids + "]}}";
}

std::string repeated(const std::string& piece, std::size_t count) {
  std::string all;
  for (std::size_t n = 0; n < count; ++n) all += piece;
  return all;
}

}  // namespace

std::vector<HostileCase> image_config_cases() {
  const Wanted no_json{Errc::invalid_argument, "JSON document"};
  const Wanted no_member{Errc::invalid_argument, "JSON member"};
  const Wanted no_digest{Errc::invalid_argument, "digest"};
  const Wanted no_config{Errc::invalid_argument, "document"};
  const std::string good = "\"" + Digest::of(small_tar()).to_string() + "\"";
  return {
      text("config_empty", "", no_json),
      text("config_of_text", "architecture: amd64", no_json),
      text("config_null", "null", no_config),
      text("config_array", "[]", no_config),
      text("config_cut", with(good).substr(0, 60), no_json),
      text("config_with_bytes_behind", with(good) + "x", no_json),
      text("config_with_a_name_twice", R"({"os":"linux","os":"windows"})", no_json),
      text("config_of_no_platform", R"({"rootfs":{"type":"layers","diff_ids":[]}})", no_member),
      text("config_without_a_rootfs", R"({"architecture":"amd64","os":"linux"})", no_member),
      text("config_of_another_rootfs",
           R"({"architecture":"amd64","os":"linux","rootfs":{"type":"evil","diff_ids":[]}})", no_member),
      text("config_diff_id_of_dots", with(R"("sha256:../../x")"), no_digest),
      text("config_diff_id_of_md5", with("\"md5:" + std::string(32, 'a') + "\""),
           {Errc::unsupported, "digest"}),
      text("config_diff_id_that_is_a_number", with("1"), {Errc::invalid_argument, "JSON value"}),
      text("config_for_another_platform",
           R"({"architecture":"s390x","os":"linux","rootfs":{"type":"layers","diff_ids":[]}})",
           {Errc::not_found, "platform"}),
      row(
          "config_a_million_deep", [] { return repeated("[", 1'000'000) + repeated("]", 1'000'000); },
          no_json),
      row(
          "config_1000_deep", [] { return repeated("{\"a\":", 1000) + "1" + repeated("}", 1000); }, no_json),
      row(
          "config_of_empty_objects", [] { return "{\"a\":[" + repeated("{},", kMost / 3 - 10) + "{}]}"; },
          no_member),
      row("config_one_byte_too_large", [] { return std::string(kMost + 1, ' '); },
          {Errc::too_large, "document"}),
      row("config_of_100_mib", [] { return std::string(100u << 20, ' '); }, {Errc::too_large, "document"}),
      row("config_of_4096_diff_ids_more",
          [=] {
            std::string ids = good;
            for (std::size_t n = 0; n < 4096; ++n) ids += "," + good;
            return with(ids);
          },
          {Errc::too_large, "JSON member"}),
  };
}

}  // namespace bayplan::test
