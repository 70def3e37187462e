#include "support/bolt_builder.h"

#include <cstring>

namespace bayplan::test {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::size_t kElement = 16;

template <class T>
void put(std::string& to, std::size_t at, T number) {
  std::memcpy(to.data() + at, &number, sizeof number);  // tests run on little-endian machines
}

std::string bucket_value(std::uint64_t root, std::uint64_t sequence) {
  std::string value(16, '\0');
  put(value, 0, root);
  put(value, 8, sequence);
  return value;
}

std::size_t size_of(const BoltElement& element) {
  return kElement + element.key.size() + element.value.size();
}

class Builder {
 public:
  explicit Builder(const BoltLayout& layout) : layout_(layout), next_(2 + layout.free_pages) {}

  std::string build(const metadata::Bucket& root) {
    const std::uint64_t page = write_tree(elements_of(root));
    const std::uint64_t list = layout_.free_list ? write_free_list() : ~std::uint64_t{0};
    std::string file((2 + layout_.free_pages) * layout_.page_bytes, '\0');
    for (std::uint64_t number = 0; number < 2; ++number) {
      std::string meta = this->meta(number, page, root.sequence().value(), list);
      file.replace(number * layout_.page_bytes, meta.size(), meta);
    }
    return file + pages_;
  }

 private:
  std::vector<BoltElement> elements_of(const metadata::Bucket& bucket) {
    std::vector<BoltElement> elements;
    bucket
        .for_each([&](const metadata::Entry& entry) -> Result<void> {
          BoltElement element{std::string(entry.key), std::string(entry.value)};
          if (entry.is_bucket) {
            element.flags = 1;
            element.value = value_of(bucket.bucket(entry.key).value().value());
          }
          elements.push_back(std::move(element));
          return {};
        })
        .value();
    return elements;
  }

  std::string value_of(const metadata::Bucket& bucket) {
    const std::uint64_t sequence = bucket.sequence().value();
    const std::vector<BoltElement> elements = elements_of(bucket);
    bool inlined = true;
    std::size_t size = kHeader;
    for (const BoltElement& element : elements) {
      size += size_of(element);
      inlined &= element.flags == 0;
    }
    if (inlined && size <= layout_.page_bytes / 4)
      return bucket_value(0, sequence) + bolt_page(0, true, elements, 0);
    return bucket_value(write_tree(elements), sequence);
  }

  std::uint64_t add(bool leaf, const std::vector<BoltElement>& elements) {
    const std::uint64_t number = next_;
    const std::string page = bolt_page(number, leaf, elements, layout_.page_bytes);
    next_ += page.size() / layout_.page_bytes;
    pages_ += page;
    return number;
  }

  // Pages of one level; answers what their parents hold.
  std::vector<BoltElement> write_level(bool leaf, const std::vector<BoltElement>& elements) {
    std::vector<BoltElement> parents;
    for (std::size_t begin = 0; begin < elements.size();) {
      std::size_t end = begin;
      std::size_t size = kHeader;
      for (; end < elements.size(); ++end) {
        size += size_of(elements[end]);
        if (end - begin >= 2 && size > layout_.page_bytes / 2) break;
      }
      const std::vector<BoltElement> part(elements.begin() + static_cast<std::ptrdiff_t>(begin),
                                          elements.begin() + static_cast<std::ptrdiff_t>(end));
      parents.push_back({part.front().key, {}, 0, add(leaf, part)});
      begin = end;
    }
    return parents;
  }

  std::uint64_t write_tree(const std::vector<BoltElement>& elements) {
    if (elements.empty()) return add(true, {});
    std::vector<BoltElement> level = write_level(true, elements);
    while (level.size() > 1) level = write_level(false, level);
    return level.front().child;
  }

  std::uint64_t write_free_list() {
    std::string page(layout_.page_bytes, '\0');
    put(page, 0, next_);
    put(page, 8, std::uint16_t{0x10});
    put(page, 10, static_cast<std::uint16_t>(layout_.free_pages));
    for (std::uint64_t i = 0; i < layout_.free_pages; ++i) put(page, kHeader + 8 * i, 2 + i);
    pages_ += page;
    return next_++;
  }

  std::string meta(std::uint64_t number, std::uint64_t root, std::uint64_t sequence, std::uint64_t list) {
    std::string page(80, '\0');
    put(page, 0, number);
    put(page, 8, std::uint16_t{4});
    put(page, 16, std::uint32_t{0xED0CDAED});
    put(page, 20, std::uint32_t{2});
    put(page, 24, layout_.page_bytes);
    put(page, 32, root);
    put(page, 40, sequence);
    put(page, 48, list);
    put(page, 56, next_);
    put(page, 64, layout_.transaction - (layout_.transaction % 2 == number ? 0 : 1));
    seal_bolt_meta(page.data());
    return page;
  }

  BoltLayout layout_;
  std::uint64_t next_;
  std::string pages_;
};

}  // namespace

std::string bolt_file(const metadata::Bucket& root, const BoltLayout& layout) {
  return Builder(layout).build(root);
}

std::string bolt_page(std::uint64_t number, bool leaf, const std::vector<BoltElement>& elements,
                      std::uint32_t page_bytes) {
  std::string page(kHeader + kElement * elements.size(), '\0');
  put(page, 0, number);
  put(page, 8, static_cast<std::uint16_t>(leaf ? 2 : 1));
  put(page, 10, static_cast<std::uint16_t>(elements.size()));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const BoltElement& element = elements[i];
    const std::size_t at = kHeader + kElement * i;
    const auto place = static_cast<std::uint32_t>(page.size() - at);
    if (leaf) {
      put(page, at, element.flags);
      put(page, at + 4, place);
      put(page, at + 8, static_cast<std::uint32_t>(element.key.size()));
      put(page, at + 12, static_cast<std::uint32_t>(element.value.size()));
    } else {
      put(page, at, place);
      put(page, at + 4, static_cast<std::uint32_t>(element.key.size()));
      put(page, at + 8, element.child);
    }
    page += element.key + element.value;
  }
  if (page_bytes == 0) return page;
  const std::size_t pages = (page.size() + page_bytes - 1) / page_bytes;
  put(page, 12, static_cast<std::uint32_t>(pages - 1));
  page.resize(pages * page_bytes);
  return page;
}

void seal_bolt_meta(char* page) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (std::size_t i = 16; i < 72; ++i) sum = (sum ^ static_cast<unsigned char>(page[i])) * 0x100000001b3;
  std::memcpy(page + 72, &sum, sizeof sum);
}

}  // namespace bayplan::test
