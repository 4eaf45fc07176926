"""A program as tables: what a step does, and where its time goes.

`Program.show()` lists the instructions with shapes, FLOPs and bytes.
`Program.profile()` adds measured times and rates, and the floor: the time that the same
work would take if the matrix products ran at the machine's peak, the optimizers at its
memory bandwidth and random numbers as fast as they can be drawn, with nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import CaptureError
from ..jit.threads import Work, work
from ..state import Snapshot
from ..tables import Table
from .instructions import Instruction

if TYPE_CHECKING:
    from .program import Program


def show(program: Program) -> Table:
    """A `Table`, one line an instruction, under the headings of the step."""
    rows = []
    for k, instruction in enumerate(program.instructions):
        rows += _heading(instruction, 5)
        rows.append([str(k), str(instruction), *_sizes(instruction)])
    flops = sum(i.flops for i in program.instructions)
    moved = sum(i.bytes for i in program.instructions)
    return Table(
        title=f"One step: {len(program)} instructions, {program.dtype}",
        columns=(">#", "Instruction", "Shapes", ">FLOPs", ">Bytes"),
        rows=rows,
        footer=[f"Total: {flops:,} FLOPs, {moved:,} bytes read and written"],
    )


@dataclass(frozen=True)
class Machine:
    """What this machine can do, measured with two or all threads as NumPy uses them.

    flops: of a large matrix product, per second.  bandwidth: bytes per second of an
    Adam step over 1.5 M parameters.  draws: normal random numbers per second.
    """

    flops: float
    bandwidth: float
    draws: float

    @classmethod
    def measure(cls, dtype: DTypeLike) -> Machine:
        """Best of several short runs; about a second in all."""
        from ..compiled import data, dense, optimizers
        from ..gemm.choice import in_force
        from ..jit.random import stream

        n, p, drawn = 1024, 1_500_000, 4096
        a = np.random.default_rng(0).random((n, n)).astype(dtype)
        c = np.empty_like(a)
        zero = np.zeros(n, dtype)
        forward: Callable[..., None] = dense.dense_forward
        if np.dtype(dtype) == np.float32 and in_force("auto") == "tiles":
            forward = dense.dense_forward.by_tiles
        product = min(
            _seconds(lambda: np.matmul(a, a, out=c), 8),
            _seconds(lambda: forward(a, a, zero, c), 8),
        )
        vectors = [np.full(p, 1e-3, dtype) for _ in range(4)]
        schedule, cell = np.full(2, 1e-8), np.zeros(1, np.int64)
        adam = _seconds(
            lambda: optimizers.adam_update(*vectors, schedule, 0.9, 0.999, cell), 8
        )
        rng, z = np.random.default_rng(0), np.empty((drawn, 1), dtype)
        normal = _seconds(lambda: data.standard_normal(stream(rng), drawn, 1, z), 20)
        width = np.dtype(dtype).itemsize
        return cls(2 * n**3 / product, 7 * width * p / adam, drawn / normal)

    def floor(self, program: Program) -> float:
        """Seconds that a step takes at the least; see the module's docstring."""
        seconds = 0.0
        for instruction in program.instructions:
            kind = instruction.primitive.kind
            if kind == "product":
                seconds += instruction.flops / self.flops
            elif kind == "update":
                seconds += instruction.bytes / self.bandwidth
            elif kind == "draw":
                seconds += np.prod(instruction.shapes[-1]) / self.draws
        return seconds


@dataclass(frozen=True)
class Profile:
    """Measured times of a program, in seconds a step.

    seconds: one for each instruction.  total: of a whole step, measured without the
    clock between the instructions.  floor: see `Machine.floor`.  work: what could be
    shared among threads meanwhile.
    """

    program: Program
    seconds: NDArray[np.float64]
    total: float
    floor: float
    machine: Machine
    work: Work

    def table(self) -> Table:
        """A `Table` with time, rates and share of each instruction."""
        rows = []
        for k, instruction in enumerate(self.program.instructions):
            rows += _heading(instruction, 8)
            spent = self.seconds[k]
            rows.append(
                [
                    str(k),
                    str(instruction),
                    *_sizes(instruction),
                    f"{spent * 1e6:,.2f}",
                    _rate(instruction.flops, spent),
                    _rate(instruction.bytes, spent),
                ]
            )
        machine = self.machine
        return Table(
            title=f"One step: {len(self.program)} instructions, {self.program.dtype}",
            columns=(">#", "Instruction", "Shapes", ">FLOPs", ">Bytes")
            + (">us", ">GFLOP/s", ">GB/s"),
            rows=rows,
            footer=[
                f"Total: {self.total * 1e6:,.1f} us a step, "
                f"{self.total / self.floor:.2f} times the floor of this machine, "
                f"{self.floor * 1e6:,.1f} us",
                f"Measured here: products {machine.flops / 1e9:,.0f} GFLOP/s, Adam "
                f"{machine.bandwidth / 1e9:,.0f} GB/s, normal draws "
                f"{machine.draws / 1e6:,.0f} M/s",
                *self._by_kind(),
                *self._threads(),
                self._products(),
            ],
        )

    def _by_kind(self) -> list[str]:
        """Where the time goes, by primitive, largest first."""
        spent: dict[str, float] = {}
        for instruction, seconds in zip(
            self.program.instructions, self.seconds, strict=True
        ):
            name = instruction.name
            spent[name] = spent.get(name, 0.0) + seconds
        total = sum(spent.values()) or 1.0
        ranked = sorted(spent.items(), key=lambda item: -item[1])[:6]
        shares = ", ".join(f"{name} {s / total:.0%}" for name, s in ranked)
        return [f"Most time: {shares}"]

    def _threads(self) -> list[str]:
        """How many threads really worked, where the step shares anything out."""
        return [f"Large instructions: {self.work}"] if str(self.work) else []

    def _products(self) -> str:
        """With which arithmetic it was recorded, and why."""
        from ..gemm.choice import explained

        return explained(self.program.asked, self.program.dtype)

    def __str__(self) -> str:
        return str(self.table())

    def __rich__(self) -> Any:
        return self.table().__rich__()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def profile(program: Program, seconds: float = 1.0) -> Profile:
    """Play the program for about `seconds`, and return its `Profile`.

    The state of the networks and generators is put back afterwards.
    Errors: CaptureError on a machine without a clock that kernels can read.
    """
    before = Snapshot(program.part)
    try:
        program.play(2)
        once = _seconds(lambda: program.play(1), 3)
        count = max(5, min(2000, int(seconds / 8 / once)))
        totals, ticks, shared = [], [], work()
        for _ in range(5):
            totals.append(_seconds(lambda: program.play(count), 1) / count)
            ticks.append(program.play_timed(count))
        shared = work() - shared
    finally:
        before.restore()
    total = float(np.median(totals))
    found = np.median(ticks, axis=0)
    if not found.any():
        raise CaptureError("profile: expected a processor with a readable counter")
    # Reading the clock takes time too; the quickest instruction is hardly more.
    net = found - found.min()
    machine = Machine.measure(program.dtype)
    return Profile(
        program,
        net / net.sum() * total,
        total,
        machine.floor(program),
        machine,
        shared,
    )


def _heading(instruction: Instruction, columns: int) -> list[list[str]]:
    """A row with the heading in front of an instruction, if there is one."""
    if not instruction.heading:
        return []
    return [["", f"-- {instruction.heading} --", *[""] * (columns - 2)]]


def _sizes(instruction: Instruction) -> list[str]:
    """Shapes, FLOPs and bytes, as they are printed."""
    shapes = " ".join("x".join(map(str, s)) or "cell" for s in instruction.shapes)
    return [shapes, f"{instruction.flops:,}", f"{instruction.bytes:,}"]


def _rate(amount: float, seconds: float) -> str:
    """10^9 of something a second, or "" where there is none."""
    return f"{amount / seconds / 1e9:,.1f}" if amount and seconds > 0 else ""


def _seconds(function: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs."""
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
    return best
