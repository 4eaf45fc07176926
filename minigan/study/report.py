"""The tables of a study: for people, as text, and for programs, as CSV.

They depend on the outcomes alone, not on the order or the place in which they came.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..tables import Table
from .outcome import Outcome
from .plan import Plan, Settings, Task, label, shown
from .statistics import QUANTILES, quantiles, wilson

DIGITS = 9  # of a number in a CSV file
NO = "-"
QUARTILES = {"25 %": 0.25, "median": 0.5, "75 %": 0.75}


@dataclass(frozen=True)
class Group:
    """The runs of one configuration, by seed."""

    settings: Settings
    runs: Sequence[Outcome]

    @property
    def judged(self) -> int:
        """How many runs somebody called healthy or not; one that failed is not."""
        return sum(run.healthy is not None for run in self.runs)

    @property
    def healthy(self) -> int:
        """How many are."""
        return sum(run.healthy is True for run in self.runs)

    @property
    def failed(self) -> int:
        """How many ended in an error."""
        return sum(run.failed for run in self.runs)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share of healthy runs."""
        return wilson(self.healthy, self.judged)

    @property
    def share(self) -> float:
        """Of healthy runs."""
        return self.healthy / self.judged

    def values(self, metric: str) -> list[float]:
        """Those that runs have, in the order of seeds, without NaN."""
        found = (run.metrics.get(metric) for run in self.runs)
        return [value for value in found if value is not None and value == value]


class Results:
    """plan: what was to run.   outcomes: key of a `Task` -> what came of it.

    title: what was studied.   notes: lines below the tables.
    """

    def __init__(
        self,
        plan: Plan,
        outcomes: dict[str, Outcome],
        title: str,
        notes: Sequence[str] = (),
    ) -> None:
        self.plan, self.outcomes = plan, outcomes
        self.title, self.notes = title, tuple(notes)

    @cached_property
    def runs(self) -> list[Outcome]:
        """All outcomes: configuration by configuration, and in each by seed."""
        return [run for group in self.groups for run in group.runs]

    @cached_property
    def groups(self) -> list[Group]:
        """Those of each configuration, without runs that are missing."""
        found = []
        for settings in self.plan.configurations:
            keys = (Task(seed, settings).key for seed in self.plan.seeds)
            runs = [self.outcomes[key] for key in keys if key in self.outcomes]
            found.append(Group(settings, runs))
        return found

    @property
    def missing(self) -> int:
        """How many runs have no outcome."""
        return len(self.plan.tasks) - len(self.runs)

    @cached_property
    def metrics(self) -> list[str]:
        """Names of numbers, in the order of the first run that has each."""
        return list(dict.fromkeys(name for run in self.runs for name in run.metrics))

    @property
    def varied(self) -> list[str]:
        """Names of settings."""
        return list(self.plan.configurations[0])

    # ---- tables --------------------------------------------------------------------

    @property
    def tables(self) -> list[Table]:
        """Health, verdicts and distributions."""
        return [self.health(), self.verdicts(), self.distributions()]

    def health(self) -> Table:
        """A row for each configuration."""
        rows = []
        for group in self.groups:
            share, interval = NO, NO
            if group.judged:
                low, high = group.interval
                share, interval = f"{group.share:.1%}", f"{low:.1%} to {high:.1%}"
            counts = len(group.runs), group.healthy, group.failed
            runs, healthy, failed = map(str, counts)
            healthy = healthy if group.judged else NO
            rows.append([label(group.settings), runs, healthy, share, interval, failed])
        columns = ("settings", ">runs", ">healthy", ">share", ">95 % interval")
        footer = [f"{self.missing:,} runs are missing"] if self.missing else []
        return Table(self.title, (*columns, ">failed"), rows, [*footer, *self.notes])

    def verdicts(self) -> Table:
        """How many runs of each configuration had which verdict."""
        rows = []
        for group in self.groups:
            name = label(group.settings)
            counts = Counter(run.verdict for run in group.runs)
            for verdict, n in sorted(counts.items(), key=lambda i: (-i[1], i[0])):
                rows.append([name, verdict, str(n), f"{n / len(group.runs):.1%}"])
                name = ""
        return Table("Verdicts", ("settings", "verdict", ">runs", ">share"), rows)

    def distributions(self) -> Table:
        """Quantiles of every number over the seeds."""
        rows = []
        for metric in self.metrics:
            name = metric
            for group in self.groups:
                values = group.values(metric)
                if values:
                    numbers = [f"{v:.4g}" for v in quantiles(values)]
                    rows.append([name, label(group.settings), *numbers])
                    name = ""
        heads = (f">{q:.0%}" for q in QUANTILES)
        columns = ("metric", "settings", *(h.replace("%", " %") for h in heads))
        return Table("Distributions over the seeds, by quantiles", columns, rows)

    def __str__(self) -> str:
        return "\n\n".join(str(table) for table in self.tables if table.rows) + "\n"

    # ---- files ---------------------------------------------------------------------

    def runs_csv(self) -> bytes:
        """A row for each run."""
        head = [*self.varied, "seed", "healthy", "verdict", "error", *self.metrics]
        rows = (
            [
                *map(shown, run.settings.values()),
                run.seed,
                "" if run.healthy is None else int(run.healthy),
                run.verdict,
                run.error,
                *(_number(run.metrics.get(name)) for name in self.metrics),
            ]
            for run in self.runs
        )
        return _csv(head, rows)

    def configurations_csv(self) -> bytes:
        """A row for each configuration."""
        names = [f"{m} {name}" for m in self.metrics for name in QUARTILES]
        head = ["runs", "healthy", "share", "low", "high", "failed", *names]
        return _csv([*self.varied, *head], map(self._configuration, self.groups))

    def _configuration(self, group: Group) -> list[Any]:
        judged = [group.healthy, group.share, *group.interval] if group.judged else []
        found = [*map(shown, group.settings.values()), len(group.runs)]
        found += [_number(n) for n in judged] or [""] * 4
        found.append(group.failed)
        for metric in self.metrics:
            values = group.values(metric)
            of = dict(zip(QUANTILES, quantiles(values), strict=True)) if values else {}
            found += [_number(of.get(q)) for q in QUARTILES.values()]
        return found


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.{DIGITS}g}"


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()
