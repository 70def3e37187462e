// A registry in memory that has what a LayoutBuilder has; nothing can be pushed. For tests that need none of
// the protocol.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>

#include "bayplan/images/documents.h"
#include "bayplan/images/registry.h"
#include "support/image_builder.h"

namespace bayplan::test {

/// Every repository has everything. Thread-safe once it is filled.
class LayoutRegistry final : public images::Registry {
 public:
  explicit LayoutRegistry(LayoutBuilder layout) : layout_(std::move(layout)) {}

  void tag(const std::string& name, const Descriptor& target) { tags_.insert_or_assign(name, target); }
  /// Sent in place of the blob's own bytes.
  void replace(const Digest& digest, std::string bytes) {
    layout_.files().insert_or_assign(LayoutBuilder::blob_name(digest), std::move(bytes));
  }
  /// Called before each piece of a blob is sent, with the offset it begins at and the transfer's own token;
  /// an error ends the transfer.
  std::function<Result<void>(const Descriptor& blob, std::uint64_t offset, const CancelToken& transfer)>
      before_piece{};

  Result<void> ping(const images::RemoteRepository&, const Control&) override { return {}; }
  Result<Descriptor> resolve(const images::RemoteRepository&, const images::ManifestName& name,
                             const Control&) override {
    if (const auto* tag = std::get_if<std::string>(&name)) {
      const auto found = tags_.find(*tag);
      if (found == tags_.end()) return Error(Errc::not_found, "manifest", *tag);
      return found->second;
    }
    for (const auto& [tag, target] : tags_) {
      if (target.digest == std::get<Digest>(name)) return target;
    }
    return Error(Errc::not_found, "manifest", std::get<Digest>(name).to_string());
  }
  Result<images::RemoteManifest> fetch_manifest(const images::RemoteRepository&,
                                                const images::ManifestName& name, const Control&) override {
    BAYPLAN_ASSIGN(const std::string bytes, bytes_of(std::get<Digest>(name)));
    received_ += bytes.size();
    return images::RemoteManifest{{"", std::get<Digest>(name), bytes.size()}, bytes};
  }
  Result<std::optional<std::uint64_t>> blob_size(const images::RemoteRepository&, const Digest& digest,
                                                 const Control&) override {
    const auto bytes = bytes_of(digest);
    return bytes ? std::optional<std::uint64_t>(bytes->size()) : std::nullopt;
  }
  Result<void> fetch_blob(const images::RemoteRepository&, const Descriptor& descriptor, std::uint64_t offset,
                          ByteSink& sink, const Control& control) override {
    BAYPLAN_ASSIGN(const std::string bytes, bytes_of(descriptor.digest));
    while (offset < bytes.size()) {
      BAYPLAN_TRY(control.cancel.check());
      if (before_piece) BAYPLAN_TRY(before_piece(descriptor, offset, control.cancel));
      const std::string_view piece = std::string_view(bytes).substr(offset, kPieceBytes);
      received_ += piece.size();
      BAYPLAN_TRY(sink.write(as_bytes(piece)));
      offset += piece.size();
      if (control.progress) {
        control.progress({.stage = "fetch",
                          .object = descriptor.digest.to_string(),
                          .done = offset,
                          .total = descriptor.size});
      }
    }
    return {};
  }
  Result<std::vector<std::string>> tags(const images::RemoteRepository&, const Control&) override {
    return unsupported();
  }
  Result<std::vector<images::Referrer>> referrers(const images::RemoteRepository&, const Digest&,
                                                  std::string_view, const Control&) override {
    return unsupported();
  }
  Result<images::PushedBlob> push_blob(const images::RemoteRepository&, const Descriptor&,
                                       const images::BodySource&, const images::PushBlobOptions&,
                                       const Control&) override {
    return unsupported();
  }
  Result<Digest> push_manifest(const images::RemoteRepository&, const images::ManifestName&, std::string_view,
                               std::string_view, const Control&) override {
    return unsupported();
  }
  images::RegistryStatistics statistics() const override {
    return {
        .requests = 0, .connections = 0, .http2_answers = 0, .bytes_received = received_, .bytes_sent = 0};
  }

 private:
  static constexpr std::size_t kPieceBytes = 64u << 10;

  static Error unsupported() { return {Errc::unsupported, "layout registry", {}}; }
  Result<std::string> bytes_of(const Digest& digest) {
    const auto found = layout_.files().find(LayoutBuilder::blob_name(digest));
    if (found == layout_.files().end()) return Error(Errc::not_found, "blob", digest.to_string());
    return found->second;
  }

  LayoutBuilder layout_;
  std::map<std::string, Descriptor> tags_{};
  std::atomic<std::uint64_t> received_{0};
};

}  // namespace bayplan::test
