"""The image that bench/image_import.py and bench/image_pull.py take: two layers of files that Debian's packages brought to this machine, about
17,000 entries and 370 MiB, as an OCI layout (directory and tar) with gzip -6 or zstd -3."""

import hashlib
import json
import os
import stat
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

NAME = "localhost/bench:1"
ENTRIES = 17_500
# What debootstrap's minimal system is made of, and what building this project needs: there on whoever runs this.
_FIRST = ("binutils-x86-64-linux-gnu", "cpp-12", "gcc-12", "g++-12", "cmake")
_SECOND = ("python3.11", "libpython3.11-stdlib", "libpython3.11-minimal", "perl-modules-5.36", "libstdc++-12-dev", "git",
           "cmake-data", "libboost1.74-dev")
_PACKERS = {"gzip": ("gzip", "-6", "-n"), "zstd": ("zstd", "-3", "-q")}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass
class Image:
    layout: Path  # a directory
    archive: Path  # the same as a tar


def _files_of(packages):
    """Paths of installed packages that are there, in order; none leads through a link, as /bin/sh does."""
    listed = subprocess.run(["dpkg-query", "-L", *packages], capture_output=True, text=True, check=False).stdout
    named = {path for path in listed.splitlines() if path.startswith("/") and len(path) > 2 and os.path.lexists(path)}
    return sorted({os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in named})


def _minimal_system():
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Priority} ${Package}\n"],
                           capture_output=True, text=True, check=True).stdout
    words = [line.split() for line in shown.splitlines()]
    return [name for state, priority, name in words if state == "installed" and priority in ("required", "important")]


def _write_tar(paths, target):
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in paths:
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode):
                tar.add(path, recursive=False)


def _digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Layout:
    """An OCI layout that grows."""

    def __init__(self, directory):
        self.directory = directory
        self.blobs = directory / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)

    def add_file(self, path, media_type):
        digest = _digest_of(path)
        path.rename(self.blobs / digest)
        return self._descriptor(media_type, digest)

    def add_json(self, value, media_type):
        text = json.dumps(value).encode()
        digest = hashlib.sha256(text).hexdigest()
        (self.blobs / digest).write_bytes(text)
        return self._descriptor(media_type, digest)

    def _descriptor(self, media_type, digest):
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}",
                "size": (self.blobs / digest).stat().st_size}

    def finish(self, manifest):
        repository, tag = NAME.split(":")
        names = {"io.containerd.image.name": f"{repository}:{tag}", "org.opencontainers.image.ref.name": tag}
        index = {"schemaVersion": 2, "manifests": [{**manifest, "annotations": names}]}
        (self.directory / "index.json").write_text(json.dumps(index))
        (self.directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def _pack(tars, packing, work):
    layout = _Layout(work / f"layout-{packing}")
    layers, diff_ids = [], []
    for number, tar in enumerate(tars):
        packed = work / f"layer-{number}.{packing}"
        with open(tar, "rb") as source, open(packed, "wb") as target:
            subprocess.run(_PACKERS[packing], stdin=source, stdout=target, check=True)
        diff_ids.append(f"sha256:{_digest_of(tar)}")
        layers.append(layout.add_file(packed, f"layer.v1.tar+{packing}"))
    architecture = os.uname().machine
    config = layout.add_json({"os": "linux", "architecture": _ARCHITECTURES.get(architecture, architecture), "config": {},
                              "rootfs": {"type": "layers", "diff_ids": diff_ids}}, "config.v1+json")
    manifest = layout.add_json({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                                "config": config, "layers": layers}, "manifest.v1+json")
    layout.finish(manifest)
    archive = work / f"image-{packing}.tar"
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("oci-layout", "index.json", "blobs"):
            tar.add(layout.directory / name, arcname=name)
    return Image(layout.directory, archive)


def build(work: Path):
    """{packing: Image} and a line that says what the image is."""
    first = _files_of(_minimal_system() + list(_FIRST))
    second = _files_of(_SECOND)[:ENTRIES - len(first)]
    tars = [work / "first.tar", work / "second.tar"]
    for paths, tar in zip((first, second), tars):
        _write_tar(paths, tar)
    size = sum(tar.stat().st_size for tar in tars)
    images = {packing: _pack(tars, packing, work) for packing in _PACKERS}
    packed = ", ".join(f"{image.archive.stat().st_size / 2**20:.0f} MiB {packing}" for packing, image in images.items())
    for tar in tars:
        tar.unlink()
    contents = f"2 layers, {len(first) + len(second):,} entries, {size / 2**20:.0f} MiB of tar, {packed}"
    return images, f"{contents}; fresh trees, clock stops after syncfs"


def build_small(work: Path):
    """An Image with one layer of one file."""
    content = work / "content"
    content.write_text("small\n")
    tar = work / "small.tar"
    _write_tar([str(content)], tar)
    return _pack([tar], "gzip", work)
