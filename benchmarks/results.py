"""From a file of results to figures: medians, spreads, ratios, tables."""

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from minigan.tables import Table

from . import machine
from .registry import CONTESTANTS, WORKLOADS, busy

GROUPS = {
    "recipes": "Whole GAN steps",
    "busy": "Beside busy processes",
    "convolutions": "Convolutions",
    "growth": "Growth in batch and width",
    "step order": "The products of a step, in its order",
    "products": "One product",
    "accuracy": "How exact products are",
    "layers": "One layer, forward and backward",
    "imports": "Import of the library",
    "command": "Whole commands",
}
SINGLE = ("recipes", "convolutions")  # groups with a table for each workload
OURS = "minigan"


class NotResults(ValueError):
    """A file that is not what `run --json` writes."""


@dataclass(frozen=True)
class Spread:
    """Over the processes of one pair; of each, the median of its blocks."""

    least: float
    median: float
    most: float
    count: int

    @classmethod
    def of(cls, values):
        return cls(min(values), median(values), max(values), len(values))


class Results:
    """What `run` measured, by workload and contestant."""

    def __init__(self, content):
        if not isinstance(content, dict) or content.get("format") != 1:
            raise NotResults("expected the results of `python -m benchmarks run`")
        self.content = content
        self.rows = {}
        for row in content["results"]:
            key = row["workload"], row["contestant"]
            self.rows.setdefault(key, []).append(row)

    @classmethod
    def read(cls, *paths):
        """One or more files: the groups of a long run may be measured one by one.

        Errors: NotResults where they are not of one machine and the same versions.
        """
        runs = [cls(json.loads(Path(path).read_text())).content for path in paths]
        first = runs[0]
        partly = len({run["forced"] for run in runs}) > 1
        first["partly"] = first.get("partly", False) or partly
        for other in runs[1:]:
            for key in ("machine", "packages"):
                if other[key] != first[key]:
                    raise NotResults(f"expected runs with the same {key}, got another")
            first["results"] += other["results"]
            first["forced"] |= other["forced"]
            first["load"] = max(first["load"], other["load"])
            first["absent"] |= other["absent"]
            first["plan"]["quick"] |= other["plan"]["quick"]
            if other.get("roofline"):
                first["roofline"] = other["roofline"]
        return cls(first)

    def workloads(self, group):
        """Those of a group that were run, in the registry's order."""
        run = {workload for workload, _ in self.rows}
        return [w for w in WORKLOADS.values() if w.group == group and w.name in run]

    def contestants(self, workload):
        """Names, as far as they were run, in the registry's order."""
        return [name for name in CONTESTANTS if (workload.name, name) in self.rows]

    def spread(self, workload, contestant, measure="microseconds"):
        """A `Spread`, or None where nothing was measured."""
        found = []
        for row in self.rows.get((workload.name, contestant), ()):
            value = row.get(measure)
            if value is not None:
                found.append(median(value) if isinstance(value, list) else value)
        return Spread.of(found) if found else None

    def processes(self, group):
        """How many processes each pair of a group had: least and most."""
        names = {workload.name for workload in self.workloads(group)}
        counts = [len(rows) for (name, _), rows in self.rows.items() if name in names]
        return min(counts), max(counts)

    def error(self, workload, contestant):
        """The first error of a pair, or an empty string."""
        rows = self.rows.get((workload.name, contestant), ())
        return next((row["error"] for row in rows if "error" in row), "")

    def median(self, workload, contestant, measure="microseconds"):
        spread = self.spread(workload, contestant, measure)
        return spread.median if spread else None

    def warnings(self):
        """What a reader must know before believing a number."""
        said = []
        if self.content["forced"]:
            load = self.content["load"]
            if self.content.get("partly"):
                said.append(f"a part was forced on a busy machine (load {load})")
            else:
                said.append(f"FORCED on a busy machine (load {load}): not to be quoted")
        if self.content["plan"]["quick"]:
            said.append("A quick run: short blocks, little repetition")
        others = [row.get("other_cores") or 0 for row in self.content["results"]]
        disturbed = sum(value > machine.DISTURBED for value in others)
        if disturbed:
            said.append(
                f"{disturbed} of {len(others)} measurements had more than a tenth of a "
                f"core busy with something else ({median(others):.1f} cores in the "
                "median; the tables mark them with *)"
            )
        return said

    def mark(self, workload, contestant):
        """A star where something else was busy in any of a pair's measurements."""
        rows = self.rows.get((workload.name, contestant), ())
        disturbed = any((r.get("other_cores") or 0) > machine.DISTURBED for r in rows)
        return "*" if disturbed else ""

    # ---- tables --------------------------------------------------------------------

    def tables(self):
        """One `Table` for each workload of `SINGLE`, one for each other group."""
        for group in GROUPS:
            if self.workloads(group):
                yield from self.tables_of(group)

    def tables_of(self, group):
        """Those of one group."""
        if group in SINGLE:
            return [self.table(workload) for workload in self.workloads(group)]
        if group in ("busy", "accuracy"):
            return [getattr(self, f"{group}_table")()]
        return [self.group_table(group, GROUPS[group])]

    def table(self, workload):
        """Contestants of one recipe, the fastest first."""
        rows, ours = [], self.median(workload, OURS)
        names = self.contestants(workload)
        names.sort(key=lambda name: self._rank(workload, name))
        for name in names:
            contestant, spread = CONTESTANTS[name], self.spread(workload, name)
            rest = [
                number(self.median(workload, name, "peak_rss_mb"), "{:,.0f}"),
                number(self.compile_seconds(workload, name), "{:.2f}"),
                number(self.median(workload, name, "seconds_to_first_step"), "{:.2f}"),
            ]
            if spread is None:
                error = f"{contestant.label}: {self.error(workload, name)}"
                rows.append([error, "failed", "", "", "", "", ""])
            elif contestant.start_only:
                rows.append([contestant.label, "", "", "", *rest])
            else:
                median, *more = times(spread, ours)
                median += self.mark(workload, name)
                rows.append([contestant.label, median, *more, *rest])
        for name in self.content["absent"]:
            if CONTESTANTS[name].takes(workload):
                rows.append([CONTESTANTS[name].label, "absent", *[""] * 5])
        return Table(
            f"{workload.name}: {workload.description}",
            ("Contestant", ">us a step", ">min-max", ">ratio", ">peak MB")
            + (">compile s", ">first step s"),
            rows,
            ["ratio: to minigan", *self.warnings()],
        )

    def _rank(self, workload, name):
        """The fastest first, those that failed or only start last."""
        if CONTESTANTS[name].start_only:
            return float("inf")
        return self.median(workload, name) or float("inf")

    def compile_seconds(self, workload, name):
        """How much longer the first run took than those after it."""
        first = self.median(workload, name, "first_run_seconds")
        later = self.median(workload, name)
        if first is None or later is None:
            return None
        kind = CONTESTANTS[name].classes.get("gan", "")
        steps = 1 if not kind.endswith(":Scan") else 0  # a scan's first call is many
        return max(0.0, first - steps * later / 1e6)

    def fastest_other(self, workload):
        """Name of the fastest of another library at float32 accuracy, or None."""
        others = {
            name: self.median(workload, name)
            for name in self.contestants(workload)
            if not (name.startswith(OURS) or CONTESTANTS[name].rounded)
        }
        others = {name: time for name, time in others.items() if time}
        return min(others, key=others.get, default=None)

    def ratio(self, workload, name):
        """How many times as long as minigan, the median over rounds in turn."""
        of, to = (
            {row["repetition"]: median(row["microseconds"]) for row in rows}
            for rows in (
                [r for r in self.rows.get((workload.name, who), ()) if "error" not in r]
                for who in (name, OURS)
            )
        )
        both = [of[k] / to[k] for k in of if k in to]
        return median(both) if both else None

    def busy_table(self):
        """Beside 0, 1 and 2 busy processes: times, and ratios of the same rounds."""
        workloads = self.workloads("busy")
        names = [
            name
            for name in CONTESTANTS
            if any((w.name, name) in self.rows for w in workloads)
        ]
        others = [name for name in names if name != OURS]
        rows = []
        for workload in workloads:
            row = [workload.game, busy(workload.beside)]
            for name in names:
                failed = "failed" if self.error(workload, name) else ""
                time = number(self.median(workload, name)) or failed
                row.append(time + self.mark(workload, name))
            row += [number(self.ratio(workload, name), "{:.2f}") for name in others]
            threads = self.median(workload, OURS, "threads_at_work")
            rows.append([*row, number(threads, "{:.1f}")])
        heads = [f">{CONTESTANTS[name].column}, us" for name in names]
        heads += [f">{CONTESTANTS[name].column} / minigan" for name in others]
        columns = ("Recipe", "Beside", *heads, ">minigan's threads at work")
        notes = ["threads: blank where the work is too small to share"]
        return Table(GROUPS["busy"], columns, rows, [*notes, *self.warnings()])

    def same_bits(self, name):
        """Whether a setting changed no bit of a product; None where unknown."""
        of, to = (
            [row["errors"]["bits"] for row in rows if "errors" in row]
            for rows in (
                self.rows.get(("accuracy", who), ())
                for who in (name, CONTESTANTS[name].setting_of)
            )
        )
        return set(of) == set(to) if of and to else None

    def accuracy_table(self):
        """Errors of a product for a sum of |x| |W| of 1."""
        rows = []
        for name in self.contestants(WORKLOADS["accuracy"]):
            label, found = CONTESTANTS[name].label, self.rows["accuracy", name][0]
            if "error" in found:
                rows.append([f"{label}: {found['error']}", "failed", "", ""])
                continue
            far = [f"{found['errors'][key]:.1e}" for key in ("mean", "worst")]
            same = self.same_bits(name)
            other = CONTESTANTS.get(CONTESTANTS[name].setting_of)
            bits = f"all as {other.column} without the setting" if same else ""
            rows.append([label, *far, bits])
        columns = ("Contestant", ">mean error", ">worst error", "Bits")
        text = WORKLOADS["accuracy"].description
        text = f"errors of {text}, for a sum of |x||W| of 1"
        return Table(GROUPS["accuracy"], columns, rows, [text])

    def group_table(self, group, title):
        """Workloads below each other, contestants beside each other."""
        workloads = self.workloads(group)
        names = [
            name
            for name in CONTESTANTS
            if any((w.name, name) in self.rows for w in workloads)
        ]
        rows = []
        for workload in workloads:
            row = [workload.title]
            for name in names:
                spread = self.spread(workload, name)
                failed = "failed" if self.error(workload, name) else ""
                time = number(spread and spread.median) or failed
                row += [time + self.mark(workload, name), between(spread)]
            best, ours = self.fastest_other(workload), self.median(workload, OURS)
            ratio = self.median(workload, best) / ours if best and ours else None
            row.append(number(ratio, "{:.2f}"))
            flops = workload.flops
            rate = flops / ours / 1e3 if flops and ours else None
            rows.append([*row, number(rate, "{:,.0f}")])
        heads = []
        for name in names:
            heads += [f">{CONTESTANTS[name].column}, us", ">min-max"]
        columns = ("Work", *heads, ">best other / minigan", ">minigan GFLOP/s")
        absent = [
            CONTESTANTS[name].label
            for name in self.content["absent"]
            if any(CONTESTANTS[name].takes(w) for w in workloads)
        ]
        footer = [f"absent: {label}" for label in absent]
        return Table(title, columns, rows, [*footer, *self.warnings()])


def number(value, form=None):
    """As text: a few digits, or nothing."""
    if value is None:
        return ""
    return (form or ("{:,.0f}" if value >= 100 else "{:,.2f}")).format(value)


def between(spread):
    if not spread or spread.count == 1:
        return ""
    return f"{number(spread.least)}-{number(spread.most)}"


def times(spread, ours):
    """Median, spread, ratio to ours."""
    ratio = f"{spread.median / ours:.2f}" if ours else ""
    return [number(spread.median), between(spread), ratio]
