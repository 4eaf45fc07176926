"""What became of each thing that was tried, and the table of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

HEADS = ("tried", "times", "outcome", "at most", "broken")


@dataclass
class Counts:
    """One row of the table.

    outcomes: as promised -> how often.  broken: promise -> how often; seeds: the seed,
    or the number of the call, that breaks it first.
    slowest: seconds.  largest: bytes at once.  None of them: not measured.
    """

    name: str
    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    seeds: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    largest: int = 0

    def add(self, other: "Counts") -> None:
        """Take in those of other tries."""
        self.tried += other.tried
        self.outcomes.update(other.outcomes)
        self.broken.update(other.broken)
        self.seeds = {**other.seeds, **self.seeds}
        self.slowest = max(self.slowest, other.slowest)
        self.largest = max(self.largest, other.largest)

    def fault(self, what: str, seed: int) -> None:
        """Note a broken promise."""
        self.broken[what] += 1
        self.seeds.setdefault(what, seed)

    def row(self) -> list[str]:
        """As the table shows it."""
        done = ", ".join(f"{n:,} {what}" for what, n in sorted(self.outcomes.items()))
        most = [f"{self.slowest:.2f} s"] * bool(self.slowest)
        most += [f"{self.largest / 1e6:.1f} MB"] * bool(self.largest)
        broken = sum(self.broken.values())
        return [self.name, f"{self.tried:,}", done, ", ".join(most), f"{broken:,}"]

    def details(self) -> list[str]:
        """A line for each kind of broken promise, with what makes it again."""
        return [
            f"{self.name}: {n} x {what}, first {self.seeds[what]}"
            for what, n in self.broken.most_common()
        ]


def table(rows: Iterable[list[str]]) -> str:
    """In the form of the documents."""
    lines, every = [], [list(HEADS), *rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    right = {1, 4}
    for row in every:
        cells = (
            cell.rjust(width) if k in right else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append(f"| {' | '.join(cells)} |")
    rule = (
        "-" * (width - 1) + ":" if k in right else "-" * width
        for k, width in enumerate(widths)
    )
    lines.insert(1, f"| {' | '.join(rule)} |")
    return "\n".join(lines)
