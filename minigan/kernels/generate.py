"""Writes `player.py` from the table: `python -m minigan.kernels.generate`.

The player is one long if/elif chain with a branch for each primitive, which differ in
nothing but names and shapes, so the table can write them.  A test keeps the file in
step with the table.
"""

from pathlib import Path

from .layout import CONSTANTS, WIDTH, layout
from .table import PRIMITIVES

_HEAD = '''\
"""The player: a recorded step, run n times inside one compiled call.

Written by `python -m minigan.kernels.generate` from `table.py`; do not edit.

A step is a matrix of instructions.  Row by row it says which primitive (column 0),
where its operands are (addresses; for a generator its place in `rngs`) and how large
they are.  Each branch rebuilds the arrays from addresses and calls the very kernel that
the eager step calls, so the bits are the same.  The program owns all arrays and keeps
them alive while this runs.  `like` is an empty array of the network's type.
"""

import numpy as np

from . import jit
from .compiling import kernel
from .memory import matrix, ticks_now, vector

'''

_PLAY = '''
@kernel
def play(code, constants, rngs, like, count, ticks):
    """Run all rows of `code` in order, `count` times.

    code: (rows, {width}) int64   constants: (rows, {constants}) float64
    ticks: (rows,) int64, to which the clock ticks of each row are added; or empty
    """
    cells, counts = np.empty(0, np.float64), np.empty(0, np.int64)
    timed = ticks.size > 0
    before = 0
    for _ in range(count):
        for i in range(code.shape[0]):
            c = code[i]
            op = c[0]
            if timed:
                before = ticks_now()
'''

_END = """\
            if timed:
                ticks[i] += ticks_now() - before
"""


def _argument(operand, columns, constants):
    """The expression that hands one operand to the kernel."""

    def size(dim):
        parts = dim.split("+")
        return " + ".join(
            p if p.isdigit() else f"c[{columns['size ' + p]}]" for p in parts
        )

    if operand.kind == "float":
        return f"constants[i, {constants[operand.name]}]"
    if operand.kind == "int":
        return size(operand.name)
    place = f"c[{columns[operand.name]}]"
    if operand.kind == "rng":
        return f"rngs[{place}]"
    dims = ("S",) if operand.any_shape else operand.dims
    sizes = ", ".join(map(size, dims)) or "1"
    like = {"T": "like", "f": "cells", "i": "counts"}[operand.dtype]
    return f"{'matrix' if len(dims) == 2 else 'vector'}({place}, {sizes}, {like})"


def source():
    """The text of `player.py`."""
    text = _HEAD + _PLAY.format(width=WIDTH, constants=CONSTANTS)
    for opcode, primitive in enumerate(PRIMITIVES.values()):
        columns, constants = layout(primitive)
        text += f"            {'el' if opcode else ''}if op == {opcode}:\n"
        text += f"                jit.{primitive.name}(\n"
        for operand in primitive.operands:
            text += " " * 20 + _argument(operand, columns, constants) + ",\n"
        text += " " * 16 + ")\n"
    return text + _END


if __name__ == "__main__":
    (Path(__file__).parent / "player.py").write_text(source())
