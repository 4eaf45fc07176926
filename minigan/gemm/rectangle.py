"""One task of a matrix product: a rectangle of C, packed panel by packed panel.

`gemm` explains the scheme and shares out the tasks; `microkernel` has the steps of one.
"""

import numpy as np
from numba import types
from numba.extending import intrinsic

from ..jit.compiling import inlined, kernel
from .microkernel import ADD, LINES, ask_for, finish_turned, pack, pack_turned, tile
from .vectors import I64, LINE, ROWS, VECTOR_BYTES, VECTORS

DEPTH = 512  # steps of k in a packed panel: 3 vectors x 512 are 96 KB
GROUP = 18  # nt: vectors of right packed together (288 float32 rows of dy)
RIGHT = 1 << 18  # nt: elements of right that stay packed from task to task
LAST = 16  # nn: tiles that ask for the next panel while they compute
NN, TN, NT = 0, 1, 2  # forms


@intrinsic
def address(context, array):
    """The address of the first element; the calling kernel is never inlined."""

    def codegen(context, builder, signature, args):
        builder.function.attributes.add("noinline")
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, I64)

    return types.int64(array), codegen


@kernel(inside=True)
def room(plan, rows, cols, itemsize, again):
    """How scratch is used by tasks of at most rows x cols.

    again: several tasks have the same columns.
    (vectors of right packed together, whether all of right stays packed, how many
    numbers left, right and the tiles on hold take)
    """
    form, depth = plan[0], plan[1]
    lanes = VECTOR_BYTES // itemsize
    tiles, vectors = -(-rows // ROWS), -(-cols // lanes)
    whole = again and form == NT and depth * vectors * lanes <= RIGHT
    steps = min(depth, DEPTH)
    group = min(vectors, GROUP if form == NT else VECTORS)
    right_size = (depth * vectors if whole else steps * group) * lanes
    left_size = tiles * ROWS * steps if form == TN else 0
    held = vectors if form == TN else group  # vectors on hold, side by side
    held_size = ROWS * held * lanes * (tiles if depth > steps else 1)
    return group, whole, left_size, right_size, held_size


@kernel(inside=True)
def scratch(sizes, like):
    """Memory for a `room`: [left, packed] [panels of right] [tiles on hold]."""
    lanes = VECTOR_BYTES // like.itemsize
    return np.empty(sizes[2] + sizes[3] + sizes[4] + lanes, like.dtype)


@inlined
def share(total, turn, turns):
    """(first, how many) of `total` things in this turn; none before turn 0."""
    if turn < 0 or total == 0:
        return 0, 0
    first = total * turn // turns
    return first, total * (turn + 1) // turns - first


@kernel(inside=True)
def one_task(plan, area, sizes, work, ready, left, right, C, bias, Y, slope):
    """C[row_a:row_b, col_a:col_b]: for some panels and some k: pack, then all tiles.

    sizes, work: a `room` and its `scratch`.  ready: the task before had the same
    columns (nt) or rows (tn), and what it packed is still there.
    """
    form, depth, l_row, l_k, r_step, c_step, mode = plan
    row_a, row_b, col_a, col_b = area
    lanes = VECTOR_BYTES // left.itemsize
    tiles = -(-(row_b - row_a) // ROWS)
    vectors = -(-(col_b - col_a) // lanes)
    steps = min(depth, DEPTH)
    part = np.int64(LINES * LINE // left.itemsize)
    group, whole, left_size, right_size, _ = sizes
    l0 = -address(work) % VECTOR_BYTES // left.itemsize
    panels0 = l0 + left_size
    held0 = panels0 + right_size

    walked, tile_step = left, ROWS * l_row
    if form == TN:
        walked, tile_step = work, ROWS * steps

    groups, blocks = -(-vectors // group), -(-depth // steps)
    for turn in range(groups * blocks):
        # tn: all panels of one k, while its part of left is packed; else all k of some
        v0, k0 = turn // blocks * group, turn % blocks * steps
        if form == TN:
            v0, k0 = turn % groups * group, turn // groups * steps
        size, n = min(group, vectors - v0), min(steps, depth - k0)
        panels, final = -(-size // VECTORS), k0 + n == depth
        start = row_a * l_row + k0 * l_k
        if form == TN:
            start = l0
            for t in range(tiles if v0 == 0 and not (ready and blocks == 1) else 0):
                i = row_a + t * ROWS
                z, some = l0 + t * tile_step, min(ROWS, row_b - i)
                pack(left, work, (k0 * l_k + i, l_k, n, some, z, ROWS, 1))
        here = panels0 + (v0 * depth + k0 * size) * lanes if whole else panels0
        packed = ready and whole
        # What the next turn packs is asked for while this one's last tiles compute.
        turns = min(tiles - 1, LAST)
        coming, coming_rows = np.int64(0), np.int64(0)
        if form == NN and turn + 1 < groups * blocks:
            v1, k1 = (turn + 1) // blocks * group, (turn + 1) % blocks * steps
            coming = k1 * r_step + col_a + v1 * lanes
            coming_rows = min(steps, depth - k1)
        for t in range(0 if packed else -1, tiles):  # -1: pack what t = 0 cannot
            first, parts = share(coming_rows, t - tiles + turns, turns)
            soon = np.int64(0), coming, r_step, np.int64(1), r_step, first, parts
            i = row_a + t * ROWS
            rows = min(ROWS, row_b - i)
            for p in range(panels):
                v, wide = np.int64(0), size  # the panel: `wide` vectors from v0 + v
                if panels > 1:
                    v = p * size // panels
                    wide = (p + 1) * size // panels - v
                j = col_a + (v0 + v) * lanes
                cols = min(wide * lanes, col_b - j)
                panel = here + v * lanes * n
                step = wide * lanes
                r0 = k0 * r_step + j
                if t < 0 and form == NT:
                    # To the end of a vector: what is left in memory may be denormal
                    # numbers, and a product of those takes a hundred cycles.
                    for r in range(0, step, ROWS):
                        first, some = (j + r) * r_step + k0, min(ROWS, cols - r)
                        where = first, r_step, some, n, panel + r, step
                        pack_turned(right, work, where)
                elif t < 0 and cols < step:
                    pack(right, work, (r0, r_step, n, cols, panel, step, 0))
                if t < 0:
                    continue

                last = cols - step + lanes
                held = held0
                if depth > steps:
                    place = t * vectors + v0 + v if form == TN else t * group + v
                    held += place * ROWS * lanes
                c = j * c_step + i if form == NT else i * c_step + j
                direct = final and form != NT
                if form != NT and final:  # C may be large and not in the cache
                    ask_for(C, (c, c_step, rows, cols))
                corner, by_k = start + t * tile_step, ROWS if form == TN else l_k
                packing = t == 0 and form != NT and cols == step
                where = held, c, c_step, last, j if mode != ADD else 0, mode
                if form == NT:  # from p = 1 on: rows of left of the next tile
                    each = -(-n // part)
                    first, parts = share(ROWS * each, p - 1, panels - 1)
                    next0 = corner + tile_step
                    soon = np.int64(1), next0, part, each, l_row, first, parts
                tile(walked, right, work, C, bias, slope, (corner, l_row, by_k,
                      rows, r0, r_step, panel, n, wide, packing, k0 == 0, direct,
                      *where, *soon))  # fmt: skip
                if final and form == NT:
                    where = held, rows, wide, cols, c, c_step, mode
                    finish_turned(work, C, Y, slope, where)
