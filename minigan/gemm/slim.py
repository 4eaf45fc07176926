"""Small products with few columns: all of a product in one go, nothing packed.

The scheme of `gemm` prepares: it cuts C into tasks, asks for scratch, copies panels.
That takes longer than a whole product of 64 x 5 by 5 x 15 needs.  Where a row of C is
one tile wide, or two, right is read as it lies, tile after tile.  The last vector of a
row ends at its last column, and may begin inside the one before it: what lies in both
is computed twice, to the same bits.  Where a row is shorter than a vector, the lanes
beyond it are masked.  The chains of multiply-adds are those of `gemm`, and so are the
bits.

For dx = dy W^T, where the vectors would run down the columns of W, W is small, and is
turned first, on the stack.
"""

from functools import partial

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..jit.compiling import inlined
from ..jit.memory import on_the_stack
from .microkernel import DERIVATIVE, finish, multiply_add
from .vectors import MASKED, ROWS, VECTOR_BYTES, VECTORS, written_once

LARGEST = 400_000  # multiply-adds
TURNED = 64  # rows of a W^T on the stack


@inlined
def fits(rows, cols, depth, itemsize):
    """True where a product of this size is done here."""
    few = cols * itemsize <= 2 * VECTORS * VECTOR_BYTES
    return MASKED and few and rows * cols * depth < LARGEST


def _blocks(w, cols, write):
    """Write a loop over blocks of columns, as even as they can be.

    write: writes what happens to (first column, columns) of a block of one tile's width
    at the most.
    """
    b = w.b
    vectors = b.sdiv(b.add(cols, w.int(w.lanes - 1)), w.int(w.lanes))
    blocks = b.sdiv(b.add(vectors, w.int(VECTORS - 1)), w.int(VECTORS))

    def first(block):
        return b.mul(b.sdiv(b.mul(block, vectors), blocks), w.int(w.lanes))

    with cgutils.for_range(b, blocks) as block:
        j0, end = first(block.index), first(b.add(block.index, w.int(1)))
        end = b.select(w.less(end, cols), end, cols)
        write(j0, b.sub(end, j0))


def _rows(w, left, right, lines_step, k_step, r_step, depth, rows, cols, leave):
    """Write the loops: sums[i, j] = sum_k left[i, k] right[k, j], a tile at a time.

    left[i, k] is left[i*lines_step + k*k_step], right[k, j] is right[k*r_step + j].
    leave: writes what happens to a row: (its sums, in memory, its number, first column
    of each vector, lanes of the last vector that exist).
    """
    b = w.b
    left_sums = on_the_stack(b, ir.ArrayType(w.vector(), ROWS * VECTORS))

    def place(number):
        return b.gep(left_sums, [w.int(0), number])

    tiles = b.sdiv(b.add(rows, w.int(ROWS - 1)), w.int(ROWS))
    every = w.int(w.lanes)

    def walk(columns, lanes):
        mask = w.first(lanes)  # a constant where all exist: no mask at all
        sums = [
            [cgutils.alloca_once_value(b, w.zero) for _ in columns] for _ in range(ROWS)
        ]
        with cgutils.for_range(b, tiles) as tile:
            row = b.mul(tile.index, w.int(ROWS))
            exist = b.sub(rows, row)
            lines = w.lines(left, b.mul(row, lines_step), exist, lines_step)
            for line in sums:
                for s in line:
                    b.store(w.zero, s)
            with cgutils.for_range(b, depth) as k:
                places = [w.at(right, k.index, r_step, column) for column in columns]
                vectors = [w.masked_load(place, mask) for place in places]
                scalars = [w.at(line, k.index, k_step) for line in lines]
                multiply_add(w, scalars, vectors, sums)
            for i, s in enumerate(sum(sums, [])):
                b.store(b.load(s), place(w.int(i)))
            exist = b.select(w.less(exist, ROWS), exist, w.int(ROWS))
            with cgutils.for_range(b, exist) as r:
                first = b.mul(r.index, w.int(len(columns)))
                line = [place(b.add(first, w.int(v))) for v in range(len(columns))]
                leave(line, b.add(row, r.index), columns, lanes)

    with b.if_else(w.less(cols, w.lanes)) as (short, long):
        with short:
            walk([w.int(0)], cols)
        with long:
            for count in range(1, VECTORS + 1):
                over = b.sub(cols, w.int((count - 1) * w.lanes))
                with b.if_then(b.and_(w.less(0, over), w.less(over, w.lanes + 1))):
                    begins = [w.int(v * w.lanes) for v in range(count - 1)]
                    walk([*begins, b.sub(cols, every)], every)


def _slim(w, b, left, right, C, bias, slope, rows, cols, depth, l_step, k_step, mode):
    """Write: C = act(left @ right + bias), or as `mode` says, see `finish`."""

    def block(j0, some):
        def leave(line, row, columns, last):
            where, one = (b.add(b.mul(row, cols), j0), cols, j0), w.int(1)
            finish(w, [line], C, bias, slope, one, columns, last, where, mode)

        here = w.at(right, j0, 1)
        _rows(w, left, here, l_step, k_step, cols, depth, rows, some, leave)

    _blocks(w, cols, block)


@intrinsic
def slim(context, left, right, C, bias, slope, numbers):
    kinds = left, right, C, bias, slope, numbers
    return types.void(*kinds), written_once(_slim)


def _slim_turned(w, b, dy, W, dx, Y, slope, rows, cols, depth, mode):
    """Write: dx = dy W^T, times act'(Y) if mode is DERIVATIVE.   W: (cols, depth)"""
    width = VECTORS * w.lanes
    block = on_the_stack(b, ir.ArrayType(w.element, TURNED * width))
    turned = b.bitcast(block, w.element.as_pointer())
    slopes = w.splat(slope)

    def leave(j0, line, row, columns, last):
        start = b.add(b.mul(row, cols), j0)

        def derived(x, place):
            y = w.masked_load(place, w.first(last))
            return b.select(b.fcmp_ordered(">", y, w.zero), x, b.fmul(slopes, x))

        def each(derive):
            values = [b.load(s) for s in line]
            if derive:
                places = [w.at(Y, start, 1, column) for column in columns]
                values = list(map(derived, values, places))
            for x, column in zip(values, columns, strict=True):
                w.store_first(x, w.at(dx, start, 1, column), last)

        with b.if_else(w.equal(mode, DERIVATIVE)) as (through, direct):
            with through:
                each(derive=True)
            with direct:
                each(derive=False)

    def some_columns(j0, some):
        with cgutils.for_range(b, some) as j, cgutils.for_range(b, depth) as k:
            b.store(
                b.load(w.at(W, b.add(j0, j.index), depth, k.index)),
                w.at(turned, k.index, width, j.index),
            )
        step, wide = w.int(1), w.int(width)
        _rows(w, dy, turned, depth, step, wide, depth, rows, some, partial(leave, j0))

    _blocks(w, cols, some_columns)


@intrinsic
def slim_turned(context, dy, W, dx, Y, slope, numbers):
    kinds = dy, W, dx, Y, slope, numbers
    return types.void(*kinds), written_once(_slim_turned)
