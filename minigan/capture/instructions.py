"""One line of a program: a primitive and the memory it works on."""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ..kernels.layout import CONSTANTS, PARTS, WIDTH, layout
from ..kernels.primitive import Primitive
from ..kernels.table import PRIMITIVES

PART = 1 << 20  # bytes that a part of an instruction reads and writes, at least

_OPCODES = {name: k for k, name in enumerate(PRIMITIVES)}


@dataclass(frozen=True)
class Place:
    """A piece of memory: where it begins, its shape, and a name for readers."""

    name: str
    address: int
    shape: tuple
    nbytes: int

    def within(self, other):
        """True where all of this lies inside `other`."""
        return (
            other.address <= self.address
            and self.address + self.nbytes <= other.address + other.nbytes
        )

    def rows(self, first, end, count):
        """Those from `first` to `end`, where it has `count` rows (or elements)."""
        size, some = self.nbytes // count, end - first
        shape = (some, *self.shape[1:]) if self.shape[0] == count else (some,)
        return Place(self.name, self.address + first * size, shape, some * size)

    def overlaps(self, other):
        return (
            self.address < other.address + other.nbytes
            and other.address < self.address + self.nbytes
        )


@dataclass(frozen=True)
class Stream:
    """A random generator: its name, and the address under which kernels know it."""

    name: str
    address: int


@dataclass(frozen=True)
class Instruction:
    """One call of a primitive.

    operands: `Place`, `Stream` or a number for each operand of the table's entry.
    sizes: the size letters.  itemsize: bytes of one number of the network's type.
    heading: what begins here, or "".
    """

    primitive: Primitive
    operands: tuple
    sizes: dict
    itemsize: int
    heading: str = ""

    @property
    def name(self):
        return self.primitive.name

    @property
    def flops(self):
        return self.primitive.flops(self.sizes)

    @property
    def bytes(self):
        return self.primitive.bytes(self.sizes, self.itemsize)

    @property
    def shapes(self):
        """Of the array operands, in order."""
        return tuple(o.shape for o in self.operands if isinstance(o, Place))

    def __getitem__(self, name):
        """The operand of that name in the table."""
        for operand, value in zip(self.primitive.operands, self.operands, strict=True):
            if operand.name == name:
                return value
        raise KeyError(name)

    @property
    def results(self):
        """Places that it fills for the first time."""
        return self.operands[len(self.primitive.inputs) :]

    @property
    def changed(self):
        """Places that it writes to: results, and what it updates."""
        pairs = zip(self.primitive.inputs, self.operands, strict=False)
        return (*self.results, *(v for o, v in pairs if o.update))

    @property
    def read(self):
        """Places whose old content matters."""
        return tuple(
            v for v in self.operands[: len(self.primitive.inputs)] if type(v) is Place
        )

    def become(self, name, **operands):
        """This instruction with another primitive, operands given or kept by name."""
        primitive = PRIMITIVES[name]
        chosen = tuple(
            operands[o.name] if o.name in operands else self[o.name]
            for o in primitive.operands
        )
        return replace(self, primitive=primitive, operands=chosen)

    def parts(self, most):
        """This instruction, cut into up to `most` that may run side by side."""
        letter = self.primitive.rows
        count = min(most, self.bytes // PART, self.sizes.get(letter, 0))
        # A product with several columns shares out its work itself.
        if not letter or count < 2 or self.sizes.get("M", 1) > 1:
            return [self]
        n, pieces = self.sizes[letter], []
        for k in range(count):
            first, end = k * n // count, (k + 1) * n // count
            operands = [
                value.rows(first, end, n) if _row_letter(operand) == letter else value
                for operand, value in zip(
                    self.primitive.operands, self.operands, strict=True
                )
            ]
            sizes = {**self.sizes, letter: end - first}
            pieces.append(replace(self, operands=tuple(operands), sizes=sizes))
        return pieces

    def encode(self, kernel, parts=1):
        """(int64 row, float64 constants), as the player wants them.

        kernel: the address of the primitive's machine code.
        parts: into how many rows the instruction was cut; the first one is asked.
        """
        columns, constants = layout(self.primitive)
        row, numbers = np.zeros(WIDTH, np.int64), np.zeros(CONSTANTS)
        row[:2] = _OPCODES[self.name], kernel
        row[PARTS] = parts
        for operand, value in zip(self.primitive.operands, self.operands, strict=True):
            if isinstance(value, (Place, Stream)):
                row[columns[operand.name]] = value.address
            elif operand.kind == "float":
                numbers[constants[operand.name]] = value
        for size in self.primitive.sizes:
            row[columns["size " + size]] = self.sizes[size]
        return row, numbers

    def __str__(self):
        words = [
            f"{v:g}" if isinstance(v, (int, float)) else v.name for v in self.operands
        ]
        given = len(self.primitive.inputs)
        call = f"{self.name}({', '.join(words[:given])})"
        results = ", ".join(words[given:])
        return f"{results} = {call}" if results else call


def _row_letter(operand):
    """The size letter that counts the rows of an array operand, or ""."""
    return "S" if operand.any_shape else (operand.dims or ("",))[0]


def elements(place):
    """How many numbers a place holds."""
    return prod(place.shape)
