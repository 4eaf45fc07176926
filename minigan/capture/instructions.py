"""One line of a program: a primitive and the memory it works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from ..primitives.declare import Primitive

PART = 1 << 20  # bytes that a part of an instruction reads and writes, at least


@dataclass(frozen=True)
class Place:
    """A piece of memory: where it begins, its shape, and a name for readers."""

    name: str
    address: int
    shape: tuple[int, ...]
    nbytes: int

    def within(self, other: Place) -> bool:
        """True where all of this lies inside `other`."""
        return (
            other.address <= self.address
            and self.address + self.nbytes <= other.address + other.nbytes
        )

    def rows(self, first: int, end: int, count: int) -> Place:
        """Those from `first` to `end`, where it has `count` rows (or elements)."""
        size, some = self.nbytes // count, end - first
        shape = (some, *self.shape[1:]) if self.shape[0] == count else (some,)
        return Place(self.name, self.address + first * size, shape, some * size)

    def overlaps(self, other: Place) -> bool:
        """True where the two share a byte."""
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
    split: the memory of W holds its tiles, see `splitting`.
    """

    primitive: Primitive
    operands: tuple[Any, ...]
    sizes: Mapping[str, int]
    itemsize: int
    heading: str = ""
    split: bool = False

    @property
    def name(self) -> str:
        """That of the primitive."""
        return self.primitive.name

    @property
    def flops(self) -> int:
        """Floating-point operations."""
        return self.primitive.flops(self.sizes)

    @property
    def bytes(self) -> int:
        """Bytes read and written."""
        return self.primitive.bytes(self.sizes, self.itemsize)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the array operands, in order."""
        return tuple(o.shape for o in self.operands if isinstance(o, Place))

    def twin(self, dtype: np.dtype[Any]) -> Any:
        """What runs it, with the arithmetic in force.   dtype: the network's type."""
        twin = self.primitive.twin_for(self.sizes, dtype)
        return twin.split if self.split else twin

    def __getitem__(self, name: str) -> Any:
        """The operand of that name in the table."""
        for operand, value in zip(self.primitive.operands, self.operands, strict=True):
            if operand.name == name:
                return value
        raise KeyError(name)

    @property
    def results(self) -> tuple[Any, ...]:
        """Places that it fills for the first time."""
        return self.operands[len(self.primitive.inputs) :]

    @property
    def changed(self) -> tuple[Any, ...]:
        """Places that it writes to: results, and what it updates."""
        pairs = zip(self.primitive.inputs, self.operands, strict=False)
        return (*self.results, *(v for o, v in pairs if o.update))

    @property
    def read(self) -> tuple[Any, ...]:
        """Places whose old content matters."""
        return tuple(
            v for v in self.operands[: len(self.primitive.inputs)] if type(v) is Place
        )

    def become(self, primitive: Primitive, **operands: Any) -> Instruction:
        """This instruction with another primitive, operands given or kept by name."""
        chosen = tuple(
            operands[o.name] if o.name in operands else self[o.name]
            for o in primitive.operands
        )
        return replace(self, primitive=primitive, operands=chosen)

    def parts(self, most: int) -> list[Instruction]:
        """This instruction, cut into up to `most` that may run side by side."""
        letter = self.primitive.rows
        count = min(most, self.bytes // PART, self.sizes.get(letter, 0))
        # A product with several columns shares out its work itself.
        shares = self.primitive.kind == "product" and self.sizes.get("M", 1) > 1
        if not letter or count < 2 or shares:
            return [self]
        n, pieces = self.sizes[letter], []
        for k in range(count):
            first, end = k * n // count, (k + 1) * n // count
            operands = [
                value.rows(first, end, n) if operand.row_letter == letter else value
                for operand, value in zip(
                    self.primitive.operands, self.operands, strict=True
                )
            ]
            sizes = {**self.sizes, letter: end - first}
            pieces.append(replace(self, operands=tuple(operands), sizes=sizes))
        return pieces

    def encode(self, entry: int) -> list[int]:
        """The row of numbers that the player runs, see `rows`.

        entry: the address of the code for rows of this primitive.
        """
        row = [entry, 1, 0]  # the last one becomes the width
        for operand, value in zip(self.primitive.operands, self.operands, strict=True):
            if isinstance(value, (Place, Stream)):
                row.append(value.address)
            elif operand.kind == "float":
                row.append(int(np.float64(value).view(np.int64)))
            else:
                row.append(int(value))
        return row + [self.sizes[size] for size in self.primitive.sizes]

    def __str__(self) -> str:
        words = [
            f"{v:g}" if isinstance(v, (int, float)) else v.name for v in self.operands
        ]
        given = len(self.primitive.inputs)
        call = f"{self.name}({', '.join(words[:given])})"
        results = ", ".join(words[given:])
        return f"{results} = {call}" if results else call


def elements(place: Place) -> int:
    """How many numbers a place holds."""
    return prod(place.shape)
