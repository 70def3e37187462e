#!/usr/bin/env python3
"""Times the import and unpacking of one image by bayplan, containerd, podman and umoci. Started by scripts/bench --only
import; see docs/benchmarks.md."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import import_image

PEERS = ("bayplan", "containerd", "podman", "umoci")
GOALS = {("gzip", "containerd"): 2.6, ("zstd", "containerd"): 2.0}
UNABLE = {("zstd", "umoci")}  # 0.4.7 knows no zstd
NOISY = 1.5  # largest / smallest ratio of the rounds beyond which their median says nothing
ROUNDS = {"full": 5, "quick": 3, "smoke": 1}


class Failed(Exception):
    pass


@dataclass
class Job:
    """What one run has to work with. `store` is a directory of its own that does not exist yet."""
    program: Path  # bayplan's command
    empty: Path  # an empty directory, the peers' PATH: none finds igzip, unpigz or pigz
    layout: Path
    archive: Path
    store: Path


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench --only import")
    mode = parser.add_mutually_exclusive_group()
    for name, rounds in ROUNDS.items():
        mode.add_argument(f"--{name}", dest="mode", action="store_const", const=name, help=f"{rounds} rounds")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--json", metavar="FILE", type=Path, help="the rows as JSON")
    parser.add_argument("--programs", metavar="DIR", type=Path, required=True, help=argparse.SUPPRESS)
    parser.set_defaults(mode="full")
    return parser.parse_args()


def run(command, path=None):
    environment = {**os.environ, "PATH": str(path)} if path else None
    program = shutil.which(str(command[0]))
    done = subprocess.run([program, *map(str, command[1:])], capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def timed(store, command, path=None):
    """Seconds until all of it is on the disk, whether or not the command syncs by itself."""
    start = time.perf_counter()
    run(command, path)
    run(["sync", "-f", store])
    return time.perf_counter() - start


def by_bayplan(job):
    return timed(job.store.parent, [job.program, "--root", job.store, "image", "import", job.archive])


def by_podman(job):
    with tempfile.TemporaryDirectory(prefix="bp-", dir="/tmp") as run_root:  # podman takes 50 characters
        places = ["--root", job.store / "root", "--runroot", run_root, "--tmpdir", run_root]
        load = ["podman", *places, "--storage-driver", "overlay", "load", "-q", "-i", job.archive]
        try:
            return timed(job.store, load, job.empty)
        finally:  # its storage stays mounted
            subprocess.run(["umount", job.store / "root" / "overlay"], capture_output=True, check=False)


def by_umoci(job):
    return timed(job.store, ["umoci", "unpack", "--image", f"{job.layout}:1", job.store / "bundle"], job.empty)


def by_containerd(job):
    socket = job.store / "socket"
    config = job.store / "config.toml"
    config.write_text(f'version = 2\nroot = "{job.store}/root"\nstate = "{job.store}/state"\n'
                      f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{socket}"\n')
    with open(job.store / "log", "wb") as log:
        daemon = subprocess.Popen([shutil.which("containerd"), "--config", str(config)], stdout=log, stderr=log,
                                  env={**os.environ, "PATH": str(job.empty), "CONTAINERD_DISABLE_PIGZ": "1"})
    ctr = ["ctr", "--address", socket]
    try:
        for _ in range(100):  # it answers as soon as it listens
            if daemon.poll() is not None:
                raise Failed(f"containerd: {(job.store / 'log').read_text()}")
            if socket.exists():
                break
            time.sleep(0.1)
        run([*ctr, "version"])
        spent = timed(job.store, [*ctr, "image", "import", "--snapshotter", "overlayfs", job.archive], job.empty)
        if import_image.NAME not in run([*ctr, "image", "ls", "-q"]) or "Committed" not in run([*ctr, "snapshot", "ls"]):
            raise Failed("containerd did not import and unpack")
        return spent
    finally:
        daemon.terminate()
        daemon.wait()


MEASURE = {"bayplan": by_bayplan, "containerd": by_containerd, "podman": by_podman, "umoci": by_umoci}


def measure(options, images, work):
    """(packing, peer) -> seconds of each round."""
    seconds = {(packing, peer): [] for packing in images for peer in PEERS if (packing, peer) not in UNABLE}
    empty = work / "empty"
    empty.mkdir()
    rounds = ROUNDS[options.mode]
    for number in range(rounds):
        for packing, peer in seconds:
            store = work / f"{peer}-{packing}-{number}"
            store.mkdir()
            os.sync()  # what one left dirty must not slow the next
            job = Job(options.programs / "bayplan", empty, *images[packing], store / "store")
            job.store.mkdir()
            seconds[packing, peer].append(MEASURE[peer](job))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return seconds


def rows(seconds):
    """One for each peer of bayplan's and packing."""
    for (packing, peer), theirs in seconds.items():
        if peer == "bayplan":
            continue
        ours = seconds[packing, "bayplan"]
        ratios = [b / a for a, b in zip(ours, theirs)]  # neighbours in time share their noise
        yield {"row": f"import + unpack, {packing}", "unit": "s", "bayplan": statistics.median(ours),
               "peer": statistics.median(theirs), "peer_name": peer, "ratio": statistics.median(ratios),
               "goal": GOALS.get((packing, peer)), "noisy": max(ratios) > NOISY * min(ratios),
               "runs": {"bayplan": ours, peer: theirs}}


def span(runs):
    return f"{statistics.median(runs):.2f} s ({min(runs):.2f}..{max(runs):.2f})"


def report(described, found):
    print(f"\n{described}; fresh trees, clock stops after syncfs\n")
    missed = 0
    for row in found:
        goal = row["goal"]
        short = goal is not None and row["ratio"] < goal
        missed += short
        verdict = "" if goal is None else f", >= {goal:.2f}: {'MISSED' if short else 'ok'}"
        ours, theirs = row["runs"]["bayplan"], row["runs"][row["peer_name"]]
        print(f"  {row['row']:22} {span(ours):22} {row['peer_name']:10} {span(theirs):22} x {row['ratio']:.2f}{verdict}"
              f"{' noisy' if row['noisy'] else ''}")
    print(f"\n{missed} goals missed")
    return 1 if missed else 0


def main():
    options = arguments()
    work = Path(tempfile.mkdtemp(prefix="bayplan-bench-"))
    try:
        images, described = import_image.build(work)
        found = list(rows(measure(options, images, work)))
        if options.json:
            options.json.write_text(json.dumps(found, indent=1) + "\n")
        verdict = report(described, found)
        return 0 if options.mode == "smoke" else verdict
    except Failed as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(work)  # all at the end: ext4 is slow for minutes after a big removal


if __name__ == "__main__":
    sys.exit(main())
