#include <algorithm>

#include "content_range.h"
#include "endpoint_address.h"
#include "manifest_answer.h"
#include "operations.h"
#include "progress_report.h"
#include "text.h"
#include "transfer_error.h"

namespace bayplan::registry {
namespace {

using images::PushedBlob;

// Says how many bytes were taken.
class ReportingSource final : public ByteSource {
 public:
  ReportingSource(std::unique_ptr<ByteSource> bytes, std::uint64_t offset, ProgressReport& report)
      : bytes_(std::move(bytes)), at_(offset), report_(report) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    BAYPLAN_ASSIGN(const std::size_t count, bytes_->read(into));
    at_ += count;
    report_.reached(at_);
    return count;
  }

 private:
  std::unique_ptr<ByteSource> bytes_;
  std::uint64_t at_;
  ProgressReport& report_;
};

// What a step of an upload came to: done, or a failure, after which the registry is asked how far it is.
using Step = std::optional<Failure>;

class Upload {
 public:
  Upload(Session& session, const Descriptor& descriptor, const images::BodySource& body, std::uint64_t chunk)
      : session_(session),
        size_(descriptor.size),
        digest_(descriptor.digest),
        name_(digest_.to_string()),
        body_(body),
        chunk_(chunk),
        report_(session.control().progress, "push", name_, size_) {}

  Result<PushedBlob> run(const std::string& mount_from) {
    BAYPLAN_TRY(begin(mount_from));
    if (mounted_) return PushedBlob::mounted;
    auto sent = send_all();
    if (!sent) {
      give_up();
      return std::move(sent).error();
    }
    return PushedBlob::uploaded;
  }

 private:
  Error error(Errc code, std::string_view message) const { return {code, "blob", name_, message}; }

  // Begins an upload, or has the registry take the blob from another repository of its own.
  Result<void> begin(const std::string& mount_from) {
    Url url = session_.address("blobs/uploads/");
    if (!mount_from.empty()) url = url.with_query({{"mount", name_}, {"from", mount_from}});
    BAYPLAN_ASSIGN(Response response, session_.send_patiently({.method = "POST", .url = std::move(url)}));
    if (!mount_from.empty() && response.status() == 201) {
      mounted_ = true;
      return check_stored(response);
    }
    if (response.status() != 202) return session_.failure_of(response, "upload", name_).error;
    sent_ = 0;
    if (const auto least = response.fields().find("oci-chunk-min-length"); least && chunk_ > 0) {
      chunk_ = std::max(chunk_, std::min(parse_number(*least).value_or(0), kMostForced));
    }
    return take_location(response);
  }

  Result<void> send_all() {
    Retries tries = session_.retries();
    while (true) {
      const bool last = chunk_ == 0 || sent_ == size_;
      Step failure = last ? finish() : send_chunk();
      if (!failure && last) return {};
      // A registry that takes a chunk and loses it again gets nowhere.
      if (sent_ >= furthest_ + kProgressBytes) {
        tries.progressed();
        furthest_ = sent_;
      }
      if (!failure) continue;
      BAYPLAN_TRY(tries.after(std::move(*failure)));
      BAYPLAN_TRY(find_place());
    }
  }

  // Precondition: there is a location.
  Call call(std::string method, Url url, std::uint64_t bytes) {
    Call made{.method = std::move(method), .url = std::move(url)};
    made.headers.emplace_back("Content-Type: application/octet-stream");
    if (bytes == 0) return made;
    made.is_blob = true;
    made.streamed = [this](std::uint64_t offset) -> Result<std::unique_ptr<ByteSource>> {
      BAYPLAN_ASSIGN(auto opened, body_(offset));
      return std::make_unique<ReportingSource>(std::move(opened), offset, report_);
    };
    made.streamed_offset = sent_;
    made.streamed_size = bytes;
    return made;
  }

  static std::string content_range(std::uint64_t first, std::uint64_t bytes) {
    return "Content-Range: " + std::to_string(first) + "-" + std::to_string(first + bytes - 1);
  }

  Step send_chunk() {
    const std::uint64_t bytes = std::min(chunk_, size_ - sent_);
    Call patch = call("PATCH", *location_, bytes);
    patch.headers.push_back(content_range(sent_, bytes));
    auto answered = session_.send(patch);
    if (auto* failure = std::get_if<Failure>(&answered)) return std::move(*failure);
    auto& response = std::get<Response>(answered);
    if (response.status() != 202 && response.status() != 204) return failure_of(response);
    const auto has = parse_upload_range(response.fields().find("range").value_or(""));
    if (has && (*has <= sent_ || *has > sent_ + bytes)) {
      return Failure{error(Errc::corrupt, "the registry says that it has " + std::to_string(*has) +
                                              " bytes after " + std::to_string(sent_ + bytes) +
                                              " were sent")};
    }
    sent_ = has.value_or(sent_ + bytes);
    auto taken = take_location(response);
    if (!taken) return Failure{std::move(taken).error()};
    return std::nullopt;
  }

  // The rest of the bytes, if there are any, and the digest that makes a blob of all of them.
  Step finish() {
    const std::uint64_t rest = size_ - sent_;
    Call put = call("PUT", location_->with_query({{"digest", name_}}), rest);
    if (sent_ > 0 && rest > 0) put.headers.push_back(content_range(sent_, rest));
    auto answered = session_.send(put);
    if (auto* failure = std::get_if<Failure>(&answered)) return std::move(*failure);
    auto& response = std::get<Response>(answered);
    if (response.status() != 201 && response.status() != 204 && response.status() != 200)
      return failure_of(response);
    auto stored = check_stored(response);
    if (!stored) return Failure{std::move(stored).error()};
    sent_ = size_;
    return std::nullopt;
  }

  // A place that does not fit, and an upload that the registry does not know any more, can be mended.
  Failure failure_of(Response& response) const {
    const long status = response.status();
    Failure failure = session_.failure_of(response, "upload", name_);
    failure.passing = failure.passing || status == 416 || status == 404;
    return failure;
  }

  // Where the registry is; a new upload where it does not say.
  Result<void> find_place() {
    BAYPLAN_ASSIGN(const Response response, session_.send_patiently({.url = *location_}));
    const auto has = parse_upload_range(response.fields().find("range").value_or(""));
    // "0-0" says one byte, and is what registries say of none.
    if ((response.status() != 204 && response.status() != 200) || !has || *has <= 1 || *has > size_) {
      return begin({});
    }
    sent_ = *has;
    return response.fields().find("location") ? take_location(response) : Result<void>();
  }

  Result<void> take_location(const Response& response) {
    const auto location = response.fields().find("location");
    if (!location) return error(Errc::corrupt, "the registry does not say where it wants to have it");
    BAYPLAN_ASSIGN(location_, session_.next_address(response.url(), *location));
    return {};
  }

  Result<void> check_stored(const Response& response) const {
    BAYPLAN_ASSIGN(const auto stored, stated_digest(response.fields()));
    if (!stored || stored->algorithm() != digest_.algorithm() || *stored == digest_) return {};
    return error(Errc::digest_mismatch, "the registry stored " + stored->to_string());
  }

  // What was sent so far is of no use to anybody.
  void give_up() {
    if (session_.control().cancel.cancelled()) return;  // it ends by itself
    const auto ended = session_.send({.method = "DELETE", .url = *location_});
    static_cast<void>(ended);  // the upload's own error is what the caller wants to know
  }

  static constexpr std::uint64_t kMostForced = 1u << 30;

  Session& session_;
  std::uint64_t size_;
  Digest digest_;
  std::string name_;
  const images::BodySource& body_;
  std::uint64_t chunk_;
  ProgressReport report_;
  std::optional<Url> location_;
  std::uint64_t sent_ = 0;
  std::uint64_t furthest_ = 0;
  bool mounted_ = false;
};

}  // namespace

Result<PushedBlob> push_blob(Shared& shared, const images::RemoteRepository& repository,
                             const Descriptor& descriptor, const images::BodySource& body,
                             const images::PushBlobOptions& options, const Control& control) {
  BAYPLAN_ASSIGN(const auto size, blob_size(shared, repository, descriptor.digest, control));
  if (size && *size == descriptor.size) return PushedBlob::existed;
  if (size) {
    return Error(Errc::digest_mismatch, "blob", descriptor.digest.to_string(),
                 "the registry has " + std::to_string(*size) + " bytes of it, its descriptor says " +
                     std::to_string(descriptor.size));
  }
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull,push", control));
  if (!options.mount_from.empty()) {
    BAYPLAN_TRY(check_repository_path(options.mount_from));
    session.add_source(options.mount_from);
  }
  return Upload(session, descriptor, body, options.chunk_bytes).run(options.mount_from);
}

}  // namespace bayplan::registry
