"""Programs one after the other, each so many times."""

from __future__ import annotations

from collections.abc import Callable

from .program import Program


class Schedule:
    """What is played like one `Program`, but holds a repeated part only once.

    parts: list of (program, times).
    """

    def __init__(self, parts: list[tuple[Program, int]]) -> None:
        self.parts = parts

    @classmethod
    def record(
        cls,
        capture: Callable[[Callable[[], object]], Program],
        *steps: tuple[Callable[[], object], int],
    ) -> Schedule:
        """Capture the parts in turn.

        capture: a function that runs a step once and returns its program.
        steps: pairs (step, times); those with times 0 are left out.
        Afterwards the whole has been run once.
        """
        parts = []
        for step, times in steps:
            if times:
                program = capture(step)
                program.play(times - 1)
                parts.append((program, times))
        return cls(parts)

    def play(self, count: int) -> None:
        """Run the whole `count` times."""
        for _ in range(count):
            for program, times in self.parts:
                program.play(times)

    __reduce_ex__ = Program.__reduce_ex__

    def __repr__(self) -> str:
        parts = ", ".join(f"{times} x {program!r}" for program, times in self.parts)
        return f"Schedule({parts})"
