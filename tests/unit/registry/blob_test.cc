#include "client_fixture.h"

namespace bayplan::registry {
namespace {

using testing::HasSubstr;

class BlobTest : public ClientTest {
 protected:
  Result<void> fetch(const HttpServer& server, std::uint64_t offset = 0) {
    sink_.text.clear();
    return client().fetch_blob(at(server), descriptor_, offset, sink_, control_);
  }
  HttpReply part(std::uint64_t first, std::uint64_t claimed_first) const {
    return {.status = 206,
            .fields = {{"Content-Range", "bytes " + std::to_string(claimed_first) + "-" +
                                             std::to_string(blob_.size() - 1) + "/" +
                                             std::to_string(blob_.size())}},
            .body = blob_.substr(first)};
  }
  static std::uint64_t offset_of(const HttpServerRequest& request) {
    const std::string range = request.field("Range");
    return range.empty() ? 0 : std::stoull(range.substr(6));
  }

  std::string blob_ = std::string(3'000'000, 'b') + "end";
  Descriptor descriptor_{"application/octet-stream", Digest::of(blob_), blob_.size()};
  StringSink sink_;
  Control control_;
};

TEST_F(BlobTest, ArrivesWholeWithProgress) {
  std::uint64_t last = 0;
  std::size_t calls = 0;
  control_.progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.object, descriptor_.digest.to_string());
    EXPECT_GT(progress.done, last);
    EXPECT_EQ(progress.total, blob_.size());
    last = progress.done;
    ++calls;
  };
  HttpServer server([&](const HttpServerRequest&) { return HttpReply{.body = blob_}; });
  const auto fetched = fetch(server);
  ASSERT_TRUE(fetched) << fetched.error().to_string();
  EXPECT_EQ(sink_.text, blob_);
  EXPECT_EQ(last, blob_.size());
  EXPECT_GE(calls, 3u);
  EXPECT_LE(calls, 7u);  // a few for each MiB
  EXPECT_EQ(client().statistics().bytes_received, blob_.size());
}

TEST_F(BlobTest, GoesOnFromAnOffset) {
  HttpServer server(
      [&](const HttpServerRequest& request) { return part(offset_of(request), offset_of(request)); });
  ASSERT_TRUE(fetch(server, 1'000'000));
  EXPECT_EQ(sink_.text, blob_.substr(1'000'000));
  EXPECT_EQ(server.requests()[0].field("Range"), "bytes=1000000-");
  ASSERT_TRUE(fetch(server, blob_.size()));
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(fetch(server, blob_.size() + 1).error().code(), Errc::invalid_argument);
}

TEST_F(BlobTest, ServerThatIgnoresRangesIsReadPast) {
  HttpServer server([&](const HttpServerRequest&) { return HttpReply{.body = blob_}; });
  ASSERT_TRUE(fetch(server, 2'999'999));
  EXPECT_EQ(sink_.text, "bend");
}

TEST_F(BlobTest, WrongPartIsRefused) {
  for (const std::uint64_t claimed : {0u, 5u}) {
    HttpServer server([&](const HttpServerRequest&) { return part(10, claimed); });
    EXPECT_EQ(fetch(server, 10).error().code(), Errc::corrupt);
    EXPECT_EQ(sink_.text, "");
  }
  HttpServer unasked([&](const HttpServerRequest&) { return part(0, 0); });
  EXPECT_EQ(fetch(unasked).error().code(), Errc::corrupt);
}

TEST_F(BlobTest, CutConnectionGoesOnWhereItWas) {
  blob_ = std::string(8'000'000, 'b');  // more cuts than attempts: each got somewhere
  descriptor_ = {"application/octet-stream", Digest::of(blob_), blob_.size()};
  HttpServer server([&](const HttpServerRequest& request) {
    const std::uint64_t first = offset_of(request);
    HttpReply reply = first == 0 ? HttpReply{.body = blob_} : part(first, first);
    reply.content_length = reply.body.size();
    reply.body.resize(std::min<std::size_t>(reply.body.size(), 1'100'000));
    reply.then = Then::close;
    return reply;
  });
  const auto fetched = fetch(server);
  ASSERT_TRUE(fetched) << fetched.error().to_string();
  EXPECT_EQ(sink_.text, blob_);
  EXPECT_EQ(client().statistics().bytes_received, blob_.size());  // none twice
  EXPECT_EQ(server.requests().size(), 8u);
}

TEST_F(BlobTest, ServerThatNeverGetsFurtherIsGivenUp) {
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.body = "b", .content_length = blob_.size(), .then = Then::close};
  });
  EXPECT_EQ(fetch(server).error().code(), Errc::io);
  EXPECT_EQ(server.requests().size(), options_.attempts);
  EXPECT_EQ(sink_.text, "b");
}

TEST_F(BlobTest, ShortBodyWithoutLengthIsNoSuccess) {
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.body = "short", .sized = false, .then = Then::close};
  });
  const auto fetched = fetch(server);
  EXPECT_EQ(fetched.error().code(), Errc::io);
  EXPECT_THAT(fetched.error().to_string(), HasSubstr("cut off after 5 of 3000003 bytes"));
}

TEST_F(BlobTest, LyingLengthIsRefusedBeforeTheBody) {
  for (const std::uint64_t length : {blob_.size() - 1, blob_.size() + 1}) {
    HttpServer server([&](const HttpServerRequest&) {
      return HttpReply{.body = blob_, .content_length = length, .then = Then::close};
    });
    EXPECT_EQ(fetch(server).error().code(), Errc::digest_mismatch);
    EXPECT_EQ(sink_.text, "");
    EXPECT_EQ(server.requests().size(), 1u);
  }
}

TEST_F(BlobTest, EndlessBodyEndsAtTheSize) {
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.body = std::string(65536, 'b'), .sized = false, .then = Then::endless};
  });
  EXPECT_EQ(fetch(server).error().code(), Errc::digest_mismatch);
  EXPECT_LE(sink_.text.size(), blob_.size());
  EXPECT_LE(client().statistics().bytes_received, blob_.size() + (4u << 20));
}

TEST_F(BlobTest, SlowLorisIsGivenUp) {
  options_.stall_window = std::chrono::milliseconds(100);
  options_.stall_bytes = 4096;
  options_.attempts = 2;
  HttpServer server([&](const HttpServerRequest& request) {
    if (offset_of(request) > 0) return HttpReply{.status = 503};
    return HttpReply{.body = "bb", .content_length = blob_.size(), .then = Then::stall};
  });
  const auto fetched = fetch(server);
  EXPECT_EQ(sink_.text, "bb");
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_FALSE(fetched);
}

TEST_F(BlobTest, DripsBelowTheLeastAreGivenUpAndThoseAboveAreNot) {
  options_.stall_window = std::chrono::milliseconds(100);
  options_.attempts = 1;
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.body = "b", .content_length = blob_.size(), .then = Then::drip};
  });
  EXPECT_EQ(fetch(server).error().code(), Errc::io);
  EXPECT_GE(server.requests().size(), 1u);
  blob_ = std::string(100'000, 'b');
  descriptor_ = {"application/octet-stream", Digest::of(blob_), blob_.size()};
  HttpServer steady([&](const HttpServerRequest&) {
    return HttpReply{.body = blob_.substr(0, 1000), .content_length = blob_.size(), .then = Then::drip};
  });
  EXPECT_TRUE(fetch(steady));
}

TEST_F(BlobTest, LongerThanTheAnswersDeadline) {
  options_.answer_timeout = std::chrono::milliseconds(100);
  blob_ = std::string(40'000, 'b');
  descriptor_ = {"application/octet-stream", Digest::of(blob_), blob_.size()};
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.body = blob_.substr(0, 1000), .content_length = blob_.size(), .then = Then::drip};
  });
  EXPECT_TRUE(fetch(server));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(BlobTest, ContentEncodingIsRefused) {
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.fields = {{"Content-Encoding", "gzip"}}, .body = blob_};
  });
  EXPECT_EQ(fetch(server).error().code(), Errc::unsupported);
  EXPECT_EQ(sink_.text, "");
}

TEST_F(BlobTest, RangeNotSatisfiableBeginsAnewAndPassesOverWhatIsThere) {
  HttpServer server([&](const HttpServerRequest& request) {
    return request.field("Range").empty() ? HttpReply{.body = blob_} : HttpReply{.status = 416};
  });
  ASSERT_TRUE(fetch(server, 2'999'999));
  EXPECT_EQ(sink_.text, "bend");
}

TEST_F(BlobTest, FullSinkEndsTheTransferWithItsError) {
  class Full final : public ByteSink {
    Result<void> write(std::span<const std::byte>) override { return Error(Errc::no_space, "disk", {}); }
  } full;
  HttpServer server([&](const HttpServerRequest&) { return HttpReply{.body = blob_}; });
  EXPECT_EQ(client().fetch_blob(at(server), descriptor_, 0, full, {}).error().code(), Errc::no_space);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(BlobTest, CancelledWhileItWaits) {
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.body = blob_.substr(0, 600'000), .content_length = blob_.size(), .then = Then::stall};
  });
  control_.progress = [&](const Progress&) { control_.cancel.cancel(); };
  EXPECT_EQ(fetch(server).error().code(), Errc::cancelled);
}

TEST_F(BlobTest, SizeIsAskedWithoutTheBytes) {
  HttpServer server([&](const HttpServerRequest& request) {
    if (request.target.find(descriptor_.digest.hex()) == std::string::npos) return HttpReply{.status = 404};
    return HttpReply{.content_length = blob_.size()};
  });
  EXPECT_EQ(*client().blob_size(at(server), descriptor_.digest, {}), blob_.size());
  EXPECT_EQ(*client().blob_size(at(server), Digest::of("other"), {}), std::nullopt);
}

}  // namespace
}  // namespace bayplan::registry
