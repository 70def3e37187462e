#!/usr/bin/env python3
"""Times `image ls` as a whole process against ctr, whose daemon runs already, and podman, each with as many names of one
image. Started by scripts/bench --only ls; see docs/benchmarks.md."""

import contextlib
import statistics
import sys
import time

import image_made
import image_runs

NAMES = 1000
RUNS = 20  # of the command in one turn; their median is the figure
CASE = f"{NAMES:,} names"


def _median_run(command):
    spent = []
    for _ in range(RUNS):
        start = time.perf_counter()
        listed = image_runs.run(command)
        spent.append(time.perf_counter() - start)
    if listed.count("bench-") < NAMES:
        raise image_runs.Failed(f"{command[0]} did not list {NAMES} images")
    return statistics.median(spent)


def _by(peer):
    return lambda job: _median_run(job.image[peer])


def _names():
    return [f"localhost/bench-{number}:1" for number in range(NAMES)]


@contextlib.contextmanager
def prepare(work, bayplan):
    image = image_made.build_small(work)
    stores = {peer: work / f"with-names-{peer}" for peer in ("bayplan", "containerd", "podman")}
    for store in stores.values():
        store.mkdir()
    ours = [bayplan, "--root", stores["bayplan"] / "root", "--run-root", stores["bayplan"] / "run", "image"]
    with image_runs.containerd(stores["containerd"], "/usr/sbin:/usr/bin") as ctr, image_runs.podman(stores["podman"]) as podman:
        image_runs.run([*ours, "import", image.archive])
        image_runs.run([*ours, "tag", image_made.NAME, *_names()])
        image_runs.run([*ctr, "image", "import", image.archive])
        image_runs.run([*ctr, "image", "tag", image_made.NAME, *_names()])
        image_runs.run([*podman, "load", "-q", "-i", image.archive])
        image_runs.run([*podman, "tag", image_made.NAME, *_names()])
        yield {CASE: {"bayplan": [*ours, "ls"], "containerd": [*ctr, "image", "ls"], "podman": [*podman, "images"]}}, "one image"


if __name__ == "__main__":
    sys.exit(image_runs.main(image_runs.Comparison(
        name="ls", title="image ls",
        measure={"bayplan": _by("bayplan"), "containerd": _by("containerd"), "podman": _by("podman")},
        goals={(CASE, "containerd"): 4.0, (CASE, "podman"): 8.0},
        unable=set(), prepare=prepare)))
