# shellcheck shell=bash
# Sourced: busybox_image DIR makes DIR, an OCI image layout of two layers from Debian's busybox-static.

# put_blob DIR FILE: moves FILE under its digest, prints "digest size".
put_blob() {
  local digest size
  digest=$(sha256sum "$2" | cut -d' ' -f1)
  size=$(stat -c %s "$2")
  mv "$2" "$1/blobs/sha256/$digest"
  echo "sha256:$digest $size"
}

# put_layer DIR TREE: packs TREE as a gzip layer, prints "digest size diffid".
put_layer() {
  local tar=$2.tar diff
  tar --sort=name --numeric-owner --owner=0 --group=0 -C "$2" -cf "$tar" .
  diff=sha256:$(sha256sum "$tar" | cut -d' ' -f1)
  gzip -n "$tar"
  echo "$(put_blob "$1" "$tar.gz") $diff"
}

busybox_image() {
  local out=$1 busybox applet work
  busybox=$(command -v busybox)
  work=$(mktemp -d)
  mkdir -p "$out/blobs/sha256" "$work"/base/{bin,proc,sys,dev,tmp} "$work"/top/etc
  cp "$busybox" "$work/base/bin/busybox"
  for applet in $("$busybox" --list); do
    [[ $applet = busybox ]] || ln -s busybox "$work/base/bin/$applet"
  done
  chmod 1777 "$work/base/tmp"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$work/top/etc/passwd"
  echo 'NAME="bayplan demo"' >"$work/top/etc/os-release"

  local base top config manifest architecture
  read -ra base <<<"$(put_layer "$out" "$work/base")"
  read -ra top <<<"$(put_layer "$out" "$work/top")"
  case $(uname -m) in x86_64) architecture=amd64 ;; aarch64) architecture=arm64 ;; *) architecture=$(uname -m) ;; esac
  cat >"$work/config" <<JSON
{"architecture":"$architecture","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["/bin/sh"]},
 "rootfs":{"type":"layers","diff_ids":["${base[2]}","${top[2]}"]}}
JSON
  read -ra config <<<"$(put_blob "$out" "$work/config")"
  cat >"$work/manifest" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
 "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"${config[0]}","size":${config[1]}},
 "layers":[
  {"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"${base[0]}","size":${base[1]}},
  {"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"${top[0]}","size":${top[1]}}]}
JSON
  read -ra manifest <<<"$(put_blob "$out" "$work/manifest")"
  cat >"$out/index.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
 {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${manifest[0]}","size":${manifest[1]},
  "annotations":{"org.opencontainers.image.ref.name":"demo.local/busybox:1"}}]}
JSON
  echo '{"imageLayoutVersion":"1.0.0"}' >"$out/oci-layout"
  rm -rf "$work"
}
