#include "record_json.h"

namespace bayplan::cli {

void write_any(json::Writer& out, const metadata::Any& any) {
  out.begin_object().member("typeUrl", any.type_url);
  if (const auto value = json::Document::parse(any.value, any.type_url)) {
    out.key("value").value(value->root());
  } else {
    out.key("bytes").unsigned_integer(any.value.size());
  }
  out.end_object();
}

void write_record_parts(json::Writer& out, const containers::Runtime& runtime,
                        const containers::Extensions& extensions) {
  if (runtime.options) {
    out.key("runtimeOptions");
    write_any(out, *runtime.options);
  }
  out.key("extensions").begin_object();
  for (const auto& [name, any] : extensions) {
    out.key(name);
    write_any(out, any);
  }
  out.end_object();
}

}  // namespace bayplan::cli
