#include "bayplan/metadata/asio.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Asio : public StoreTest {
 protected:
  static Result<int> put(WriteTx& tx, int number) {
    BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
    BAYPLAN_TRY(bucket.put(std::to_string(number), "v"));
    return number;
  }
};

TEST_F(Asio, completes_on_the_executor_that_was_bound) {
  boost::asio::io_context context;
  std::optional<Result<int>> outcome;
  std::thread::id completed_on;
  async_submit(
      db(), [](WriteTx& tx) { return put(tx, 7); },
      boost::asio::bind_executor(context, [&](Result<int> answer) {
        outcome.emplace(std::move(answer));
        completed_on = std::this_thread::get_id();
      }));
  EXPECT_FALSE(outcome) << "not before the context runs";
  context.run();  // has work until the operation completes
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->value(), 7);
  EXPECT_EQ(completed_on, std::this_thread::get_id());
  EXPECT_TRUE(value("widgets", "7"));
}

TEST_F(Asio, closures_and_handlers_may_be_move_only) {
  boost::asio::io_context context;
  bool completed = false;
  async_submit(
      db(), [number = std::make_unique<int>(3)](WriteTx& tx) { return put(tx, *number); },
      boost::asio::bind_executor(context, [&completed, kept = std::make_unique<int>(1)](Result<int> answer) {
        completed = answer.value() == 3 && *kept == 1;
      }));
  context.run();
  EXPECT_TRUE(completed);
}

TEST_F(Asio, an_error_and_a_throw_complete) {
  boost::asio::io_context context;
  std::vector<std::optional<Errc>> codes;
  const auto handler =
      boost::asio::bind_executor(context, [&](const Result<void>& answer) { codes.push_back(code(answer)); });
  async_submit(
      db(), [](WriteTx&) -> Result<void> { return Error(Errc::in_use, "test", {}); }, handler);
  async_submit(
      db(), [](WriteTx&) -> Result<void> { throw std::runtime_error("oops"); }, handler);
  const auto reader = Db::open(path(), {.read_only = true}).value();
  async_submit(
      reader, [](WriteTx&) -> Result<void> { return {}; }, handler);
  context.run();
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(codes,
            (std::vector<std::optional<Errc>>{Errc::failed_precondition, Errc::in_use, Errc::read_only}));
}

TEST_F(Asio, works_with_futures) {
  auto future = async_submit(
      db(), [](WriteTx& tx) { return put(tx, 5); }, boost::asio::use_future);
  EXPECT_EQ(future.get().value(), 5);
}

TEST_F(Asio, closing_the_store_completes_what_is_queued) {
  boost::asio::io_context context;
  int completed = 0;
  for (int i = 0; i < 50; ++i) {
    async_submit(
        db(), [i](WriteTx& tx) { return put(tx, i); },
        boost::asio::bind_executor(context, [&](const Result<int>& answer) { completed += answer ? 1 : 0; }));
  }
  close();
  context.run();
  EXPECT_EQ(completed, 50);
}

}  // namespace
}  // namespace bayplan::metadata
