#!/usr/bin/env python3
"""Times pods of three containers, created, listed and removed command by command, against podman; and a thousand of them
through the library, in one process. Started by scripts/bench --only pods; see docs/benchmarks.md."""

import contextlib
import json
import sys
import time

import image_made
import image_runs

PODS = 20
IN_PROCESS = 1000
MEMBERS = 2


def _pods():
    return [f"pod-{number}" for number in range(PODS)]


def _bayplan_create(ours, pod):
    yield [*ours, "pod", "create", "--image", image_made.NAME, "--id", f"{pod}-id", pod, "/x"]
    for member in range(MEMBERS):
        yield [*ours, "container", "create", "--pod", pod, image_made.NAME, f"{pod}-{member}", "/x"]


def _podman_create(podman, pod):
    yield [*podman, "pod", "create", "--infra-image", image_made.NAME, "--infra-command", "/x", "--name", pod]
    for member in range(MEMBERS):
        yield [*podman, "create", "--pod", pod, "--name", f"{pod}-{member}", image_made.NAME, "/x"]


def _phases(create, program, listing, remove):
    """What each case runs: what comes before the clock starts, and what it measures."""
    made = [command for pod in _pods() for command in create(program, pod)]
    return {"create": ([], made), "list": (made, [listing]), "remove": (made, [remove(pod) for pod in _pods()])}


def _spent(job, phases):
    before, measured = phases[job.image["case"]]
    for command in before:
        image_runs.run(command)
    start = time.perf_counter()
    for command in measured:
        listed = image_runs.run(command)
    spent = time.perf_counter() - start
    if job.image["case"] == "list" and listed.count("pod-") < PODS:
        raise image_runs.Failed(f"{measured[0][0]} did not list {PODS} pods")
    return spent / len(_pods())


def by_bayplan(job):
    ours = [job.program, "--root", job.store / "root", "--run-root", job.store / "run", "--snapshotter", "overlay"]
    image_runs.run([*ours, "image", "import", job.image["archive"]])
    return _spent(job, _phases(_bayplan_create, ours, [*ours, "pod", "ls"], lambda pod: [*ours, "pod", "rm", pod]))


def by_podman(job):
    with image_runs.podman(job.store) as podman:
        image_runs.run([*podman, "load", "-q", "-i", job.image["archive"]])
        listing = [*podman, "pod", "ps"]
        return _spent(job, _phases(_podman_create, podman, listing, lambda pod: [*podman, "pod", "rm", pod]))


def _milliseconds(row):
    return f"{row['p50_ns'] / 1e6:.2f} ms"


def _in_process(programs, work):
    """A line of what the library does without commands between."""
    store = work / "in-process"
    printed = image_runs.run([programs / "peer_containers", "--dir", store, "--records", IN_PROCESS, "--ops", 1, "--reads", 20,
                              "--rows", "pods"]).splitlines()
    rows = {row["row"]: row for row in map(json.loads, (line for line in printed if line.startswith("{")))}
    words = [f"{what} {_milliseconds(rows[f'pods_{what}'])}" for what in ("create", "list", "delete")]
    return f"in one process, of {IN_PROCESS:,} pods (median): {', '.join(words)}; {printed[-1]}"


@contextlib.contextmanager
def prepare(work, bayplan):
    image = image_made.build_small(work)
    cases = {case: {"case": case, "archive": image.archive} for case in ("create", "list", "remove")}
    yield cases, f"{PODS} pods of {1 + MEMBERS} containers, seconds a pod, one command each; {_in_process(bayplan.parent, work)}"


if __name__ == "__main__":
    sys.exit(image_runs.main(image_runs.Comparison(
        name="pods", title="pods", measure={"bayplan": by_bayplan, "podman": by_podman},
        goals={("create", "podman"): 5.0, ("remove", "podman"): 5.0}, unable=set(), prepare=prepare)))
