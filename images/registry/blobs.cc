#include <algorithm>

#include "content_range.h"
#include "operations.h"
#include "progress_report.h"
#include "transfer_error.h"

namespace bayplan::registry {
namespace {

class BlobFetch {
 public:
  BlobFetch(Session& session, const Descriptor& descriptor, std::uint64_t offset, ByteSink& sink)
      : session_(session),
        size_(descriptor.size),
        name_(descriptor.digest.to_string()),
        at_(offset),
        sink_(sink),
        report_(session.control().progress, "fetch", name_, size_) {}

  Result<void> run() {
    Retries tries = session_.retries();
    while (at_ < size_) {
      const std::uint64_t before = at_;
      auto failure = attempt();
      if (!failure) break;
      if (at_ - before >= kProgressBytes) tries.progressed();
      BAYPLAN_TRY(tries.after(std::move(*failure)));
    }
    return {};
  }

 private:
  // One request; nothing if all bytes are there.
  std::optional<Failure> attempt() {
    Call call{.url = session_.address("blobs/" + name_)};
    call.redirects = Redirects::follow;
    call.is_blob = true;
    const bool ranged = at_ > 0 && !ranges_refused_;
    if (ranged) call.headers.push_back("Range: bytes=" + std::to_string(at_) + "-");
    auto sent = session_.send(call);
    if (auto* failure = std::get_if<Failure>(&sent)) return std::move(*failure);
    auto& response = std::get<Response>(sent);
    if (ranged && response.status() == 416) {
      ranges_refused_ = true;
      return Failure{
          error(Errc::corrupt, "the registry says that it ends before byte " + std::to_string(at_)), true};
    }
    if (response.status() != 200 && response.status() != 206)
      return session_.failure_of(response, "blob", name_);
    auto skipped = bytes_before(response, ranged);
    if (!skipped) return Failure{std::move(skipped).error()};
    return receive(response, *skipped);
  }

  Error error(Errc code, std::string_view message) const { return {code, "blob", name_, message}; }

  // How many bytes of the answer are there already, from what its head says.
  Result<std::uint64_t> bytes_before(const Response& response, bool ranged) const {
    const HeaderFields& fields = response.fields();
    if (fields.find("content-encoding")) {
      return error(Errc::unsupported, "sent with a Content-Encoding, which nobody asked for");
    }
    std::uint64_t first = 0;
    if (response.status() == 206) {
      const auto range = parse_content_range(fields.find("content-range").value_or(""));
      if (!ranged || !range || range->first != at_ || range->last + 1 != size_ ||
          range->total.value_or(size_) != size_) {
        return error(Errc::corrupt, "the registry sends another part of it than was asked for");
      }
      first = at_;
    }
    const auto length = fields.content_length();
    if (length && *length != size_ - first) {
      return error(Errc::digest_mismatch, "the registry has " + std::to_string(first + *length) +
                                              " bytes of it, its descriptor says " + std::to_string(size_));
    }
    return at_ - first;
  }

  std::optional<Failure> receive(Response& response, std::uint64_t skip) {
    while (true) {
      auto piece = response.next(session_.control().cancel);
      if (auto* failure = std::get_if<Failure>(&piece)) return std::move(*failure);
      std::string_view bytes = std::get<std::string_view>(piece);
      if (bytes.empty()) break;
      const std::size_t passed = static_cast<std::size_t>(std::min<std::uint64_t>(skip, bytes.size()));
      bytes.remove_prefix(passed);
      skip -= passed;
      if (bytes.size() > size_ - at_) {
        return Failure{error(Errc::digest_mismatch,
                             "has more than the " + std::to_string(size_) + " bytes of its descriptor")};
      }
      if (auto written = sink_.write(as_bytes(bytes)); !written) return Failure{std::move(written).error()};
      at_ += bytes.size();
      report_.reached(at_);
    }
    if (at_ == size_) return std::nullopt;
    return Failure{
        error(Errc::io, "cut off after " + std::to_string(at_) + " of " + std::to_string(size_) + " bytes"),
        true};
  }

  Session& session_;
  std::uint64_t size_;
  std::string name_;
  std::uint64_t at_;
  ByteSink& sink_;
  ProgressReport report_;
  bool ranges_refused_ = false;
};

}  // namespace

Result<std::optional<std::uint64_t>> blob_size(Shared& shared, const images::RemoteRepository& repository,
                                               const Digest& digest, const Control& control) {
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull", control));
  Call call{.method = "HEAD", .url = session.address("blobs/" + digest.to_string())};
  call.redirects = Redirects::follow;
  BAYPLAN_ASSIGN(Response response, session.send_patiently(call));
  if (response.status() == 404) return std::optional<std::uint64_t>();
  if (response.status() != 200) return session.failure_of(response, "blob", digest.to_string()).error;
  const auto size = response.fields().content_length();
  if (size) return std::optional<std::uint64_t>(*size);
  return Error(Errc::corrupt, "blob", digest.to_string(), "the registry does not say its size");
}

Result<void> fetch_blob(Shared& shared, const images::RemoteRepository& repository,
                        const Descriptor& descriptor, std::uint64_t offset, ByteSink& sink,
                        const Control& control) {
  if (offset > descriptor.size) {
    return Error(Errc::invalid_argument, "blob", descriptor.digest.to_string(),
                 "asked for from byte " + std::to_string(offset) + " of " + std::to_string(descriptor.size));
  }
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull", control));
  return BlobFetch(session, descriptor, offset, sink).run();
}

}  // namespace bayplan::registry
