"""What scripts/bench compares: the rows, their goals, and the verdict on what was measured."""

import statistics
from dataclasses import dataclass, field

PEERS = ("bayplan", "lmdb", "bbolt", "containerd")
NAMES = {"bayplan": "bayplan", "lmdb": "raw LMDB", "bbolt": "bbolt", "containerd": "containerd"}
NESTED = ("bayplan", "lmdb")  # who has savepoints
OF_CEILING = 0.85  # a goal that the ceiling itself does not reach is met at this share of it
NOISY = 1.5  # largest / smallest ratio of a row's rounds beyond which their median says nothing


@dataclass
class Row:
    """One line of the table. `goal` is the least ratio to `against` (a peer, or a row of bayplan's own)."""
    key: str
    title: str
    figure: str = "ops_per_s"
    unit: str = "ops/s"
    goal: float | None = None
    against: str = "bbolt"
    only_at: int | None = None  # number of records that the goal is for; None: all
    peer_keys: dict = field(default_factory=dict)  # peer -> its row, where it is another one
    ceiling: str | None = None  # row of raw LMDB that writes the same bytes: no store on LMDB can be faster

    @property
    def lower_is_better(self):
        return self.unit != "ops/s"


ROWS = [
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
    Row("open", "open + first read", "p50_ns", "ns", goal=50, only_at=10_000),
    Row("savepoint1", "savepoint, depth 1, one write", "p50_ns", "ns"),
    Row("savepoint2", "savepoint, depth 2, innermost writes", "p50_ns", "ns"),
    Row("savepoint4", "savepoint, depth 4, innermost writes", "p50_ns", "ns"),
    Row("savepoint8", "savepoint, depth 8, innermost writes", "p50_ns", "ns", goal=1 / 1.5, against="savepoint1"),
    Row("levels8", "savepoint, depth 8, every level writes", "p50_ns", "ns", goal=1 / 12, against="savepoint1"),
    Row("pending1", "savepoint, depth 1, 50k pending puts", "p50_ns", "ns"),
    Row("pending8", "depth 8, every level, 50k pending puts", "p50_ns", "ns"),
]


@dataclass
class Line:
    """A row at one number of records, judged."""
    row: Row
    records: int
    values: dict  # peer -> figures of the rounds
    ceiling: list = field(default_factory=list)  # figures of the row's ceiling

    def median(self, peer):
        runs = self.values.get(peer)
        return statistics.median(runs) if runs else None

    def ratios(self, peer):
        """How many times better than `peer` bayplan is, round by round: neighbours in time share their noise."""
        return self._ratios(self.values.get("bayplan", []), self.values.get(peer, []))

    def ratio(self, peer):
        """The median of them; None without both figures."""
        return self._median_ratio(self.values.get("bayplan", []), self.values.get(peer, []))

    def _ratios(self, ours, theirs):
        return [b / a if self.row.lower_is_better else a / b for a, b in zip(ours, theirs)]

    def _median_ratio(self, ours, theirs):
        ratios = self._ratios(ours, theirs)
        return statistics.median(ratios) if ratios else None

    @property
    def goal(self):
        return self.row.goal if self.row.only_at in (None, self.records) else None

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
        return self._median_ratio(self.values["bayplan"], self.ceiling)

    def noisy(self, peer):
        ratios = self.ratios(peer)
        return bool(ratios) and max(ratios) > NOISY * min(ratios)

    def as_json(self, syncs):
        """One object for what the goal is about, and one for containerd, which has none."""
        against = [self.row.against] + ["containerd"] * bool(self.values.get("containerd"))
        return [self._against(peer, self.goal if peer == self.row.against else None, syncs) for peer in against]

    def _against(self, against, goal, syncs):
        return {"row": f"{self.row.title}, {self.records} records", "unit": self.row.unit,
                "bayplan": self.median("bayplan"), "peer": self.median(against),
                "peer_name": NAMES.get(against, f"bayplan, {against}"), "ratio": self.ratio(against),
                "goal": goal, "floor": self.median("lmdb"),
                "ceiling": statistics.median(self.ceiling) if self.ceiling else None,
                "noisy": self.noisy(against), "runs": self.values, "syncs": syncs.get(self.row.key)}


def lines_of(samples, sizes, wanted):
    """samples: (records, peer, row) -> list of what the program printed, one per run."""
    lines = []
    for records in sizes:
        for row in ROWS:
            if not wanted(row):
                continue
            values = {}
            for peer in PEERS:
                runs = samples.get((records, peer, row.peer_keys.get(peer, row.key)), [])
                values[peer] = [run[row.figure] for run in runs]
            if row.against not in PEERS:
                values[row.against] = [run[row.figure] for run in samples.get((records, "bayplan", row.against), [])]
            if any(values.values()):
                ceiling = [run[row.figure] for run in samples.get((records, "lmdb", row.ceiling), [])]
                lines.append(Line(row, records, values, ceiling))
    return lines


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
        if peer != "bayplan":
            cells.append(_ratio(line.ratio(peer)))
    return [*cells, "noisy" if line.noisy(line.row.against) else ""]


def _ratio(value):
    return "-" if value is None else f"{value:.2f}"


def table(lines):
    """The lines as text, one block per number of records, a column for every peer that ran; fits 120 columns."""
    peers = [peer for peer in PEERS if any(line.values.get(peer) for line in lines)]
    header = ["", *(word for peer in peers for word in (NAMES[peer], "x"))]
    header.pop(header.index("x"))  # bayplan is not compared with itself
    header.append("")
    cells = [(line.records, _cells(line, peers)) for line in lines]
    widths = [max(len(header[n]), *(len(row[n]) for _, row in cells)) for n in range(len(header))]
    text, block = [], None
    for records, row in cells:
        if records != block:
            block = records
            text += ["", f"{records:,} records", "  ".join(h.ljust(w) for h, w in zip(header, widths)).rstrip()]
        text.append("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip())
    return "\n".join(text)


def _out_of_reach(line):
    """Both figures, where no store on LMDB could meet the goal."""
    if not line.short_of_goal or not line.out_of_reach:
        return ""
    return (f" (raw LMDB writing the same bytes: {_ratio(line.ceiling_ratio)}; {_ratio(line.of_ceiling)} of that, "
            f">= {OF_CEILING})")


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
