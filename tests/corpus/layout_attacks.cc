// OCI layouts whose documents and files lie. Each has one thing wrong.
#include <sys/stat.h>

#include <stdexcept>

#include "corpus/corpus.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

constexpr Verdict kContain = Verdict::contain;
constexpr Verdict kReject = Verdict::reject;
constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndex = "application/vnd.oci.image.index.v1+json";
constexpr const char* kConfig = "application/vnd.oci.image.config.v1+json";
constexpr const char* kLayer = "application/vnd.oci.image.layer.v1.tar+gzip";

std::string one_file() { return TarBuilder().file("f", "x").end(); }
std::string packed() { return pack(one_file(), Packing::gzip); }

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("not in the document: " + from);
  text.replace(at, from.size(), to);
}

/// An image whose documents can be changed before they are stored.
struct Parts {
  LayoutBuilder layout{};
  std::string config = config_json({Digest::of(one_file())});
  std::function<void(std::string&)> edit_manifest = [](std::string&) {};
  std::string manifest_type = kManifest;

  Descriptor store() {
    const Descriptor layer = layout.blob(packed(), kLayer);
    std::string manifest = manifest_json(layout.blob(config, kConfig), {layer}, kManifest);
    edit_manifest(manifest);
    return layout.blob(manifest, manifest_type);
  }
  void write(const fs::path& source) {
    layout.tag(store());
    layout.write_to(source);
  }
};

class Rows {
 public:
  explicit Rows(std::vector<CorpusRow>& rows) : rows_(rows) {}

  void add(std::string name, std::string kind, Verdict verdict, std::function<void(const fs::path&)> write) {
    rows_.push_back(
        {.name = std::move(name), .kind = std::move(kind), .verdict = verdict, .write = std::move(write)});
  }
  void manifest(const char* name, Verdict verdict, std::function<void(std::string&)> edit,
                const char* type = kManifest) {
    add(name, "manifest", verdict, [edit = std::move(edit), type](const fs::path& source) {
      Parts parts;
      parts.edit_manifest = edit;
      parts.manifest_type = type;
      parts.write(source);
    });
  }
  /// The layer's descriptor says `to` instead of `from`.
  void descriptor(const std::string& name, Verdict verdict, const std::string& from, const std::string& to) {
    manifest(("layer-" + name).c_str(), verdict, [from, to](std::string& text) {
      const std::size_t layers = text.find("\"layers\"");
      std::string tail = text.substr(layers);
      replace(tail, from, to);
      text.replace(layers, std::string::npos, tail);
    });
  }
  void config(const char* name, Verdict verdict, const std::string& config) {
    add(std::string("config-") + name, "config", verdict, [config](const fs::path& source) {
      Parts parts;
      parts.config = config;
      parts.write(source);
    });
  }
  /// What is done to the files of a layout that is good.
  void files(const char* name, Verdict verdict, std::function<void(const fs::path& layout)> spoil) {
    add(name, "files", verdict, [spoil = std::move(spoil)](const fs::path& source) {
      Parts().write(source);
      spoil(source);
    });
  }

 private:
  std::vector<CorpusRow>& rows_;
};

std::function<void(std::string&)> before_the_end(const std::string& members) {
  return [members](std::string& text) { text.insert(text.size() - 1, "," + members); };
}

void add_documents(Rows& rows) {
  rows.manifest("manifest-that-is-an-index-too", kReject, before_the_end(R"("manifests":[])"));
  rows.manifest("manifest-of-another-type", kReject,
                [](std::string& text) { replace(text, kManifest, kIndex); });
  rows.manifest(
      "descriptor-says-index", kReject, [](std::string&) {}, kIndex);
  rows.manifest("names-twice", kReject, before_the_end(R"("layers":[])"));
  rows.manifest("names-in-other-case", kReject, before_the_end(R"("Layers":[],"CONFIG":{})"));
  rows.manifest("something-behind-the-document", kReject, [](std::string& text) { text += "{}"; });
  rows.manifest("byte-order-mark", kReject, [](std::string& text) { text.insert(0, "\xef\xbb\xbf"); });
  rows.manifest("not-a-number", kReject, before_the_end(R"("x":NaN)"));
  rows.manifest("200000-levels-of-json", kReject,
                before_the_end("\"x\":" + std::string(200000, '[') + std::string(200000, ']')));
  rows.manifest("annotation-of-9-mib", kReject, [](std::string& text) {
    before_the_end(R"("annotations":{"a":")" + std::string(9 << 20, 'A') + "\"}")(text);
  });
  rows.manifest(
      "docker-schema-1", kReject,
      [](std::string& text) {
        text = R"({"schemaVersion":1,"name":"x","tag":"x","fsLayers":[],"history":[],"signatures":[]})";
      },
      "application/vnd.docker.distribution.manifest.v1+json");
  rows.manifest("40000-layers", kReject, [](std::string& text) {
    const std::size_t begin = text.find('[', text.find("\"layers\"")) + 1;
    const std::string layer = text.substr(begin, text.find(']', begin) - begin);
    std::string many;
    for (int i = 1; i < 40000; ++i) many += layer + ",";
    text.insert(begin, many);
  });
}

void add_descriptors(Rows& rows) {
  const std::string digest = Digest::of(packed()).to_string();
  const std::string size = "\"size\":" + std::to_string(packed().size());
  const auto sized = [&](const char* name, const std::string& value) {
    rows.descriptor(std::string("size-") + name, kReject, size, "\"size\":" + value);
  };
  sized("negative", "-1");
  sized("of-2-to-63", "9223372036854775807");
  sized("fraction", "1.5");
  sized("text", "\"12\"");
  sized("short", std::to_string(packed().size() - 1));
  sized("long", std::to_string(packed().size() + 1));
  sized("zero", "0");
  const auto named = [&](const char* name, const std::string& value) {
    rows.descriptor(std::string("digest-") + name, kReject, digest, value);
  };
  named("with-a-path", "sha256:../../../../../../../.." + canary().native() + "/victim");
  named("with-a-path-for-an-algorithm", "../..:" + std::string(64, 'a'));
  named("in-capitals", "sha256:" + std::string(64, 'A'));
  named("short", "sha256:abcd");
  named("empty", "");
  named("without-an-algorithm", std::string(64, 'a'));
  named("of-md5", "md5:" + std::string(32, 'a'));
  named("with-a-nul", digest + "\\u0000x");
  named("with-a-newline", digest + "\\n");
  named("with-a-query", digest + "?x=y");
  named("of-something-absent", Digest::of("other").to_string());
  rows.descriptor("type-missing", kReject, "\"mediaType\":\"" + std::string(kLayer) + "\",", "");
  rows.descriptor("type-of-a-page", kReject, kLayer, "text/html");
  const auto more = [&](const char* name, Verdict verdict, const std::string& members) {
    rows.descriptor(name, verdict, size, size + "," + members);
  };
  more("data-of-something-else", kReject, R"("data":"QUFBQQ==")");
  more("data-that-is-not-base64", kReject, R"("data":"!!!")");
  more("labels-of-the-collector", kContain,
       R"("annotations":{"containerd.io/gc.root":"now","containerd.io/gc.expire":"1970-01-01T00:00:00Z"})");
}

void add_configs(Rows& rows) {
  const auto config = [](const std::string& diff_ids, const std::string& rest = {}) {
    return R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[)" + diff_ids +
           "]}" + rest + "}";
  };
  const std::string diff_id = "\"" + Digest::of(one_file()).to_string() + "\"";
  rows.config("diffid-wrong", kReject, config("\"" + Digest::of("no").to_string() + "\""));
  rows.config("diffid-missing", kReject, config(""));
  rows.config("diffid-with-a-path", kReject, config(R"("sha256:../../x")"));
  std::string other_rootfs = config(diff_id);
  replace(other_rootfs, "layers", "evil");
  rows.config("rootfs-of-another-type", kReject, other_rootfs);
  const auto with = [&](const char* name, Verdict verdict, const std::string& members) {
    rows.config(name, verdict, config(diff_id, R"(,"config":{)" + members + "}"));
  };
  with("user-of-2-to-32", kReject, R"("User":"4294967296:4294967296")");
  with("user-negative", kReject, R"("User":"-1")");
  with("user-with-a-newline", kReject, R"("User":"root\nx")");
  with("working-directory-of-a-descriptor", kContain, R"("WorkingDir":"/proc/self/fd/7")");
  with("volumes-outside", kContain, R"("Volumes":{"/../../../../etc":{},"../x":{}})");
  with("environment-without-values", kContain, R"("Env":["HOME","","=x"])");
  with("labels-of-others", kContain,
       R"("Labels":{"containerd.io/gc.root":"x","containerd.io/restart.logpath":"binary:///bin/sh"})");
  with("label-of-5000-bytes", kContain, R"("Labels":{")" + std::string(5000, 'k') + R"(":"v"})");
}

void add_files(Rows& rows) {
  const auto layer = [](const fs::path& layout) {
    return layout / LayoutBuilder::blob_name(Digest::of(packed()));
  };
  rows.files("blob-damaged", kReject, [layer](const fs::path& layout) {
    std::string bytes = packed();
    bytes[20] = static_cast<char>(bytes[20] ^ 1);
    write_file(layer(layout), bytes);
  });
  rows.files("blob-is-a-link", kReject, [layer](const fs::path& layout) {
    fs::remove(layer(layout));
    fs::create_symlink("/etc/passwd", layer(layout));
  });
  rows.files("blob-is-a-fifo", kReject, [layer](const fs::path& layout) {
    fs::remove(layer(layout));
    if (::mkfifo(layer(layout).c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
  });
  rows.files("no-layout-file", kReject, [](const fs::path& layout) { fs::remove(layout / "oci-layout"); });
  rows.files("layout-of-another-version", kReject, [](const fs::path& layout) {
    write_file(layout / "oci-layout", R"({"imageLayoutVersion":"9.9.9"})");
  });
  rows.files("no-index", kReject, [](const fs::path& layout) { fs::remove(layout / "index.json"); });
}

void add_indexes(Rows& rows) {
  // Each index lists the one before it so often.
  const auto nested = [](int levels, int times) {
    return [levels, times](const fs::path& source) {
      Parts parts;
      Descriptor top = parts.store();
      for (int i = 0; i < levels; ++i) {
        top =
            parts.layout.index(std::vector<IndexEntry>(static_cast<std::size_t>(times), {.descriptor = top}));
      }
      parts.layout.tag(top);
      parts.layout.write_to(source);
    };
  };
  rows.add("64-nested-indexes", "indexes", kReject, nested(64, 1));
  rows.add("a-million-ways-to-one-image", "indexes", kContain, nested(6, 10));
}

}  // namespace

std::vector<CorpusRow> layout_attacks() {
  std::vector<CorpusRow> rows;
  Rows to(rows);
  add_documents(to);
  add_descriptors(to);
  add_configs(to);
  add_files(to);
  add_indexes(to);
  return rows;
}

}  // namespace bayplan::test
