// login, logout.
#include <unistd.h>

#include <memory>

#include "ask.h"
#include "bayplan/base/file.h"
#include "bayplan/images/login.h"
#include "print.h"
#include "remote_arguments.h"
#include "verbs.h"

namespace bayplan::cli {
namespace {

struct LoginArguments {
  std::string registry{};
  std::string user{};
  bool password_stdin = false;
  bool get_login = false;
  bool all = false;
  RemoteArguments remote{};
};

Error not_logged_in(const std::string& registry, const images::RemoteContext& context) {
  return Error(Errc::not_found, "login", registry,
               "there are no credentials in " + quoted(images::login_file(context.dirs).native()));
}

Result<int> show_login(const Session& session, const std::string& registry,
                       const images::RemoteContext& context) {
  BAYPLAN_ASSIGN(const auto found, images::find_credentials(context.dirs, registry, session.control.cancel));
  if (!found) return Error(Errc::not_found, "login", registry, "there are no credentials for it");
  const std::string user = found->user.empty() ? std::string(images::kTokenUser) : found->user;
  if (session.json()) {
    json::Writer out = begin_json();
    out.member("registry", registry).member("user", user).end_object();
    print_json(std::move(out));
  } else {
    print_line(printable(user));
  }
  return 0;
}

Result<images::RegistryCredentials> read_credentials(const LoginArguments& arguments) {
  std::string user = arguments.user;
  if (arguments.password_stdin && user.empty()) {
    return Error(Errc::invalid_argument, "option", "--password-stdin", "needs --username");
  }
  if (user.empty()) {
    BAYPLAN_ASSIGN(user, ask_line("Username: "));
  }
  std::string password;
  if (arguments.password_stdin) {
    BAYPLAN_ASSIGN(password, read_secret());
  } else {
    BAYPLAN_ASSIGN(password, ask_secret("Password: "));
  }
  return images::credentials_of(user, std::move(password));
}

Result<int> login(const Session& session, const LoginArguments& arguments) {
  BAYPLAN_ASSIGN(const images::RemoteContext context, remote_context(arguments.remote));
  if (arguments.get_login) return show_login(session, arguments.registry, context);
  BAYPLAN_ASSIGN(const auto credentials, read_credentials(arguments));
  RegistryClient client;
  const auto file = images::login_file(context.dirs);
  BAYPLAN_TRY(
      images::login(arguments.registry, credentials, file, client.provider(), context, session.control));
  if (session.json()) {
    json::Writer out = begin_json();
    out.member("registry", arguments.registry).member("file", file.native()).end_object();
    print_json(std::move(out));
  } else {
    print_line("logged in to " + printable(arguments.registry));
  }
  return 0;
}

Result<int> logout(const Session& session, const LoginArguments& arguments) {
  if (arguments.all == !arguments.registry.empty()) {
    return Error(Errc::invalid_argument, "logout", {}, "takes either a registry or --all");
  }
  BAYPLAN_ASSIGN(const images::RemoteContext context, remote_context(arguments.remote));
  const auto file = images::login_file(context.dirs);
  std::size_t removed = 0;
  if (arguments.all) {
    BAYPLAN_ASSIGN(removed, images::remove_all_credentials(file, session.control.cancel));
  } else {
    BAYPLAN_ASSIGN(const bool was_there,
                   images::remove_credentials(file, arguments.registry, session.control.cancel));
    if (!was_there) {
      return not_logged_in(arguments.registry, context)
          .with_advice("name another file with --authfile if they are in that");
    }
    removed = 1;
  }
  if (session.json()) {
    json::Writer out = begin_json();
    out.key("removed").unsigned_integer(removed).end_object();
    print_json(std::move(out));
  } else {
    print_line(std::to_string(removed) + " removed");
  }
  return 0;
}

}  // namespace

void add_image_login_commands(CLI::App& image, Session& session) {
  auto in = std::make_shared<LoginArguments>();
  CLI::App* command = add_command(image, session, "login",
                                  "Try credentials with a registry and keep them in the credential file",
                                  [&session, in] { return login(session, *in); });
  command->add_option("REGISTRY", in->registry, "HOST[:PORT], or a repository there")->required();
  command->add_option("-u,--username", in->user, "Default: asked for");
  command->add_flag("--password-stdin", in->password_stdin,
                    "Read the password from standard input; default: asked for");
  command->add_flag("--get-login", in->get_login, "Print the user that is logged in, and do nothing else");
  add_connection_options(*command, in->remote);

  auto out = std::make_shared<LoginArguments>();
  command = add_command(image, session, "logout", "Remove the credentials of a registry",
                        [&session, out] { return logout(session, *out); });
  command->add_option("REGISTRY", out->registry, "HOST[:PORT], or a repository there");
  command->add_flag("-a,--all", out->all, "Those of all registries in the file");
  command->add_option("--authfile", out->remote.auth_file, "Credential file; default: as login");
}

}  // namespace bayplan::cli
