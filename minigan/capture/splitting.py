"""Weights that products by tiles read are split once for each change.

A product by tiles (`gemm.tiles`) splits both of its operands.  Activations are new each
time; weights change once a step, in the optimizer's update, and are read by several
products before the next.  So a recorded step has an instruction of its own,

    split_weights(W, turned, tiles)

and the products read the tiles.  Forward and dx want different layouts: turned is 1 for
W^T, in dx = dy W^T.  Where the step changes W, it is split again before its next
reader, or at the end; and once more before the first of many steps, since nobody knows
what happened to W in between.  The bits are those of splitting each time.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..primitives.declare import Primitive
from .instructions import Instruction, Place

LINE = 64  # bytes of a cache line


class _SplitWeights(Primitive):
    """No mathematics, and so in no registry: a step of the product's own."""

    def __init__(self) -> None:
        def split_weights(W: Any, turned: int, tiles: Any) -> None:
            self.twin(W, turned, tiles)

        def elements(D: int, M: int, L: int) -> int:
            return D * M + L

        signature = "W[D,M] turned=i tiles[L]!"
        super().__init__(split_weights, signature, None, elements, "", "", None, None)

    @property
    def twin(self) -> Any:
        """What splits, of `gemm`."""
        from ..gemm.tiles import split_weights

        return split_weights


SPLIT_WEIGHTS = _SplitWeights()


def split_once(
    instructions: Sequence[Instruction], dtype: np.dtype[Any]
) -> tuple[list[Instruction], list[Instruction], list[NDArray[Any]]]:
    """(the step, what is done once before many steps, the memory of the tiles)."""
    memory: list[NDArray[Any]] = []
    splits: dict[tuple[Place, int], Instruction] = {}
    for instruction in instructions:
        key = _weights(instruction, dtype)
        if key and key not in splits:
            splits[key] = _split(instruction, *key, memory)
    kept: list[Instruction] = []
    stale: list[tuple[Place, int]] = []  # changed, and not yet split again
    for instruction in instructions:
        key = _weights(instruction, dtype)
        if key:
            if key in stale:
                stale.remove(key)
                kept.append(splits[key])
            instruction = _reading(instruction, splits[key].operands[-1])
        kept.append(instruction)
        for key in splits:
            W = key[0]
            if key not in stale and any(p.overlaps(W) for p in instruction.changed):
                stale.append(key)
    return kept + [splits[key] for key in stale], list(splits.values()), memory


def _weights(
    instruction: Instruction, dtype: np.dtype[Any]
) -> tuple[Place, int] | None:
    """(W, turned) of a product by tiles that can read them split, or None."""
    twin = instruction.twin(dtype)
    if getattr(twin, "split", None) is None:
        return None
    (W,) = (o for o in instruction.primitive.operands if o.name == "W")
    return instruction["W"], int(W.dims[1] == twin.depth)


def _split(
    instruction: Instruction, W: Place, turned: int, memory: list[NDArray[Any]]
) -> Instruction:
    """The instruction that splits W; its result lies in new memory."""
    from ..gemm.tiles import room

    D, M = W.shape
    count = room(D, M) if turned else room(M, D)
    itemsize = instruction.itemsize
    memory.append(np.empty(count + LINE // itemsize, np.float32))
    address = memory[-1].ctypes.data
    address += -address % LINE
    name = f"{W.name} in tiles" + (", turned" if turned else "")
    tiles = Place(name, address, (count,), count * itemsize)
    sizes = {"D": D, "M": M, "turned": turned, "L": count}
    return Instruction(SPLIT_WEIGHTS, (W, turned, tiles), sizes, itemsize)


def _reading(instruction: Instruction, tiles: Place) -> Instruction:
    """The product with tiles in place of W."""
    operands = tuple(
        tiles if operand.name == "W" else value
        for operand, value in zip(
            instruction.primitive.operands, instruction.operands, strict=True
        )
    )
    return replace(instruction, operands=operands, split=True)
