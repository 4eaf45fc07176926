"""Shards: a batch cut into equal parts, whose gradients are added in a fixed tree.

    ((g0 + g1) + (g2 + g3)) / 4

Each part teaches a network by itself, from the same parameters, with losses that are
means over its own rows.  Their number is an option and a power of two, and each rank
(see `ranks`) computes as many of them, one after the other.  A rank adds up its own
part of the tree, all ranks exchange what they have, and each of them adds up the rest:
the same sums in the same order, and so the same bits, for any number of ranks.

What couples the rows of a batch (the statistics of `BatchNorm`, the mean of the other
kind in an objective) couples those of a shard.  Moving statistics all start from the
same numbers, and become the mean of where the shards lead them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..layers import Layer
from ..network import ALIGNMENT, Network, aligned_zeros
from ..state import Arrays
from .options import Options
from .ranks import TEXT, Communicator, raise_first, said_of, written

T = TypeVar("T")
NUMBERS = 8  # cells of a lesson, at most: its losses and penalties

Answers = tuple[list[NDArray], list[NDArray]]  # scores (n, 1), cells: what was measured


@dataclass
class Taught:
    """What some shards, side by side, have taught a network; sums, but for `cells`.

    gradient, buffers: vectors as those of the network; buffers is None without any.
    scores: of all their rows.   cells: means.
    """

    gradient: NDArray
    buffers: NDArray | None
    scores: list[NDArray]
    cells: list[NDArray]


class Shards:
    """The parts of each batch that this rank computes, and what all of them teach.

    Errors: ArgumentError where ranks or networks do not go with the option `shards`.
    """

    def __init__(
        self,
        options: Options,
        communicator: Communicator,
        generator: Network,
        discriminator: Network,
    ) -> None:
        where, self.count = "Trainer", options.shards
        self.communicator = communicator
        rank, size = communicator.rank, communicator.size
        if self.count % size:
            expected = f"a multiple of the {size} ranks, as many shards for each"
            validate.complain(
                validate.ArgumentError, where, "shards", expected, self.count
            )
        each = self.count // size
        self.own = range(rank * each, (rank + 1) * each)
        self._slots: dict[Network, Slots] = {}
        players = {"generator": generator, "discriminator": discriminator}
        for name, network in players.items():
            self._expect_no_draws(where, name, network)
            if size > 1:
                rows = each * options.real_rows // options.pack // self.count
                self._slots[network] = Slots(network, rows, communicator)

    def _expect_no_draws(self, where: str, name: str, network: Network) -> None:
        """Each rank would have to draw what all the others do."""
        drawing = [type(x).__name__ for x in network.walk() if _draws(x)]
        if self.count > 1 and drawing:
            expected = "layers that draw no random numbers with shards > 1"
            validate.complain(validate.ArgumentError, where, name, expected, drawing[0])

    def cut(self, whole: Any) -> list[Any]:
        """This rank's shards of a batch.

        whole: rows (n, ...), or a tuple of such; None has no rows.
        Errors: ShapeError for rows that cannot be cut into equal parts.
        """
        if self.count == 1:
            return [whole]
        if whole is None:
            return [None] * len(self.own)
        if isinstance(whole, tuple):
            return list(zip(*map(self.cut, whole), strict=True))
        n, left = divmod(len(whole), self.count)
        if left:
            expected = f"a multiple of {self.count} rows, the option shards"
            got = len(whole)
            validate.complain(validate.ShapeError, "Trainer", "z", expected, got)
        return [whole[k * n : (k + 1) * n] for k in self.own]

    def teach(
        self, network: Network, lesson: Callable[[T], Answers], parts: Sequence[T]
    ) -> Answers:
        """Leave the mean gradient of all shards in a network; what they measured.

        lesson: teaches one of the parts, which are this rank's.
        Errors: those of a lesson, on all ranks.
        """
        if self.count == 1:
            return lesson(parts[0])
        own, error = None, None
        try:
            own = self._taught(network, lesson, parts)
        except Exception as found:  # other ranks must hear of it before it is raised
            error = found
        primitives.heading("The mean of all shards")
        if self._slots:
            own = self._slots[network].exchanged(own, error)
        elif error is not None:
            raise error
        assert own is not None
        share = 1 / self.count
        primitives.assign(network.dtheta, primitives.scale(own.gradient, share))
        if own.buffers is not None:
            primitives.assign(network.buffers, primitives.scale(own.buffers, share))
        return own.scores, own.cells

    def _taught(
        self, network: Network, lesson: Callable[[T], Answers], parts: Sequence[T]
    ) -> Taught:
        """What these parts teach."""
        moving = network.buffers.size > 0
        start = primitives.copy(network.buffers) if moving else None
        found = []
        for k, part in enumerate(parts):
            if start is not None and k:
                primitives.assign(network.buffers, start)
            scores, cells = lesson(part)
            gradient = primitives.copy(network.dtheta)
            buffers = primitives.copy(network.buffers) if moving else None
            found.append(Taught(gradient, buffers, scores, cells))
        return tree(found, _side_by_side)

    def memory(self) -> Arrays:
        """name -> array in which ranks exchange what they have."""
        found: Arrays = {}
        for name, slots in zip("GD", self._slots.values(), strict=False):
            found |= {f"ranks of {name}": slots.rows, f"row of {name}": slots.cursor}
        return found


class Slots:
    """Memory for what each rank's shards have taught a network: a row of bytes each.

    rows: how many scores of a kind a rank has.
    """

    def __init__(self, network: Network, rows: int, communicator: Communicator) -> None:
        self.communicator = communicator
        self.cursor = np.zeros((), np.int64)  # of the only row of each table of cells
        dtype, size = network.theta.dtype, communicator.size
        sizes = {
            "gradient": (network.theta.size, dtype),
            "buffers": (network.buffers.size, dtype),
            "real": (rows, dtype),
            "fake": (rows, dtype),
            "cells": (NUMBERS, np.dtype(np.float64)),
            "error": (TEXT, np.dtype(np.uint8)),
        }
        ends = np.cumsum(
            [
                -(-n * kind.itemsize // ALIGNMENT) * ALIGNMENT
                for n, kind in sizes.values()
            ]
        ).tolist()
        self.rows = aligned_zeros(size * ends[-1], np.uint8).reshape(size, ends[-1])
        self._views = [
            {
                name: row[start : start + n * kind.itemsize].view(kind)
                for (name, (n, kind)), start in zip(
                    sizes.items(), [0, *ends], strict=False
                )
            }
            for row in self.rows
        ]

    def exchanged(self, own: Taught | None, error: Exception | None) -> Taught:
        """What all ranks have, of which this one has `own`, added up.

        Errors: that of the first rank that has one.
        """
        rank = self.communicator.rank
        mine = self._views[rank]
        written(mine["error"], said_of(error))
        if own is not None:
            for name, array in _named(own):
                primitives.assign(mine[name][: array.size], array.reshape(-1))
            for k, cell in enumerate(own.cells):
                table = mine["cells"].reshape(1, NUMBERS)
                primitives.record(cell, k, self.cursor, table)
        self._exchange()
        said = [view["error"].tobytes().rstrip(b"\0") for view in self._views]
        raise_first(said, rank, error)
        assert own is not None
        return tree([self._read(view, own) for view in self._views], _side_by_side)

    def _exchange(self) -> None:
        primitives.between(lambda: self.communicator.allgather(self.rows))

    def _read(self, view: Arrays, like: Taught) -> Taught:
        """What a rank has written into its row, in the form of `like`."""
        scores = [
            view[name][: array.size].reshape(array.shape)
            for name, array in zip(("real", "fake"), like.scores, strict=False)
        ]
        return Taught(
            view["gradient"],
            None if like.buffers is None else view["buffers"],
            scores,
            [view["cells"][k : k + 1].reshape(()) for k in range(len(like.cells))],
        )


def _named(own: Taught) -> list[tuple[str, NDArray]]:
    """(name, array) of what a step leaves, without its cells."""
    found = [("gradient", own.gradient)]
    if own.buffers is not None:
        found.append(("buffers", own.buffers))
    return found + list(zip(("real", "fake"), own.scores, strict=False))


def _draws(layer: Layer) -> bool:
    """True for a layer that keeps a random generator, as `Dropout` does."""
    return any(isinstance(v, np.random.Generator) for v in vars(layer).values())


def tree(parts: Sequence[T], both: Callable[[T, T], T]) -> T:
    """both(both(a, b), both(c, d)): neighbours, then what they make, and so on.

    parts: as many as a power of two.
    """
    while len(parts) > 1:
        parts = [both(*parts[k : k + 2]) for k in range(0, len(parts), 2)]
    return parts[0]


def _side_by_side(a: Taught, b: Taught) -> Taught:
    """Two shares as one: sums of gradients, scores one below the other, mean cells."""
    buffers = None
    if a.buffers is not None and b.buffers is not None:
        buffers = primitives.add_scaled(a.buffers, b.buffers, 1.0)
    return Taught(
        primitives.add_scaled(a.gradient, b.gradient, 1.0),
        buffers,
        [
            primitives.concatenate(*pair)
            for pair in zip(a.scores, b.scores, strict=True)
        ],
        [primitives.average(*pair) for pair in zip(a.cells, b.cells, strict=True)],
    )
