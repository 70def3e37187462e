"""Counts what one durable operation costs the disk, with strace, in runs that are not timed."""

import json
import re
import subprocess
from collections import Counter

TRACED = "openat,fdatasync,fsync,msync,pwrite64,pwritev,write,writev"
ROWS = ("create", "update", "delete", "writers8", "submit8", "writers64", "submit64")
_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\((\d+)?| resumed>)")
_DSYNC_OPEN = re.compile(r"openat\(.*O_D?SYNC.*= (\d+)$")


def _count(log):
    """Syncs and writes of a log; a write to a descriptor opened with O_DSYNC is both."""
    counts, durable = Counter(), set()
    for line in log:
        opened = _DSYNC_OPEN.search(line)
        if opened:
            durable.add(opened[1])
        call = _CALL.match(line)
        if not call or "resumed>" in line or call[2] in ("1", "2"):
            continue
        if call[1] in ("fdatasync", "fsync", "msync"):
            counts["syncs"] += 1
        elif call[1] != "openat":
            counts["writes"] += 1
            if call[2] in durable:
                counts["syncs"] += 1
    return counts


def _traced(program, arguments, log):
    command = ["strace", "-f", "-e", f"trace={TRACED}", "-o", str(log), str(program), *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    with open(log, encoding="utf-8", errors="replace") as lines:
        return [json.loads(line) for line in output.splitlines()], _count(lines)


def count(programs, work):
    """(row, peer) -> {"syncs", "writes"} per operation. Opening the store is left out."""
    found = {}
    for peer, program in programs.items():
        store = work / f"traced-{peer}"
        common = ["--dir", str(store), "--records", "1000", "--ops", "100"]
        subprocess.run([program, *common, "--rows", "load"], check=True, capture_output=True)
        _, opening = _traced(program, [*common, "--rows", "names"], work / "strace.log")
        for number, row in enumerate(ROWS):
            first = str((number + 1) * 1_000_000)
            printed, counts = _traced(program, [*common, "--first", first, "--rows", row], work / "strace.log")
            if printed:
                found[row, peer] = {what: (counts[what] - opening[what]) / printed[0]["ops"]
                                    for what in ("syncs", "writes")}
    return found
