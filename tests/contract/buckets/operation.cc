#include "operation.h"

#include <cstring>

#include "bayplan/base/error.h"

namespace bayplan::metadata {
namespace {

void append(std::string& out, std::uint64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

void append(std::string& out, std::string_view text) {
  append(out, std::uint64_t{text.size()});
  out.append(text);
}

std::uint64_t take_number(std::string_view& in) {
  std::uint64_t number = 0;
  std::memcpy(&number, in.data(), sizeof number);
  in.remove_prefix(sizeof number);
  return number;
}

std::string take_text(std::string_view& in) {
  const std::uint64_t size = take_number(in);
  std::string text(in.substr(0, size));
  in.remove_prefix(size);
  return text;
}

std::string shortened(const std::string& key) {
  return quoted(key.substr(0, 16)) + (key.size() > 16 ? "..(" + std::to_string(key.size()) + ")" : "");
}

}  // namespace

std::string Operation::describe() const {
  static constexpr const char* kNames[] = {"put",    "erase", "create",        "create_if_absent",
                                           "remove", "move",  "next_sequence", "set_sequence"};
  return std::string(kNames[static_cast<std::size_t>(kind)]) + " " + shortened(key) + " of bucket " +
         std::to_string(bucket) + ", number " + std::to_string(number) + ", to " + shortened(new_key) +
         " of bucket " + std::to_string(target);
}

std::string encode_operations(const std::vector<Operation>& operations) {
  std::string out;
  for (const Operation& operation : operations) {
    append(out, static_cast<std::uint64_t>(operation.kind));
    for (const std::uint64_t number :
         {operation.bucket, operation.number, operation.fill, operation.target}) {
      append(out, number);
    }
    append(out, operation.key);
    append(out, operation.new_key);
  }
  return out;
}

std::vector<Operation> decode_operations(std::string_view bytes) {
  std::vector<Operation> operations;
  while (!bytes.empty()) {
    Operation& operation = operations.emplace_back();
    operation.kind = static_cast<Operation::Kind>(take_number(bytes));
    for (std::uint64_t* number : {&operation.bucket, &operation.number, &operation.fill, &operation.target}) {
      *number = take_number(bytes);
    }
    operation.key = take_text(bytes);
    operation.new_key = take_text(bytes);
  }
  return operations;
}

}  // namespace bayplan::metadata
