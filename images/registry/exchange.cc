#include "exchange.h"

#include <netinet/in.h>

#include <algorithm>

#include "text.h"

namespace bayplan::registry {
namespace {

// libcurl takes every coding off that it knows, asked for or not: a few bytes would become any number, while
// it holds them all.
bool is_coded(const HeaderFields& fields) {
  const auto codings = fields.all("transfer-encoding");
  return std::any_of(codings.begin(), codings.end(),
                     [](std::string_view coding) { return !equal_but_for_case(coding, "chunked"); });
}

}  // namespace

void Exchange::finish(CURLcode code) {
  const std::lock_guard lock(mutex_);
  note_connection();
  state_.done = true;
  state_.code = code;
  changed_.notify_all();
}

Exchange::State Exchange::wait(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  const auto look = [&] {
    state_.received = inbox_.size();
    state_.wants_body = unsent_ > 0 && outbox_.size() - sent_ < kBufferBytes;
    return state_.done || !inbox_.empty() || state_.wants_body || state_.head;
  };
  // Once the head was seen, only bytes and the end are news: whoever answers early wants no more of a body.
  changed_.wait_for(lock, most, [&] {
    const bool news = look();
    return news && (!head_seen_ || state_.done || state_.received > 0);
  });
  head_seen_ = state_.head;
  return state_;
}

bool Exchange::take(std::string& empty) {
  const std::lock_guard lock(mutex_);
  empty.clear();
  empty.swap(inbox_);
  return std::exchange(receive_paused_, false);
}

bool Exchange::give(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  outbox_.erase(0, std::exchange(sent_, 0));
  outbox_.append(bytes);
  unsent_ -= std::min<std::uint64_t>(unsent_, bytes.size());
  return std::exchange(send_paused_, false);
}

std::string Exchange::peer_address() {
  const std::lock_guard lock(mutex_);
  return peer_;
}

bool Exchange::over_http2() {
  const std::lock_guard lock(mutex_);
  return http_version_ == CURL_HTTP_VERSION_2_0;
}

std::size_t Exchange::on_header(std::string_view line) {
  const std::lock_guard lock(mutex_);
  head_bytes_ += line.size();
  if (head_bytes_ > kMaxHeadBytes) {
    header_overflow_ = true;
    return 0;
  }
  if (state_.head) return line.size();  // a trailer, which nothing here asks for
  if (line.starts_with("HTTP/")) fields_ = {};
  fields_.add_line(line);
  if (line != "\r\n" && line != "\n") return line.size();
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status_);
  if (status_ < 200) return line.size();
  if (is_coded(fields_)) {
    refused_coding_ = true;
    return 0;
  }
  note_connection();
  state_.head = true;
  changed_.notify_all();
  return line.size();
}

void Exchange::note_connection() {
  const char* address = nullptr;
  curl_easy_getinfo(handle_.get(), CURLINFO_PRIMARY_IP, &address);
  if (peer_.empty() && address != nullptr) peer_ = address;
  curl_easy_getinfo(handle_.get(), CURLINFO_HTTP_VERSION, &http_version_);
  curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &new_connections_);
}

std::size_t Exchange::on_body(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!inbox_.empty() && inbox_.size() + bytes.size() > kBufferBytes) {
    receive_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  inbox_.append(bytes);
  bytes_received_ += bytes.size();
  changed_.notify_all();
  return bytes.size();
}

std::size_t Exchange::on_send(char* into, std::size_t room) {
  const std::lock_guard lock(mutex_);
  const std::size_t count = outbox_.copy(into, room, sent_);
  sent_ += count;
  if (count == 0 && unsent_ > 0) {
    send_paused_ = true;
    return CURL_READFUNC_PAUSE;
  }
  changed_.notify_all();
  return count;
}

}  // namespace bayplan::registry
