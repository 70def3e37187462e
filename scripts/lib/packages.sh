# shellcheck shell=bash
# Sourced by the scripts: installs what a step needs from Debian, saying what and why. Nothing to do: says nothing.

# need PACKAGE...: remembers the packages that are not installed.
missing=()
need() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
}

# install_missing WHY: installs them with apt-get, as root or through sudo.
install_missing() {
  ((${#missing[@]})) || return 0
  local sudo=()
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || { echo "needs root or sudo to install: ${missing[*]}" >&2; return 1; }
    sudo=(sudo)
  fi
  echo "installing for $1: ${missing[*]}"
  if [[ " ${missing[*]} " == *" docker-registry "* && -d /run/systemd/system ]]; then
    echo "masking docker-registry.service, which would serve everybody on port 5000"
    "${sudo[@]}" systemctl mask docker-registry.service
  fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  missing=()
}

# shellcheck disable=SC2034 # used by the scripts that source this
build_packages=(g++ cmake ninja-build pkgconf liblmdb-dev libre2-dev rapidjson-dev libzstd-dev libisal-dev libssl-dev
                libcli11-dev libcurl4-openssl-dev libboost-dev libgtest-dev libgmock-dev libbenchmark-dev)
# shellcheck disable=SC2034
run_packages=(runc busybox-static)
# shellcheck disable=SC2034
test_packages=(docker-registry apache2-utils openssl crun)
