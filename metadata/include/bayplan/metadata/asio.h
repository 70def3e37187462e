// Group commit for programs that run on Boost.Asio. Needs Boost's headers; nothing else of bayplan does.
//
//   // boost/asio/bind_executor.hpp, boost/asio/use_future.hpp
//   metadata::async_submit(db, closure, boost::asio::bind_executor(strand, [](Result<int> outcome) { .. }));
//   auto future = metadata::async_submit(db, closure, boost::asio::use_future);
#pragma once

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "bayplan/metadata/db.h"

namespace bayplan::metadata {

namespace internal {

// A handler with its outcome, as it travels to its executor.
template <class Handler, class R>
struct Completion {
  using allocator_type = boost::asio::associated_allocator_t<Handler>;
  allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(handler); }
  void operator()() { std::move(handler)(std::move(*outcome)); }

  Handler handler;
  std::unique_ptr<R> outcome;  // by itself: g++ 12 takes a Result in asio's own moves for uninitialized
};

// Runs on the thread that commits, and leaves it at once.
template <class Handler, class R>
class PostCompletion {
 public:
  explicit PostCompletion(Handler handler)
      : work_(boost::asio::get_associated_executor(handler)), handler_(std::move(handler)) {}
  void operator()(R outcome) && {
    boost::asio::post(work_.get_executor(),
                      Completion<Handler, R>{std::move(handler_), std::make_unique<R>(std::move(outcome))});
    work_.reset();
  }

 private:
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work_;
  Handler handler_;
};

}  // namespace internal

/// Db::submit as an asynchronous operation: completes with the closure's Result, `void(Result<T>)`, on the
/// token's associated executor, which is kept busy until then and never entered from the thread that commits.
/// A throw completes as failed_precondition. `db` need not outlive the call; the executor's context must
/// outlive the operation. Errors of the outcome: as Db::submit.
template <class F, class CompletionToken>
auto async_submit(const Db& db, F&& closure, CompletionToken&& token) {
  using R = std::invoke_result_t<std::decay_t<F>&, WriteTx&>;
  return boost::asio::async_initiate<CompletionToken, void(R)>(
      [](auto&& handler, const Db& store, auto&& body) {
        using Handler = std::decay_t<decltype(handler)>;
        store.submit_then(std::forward<decltype(body)>(body),
                          internal::PostCompletion<Handler, R>(std::forward<decltype(handler)>(handler)));
      },
      token, db, std::forward<F>(closure));
}

}  // namespace bayplan::metadata
