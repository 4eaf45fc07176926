"""Captured steps: record one step, replay it thousands of times without Python.

While a `Recorder` is active, every primitive that runs also notes an instruction: which
primitive, where its operands lie in memory, how large they are.  The list is a
`Program`, and `kernels.player` runs it n times in one compiled call, with the same
kernels on the same arrays, so that the bits are those of the eager run.

What a recorder cannot see would be frozen at its value of that one step.  So an operand
that neither a primitive made nor the caller declared is refused, and `capture` compares
the bytes of one replayed step with those of the eager one before it trusts a program.
"""

from dataclasses import dataclass

import numpy as np

from . import listing
from .errors import CaptureError
from .kernels import ops
from .kernels.layout import CONSTANTS, WIDTH, layout
from .kernels.table import PRIMITIVES, Primitive

GENERATORS = 8  # random generators a step can use
_UNUSED = np.random.Generator(np.random.PCG64(0))
_OPCODES = {name: k for k, name in enumerate(PRIMITIVES)}


@dataclass(frozen=True)
class Instruction:
    """One row of a program, as a person reads it."""

    primitive: Primitive
    operands: tuple  # the names of what it works on, in the table's order
    shapes: tuple  # of the array operands
    flops: int
    bytes: int

    def __str__(self):
        pairs = list(zip(self.primitive.operands, self.operands, strict=True))
        given = len(self.primitive.inputs)
        inputs = ", ".join(name for _, name in pairs[:given])
        results = ", ".join(name for _, name in pairs[given:])
        call = f"{self.primitive.name}({inputs})"
        return f"{results} = {call}" if results else call


class Recorder:
    """Notes the primitives that run while it is active; see `capture`.

    arrays: name -> array, all memory that exists before the step and may be used.
    generators: name -> numpy Generator.
    """

    def __init__(self, arrays, generators):
        self.generators = dict(generators)
        self.instructions, self.code, self.constants = [], [], []
        self.dtype = None
        self.headings = {}
        self._used = []  # names of generators, in the order of their places
        self._spans = []  # (first byte, end, name, array), kept alive
        self._made = 0
        for name, array in arrays.items():
            self._know(name, array)

    def note(self, primitive, operands, sizes, dtype):
        """Called by `ops` after each primitive."""
        columns, constants = layout(primitive)
        row, numbers = np.zeros(WIDTH, np.int64), np.zeros(CONSTANTS)
        row[0] = _OPCODES[primitive.name]
        names, shapes = [], []
        given = len(primitive.inputs)
        for place, (operand, value) in enumerate(
            zip(primitive.operands, operands, strict=True)
        ):
            if operand.kind == "array":
                self._check_type(primitive, operand, value)
                if place >= given:
                    self._made += 1
                    self._know(f"{operand.name}{self._made}", value)
                names.append(self._find(primitive, operand, value))
                shapes.append(value.shape)
                row[columns[operand.name]] = value.ctypes.data
            elif operand.kind == "rng":
                name, row[columns[operand.name]] = self._generator(primitive, value)
                names.append(name)
            else:
                names.append(f"{value:g}")
                if operand.kind == "float":
                    numbers[constants[operand.name]] = value
        for size in primitive.sizes:
            row[columns["size " + size]] = sizes[size]
        itemsize = np.dtype(dtype).itemsize
        self.code.append(row)
        self.constants.append(numbers)
        self.instructions.append(
            Instruction(
                primitive,
                tuple(names),
                tuple(shapes),
                primitive.flops(sizes),
                primitive.bytes(sizes, itemsize),
            )
        )

    def heading(self, text):
        """Called by `ops.heading`: what the next instructions are for."""
        self.headings[len(self.code)] = text

    def _know(self, name, array):
        first = array.ctypes.data
        self._spans.append((first, first + array.nbytes, name, array))

    def _find(self, primitive, operand, value):
        """The name of the memory that holds `value`; the latest that fits."""
        first = value.ctypes.data
        for start, end, name, _ in reversed(self._spans):
            if start <= first and first + value.nbytes <= end:
                return name
        raise CaptureError(
            f"{primitive.name}: operand {operand.name!r}: expected memory that a "
            "primitive made or that the step declared, got an array from elsewhere "
            "(plain NumPy in a layer cannot be recorded)"
        )

    def _generator(self, primitive, rng):
        """Name and place of a random generator."""
        for name, known in self.generators.items():
            if known is rng:
                if name not in self._used:
                    self._used.append(name)
                return name, self._used.index(name)
        raise CaptureError(
            f"{primitive.name}: expected one of the declared random generators, got "
            "another"
        )

    def used_generators(self):
        """Always GENERATORS of them: their number is part of the player's type."""
        if len(self._used) > GENERATORS:
            raise CaptureError(
                f"expected at most {GENERATORS} random generators in a step, got "
                f"{len(self._used)}"
            )
        used = [self.generators[name] for name in self._used]
        return tuple(used + [_UNUSED] * (GENERATORS - len(used)))

    def _check_type(self, primitive, operand, value):
        if operand.dtype != "T":
            return
        if self.dtype is None:
            self.dtype = value.dtype
        if value.dtype != self.dtype:
            raise CaptureError(
                f"{primitive.name}: operand {operand.name!r}: expected {self.dtype} as "
                f"in the rest of the step, got {value.dtype}"
            )

    def program(self, memory):
        """The finished program.  Errors: CaptureError where nothing was recorded."""
        if not self.code or self.dtype is None:
            raise CaptureError("expected a step made of primitives, recorded none")
        return Program(self, memory)


class Program:
    """A recorded step.  Owns every array it works on.

    instructions: list of `Instruction`.  headings: place -> what begins there.
    memory: what was captured with it, to go back after a measurement.
    """

    def __init__(self, recorder, memory):
        self.memory = memory
        self.headings = recorder.headings
        self.instructions = recorder.instructions
        self.dtype = recorder.dtype
        self._code = np.array(recorder.code)
        self._constants = np.array(recorder.constants)
        self._rngs = recorder.used_generators()
        self._spans = recorder._spans
        self._like = np.empty(0, recorder.dtype)

    def play(self, count):
        """Run the step `count` times, in one compiled call."""
        self._play(self._code, self._constants, count, _NO_TICKS)

    def play_timed(self, count):
        """As `play`; returns the clock ticks spent in each instruction."""
        ticks = np.zeros(len(self._code), np.int64)
        self._play(self._code, self._constants, count, ticks)
        return ticks

    def _play(self, code, constants, count, ticks):
        from .kernels import player

        player.play(code, constants, self._rngs, self._like, count, ticks)

    def show(self):
        """The listing, one line an instruction; prints as a table."""
        return listing.show(self)

    def profile(self, seconds=1.0):
        """Times and rates of every instruction, measured; prints as a table.

        seconds: about how long to play.  Nothing is changed by it.
        """
        return listing.profile(self, seconds)

    def __len__(self):
        return len(self.instructions)

    def __repr__(self):
        flops = sum(i.flops for i in self.instructions)
        return f"Program({len(self)} instructions, {flops:,} FLOPs a step)"


_NO_TICKS = np.empty(0, np.int64)


def capture(step, arrays, generators, memory):
    """Record `step()`, check one replay against it, and return the `Program`.

    step: a function without arguments, made of primitives; it is run once.
    arrays, generators: what it may use, see `Recorder`.
    memory: an object with `snapshot()` and `restore(snapshot)` for all that the step
        changes; a snapshot is (dict of arrays, list of generator states).
    Afterwards the state is that of one step.  Errors: CaptureError where the step
    cannot be recorded or its replay differs; the state is then as before.
    """
    from .kernels.compiling import JIT_DISABLED  # imports Numba: only when needed

    if JIT_DISABLED:
        raise CaptureError("expected compiled kernels, got NUMBA_DISABLE_JIT=1")
    before = memory.snapshot()
    recorder = Recorder(arrays, generators)
    token = ops.recorder.set(recorder)
    try:
        step()
        program = recorder.program(memory)
    except BaseException:
        memory.restore(before)
        raise
    finally:
        ops.recorder.reset(token)
    eager = memory.snapshot()
    memory.restore(before)
    program.play(1)
    changed = differences(eager, memory.snapshot())
    if changed:
        memory.restore(before)
        raise CaptureError(
            f"expected the replayed step to equal the eager one, got other bytes in "
            f"{', '.join(changed)} (something in the step is not a primitive)"
        )
    return program


def differences(one, other):
    """Names of what differs between two snapshots, byte by byte."""
    names = [
        name for name in one[0] if one[0][name].tobytes() != other[0][name].tobytes()
    ]
    return names + (["the random state"] if one[1] != other[1] else [])
