"""What the comparisons of whole commands share: fresh stores, turns, the clock, the table. Used by bench/image_import.py,
bench/image_pull.py and bench/image_ls.py."""

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
    image: object  # what `prepare` answered for this case


@dataclass
class Comparison:
    name: str  # of --only
    title: str  # of a row, before the case
    measure: dict  # name of a program -> function of a Job that answers seconds; "bayplan" is the first
    goals: dict  # (case, peer) -> least ratio
    unable: set  # (case, peer) that are left out
    prepare: Callable  # context manager of a work directory and bayplan's command: ({case: Job.image}, what it is)


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


@contextlib.contextmanager
def podman(store):
    """The beginning of a command line of podman with a store of its own."""
    with tempfile.TemporaryDirectory(prefix="bp-", dir="/tmp") as run_root:  # podman takes 50 characters
        try:
            yield ["podman", "--root", store / "root", "--runroot", run_root, "--tmpdir", run_root, "--storage-driver", "overlay"]
        finally:  # its storage stays mounted
            subprocess.run(["umount", store / "root" / "overlay"], capture_output=True, check=False)


def by_podman(job, *command):
    with podman(job.store) as places:
        return timed(job.store, [*places, *command], job.empty)


@contextlib.contextmanager
def containerd(store, path):
    """The beginning of a command line of ctr; its daemon listens, with `path` for its PATH."""
    socket = store / "socket"
    config = store / "config.toml"
    config.write_text(f'version = 2\nroot = "{store}/root"\nstate = "{store}/state"\n'
                      f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{socket}"\n')
    environment = {**os.environ, "PATH": str(path), "CONTAINERD_DISABLE_PIGZ": "1"}
    log = store / "log"
    with daemon([shutil.which("containerd"), "--config", str(config)], log, environment) as process:
        ctr = ["ctr", "--address", socket]
        wait_until(socket.exists, process, log)
        run([*ctr, "version"])
        yield ctr


def by_containerd(job, *command):
    """`command` is ctr's."""
    with containerd(job.store, job.empty) as ctr:
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
    """(case, peer) -> seconds of each round."""
    seconds = {(case, peer): [] for case in prepared for peer in comparison.measure
               if (case, peer) not in comparison.unable}
    empty = work / "empty"
    empty.mkdir()
    rounds = ROUNDS[options.mode]
    for number in range(rounds):
        for case, peer in seconds:
            store = work / f"{peer}-{case.replace(' ', '-')}-{number}"
            store.mkdir()
            os.sync()  # what one left dirty must not slow the next
            job = Job(options.programs / "bayplan", empty, store, prepared[case])
            seconds[case, peer].append(comparison.measure[peer](job))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return seconds


def _rows(comparison, seconds):
    """One for each peer of bayplan's and case."""
    for (case, peer), theirs in seconds.items():
        if peer == "bayplan":
            continue
        ours = seconds[case, "bayplan"]
        ratios = [b / a for a, b in zip(ours, theirs)]  # neighbours in time share their noise
        yield {"row": f"{comparison.title}, {case}", "unit": "s", "bayplan": statistics.median(ours),
               "peer": statistics.median(theirs), "peer_name": peer, "ratio": statistics.median(ratios),
               "goal": comparison.goals.get((case, peer)), "noisy": max(ratios) > NOISY * min(ratios),
               "runs": {"bayplan": ours, peer: theirs}}


def _span(runs):
    unit, factor, digits = ("s", 1, 2) if statistics.median(runs) > 0.1 else ("ms", 1000, 1)
    middle, least, most = (f"{value * factor:.{digits}f}" for value in (statistics.median(runs), min(runs), max(runs)))
    return f"{middle} {unit} ({least}..{most})"


def _report(described, found):
    print(f"\n{described}\n")
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
        with comparison.prepare(work, options.programs / "bayplan") as (prepared, described):
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
