"""What the comparisons of whole commands on one image share: fresh stores, turns, the clock, the table. Used by
bench/image_import.py and bench/image_pull.py."""

import argparse
import contextlib
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
from typing import Callable

import image_made

NOISY = 1.5  # largest / smallest ratio of the rounds beyond which their median says nothing
ROUNDS = {"full": 5, "quick": 3, "smoke": 1}


class Failed(Exception):
    pass


@dataclass
class Job:
    """What one run has to work with."""
    program: Path  # bayplan's command
    empty: Path  # an empty directory, the peers' PATH: none finds igzip, unpigz or pigz
    store: Path  # an empty directory of its own
    image: object  # what `prepare` answered for this packing


@dataclass
class Comparison:
    name: str  # of --only
    title: str  # of a row, before the packing
    measure: dict  # name of a program -> function of a Job that answers seconds; "bayplan" is the first
    goals: dict  # (packing, peer) -> least ratio
    unable: set  # (packing, peer) that are left out
    prepare: Callable  # context manager: ({packing: image_made.Image}, work) -> {packing: Job.image}


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


def wait_until(answers, daemon, log):
    for _ in range(100):
        if daemon.poll() is not None:
            raise Failed(f"{daemon.args[0]}: {log.read_text()}")
        if answers():
            return
        time.sleep(0.1)
    raise Failed(f"{daemon.args[0]} does not answer: {log.read_text()}")


@contextlib.contextmanager
def daemon(command, log, environment=None):
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def by_podman(job, *command):
    with tempfile.TemporaryDirectory(prefix="bp-", dir="/tmp") as run_root:  # podman takes 50 characters
        places = ["--root", job.store / "root", "--runroot", run_root, "--tmpdir", run_root]
        try:
            return timed(job.store, ["podman", *places, "--storage-driver", "overlay", *command], job.empty)
        finally:  # its storage stays mounted
            subprocess.run(["umount", job.store / "root" / "overlay"], capture_output=True, check=False)


def by_containerd(job, *command):
    """`command` is ctr's. The daemon listens before the clock starts."""
    socket = job.store / "socket"
    config = job.store / "config.toml"
    config.write_text(f'version = 2\nroot = "{job.store}/root"\nstate = "{job.store}/state"\n'
                      f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{socket}"\n')
    environment = {**os.environ, "PATH": str(job.empty), "CONTAINERD_DISABLE_PIGZ": "1"}
    log = job.store / "log"
    with daemon([shutil.which("containerd"), "--config", str(config)], log, environment) as process:
        ctr = ["ctr", "--address", socket]
        wait_until(socket.exists, process, log)
        run([*ctr, "version"])
        spent = timed(job.store, [*ctr, *command], job.empty)
        if not run([*ctr, "image", "ls", "-q"]).strip() or "Committed" not in run([*ctr, "snapshot", "ls"]):
            raise Failed("containerd did not record and unpack the image")
        return spent


def _arguments(comparison):
    parser = argparse.ArgumentParser(prog=f"scripts/bench --only {comparison.name}")
    mode = parser.add_mutually_exclusive_group()
    for name, rounds in ROUNDS.items():
        mode.add_argument(f"--{name}", dest="mode", action="store_const", const=name, help=f"{rounds} rounds")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--json", metavar="FILE", type=Path, help="the rows as JSON")
    parser.add_argument("--programs", metavar="DIR", type=Path, required=True, help=argparse.SUPPRESS)
    parser.set_defaults(mode="full")
    return parser.parse_args()


def _measure(comparison, options, prepared, work):
    """(packing, peer) -> seconds of each round."""
    seconds = {(packing, peer): [] for packing in prepared for peer in comparison.measure
               if (packing, peer) not in comparison.unable}
    empty = work / "empty"
    empty.mkdir()
    rounds = ROUNDS[options.mode]
    for number in range(rounds):
        for packing, peer in seconds:
            store = work / f"{peer}-{packing}-{number}"
            store.mkdir()
            os.sync()  # what one left dirty must not slow the next
            job = Job(options.programs / "bayplan", empty, store, prepared[packing])
            seconds[packing, peer].append(comparison.measure[peer](job))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return seconds


def _rows(comparison, seconds):
    """One for each peer of bayplan's and packing."""
    for (packing, peer), theirs in seconds.items():
        if peer == "bayplan":
            continue
        ours = seconds[packing, "bayplan"]
        ratios = [b / a for a, b in zip(ours, theirs)]  # neighbours in time share their noise
        yield {"row": f"{comparison.title}, {packing}", "unit": "s", "bayplan": statistics.median(ours),
               "peer": statistics.median(theirs), "peer_name": peer, "ratio": statistics.median(ratios),
               "goal": comparison.goals.get((packing, peer)), "noisy": max(ratios) > NOISY * min(ratios),
               "runs": {"bayplan": ours, peer: theirs}}


def _span(runs):
    return f"{statistics.median(runs):.2f} s ({min(runs):.2f}..{max(runs):.2f})"


def _report(described, found):
    print(f"\n{described}; fresh trees, clock stops after syncfs\n")
    missed = 0
    for row in found:
        goal = row["goal"]
        short = goal is not None and row["ratio"] < goal
        missed += short
        verdict = "" if goal is None else f", >= {goal:.2f}: {'MISSED' if short else 'ok'}"
        ours, theirs = row["runs"]["bayplan"], row["runs"][row["peer_name"]]
        print(f"  {row['row']:22} {_span(ours):22} {row['peer_name']:10} {_span(theirs):22} x {row['ratio']:.2f}{verdict}"
              f"{' noisy' if row['noisy'] else ''}")
    print(f"\n{missed} goals missed")
    return 1 if missed else 0


def main(comparison):
    options = _arguments(comparison)
    work = Path(tempfile.mkdtemp(prefix="bayplan-bench-"))
    try:
        images, described = image_made.build(work)
        with comparison.prepare(images, work) as prepared:
            found = list(_rows(comparison, _measure(comparison, options, prepared, work)))
        if options.json:
            options.json.write_text(json.dumps(found, indent=1) + "\n")
        verdict = _report(described, found)
        return 0 if options.mode == "smoke" else verdict
    except Failed as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(work)  # all at the end: ext4 is slow for minutes after a big removal
