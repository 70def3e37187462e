#include "registry_source.h"

#include "bayplan/content/verify.h"
#include "image_parts.h"
#include "manifest_choice.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

bool is_index_or_manifest(const Descriptor& descriptor) noexcept {
  const MediaKind kind = media_kind(descriptor.media_type);
  return kind == MediaKind::index || kind == MediaKind::manifest;
}

// What a choice reads of a source, and which indexes that were.
class ReadDocuments final : public DocumentHolder {
 public:
  explicit ReadDocuments(const ImageSource& source) : source_(source) {}

  Result<std::optional<Index>> index(const Descriptor& descriptor) override {
    indexes.insert(descriptor.digest);
    return read<Index>(descriptor, [&](std::string_view json, std::string_view name) {
      return parse_index(json, descriptor.media_type, name);
    });
  }
  Result<std::optional<Manifest>> manifest(const Descriptor& descriptor) override {
    return read<Manifest>(descriptor, [&](std::string_view json, std::string_view name) {
      return parse_manifest(json, descriptor.media_type, name);
    });
  }
  Result<std::optional<ImageConfig>> config(const Descriptor& descriptor) override {
    return read<ImageConfig>(descriptor, parse_config);
  }

  std::set<Digest> indexes{};

 private:
  template <class T, class Parse>
  Result<std::optional<T>> read(const Descriptor& descriptor, const Parse& parse) {
    const auto json = source_.document(descriptor);
    if (!json && json.error().code() == Errc::not_found) return std::optional<T>();
    if (!json) return json.error();
    BAYPLAN_ASSIGN(T document, parse(*json, descriptor.digest.to_string()));
    return std::optional(std::move(document));
  }

  const ImageSource& source_;
};

// Takes what a document may have at most.
class DocumentSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    text += as_text(bytes);
    return {};
  }
  std::string text{};
};

}  // namespace

Result<void> RegistrySource::choose(const std::optional<Platform>& platform) {
  const Descriptor& target = remote_.target();
  BAYPLAN_TRY(document(target));
  ReadDocuments documents(*this);
  if (media_kind(target.media_type) == MediaKind::index) {
    const Platform wanted = platform ? *platform : host_platform();
    ManifestChooser chooser(documents, wanted);
    BAYPLAN_ASSIGN(const auto choice, chooser.choose({target}));
    if (!choice) return none_for(wanted, chooser.others());
    chosen_ = std::move(documents.indexes);
    chosen_->insert(choice->descriptor.digest);
    return {};
  }
  if (!platform) return {};
  return require_platform(documents, target, *platform);
}

Result<std::optional<std::uint64_t>> RegistrySource::size(const Descriptor& descriptor) const {
  if (chosen_ && is_index_or_manifest(descriptor) && !chosen_->contains(descriptor.digest)) {
    return std::optional<std::uint64_t>();
  }
  if (!is_nondistributable(descriptor.media_type)) return std::optional(descriptor.size);
  BAYPLAN_ASSIGN(const bool there, store_.db().view([&](const metadata::ReadTx& tx) {
    return is_recorded(tx, ns_, descriptor);
  }));
  if (there) return std::optional(descriptor.size);
  return remote_.blob_size(descriptor.digest, control_);
}

Result<std::string> RegistrySource::document(const Descriptor& descriptor) const {
  BAYPLAN_TRY(check_document_size(descriptor));
  if (const auto known = documents_.find(descriptor.digest); known != documents_.end()) {
    BAYPLAN_TRY(check_document(descriptor, known->second));
    return known->second;
  }
  if (bytes_ + descriptor.size > kMaxGraphBytes) {
    return Error(Errc::too_large, "image", {},
                 "documents of more than " + std::to_string(kMaxGraphBytes) + " bytes");
  }
  BAYPLAN_ASSIGN(auto bytes, stored(descriptor));
  if (!bytes) {
    BAYPLAN_ASSIGN(bytes, fetch(descriptor));
    fetched_ += bytes->size();
  }
  BAYPLAN_TRY(check_document(descriptor, *bytes));
  bytes_ += bytes->size();
  return documents_.emplace(descriptor.digest, *std::move(bytes)).first->second;
}

Result<std::unique_ptr<ByteSource>> RegistrySource::open(const Descriptor& descriptor) const {
  const auto known = documents_.find(descriptor.digest);
  if (known == documents_.end()) return Error(Errc::not_found, "document", descriptor.digest.to_string());
  return std::unique_ptr<ByteSource>(std::make_unique<MemorySource>(known->second));
}

// Empty where the registry has to be asked, also because what is there is damaged.
Result<std::optional<std::string>> RegistrySource::stored(const Descriptor& descriptor) const {
  std::optional<std::string> none;
  BAYPLAN_ASSIGN(const bool there, store_.db().view([&](const metadata::ReadTx& tx) {
    return is_recorded(tx, ns_, descriptor);
  }));
  if (!there) return none;
  auto bytes = store_.blobs().read_blob(descriptor.digest, descriptor.size, kMaxDocumentBytes);
  if (bytes) return std::optional(std::move(bytes).value());
  if (content::is_damage(bytes.error())) return none;
  return std::move(bytes).error();
}

Result<std::string> RegistrySource::fetch(const Descriptor& descriptor) const {
  if (is_index_or_manifest(descriptor)) return remote_.fetch_manifest(descriptor, control_);
  DocumentSink sink;
  BAYPLAN_TRY(remote_.fetch_blob(descriptor, 0, sink, control_));
  return std::move(sink.text);
}

}  // namespace bayplan::images
