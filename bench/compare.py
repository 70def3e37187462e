#!/usr/bin/env python3
"""Runs the programs of bench/peers in turn and compares them. Started by scripts/bench; see docs/benchmarks.md."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import comparison
import syncs

# Each group is one process of each program, so that what is compared runs within seconds of each other.
GROUPS = ("load", "wide,checked", "sorted", "open", "open", "open", "get", "list,names,named,labelled", "update", "create",
          "readers2", "delete", "writers8,submit8", "writers64,submit64", "ingest1,ingest8",
          "ingest256")
OWN_STORE = ("wide,checked", "sorted", "mark,collect", "prepare,commit,commit_sync,removed", "removed_async")
# Each in a process of its own: what a row before it left in the allocator would count.
SAVEPOINTS = ("savepoint1", "savepoint2", "savepoint4", "savepoint8", "levels8", "pending1", "pending8")
GRAPHS = ("mark,collect",)
SNAPSHOTS = ("prepare,commit,commit_sync,removed", "removed_async")
_RECORD_STORES = ("records", "containerd")
RECORD_PEERS = tuple(peer for peer in comparison.PEERS if peer not in comparison.SNAPSHOTTERS)
PEERS_OF = {"wide,checked": ("lmdb",), "sorted": ("bayplan", "lmdb", "bbolt", "containerd"), "readers2": ("records", "lmdb", "containerd"),
            "ingest1,ingest8": (*_RECORD_STORES, "lmdb"), "ingest256": _RECORD_STORES,
            **dict.fromkeys(GRAPHS, _RECORD_STORES), **dict.fromkeys(SAVEPOINTS, comparison.NESTED),
            SNAPSHOTS[0]: comparison.SNAPSHOTTERS, SNAPSHOTS[1]: comparison.SNAPSHOTTERS[1:]}
SAME_ANSWER = ("get", "list", "names", "open", "named", "labelled", "collect")


@dataclass
class Mode:
    rounds: int
    sizes: tuple  # numbers of records
    graphs: tuple  # numbers of images in the graphs that are collected
    snapshots: tuple  # numbers of snapshots that are present
    ops: int  # durable operations
    reads: int


MODES = {
    "smoke": Mode(1, (20,), (20,), (20,), 2, 10),
    "quick": Mode(3, (10_000,), (1000, 10_000), (1000, 4000), 200, 20_000),
    "full": Mode(5, (10_000, 100_000), (1000, 10_000), (1000, 4000), 1000, 100_000),
}


class Failed(Exception):
    pass


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench",
                                     description="bayplan, raw LMDB, bbolt and containerd at the same job")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--quick", dest="mode", action="store_const", const="quick", help="10k records, 3 rounds")
    mode.add_argument("--full", dest="mode", action="store_const", const="full", help="10k and 100k, 5 rounds (default)")
    mode.add_argument("--smoke", dest="mode", action="store_const", const="smoke", help="only shows that all of it runs")
    parser.add_argument("--only", metavar="X", help="only rows with X in their name")
    parser.add_argument("--json", metavar="FILE", type=Path, help="the rows as JSON")
    parser.add_argument("--syncs", action="store_true", help="also count syncs and writes per operation (strace)")
    parser.add_argument("--programs", metavar="DIR", type=Path, required=True, help=argparse.SUPPRESS)
    parser.set_defaults(mode="full")
    return parser.parse_args()


def find_programs(directory, wanted):
    """peer -> program, of those that the rows compare."""
    rows = comparison.wanted_rows(wanted)
    peers = {peer for table, _ in rows for peer in table.peers} | {"lmdb" for _, row in rows if row.ceiling}
    if os.geteuid() != 0:
        peers -= set(comparison.SNAPSHOTTERS)  # only root can mount an overlay
    programs = {peer: directory / f"peer_{peer}" for peer in comparison.PEERS if peer in peers}
    present = {peer: path for peer, path in programs.items() if path.exists()}
    if (peers & {"bayplan", "lmdb", "records", "snapshots"}) - present.keys():
        raise Failed(f"programs missing in {directory}")
    return present


def wanted_by(only):
    return lambda row: only is None or only in row.key or only in row.title


def groups_for(wanted):
    """What has to run for the rows that are wanted; the load as soon as one is not about a store of its own."""
    needed = set()
    for _, row in comparison.wanted_rows(wanted):
        needed |= {row.key, row.against, row.ceiling, *row.peer_keys.values()}
    groups = [group for group in (*GROUPS[1:], *SAVEPOINTS, *GRAPHS, *SNAPSHOTS) if needed & set(group.split(","))]
    return ["load"] * bool("load" in needed or set(groups) - set(OWN_STORE)) + groups


def plan(mode, groups):
    """(records, groups) in the order in which they run."""
    runs = []
    for sizes, kinds in ((mode.graphs, GRAPHS), (mode.snapshots, SNAPSHOTS)):
        runs += [(size, [group for group in groups if group in kinds]) for size in sizes]
    others = [group for group in groups if group not in GRAPHS + SNAPSHOTS]
    runs = [(records, others) for records in mode.sizes] + runs
    return [(size, of_size) for size, of_size in runs if of_size]


def run(program, store, rows, records, mode, first):
    command = [program, "--dir", store, "--records", records, "--ops", mode.ops, "--reads", mode.reads,
               "--first", first, "--rows", rows]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{program.name} --rows {rows}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def sync_time(work):
    """Milliseconds of writing and syncing 4 KiB in place, the floor under every durable row."""
    spent = []
    with open(work / "probe", "wb", buffering=0) as probe:
        for _ in range(50):
            start = time.perf_counter()
            os.pwrite(probe.fileno(), b"x" * 4096, 0)
            os.fdatasync(probe.fileno())
            spent.append((time.perf_counter() - start) * 1e3)
    return statistics.median(spent)


def print_syncing(spent):
    print(f"\n4 KiB + fdatasync on this disk: {statistics.median(spent):.3f} ms ({min(spent):.3f}..{max(spent):.3f})")
    if max(spent) > comparison.NOISY * min(spent):
        print("the disk was not steady: the durable rows mean nothing")


def measure(programs, mode, groups, work, syncing):
    """(records, peer, row) -> what was printed, one entry per run. Appends the disk's sync time of each round."""
    samples = defaultdict(list)
    for records, of_size in plan(mode, groups):
        for number in range(mode.rounds):
            for at, group in enumerate(of_size):
                for peer in (peer for peer in programs if peer in PEERS_OF.get(group, RECORD_PEERS)):
                    own = "-" + group.replace(",", "-") if group in OWN_STORE else ""  # overlay takes no commas
                    store = work / f"{peer}-{records}-{number}{own}"
                    for row in run(programs[peer], store, group, records, mode, at * 10_000_000):
                        samples[records, peer, row["row"]].append(row)
            syncing.append(sync_time(work))
            os.sync()  # what one round left dirty must not slow the next
            progress(f"{records:,} {what_of(of_size[0])}: round {number + 1} of {mode.rounds}")
    return samples


def what_of(group):
    if group in SNAPSHOTS:
        return "snapshots"
    return "images" if group in GRAPHS else "records"


def progress(text):
    print(text, file=sys.stderr)


def check_answers(samples):
    """Whoever reads the same records must have seen the same bytes."""
    for row in SAME_ANSWER:
        for records in {key[0] for key in samples}:
            seen = {run["checksum"] for (size, _, name), runs in samples.items() if (size, name) == (records, row)
                    for run in runs}
            if len(seen) > 1:
                raise Failed(f"the programs did not read the same records: {row} at {records}")


def print_syncs(counted):
    if not counted:
        return
    print("\nper operation: syncs / writes")
    for row in syncs.ROWS:
        cells = [f"{comparison.NAMES[peer]} {counted[row, peer]['syncs']:.2f} / {counted[row, peer]['writes']:.1f}"
                 for peer in comparison.PEERS if (row, peer) in counted]
        print(f"  {row:10}", "   ".join(cells))


def by_row(counted):
    rows = defaultdict(dict)
    for (row, peer), counts in counted.items():
        rows[row][peer] = counts
    return rows


def smoke(programs, lines, wanted):
    """Every row is there, and can be printed."""
    shown = {id(line.row) for line in lines if all(line.ours)}
    for table, row in comparison.wanted_rows(wanted):
        if table.ours in programs and id(row) not in shown:
            raise Failed(f"no figure in table {table.title}: {row.title}")
    comparison.tables(lines)
    comparison.goals(lines)
    print(f"{len(programs)} programs agree on {len(lines)} rows")
    return 0


def compare(options, work):
    wanted = wanted_by(options.only)
    if not comparison.wanted_rows(wanted):
        raise Failed(f"no row with {options.only!r} in its name")
    programs = find_programs(options.programs, wanted)
    syncing = []
    samples = measure(programs, MODES[options.mode], groups_for(wanted), work, syncing)
    check_answers(samples)
    lines = comparison.lines_of(samples, wanted)
    if options.mode == "smoke":
        return smoke(programs, lines, wanted)
    counted = syncs.count(programs, work) if options.syncs else {}
    print(comparison.tables(lines))
    print(comparison.goals(lines))
    print_syncing(syncing)
    print_syncs(counted)
    if options.json:
        rows = [row for line in lines for row in line.as_json(by_row(counted))]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    missed = [line for line in lines if line.missed]
    print(f"\n{len(missed)} of {sum(line.goal is not None for line in lines)} goals missed")
    return 1 if missed else 0


def main():
    options = arguments()
    work = Path(tempfile.mkdtemp(prefix="bayplan-bench-"))
    try:
        return compare(options, work)
    except Failed as failure:
        progress(f"scripts/bench: {failure}")
        return 2
    finally:
        shutil.rmtree(work)  # all at the end: ext4 is slow for minutes after a big removal


if __name__ == "__main__":
    sys.exit(main())
