"""What the judge found: part by part, as text, in colour with rich, and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..tables import Table


@dataclass(frozen=True)
class Finding:
    """What was found of one part.

    ok: None where it was not judged, since an earlier part is wrong.
    text: what is wrong; "" where nothing is.
    """

    part: str
    ok: bool | None
    text: str = ""


@dataclass(frozen=True)
class Verdict:
    """The judge's verdict on an answer: `print(verdict)`, `verdict.ok`.

    title: of the exercise.   findings: one for each part, in order.
    advice: what to do next.
    """

    title: str
    findings: tuple[Finding, ...]
    advice: str = ""

    @property
    def ok(self) -> bool:
        """True where all parts are right."""
        return all(finding.ok for finding in self.findings)

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings that are wrong."""
        return tuple(f for f in self.findings if f.ok is False)

    def table(self) -> Table:
        """The verdict as a `Table`; what is wrong stands below."""
        words = {True: "right", False: "WRONG", None: "not judged yet"}
        below = [f"{finding.part}: {finding.text}" for finding in self.wrong]
        return Table(
            self.title,
            ("Part", ""),
            [[finding.part, words[finding.ok]] for finding in self.findings],
            [*below, *([self.advice] if self.advice else [])],
            frozenset(k for k, f in enumerate(self.findings) if f.ok is False),
        )

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def __rich__(self) -> Any:
        return self.table().__rich__()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()
