// Owners of libcurl's objects.
#pragma once

#include <curl/curl.h>

#include <memory>

namespace bayplan::registry {

// CURL and CURLM are one type to C++: what frees them tells them apart.
template <auto Free>
struct CurlDeleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using UniqueEasy = std::unique_ptr<CURL, CurlDeleter<curl_easy_cleanup>>;
using UniqueMulti = std::unique_ptr<CURLM, CurlDeleter<curl_multi_cleanup>>;
using UniqueUrl = std::unique_ptr<CURLU, CurlDeleter<curl_url_cleanup>>;
using UniqueList = std::unique_ptr<curl_slist, CurlDeleter<curl_slist_free_all>>;
using UniqueCurlText = std::unique_ptr<char, CurlDeleter<curl_free>>;

}  // namespace bayplan::registry
