// How libcurl is asked: what it must not do by itself, and whom it trusts.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "exchange.h"
#include "text.h"

namespace bayplan::registry {
namespace {

constexpr long kReadBytes = 256L << 10;

std::size_t total(std::size_t size, std::size_t count) { return size * count; }

template <class T>
Result<void> set(CURL* handle, CURLoption option, T value, std::string_view what, std::string_view name) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code == CURLE_OK) return {};
  return Error(Errc::invalid_argument, what, name, curl_easy_strerror(code));
}

Reach reach_of_v4(std::uint32_t address) noexcept {
  const std::uint32_t first = address >> 24;
  const std::uint32_t second = address >> 16 & 0xff;
  if (first == 127 || first == 0) return Reach::host;
  if (first == 169 && second == 254) return Reach::link;
  const bool shared = first == 100 && (second & 0xc0) == 64;
  const bool site =
      first == 10 || (first == 172 && (second & 0xf0) == 16) || (first == 192 && second == 168) || shared;
  return site ? Reach::site : Reach::everywhere;
}

Reach reach_of_v6(const in6_addr& address) noexcept {
  if (IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_UNSPECIFIED(&address)) return Reach::host;
  if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) {
    std::uint32_t inner = 0;
    for (std::size_t n = 12; n < 16; ++n) inner = inner << 8 | address.s6_addr[n];
    return reach_of_v4(inner);
  }
  if (IN6_IS_ADDR_LINKLOCAL(&address)) return Reach::link;
  return (address.s6_addr[0] & 0xfe) == 0xfc ? Reach::site : Reach::everywhere;
}

Result<void> check_header(std::string_view name, std::string_view value) {
  const bool named = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c <= '~' && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
  if (named && is_field_text(value)) return {};
  return Error(Errc::invalid_argument, "header", name, "not the name or not the value of an HTTP field");
}

}  // namespace

Reach reach_of(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    return reach_of_v4(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    return reach_of_v6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return Reach::everywhere;
}

Reach reach_of(const std::string& address) noexcept {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    return reach_of(reinterpret_cast<const sockaddr&>(v4));
  }
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    return reach_of(reinterpret_cast<const sockaddr&>(v6));
  }
  return Reach::everywhere;
}

Result<std::shared_ptr<Exchange>> Exchange::create(const HttpRequest& request,
                                                   std::chrono::milliseconds connect_timeout,
                                                   const std::string& user_agent,
                                                   std::atomic<std::uint64_t>& received) {
  std::shared_ptr<Exchange> exchange(new Exchange(received));
  exchange->handle_.reset(curl_easy_init());
  if (!exchange->handle_) return Error(Errc::io, "libcurl", {}, "makes no handle");
  BAYPLAN_TRY(exchange->set_up(request, connect_timeout, user_agent));
  return exchange;
}

Result<void> Exchange::set_up(const HttpRequest& request, std::chrono::milliseconds connect_timeout,
                              const std::string& user_agent) {
  CURL* handle = handle_.get();
  at_least_ = request.at_least;
  curl_easy_setopt(handle, CURLOPT_URL, request.url.text().c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // Nobody waits for the thread of a name that does not resolve: all transfers would.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, kReadBytes);
  curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, kReadBytes);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, user_agent.c_str());
  const bool http1 = request.alone_on_connection;
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(handle, CURLOPT_PIPEWAIT, http1 ? 0L : 1L);
  set_body(request);
  set_callbacks();
  BAYPLAN_TRY(set_headers(request));
  return set_security(request);
}

Result<void> Exchange::set_headers(const HttpRequest& request) {
  std::vector<std::string> lines = request.headers;
  if (request.trusted) {
    for (const auto& [name, value] : request.endpoint->headers) {
      BAYPLAN_TRY(check_header(name, value));
      lines.push_back(name + ": " + value);
    }
  }
  lines.emplace_back("Expect:");  // waits a second for a 100 that few servers send
  if (std::holds_alternative<std::monostate>(request.body)) lines.emplace_back("Content-Type:");
  curl_slist* list = nullptr;
  for (const std::string& line : lines) list = curl_slist_append(list, line.c_str());
  headers_.reset(list);
  curl_easy_setopt(handle_.get(), CURLOPT_HTTPHEADER, list);
  return {};
}

void Exchange::set_body(const HttpRequest& request) {
  CURL* handle = handle_.get();
  if (const auto* streamed = std::get_if<StreamedBody>(&request.body)) {
    unsent_ = streamed->size;
    body_bytes_ = streamed->size;
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(streamed->size));
  } else if (request.method != "GET" && request.method != "HEAD" && request.method != "DELETE") {
    if (const auto* whole = std::get_if<std::string>(&request.body)) sent_whole_ = *whole;
    body_bytes_ = sent_whole_.size();
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent_whole_.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, sent_whole_.c_str());
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

Result<void> Exchange::set_security(const HttpRequest& request) {
  CURL* handle = handle_.get();
  const images::RegistryEndpoint& endpoint = *request.endpoint;
  if (endpoint.proxy) {
    BAYPLAN_TRY(set(handle, CURLOPT_PROXY, endpoint.proxy->c_str(), "proxy", {}));
  }
  BAYPLAN_TRY(set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2), "TLS", "1.2"));
  if (!endpoint.ca_file.empty()) {
    // libcurl's own directory of the system's certificates stays beside it.
    BAYPLAN_TRY(set(handle, CURLOPT_CAINFO, endpoint.ca_file.c_str(), "CA file", endpoint.ca_file.native()));
  }
  if (!request.trusted) return {};
  if (endpoint.skip_verify) {
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (endpoint.client_certificate.empty()) return {};
  const auto& key = endpoint.client_key.empty() ? endpoint.client_certificate : endpoint.client_key;
  BAYPLAN_TRY(set(handle, CURLOPT_SSLCERT, endpoint.client_certificate.c_str(), "client certificate",
                  endpoint.client_certificate.native()));
  return set(handle, CURLOPT_SSLKEY, key.c_str(), "client key", key.native());
}

void Exchange::set_callbacks() {
  CURL* handle = handle_.get();
  using Callback = std::size_t (*)(char*, std::size_t, std::size_t, void*);
  const Callback header = [](char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->on_header({data, total(size, count)});
  };
  const Callback body = [](char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->on_body({data, total(size, count)});
  };
  const Callback send = [](char* into, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->on_send(into, total(size, count));
  };
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, send);
  curl_easy_setopt(handle, CURLOPT_READDATA, this);
  const curl_opensocket_callback open = [](void* self, curlsocktype, curl_sockaddr* address) {
    return static_cast<Exchange*>(self)->on_open(*address);
  };
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
  const curl_prereq_callback begin = [](void* self, char* peer, char*, int, int) {
    return static_cast<Exchange*>(self)->on_connected(peer);
  };
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, begin);
  curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
}

// Of a connection that was opened for others, too.
int Exchange::on_connected(const char* peer) {
  if (!at_least_ || reach_of(std::string(peer)) >= *at_least_) return CURL_PREREQFUNC_OK;
  refused_address_ = true;
  return CURL_PREREQFUNC_ABORT;
}

// The address that is connected to, whatever a name resolved to before.
curl_socket_t Exchange::on_open(const curl_sockaddr& address) {
  if (at_least_ && reach_of(address.addr) < *at_least_) {
    refused_address_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

}  // namespace bayplan::registry
