// Docker archives that lead out of themselves, or say two things at once.
#include "corpus/corpus.h"

namespace bayplan::test {
namespace {

constexpr Verdict kContain = Verdict::contain;
constexpr Verdict kReject = Verdict::reject;

std::string one_file() { return TarBuilder().file("f", "x").end(); }
std::string manifest(const DockerImage& image) { return docker_manifest_json({image}); }
DockerImage image() { return {.config = "c.json", .names = {"a:b"}, .layers = {"l.tar"}}; }

/// An archive with a config, and with this manifest.
TarBuilder with(const DockerImage& described) {
  return TarBuilder()
      .file("manifest.json", manifest(described))
      .file("c.json", config_json({Digest::of(one_file())}));
}

}  // namespace

std::vector<CorpusRow> archive_attacks() {
  std::vector<CorpusRow> rows;
  const auto row = [&](const char* name, Verdict verdict, const TarBuilder& tar) {
    rows.push_back({.name = name, .kind = "archives", .verdict = verdict, .write = archive(tar.end())});
  };
  DockerImage escaping = image();
  escaping.config = "../../../../etc/passwd";
  row("config-outside", kReject, TarBuilder().file("manifest.json", manifest(escaping)));
  escaping = image();
  escaping.layers = {"../../../../etc/passwd"};
  row("layer-outside", kReject, with(escaping));
  row("layer-is-a-link-outside", kReject, with(image()).symlink("l.tar", "../../../../etc/passwd"));
  row("layers-that-link-in-a-circle", kReject,
      with(image()).symlink("l.tar", "m.tar").symlink("m.tar", "l.tar"));
  row("layer-is-a-hard-link-outside", kReject, with(image()).hard_link("l.tar", "/etc/passwd"));
  DockerImage twice = image();
  twice.layers = {"l.tar", "l.tar"};
  row("more-layers-than-diffids", kReject, with(twice).file("l.tar", one_file()));
  row("manifest-twice", kReject,
      with(image()).file("l.tar", one_file()).file("manifest.json", manifest(image())));
  rows.push_back({.name = "manifest-of-24-mib",
                  .kind = "archives",
                  .verdict = kReject,
                  .write = [](const std::filesystem::path& source) {
                    const std::string spaces(24 << 20, ' ');
                    archive(TarBuilder().file("manifest.json", "[" + spaces + "]").end())(source);
                  }});
  row("entries-outside", kContain,
      with(image())
          .file("l.tar", one_file())
          .file("../../../.." + (canary() / "f").native(), "x")
          .file((canary() / "g").native(), "x"));
  row("no-image-at-all", kReject, TarBuilder().file("f", "x"));
  return rows;
}

}  // namespace bayplan::test
