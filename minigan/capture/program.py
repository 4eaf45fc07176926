"""Captured steps: record one step, replay it thousands of times without Python.

While a `Recorder` is active, every primitive that runs also notes an instruction: which
primitive, where its operands lie in memory, how large they are.  The list is a
`Program`, and `player` runs it n times in one compiled call, with the same
kernels on the same arrays, so that the bits are those of the eager run.

What a recorder cannot see would be frozen at its value of that one step.  So an operand
that neither a primitive made nor the caller declared is refused, and `capture` compares
the bytes of one replayed step with those of the eager one before it trusts a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives
from ..errors import CaptureError, StateError
from ..jit.threads import get_threads
from ..primitives.declare import Primitive
from ..primitives.signature import Operand
from ..state import Arrays, Generators, Snapshot, Stateful
from ..tables import Table
from . import listing
from .between import BETWEEN, Between
from .fusion import fuse
from .instructions import Instruction, Place, Stream
from .splitting import split_once

TASKS = 4  # parts of a large instruction for each thread; a slower core does fewer


class Recorder:
    """Notes the primitives that run while it is active; see `capture`.

    arrays: name -> array, all memory that exists before the step and may be used.
    generators: name -> numpy Generator.
    gradients: names of those arrays that are gradients of parameters.
    dry: True for a try, in which no functions are called between primitives.
    """

    replays = True  # what it notes runs again, and numbers are looked at then

    def __init__(
        self,
        arrays: Arrays,
        generators: Generators,
        gradients: Sequence[str] = (),
        dry: bool = False,
    ) -> None:
        self.dry = dry
        self.generators = dict(generators)
        self.instructions: list[Instruction] = []
        self.dtype: np.dtype[Any] | None = None
        self.made: list[Place] = []  # places that primitives allocated
        # kept alive, so that no address is used twice
        self.arrays: list[NDArray[Any]] = []
        self._heading = ""
        self._known = [self._place(name, array) for name, array in arrays.items()]
        self.gradients = [p for p in self._known if p.name in gradients]

    def note(
        self,
        primitive: Primitive,
        operands: Sequence[Any],
        sizes: Mapping[str, int],
        dtype: np.dtype[Any],
    ) -> None:
        """Called by `primitives` after each primitive."""
        values: list[Any] = []
        given = len(primitive.inputs)
        for k, (operand, value) in enumerate(
            zip(primitive.operands, operands, strict=True)
        ):
            if operand.kind == "array":
                self._check_type(primitive, operand, value)
                if k >= given:
                    name = f"{operand.name}{len(self.made) + 1}"
                    self.made.append(self._place(name, value))
                    self._known.append(self.made[-1])
                values.append(self._find(primitive, operand, value))
            elif operand.kind == "rng":
                values.append(self._stream(primitive, value))
            else:
                values.append(value)
        itemsize = np.dtype(dtype).itemsize
        self.instructions.append(
            Instruction(primitive, tuple(values), sizes, itemsize, self._heading)
        )
        self._heading = ""

    def heading(self, text: str) -> None:
        """Called by `primitives.heading`: what the next instructions are for."""
        self._heading = text

    def between(self, function: Callable[[], object]) -> None:
        """Called by `primitives.between`: call a function now and in each replay."""
        if not self.dry:
            function()
        line = replace(Between.of(function), heading=self._heading)
        self.instructions.append(line)
        self._heading = ""

    def _place(self, name: str, array: NDArray[Any]) -> Place:
        """Where an array lies; it is kept alive from now on."""
        self.arrays.append(array)
        return Place(name, array.ctypes.data, array.shape, array.nbytes)

    def _find(
        self, primitive: Primitive, operand: Operand, value: NDArray[Any]
    ) -> Place:
        """The place of `value`, named after the latest known one that holds it."""
        place = Place("", value.ctypes.data, value.shape, value.nbytes)
        for known in reversed(self._known):
            if place.within(known):
                return Place(known.name, place.address, place.shape, place.nbytes)
        raise CaptureError(
            f"{primitive.name}: operand {operand.name!r}: expected memory that a "
            "primitive made or that the step declared, got an array from elsewhere "
            "(plain NumPy in a layer cannot be recorded)"
        )

    def _stream(self, primitive: Primitive, rng: np.random.Generator) -> Stream:
        """The declared generator that this is."""
        from ..jit.random import stream

        for name, known in self.generators.items():
            if known is rng:
                return Stream(name, stream(rng))
        raise CaptureError(
            f"{primitive.name}: expected one of the declared random generators, got "
            "another"
        )

    def _check_type(
        self, primitive: Primitive, operand: Operand, value: NDArray[Any]
    ) -> None:
        """Errors: CaptureError for another type than in the rest of the step."""
        if operand.dtype != "T":
            return
        if self.dtype is None:
            self.dtype = value.dtype
        if value.dtype != self.dtype:
            raise CaptureError(
                f"{primitive.name}: operand {operand.name!r}: expected {self.dtype} as "
                f"in the rest of the step, got {value.dtype}"
            )

    def program(self, part: Stateful, fused: bool = True) -> Program:
        """The finished program.  Errors: CaptureError where nothing was recorded."""
        instructions, before = self.fused() if fused else (self.instructions, [])
        if not instructions:
            raise CaptureError("expected a step made of primitives, recorded none")
        return Program(self, instructions, part, before)

    def fused(self) -> tuple[list[Instruction], list[Instruction]]:
        """(the instructions as they are played, those that are run once before)"""
        if self.dtype is None:
            return [], []
        instructions = fuse(self.instructions, self.made, self.gradients)
        instructions, before, memory = split_once(instructions, self.dtype)
        self.arrays += memory
        return instructions, before

    def __enter__(self) -> Recorder:
        self._token = primitives.recorder.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        primitives.recorder.reset(self._token)


class Program:
    """A recorded step.  Owns every array it works on.

    instructions: list of `Instruction`.
    part: what it changes, to go back after a measurement.
    before: instructions that are run once before a number of steps.
    asked: for which arithmetic of products it was recorded.
    """

    def __init__(
        self,
        recorder: Recorder,
        instructions: list[Instruction],
        part: Stateful,
        before: Sequence[Instruction] = (),
    ) -> None:
        self.instructions = instructions
        self.part = part
        self.dtype = np.dtype(recorder.dtype)
        self.asked = primitives.asked_products()
        self._kept = recorder.generators, recorder.arrays
        self._code, self._starts = self._encoded(instructions)
        self._before, _ = self._encoded(before)
        self._calls = [
            (start, line.function)
            for start, line in zip(self._starts, instructions, strict=True)
            if isinstance(line, Between)
        ]

    def _encoded(
        self, instructions: Sequence[Instruction]
    ) -> tuple[NDArray[np.int64], list[int]]:
        """(the matrix that the player runs, the first row of each instruction)."""
        from . import groups
        from .rows import entries, matrix

        uses = [(i.primitive, i.twin(self.dtype)) for i in instructions]
        called = [use for use in uses if use[0] is not BETWEEN]
        try:
            found = entries(called, self.dtype)
        except TypeError as error:
            raise CaptureError(f"expected compiled kernels, got: {error}") from None
        rows: list[list[int]] = []
        starts: list[int] = []
        for use, instruction in zip(uses, instructions, strict=True):
            starts.append(len(rows))
            if isinstance(instruction, Between):
                continue
            parts = instruction.parts(TASKS * get_threads())
            if len(parts) > 1:
                rows.append(groups.front(len(parts)))
            rows += [part.encode(found[use]) for part in parts]
        return matrix(rows), starts

    def play(self, count: int) -> None:
        """Run the step `count` times, in one compiled call.

        With functions between its primitives there are several calls for each step.
        """
        self._play(count, _NO_TICKS)

    def play_timed(self, count: int) -> NDArray[np.int64]:
        """As `play`; returns the clock ticks spent in each instruction."""
        ticks = np.zeros(len(self._code), np.int64)
        self._play(count, ticks)
        return ticks[self._starts]

    def _play(self, count: int, ticks: NDArray[np.int64]) -> None:
        from .player import play

        if len(self._before):
            play(self._before, 1, _NO_TICKS)
        if not self._calls:
            play(self._code, count, ticks)
            return
        for _ in range(count):
            first = 0
            for place, function in self._calls:
                play(self._code[first:place], 1, ticks[first:place])
                function()
                first = place
            play(self._code[first:], 1, ticks[first:])

    def show(self) -> Table:
        """The listing, one line an instruction; prints as a table."""
        return listing.show(self)

    def profile(self, seconds: float = 1.0) -> listing.Profile:
        """Times and rates of every instruction, measured; prints as a table.

        seconds: about how long to play.  Nothing is changed by it.
        """
        return listing.profile(self, seconds)

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()

    def __reduce_ex__(self, protocol: object) -> Any:
        """Errors: StateError; a copy would write into the memory of the original."""
        raise StateError(
            f"{type(self).__name__}: expected no copy of a recorded step, which holds "
            "addresses of this process; copy what it was recorded from"
        )

    def __len__(self) -> int:
        return len(self.instructions)

    def __repr__(self) -> str:
        flops = sum(i.flops for i in self.instructions)
        return f"Program({len(self)} instructions, {flops:,} FLOPs a step)"


_NO_TICKS = np.empty(0, np.int64)


def capture(
    step: Callable[[], object],
    part: Stateful,
    workspace: Mapping[str, NDArray[Any]] | None = None,
    *,
    gradients: Sequence[str] = (),
    fused: bool = True,
) -> Program:
    """Record `step()`, check one replay against it, and return the `Program`.

    step: a function without arguments, made of primitives; it is run twice, since a
        number that Python keeps shows only when it changes.
    part: what the step changes and draws from, see `minigan.state.Stateful`.
    workspace: name -> array, what it reads or writes beside that: gradients, tables,
        data.  Memory that has several names is shown under the last one.
    gradients: names in the workspace of gradients of parameters.
    fused: False keeps the instructions as they were recorded, see `fusion`.
    Afterwards the state is that of one step.  Errors: CaptureError where the step
    cannot be recorded or its replay differs; the state is then as before.
    """
    from ..jit.compiling import JIT_DISABLED  # imports Numba: only when needed

    if JIT_DISABLED:
        raise CaptureError("expected compiled kernels, got NUMBA_DISABLE_JIT=1")
    before = Snapshot(part)
    arrays = {**part.state(), **(workspace or {})}
    recorded = arrays, part.generators(), gradients
    _compile_ahead(step, before, Recorder(*recorded, dry=True))
    recorder = Recorder(*recorded)
    try:
        with recorder:
            step()
        program = recorder.program(part, fused)
    except BaseException:
        before.restore()
        raise
    once = Snapshot(part)
    eager = [once]
    try:
        step()
        eager.append(Snapshot(part))
    except Exception:  # the second step is for the check only: it may fail in its turn
        pass
    finally:
        before.restore()
    for expected in eager:
        program.play(1)
        changed = expected.differences(Snapshot(part))
        if changed:
            before.restore()
            raise CaptureError(
                f"expected the replayed step to equal the eager one, got other bytes "
                f"in {', '.join(changed)} (something in the step is not a primitive)"
            )
    once.restore()
    return program


def _compile_ahead(step: Callable[[], object], before: Snapshot, on: Recorder) -> None:
    """The first time ever, compile what the step needs in several processes.

    on: what it is recorded on, while it runs on NumPy.  Nothing changes.
    """
    from . import ahead

    if not ahead.is_first_run():
        return
    try:
        with on, primitives.use_backend("numpy"):
            step()
    except Exception:
        return  # it will fail again, where that is expected
    finally:
        before.restore()
    instructions, once = on.fused()
    ahead.compile_all(ahead.wanted([*on.instructions, *instructions, *once], on.dtype))
