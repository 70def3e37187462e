"""What scripts/bench compares: the rows, their goals, and the verdict on what was measured."""

import statistics
from dataclasses import dataclass, field

NAMES = {"bayplan": "bayplan", "records": "bayplan records", "lmdb": "raw LMDB", "bbolt": "bbolt",
         "containerd": "containerd", "snapshots": "bayplan snapshots", "containerd_snapshots": "containerd overlayfs"}
PEERS = tuple(NAMES)
NESTED = ("bayplan", "lmdb")  # who has savepoints
SNAPSHOTTERS = ("snapshots", "containerd_snapshots")
OF_CEILING = 0.85  # a goal that the ceiling itself does not reach is met at this share of it
NOISY = 1.5  # largest / smallest ratio of a row's rounds beyond which their median says nothing


@dataclass
class Row:
    """One line of a table. `goal` is the least ratio to `against` (a peer, or a row of bayplan's own)."""
    key: str
    title: str
    figure: str = "ops_per_s"
    unit: str = "ops/s"
    goal: float | dict | None = None  # a dict: by number of records; others have none
    against: str = "bbolt"
    peer_keys: dict = field(default_factory=dict)  # peer -> its row, where it is another one
    ceiling: str | None = None  # row of raw LMDB at the same job: no store on LMDB can be faster

    @property
    def lower_is_better(self):
        return self.unit != "ops/s"

    def goal_at(self, records):
        return self.goal.get(records) if isinstance(self.goal, dict) else self.goal


@dataclass
class Table:
    """Rows that compare the same peers, the first of which is bayplan's."""
    title: str
    peers: tuple
    rows: list

    @property
    def ours(self):
        return self.peers[0]


_BUCKETS = Table("buckets", ("bayplan", "lmdb", "bbolt", "containerd"), [
    Row("create", "create, durable", goal=0.85, against="lmdb"),
    Row("load", "create, 1000 per transaction", goal=3.5, ceiling="wide"),
    Row("sorted_load", "create, 1000 per transaction, by name", goal=3.5, peer_keys=dict.fromkeys(PEERS, "sorted")),
    Row("update", "update 2 fields, durable"),
    Row("delete", "delete, durable"),
    Row("get", "get whole record", goal=1.7),
    Row("list", "list all in full, records"),
    Row("names", "list names, records"),
    Row("writers8", "8 durable writers, update()"),
    Row("writers64", "64 durable writers, update()"),
    Row("submit8", "8 durable writers, submit()", goal=3, ceiling="submit8",
        peer_keys=dict.fromkeys(("bbolt", "containerd"), "writers8")),
    Row("submit64", "64 durable writers, submit()", goal=8, ceiling="submit64",
        peer_keys=dict.fromkeys(("bbolt", "containerd"), "writers64")),
    Row("batch8", "8 durable writers, bbolt's Batch", peer_keys=dict.fromkeys(PEERS, "submit8")),
    Row("batch64", "64 durable writers, bbolt's Batch", peer_keys=dict.fromkeys(PEERS, "submit64")),
    # At 10,000 records half of LMDB's file is free: ten transactions each copied most of a small tree.
    Row("size", "file, loaded in random order", "allocated_bytes", "bytes", goal=5, ceiling="wide",
        peer_keys=dict.fromkeys(PEERS, "load")),
    Row("sorted", "file, loaded in name order", "allocated_bytes", "bytes", goal=5),
    Row("open", "open + first read", "p50_ns", "ns", goal={10_000: 50}),
    Row("savepoint1", "savepoint, depth 1, one write", "p50_ns", "ns"),
    Row("savepoint2", "savepoint, depth 2, innermost writes", "p50_ns", "ns"),
    Row("savepoint4", "savepoint, depth 4, innermost writes", "p50_ns", "ns"),
    Row("savepoint8", "savepoint, depth 8, innermost writes", "p50_ns", "ns", goal=1 / 1.5, against="savepoint1"),
    Row("levels8", "savepoint, depth 8, every level writes", "p50_ns", "ns", goal=1 / 12, against="savepoint1"),
    Row("pending1", "savepoint, depth 1, 50k pending puts", "p50_ns", "ns"),
    Row("pending8", "depth 8, every level, 50k pending puts", "p50_ns", "ns"),
])

_TO_CONTAINERD = {"against": "containerd"}
_RECORDS = Table("records", ("records", "containerd"), [
    Row("get", "image get", goal={10_000: 4.5, 100_000: 2.2}, **_TO_CONTAINERD),
    Row("list", "image list, all, records", goal={10_000: 5, 100_000: 4}, **_TO_CONTAINERD),
    Row("named", "image list, name==X", "p50_ns", "ns", goal={10_000: 5000}, **_TO_CONTAINERD),
    Row("labelled", "image list, label of 1 in 1,000", "p50_ns", "ns", goal={10_000: 40}, ceiling="checked",
        **_TO_CONTAINERD),
    Row("create", "image create, durable", goal={10_000: 1.25}, ceiling="create", **_TO_CONTAINERD),
    Row("load", "image create, 1000 per transaction", **_TO_CONTAINERD),
    Row("update", "image update of a label, durable", **_TO_CONTAINERD),
    Row("delete", "image delete, durable", **_TO_CONTAINERD),
    Row("submit8", "image create, 8 durable writers", goal={10_000: 3.8}, ceiling="submit8",
        peer_keys={"containerd": "writers8"},
        **_TO_CONTAINERD),
    Row("ingest1", "ingest of 1 KiB, durable", goal={10_000: 2.6}, ceiling="ingest1", **_TO_CONTAINERD),
    Row("ingest8", "ingest of 1 KiB, 8 durable writers", goal={10_000: 12}, ceiling="ingest8", **_TO_CONTAINERD),
    Row("ingest256", "ingest of 256 MiB, durable", "p50_ns", "ns", goal={10_000: 2.5}, **_TO_CONTAINERD),
    Row("readers2", "image get, 2 readers beside a writer", goal={10_000: 8}, ceiling="readers2", **_TO_CONTAINERD),
    Row("size", "file with the images", "allocated_bytes", "bytes", peer_keys=dict.fromkeys(PEERS, "load"),
        **_TO_CONTAINERD),
    Row("mark", "mark, 9 nodes an image, half garbage", "p50_ns", "ns", goal=5, **_TO_CONTAINERD),
    Row("collect", "image collection, nothing to remove", "p50_ns", "ns", **_TO_CONTAINERD),
])

_TO_OVERLAYFS = {"against": "containerd_snapshots"}
_SNAPSHOTS = Table("snapshots on overlay, by how many are present", SNAPSHOTTERS, [
    Row("prepare", "Prepare, durable", goal=2, **_TO_OVERLAYFS),
    Row("commit", "Commit, files synced before", goal=2, **_TO_OVERLAYFS),
    Row("commit_sync", "Commit with a sync, containerd's without", goal=1.2, **_TO_OVERLAYFS),
    Row("removed", "collection of removed ones", goal={4000: 50}, **_TO_OVERLAYFS),
    Row("removed_async", "the same, overlayfs removing late", peer_keys={"snapshots": "removed"}, **_TO_OVERLAYFS),
])

TABLES = (_BUCKETS, _RECORDS, _SNAPSHOTS)


@dataclass
class Line:
    """A row at one number of records, judged."""
    row: Row
    table: Table
    records: int
    values: dict  # peer -> figures of the rounds
    ceiling: list = field(default_factory=list)  # figures of the row's ceiling

    def median(self, peer):
        runs = self.values.get(peer)
        return statistics.median(runs) if runs else None

    @property
    def ours(self):
        return self.values.get(self.table.ours, [])

    def ratios(self, peer):
        """How many times better than `peer` bayplan is, round by round: neighbours in time share their noise."""
        return self._ratios(self.ours, self.values.get(peer, []))

    def ratio(self, peer):
        """The median of them; None without both figures."""
        return self._median_ratio(self.ours, self.values.get(peer, []))

    def _ratios(self, ours, theirs):
        return [b / a if self.row.lower_is_better else a / b for a, b in zip(ours, theirs)]

    def _median_ratio(self, ours, theirs):
        ratios = self._ratios(ours, theirs)
        return statistics.median(ratios) if ratios else None

    @property
    def goal(self):
        return self.row.goal_at(self.records)

    @property
    def missed(self):
        if self.goal is None:
            return False
        return self.short_of_goal and not (self.out_of_reach and self.of_ceiling >= OF_CEILING)

    @property
    def short_of_goal(self):
        ratio = self.ratio(self.row.against)
        return ratio is None or ratio < self.goal

    @property
    def ceiling_ratio(self):
        """How many times better than `against` the ceiling is; None without one."""
        return self._median_ratio(self.ceiling, self.values.get(self.row.against, []))

    @property
    def out_of_reach(self):
        return self.ceiling_ratio is not None and self.ceiling_ratio < self.goal

    @property
    def of_ceiling(self):
        return self._median_ratio(self.ours, self.ceiling)

    def noisy(self, peer):
        ratios = self.ratios(peer)
        return bool(ratios) and max(ratios) > NOISY * min(ratios)

    def as_json(self, syncs):
        """One object for what the goal is about, and one for containerd where the goal is about another."""
        against = {self.row.against} | ({"containerd"} if self.values.get("containerd") else set())
        return [self._against(peer, self.goal if peer == self.row.against else None, syncs)
                for peer in sorted(against, key=lambda peer: peer != self.row.against)]

    def _against(self, against, goal, syncs):
        return {"row": f"{self.row.title}, {self.records} records", "unit": self.row.unit,
                "bayplan": self.median(self.table.ours), "peer": self.median(against),
                "peer_name": NAMES.get(against, f"bayplan, {against}"), "ratio": self.ratio(against),
                "goal": goal, "floor": self.median("lmdb"),
                "ceiling": statistics.median(self.ceiling) if self.ceiling else None,
                "noisy": self.noisy(against), "runs": self.values, "syncs": syncs.get(self.row.key)}


def wanted_rows(wanted):
    """Each with its table."""
    return [(table, row) for table in TABLES for row in table.rows if wanted(row)]


def lines_of(samples, wanted):
    """samples: (records, peer, row) -> list of what the program printed, one per run."""
    sizes = sorted({key[0] for key in samples})
    lines = [_line(samples, table, row, records) for table, row in wanted_rows(wanted) for records in sizes]
    return [line for line in lines if line.ours]


def _line(samples, table, row, records):
    def figures(peer, key):
        return [run[row.figure] for run in samples.get((records, peer, key), []) if row.figure in run]

    values = {peer: figures(peer, row.peer_keys.get(peer, row.key)) for peer in table.peers}
    if row.against not in PEERS:
        values[row.against] = figures(table.ours, row.against)
    return Line(row, table, records, values, figures("lmdb", row.ceiling))


def _figure(value, unit):
    if unit == "ns":
        return f"{value / 1e6:.2f} ms" if value >= 1e6 else f"{value / 1e3:.2f} us"
    if unit == "bytes":
        return f"{value / 2**20:.2f} MiB"
    return f"{value:,.0f}"


def _cells(line, peers):
    """Of one row: the figure of every peer, and behind it how many times better bayplan is."""
    cells = [line.row.title]
    for peer in peers:
        median = line.median(peer)
        cells.append("-" if median is None else _figure(median, line.row.unit))
        if peer != line.table.ours:
            cells.append(_ratio(line.ratio(peer)))
    return [*cells, "noisy" if line.noisy(line.row.against) else ""]


def _ratio(value):
    return "-" if value is None else f"{value:.2f}"


def tables(lines):
    """The lines as text, a table for each that has some."""
    return "\n\n".join(_table([line for line in lines if line.table is table]) for table in TABLES
                       if any(line.table is table for line in lines))


def _table(lines):
    """One block per number of records, a column for every peer that ran; fits 120 columns."""
    about = lines[0].table
    peers = [peer for peer in about.peers if any(line.values.get(peer) for line in lines)]
    header = ["", *(word for peer in peers for word in (NAMES[peer], "x"))]
    header.pop(header.index("x"))  # bayplan is not compared with itself
    header.append("")
    cells = [(line.records, _cells(line, peers)) for line in sorted(lines, key=lambda line: line.records)]
    widths = [max(len(header[n]), *(len(row[n]) for _, row in cells)) for n in range(len(header))]
    text, block = [about.title], None
    for records, row in cells:
        if records != block:
            block = records
            text += ["", f"{records:,} records", "  ".join(h.ljust(w) for h, w in zip(header, widths)).rstrip()]
        text.append("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip())
    return "\n".join(text)


def _out_of_reach(line):
    """Both figures of the ceiling, which count where no store on LMDB could meet the goal."""
    if not line.short_of_goal or line.ceiling_ratio is None:
        return ""
    counts = f", >= {OF_CEILING}" if line.out_of_reach else ""
    return f" (raw LMDB at the same: {_ratio(line.ceiling_ratio)}; {_ratio(line.of_ceiling)} of that{counts})"


def goals(lines):
    """The verdicts as text."""
    text = ["", "goals"]
    for line in lines:
        if line.goal is not None:
            verdict = "MISSED" if line.missed else "ok"
            against = NAMES.get(line.row.against, line.row.against)
            ratio = _ratio(line.ratio(line.row.against))
            text.append(f"  {line.records:>7,}  {line.row.title:38}  {ratio:>7} of {against}, >= {line.goal:.2f}: "
                        f"{verdict}{_out_of_reach(line)}")
    return "\n".join(text)
