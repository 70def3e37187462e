#include "bayplan/containers/spec.h"

#include <algorithm>

#include "bayplan/base/json.h"
#include "bayplan/base/utf8.h"
#include "spec_defaults.h"

namespace bayplan::containers {
namespace {

using Strings = std::vector<std::string>;

// What the process would get must be what was asked for: JSON cannot carry other bytes, exec ends strings at
// NUL.
Result<void> check_text(std::string_view what, std::string_view text) {
  if (text.find('\0') == std::string_view::npos && utf8::valid(text)) return {};
  return Error(Errc::invalid_argument, what, text, "must be UTF-8 without NUL");
}

Result<void> check_texts(std::string_view what, const Strings& texts) {
  for (const std::string& text : texts) BAYPLAN_TRY(check_text(what, text));
  return {};
}

// As `docker run`: another entrypoint makes the image's Cmd, which was meant for its own, meaningless.
Result<Strings> choose_args(const images::ImageConfig& config, const SpecOptions& options) {
  Strings args = options.entrypoint.value_or(config.entrypoint);
  const bool keep_cmd = options.args.empty() && !options.entrypoint;
  const Strings& rest = keep_cmd ? config.cmd : options.args;
  args.insert(args.end(), rest.begin(), rest.end());
  if (args.empty() || args.front().empty()) {
    return Error(Errc::invalid_argument, "spec", {}, "there is no program to run")
        .with_advice("name one: the image has neither an entrypoint nor a command");
  }
  BAYPLAN_TRY(check_texts("argument", args));
  return args;
}

Result<void> set_variable(Strings& env, const std::string& entry) {
  const std::size_t name_size = entry.find('=');
  if (name_size == std::string::npos || name_size == 0) {
    return Error(Errc::invalid_argument, "environment variable", entry, "must be NAME=value");
  }
  BAYPLAN_TRY(check_text("environment variable", entry));
  const std::string_view prefix(entry.data(), name_size + 1);
  const auto same =
      std::find_if(env.begin(), env.end(), [&](const std::string& e) { return e.starts_with(prefix); });
  if (same == env.end()) {
    env.push_back(entry);
  } else {
    *same = entry;
  }
  return {};
}

Result<Strings> merge_env(const images::ImageConfig& config, const SpecOptions& options) {
  Strings env{std::string(kDefaultPath)};
  if (options.terminal) env.emplace_back("TERM=xterm");
  for (const Strings* source : {&config.env, &options.env}) {
    for (const std::string& entry : *source) BAYPLAN_TRY(set_variable(env, entry));
  }
  return env;
}

Result<std::string> choose_working_dir(const images::ImageConfig& config, const SpecOptions& options) {
  const std::string& wanted = options.working_dir.empty() ? config.working_dir : options.working_dir;
  if (wanted.empty()) return std::string("/");
  BAYPLAN_TRY(check_text("working directory", wanted));
  if (!wanted.starts_with('/')) {
    return Error(Errc::invalid_argument, "working directory", wanted, "must be an absolute path");
  }
  return wanted;
}

void write_strings(json::Writer& out, std::string_view name, const Strings& strings) {
  out.key(name).begin_array();
  for (const std::string& text : strings) out.string(text);
  out.end_array();
}

void write_user(json::Writer& out, const ProcessUser& user) {
  out.begin_object().key("uid").unsigned_integer(user.uid).key("gid").unsigned_integer(user.gid);
  if (!user.additional_gids.empty()) {
    out.key("additionalGids").begin_array();
    for (const std::uint32_t gid : user.additional_gids) out.unsigned_integer(gid);
    out.end_array();
  }
  out.end_object();
}

struct Process {
  Strings args;
  Strings env;
  std::string working_dir;
};

void write_process(json::Writer& out, const Process& process, const ProcessUser& user, bool terminal) {
  out.begin_object().key("terminal").boolean(terminal).key("user");
  write_user(out, user);
  write_strings(out, "args", process.args);
  write_strings(out, "env", process.env);
  out.member("cwd", process.working_dir);
  out.key("capabilities");
  write_capabilities(out);
  out.key("rlimits");
  write_rlimits(out);
  out.key("noNewPrivileges").boolean(true);
  out.end_object();
}

}  // namespace

Result<std::string> generate_spec(const images::ImageConfig& config, const ProcessUser& user,
                                  const SpecOptions& options) {
  Process process;
  BAYPLAN_ASSIGN(process.args, choose_args(config, options));
  BAYPLAN_ASSIGN(process.env, merge_env(config, options));
  BAYPLAN_ASSIGN(process.working_dir, choose_working_dir(config, options));
  BAYPLAN_TRY(check_text("host name", options.hostname));

  json::Writer out;
  out.begin_object().member("ociVersion", kOciVersion);
  out.key("root").begin_object().member("path", kRootfsName);
  out.key("readonly").boolean(options.read_only_rootfs).end_object();
  out.key("process");
  write_process(out, process, user, options.terminal);
  if (!options.hostname.empty()) out.member("hostname", options.hostname);
  out.key("mounts");
  write_mounts(out);
  out.key("linux");
  write_linux(out, options.host_network);
  if (options.joins_pod) {
    out.key("annotations").begin_object().member(kJoinsPodAnnotation, "true").end_object();
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace bayplan::containers
