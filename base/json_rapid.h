// RapidJSON as this library uses it; included by the json_*.cc files and nothing else.
//
// A namespace of its own, because a program that links us may use RapidJSON with other settings, and the
// linker would keep one of the two. Assertions throw, so that a mistake here is an error of one call and not
// the end of the host program. Memory that is not there throws too: RapidJSON does not look.
#pragma once

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>

#define RAPIDJSON_NAMESPACE bayplan_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace bayplan_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#define RAPIDJSON_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : throw std::logic_error("RapidJSON: " #condition))

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace bayplan::json {

class ThrowingAllocator {
 public:
  // NOLINTBEGIN(readability-identifier-naming): RapidJSON's Allocator concept.
  static constexpr bool kNeedFree = true;
  void* Malloc(std::size_t size) { return size == 0 ? nullptr : checked(std::malloc(size)); }
  void* Realloc(void* old, std::size_t, std::size_t size) {
    if (size != 0) return checked(std::realloc(old, size));
    std::free(old);
    return nullptr;
  }
  static void Free(void* block) { std::free(block); }
  // NOLINTEND(readability-identifier-naming)

 private:
  static void* checked(void* block) { return block != nullptr ? block : throw std::bad_alloc(); }
};

using Encoding = bayplan_rapidjson::UTF8<>;
using Pool = bayplan_rapidjson::MemoryPoolAllocator<ThrowingAllocator>;
using Tree = bayplan_rapidjson::GenericDocument<Encoding, Pool, ThrowingAllocator>;
using Node = bayplan_rapidjson::GenericValue<Encoding, Pool>;

inline std::string_view text_of(const Node& node) { return {node.GetString(), node.GetStringLength()}; }

}  // namespace bayplan::json
