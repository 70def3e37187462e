#!/usr/bin/env python3
"""Times the import and unpacking of one image by bayplan, containerd, podman and umoci. Started by scripts/bench --only
import; see docs/benchmarks.md."""

import contextlib
import sys

import image_made
import image_runs


def by_bayplan(job):
    return image_runs.timed(job.store, [job.program, "--root", job.store / "root", "image", "import", job.image.archive])


def by_containerd(job):
    return image_runs.by_containerd(job, "image", "import", "--snapshotter", "overlayfs", job.image.archive)


def by_podman(job):
    return image_runs.by_podman(job, "load", "-q", "-i", job.image.archive)


def by_umoci(job):
    unpack = ["umoci", "unpack", "--image", f"{job.image.layout}:1", job.store / "bundle"]
    return image_runs.timed(job.store, unpack, job.empty)


@contextlib.contextmanager
def prepare(work, _bayplan):
    yield image_made.build(work)


if __name__ == "__main__":
    sys.exit(image_runs.main(image_runs.Comparison(
        name="import", title="import + unpack",
        measure={"bayplan": by_bayplan, "containerd": by_containerd, "podman": by_podman, "umoci": by_umoci},
        goals={("gzip", "containerd"): 2.6, ("zstd", "containerd"): 2.0},
        unable={("zstd", "umoci")},  # 0.4.7 knows no zstd
        prepare=prepare)))
