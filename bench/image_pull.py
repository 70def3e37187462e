#!/usr/bin/env python3
"""Times the pull and unpacking of one image from docker-registry on the loopback by bayplan, containerd and podman. Started
by scripts/bench --only pull; see docs/benchmarks.md."""

import contextlib
import shutil
import socket
import sys

import image_made
import image_runs

HOST = "127.0.0.1"


def by_bayplan(job):
    return image_runs.timed(job.store, [job.program, "--root", job.store / "root", "--run-root", job.store / "run", "image", "pull",
                                        "--tls-verify=false", job.image])


def by_containerd(job):
    return image_runs.by_containerd(job, "image", "pull", "--plain-http", "--snapshotter", "overlayfs", job.image)


def by_podman(job):
    return image_runs.by_podman(job, "pull", "-q", "--tls-verify=false", job.image)


def _free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextlib.contextmanager
def prepare(work, _bayplan):
    images, described = image_made.build(work)
    port = _free_port()
    config = work / "registry.yml"
    config.write_text(f"version: 0.1\nlog: {{accesslog: {{disabled: true}}}}\n"
                      f"storage: {{filesystem: {{rootdirectory: {work}/registry}}}}\nhttp: {{addr: '{HOST}:{port}'}}\n")
    log = work / "registry.log"
    with image_runs.daemon([shutil.which("docker-registry"), "serve", str(config)], log) as process:
        image_runs.wait_until(lambda: _listens(port), process, log)
        for packing, image in images.items():
            image_runs.run(["skopeo", "--insecure-policy", "copy", "-q", "--preserve-digests", "--dest-tls-verify=false",
                            f"oci:{image.layout}:1", f"docker://{HOST}:{port}/bench/{packing}:1"])
        yield {packing: f"{HOST}:{port}/bench/{packing}:1" for packing in images}, described


if __name__ == "__main__":
    sys.exit(image_runs.main(image_runs.Comparison(
        name="pull", title="pull + unpack",
        measure={"bayplan": by_bayplan, "containerd": by_containerd, "podman": by_podman},
        goals={("gzip", "containerd"): 2.5, ("gzip", "podman"): 3.0},
        unable=set(), prepare=prepare)))
