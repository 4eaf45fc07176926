"""Products with one column or two: a discriminator's last layer, points in the plane.

A tile of `gemm` or `slim` would be nearly empty: its vectors run along the columns.
Here they run along the other side.

    nn  blocks of x, as many rows as a vector has lanes, are turned in registers
    tn  rows of x are vectors as they lie, and stay with their sums in registers
    nt  with one column in dy each row of dx is W, a vector, times a number

The chains of multiply-adds are those of `gemm`, and so are the bits.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..jit.memory import on_the_stack
from .microkernel import DERIVATIVE, PLAIN, activation
from .vectors import written_once

MOST = 2  # columns
GROUPS = 2  # nn: vectors of rows at a time; a link of a chain takes 4 cycles
WIDE, SOME = 8, 4  # tn: vectors with their sums in registers; of what is left


def _few(w, b, left, right, C, bias, slope, rows, cols, depth, k_step, j_step, mode):
    """Write: C = act(left @ right + bias), by `mode` as in `finish`.

    left: (rows, depth)   C: (rows, cols)   right[k, j]: right[k*k_step + j*j_step]
    """
    together = GROUPS * w.lanes
    blocks = b.sdiv(b.add(rows, w.int(together - 1)), w.int(together))
    for count in range(1, MOST + 1):
        with b.if_then(w.equal(cols, count)), cgutils.for_range(b, blocks) as block:
            row = b.mul(block.index, w.int(together))
            chains = _chains(w, left, right, row, rows, depth, count, k_step, j_step)
            for group, sums in enumerate(chains):
                first = b.add(row, w.int(group * w.lanes))
                exist = b.sub(rows, first)
                with b.if_then(w.less(0, exist)):
                    _leave(w, sums, w.at(C, first, count), exist, bias, slope, mode)


def _chains(w, left, right, row, rows, depth, count, k_step, j_step):
    """Write the loop over k.  Returns where the sums are: [group][column], of rows."""
    b, lanes = w.b, w.lanes
    sums, lines = [], []
    for group in range(GROUPS):
        first = b.add(row, w.int(group * lanes))
        exist, start = b.sub(rows, first), b.mul(first, depth)
        lines.append(w.lines(left, start, exist, depth, lanes))
        sums.append([cgutils.alloca_once(b, w.vector()) for _ in range(count)])
        for s in sums[-1]:
            b.store(w.zero, s)
    turned_chains(w, lines, right, depth, k_step, j_step, sums)
    return sums


def turned_chains(w, lines, right, depth, k_step, j_step, sums):
    """Write: sums[group][j] += the rows that begin at lines[group], times right[:, j].

    A group has as many rows as a vector has lanes, each `depth` numbers long.
    Blocks of them are turned in registers, and wait on the stack for the loop over k.
    """
    b, lanes = w.b, w.lanes
    room = on_the_stack(b, ir.ArrayType(w.vector(), len(lines) * lanes))
    turned = b.bitcast(room, w.element.as_pointer())
    blocks = b.sdiv(b.add(depth, w.int(lanes - 1)), w.int(lanes))
    with cgutils.for_range(b, blocks) as block:
        k0 = b.mul(block.index, w.int(lanes))
        exist = b.sub(depth, k0)
        exist = b.select(w.less(exist, lanes), exist, w.int(lanes))
        for group, starts in enumerate(lines):
            rows = _loaded(w, [w.at(line, k0, 1) for line in starts], exist)
            for i, x in enumerate(w.transpose(rows)):
                w.store(x, w.at(turned, (group * lanes + i) * lanes, 1))
        with cgutils.for_range(b, exist) as i:
            here = w.at(right, b.add(k0, i.index), k_step)
            factors = [
                w.splat(b.load(w.at(here, w.int(j), j_step)))
                for j in range(len(sums[0]))
            ]
            for group, columns in enumerate(sums):
                x = w.load(w.at(turned, i.index, lanes, group * lanes * lanes))
                for s, factor in zip(columns, factors, strict=True):
                    b.store(w.fma(x, factor, b.load(s)), s)


def _loaded(w, places, exist):
    """Vectors at these places, of which so many lanes exist; the others are zero."""
    b, mask = w.b, w.first(exist)
    with b.if_else(w.less(exist, w.lanes)) as (some, whole):
        with some:
            parts, first = [w.masked_load(place, mask) for place in places], b.block
        with whole:
            vectors, second = [w.load(place) for place in places], b.block
    found = []
    for part, vector in zip(parts, vectors, strict=True):
        value = b.phi(vector.type)
        value.add_incoming(part, first)
        value.add_incoming(vector, second)
        found.append(value)
    return found


def _leave(w, sums, C, exist, bias, slope, mode):
    """Write: the first rows of C = act(sums + bias); as many as exist."""
    b, count = w.b, len(sums)
    values = [b.load(s) for s in sums]
    with b.if_else(w.equal(mode, PLAIN)) as (plain, other_modes):
        with plain:
            _store(w, _side_by_side(w, values), C, exist)
        with other_modes:
            bend = activation(w, slope, mode)
            biases = [w.splat(b.load(w.at(bias, j, 1))) for j in range(count)]
            values = [bend(b.fadd(*p)) for p in zip(values, biases, strict=True)]
            _store(w, _side_by_side(w, values), C, exist)


def _side_by_side(w, values):
    """Vectors of rows one behind the other, from one vector for each column."""
    if len(values) == 1:
        return values
    first, second = values
    order = [n // 2 + w.lanes * (n % 2) for n in range(2 * w.lanes)]
    halves = order[: w.lanes], order[w.lanes :]
    return [w.shuffle(first, second, half) for half in halves]


def _store(w, vectors, C, exist, old=False):
    """Write: the first rows of C are these, or their sums with what is there."""
    b = w.b
    for i, x in enumerate(vectors):
        left = b.sub(b.mul(exist, w.int(len(vectors))), w.int(i * w.lanes))
        place = w.at(C, i * w.lanes, 1)
        with b.if_then(w.less(0, left)):
            if old:
                x = b.fadd(w.masked_load(place, w.first(left)), x)
            w.store_first(x, place, left)


@intrinsic
def few(context, left, right, C, bias, slope, numbers):
    kinds = left, right, C, bias, slope, numbers
    return types.void(*kinds), written_once(_few)


def _few_turned(w, b, x, dy, dW, rows, depth, cols, accumulate):
    """Write: dW = x^T dy, or dW + x^T dy.   x: (rows, depth)   dW: (depth, cols)"""
    for count in range(1, MOST + 1):
        wide, some = WIDE // count * w.lanes, SOME * w.lanes
        whole = b.sdiv(depth, w.int(wide))
        done = b.mul(whole, w.int(wide))
        rest = b.sdiv(b.add(b.sub(depth, done), w.int(some - 1)), w.int(some))
        arrays = x, dy, dW, rows, depth, accumulate
        with b.if_then(w.equal(cols, count)):
            with cgutils.for_range(b, whole) as block:
                first = b.mul(block.index, w.int(wide))
                _stretch(w, *arrays, count, first, WIDE // count, complete=True)
            with cgutils.for_range(b, rest) as block:
                first = b.add(done, b.mul(block.index, w.int(some)))
                _stretch(w, *arrays, count, first, SOME, complete=False)


def _stretch(w, x, dy, dW, rows, depth, accumulate, count, first, vectors, complete):
    """Write: rows of dW from `first` on, so many vectors; complete: all lanes exist."""
    b, lanes = w.b, w.lanes
    exist = [b.sub(depth, b.add(first, w.int(v * lanes))) for v in range(vectors)]
    if complete:
        exist = [w.int(lanes)] * vectors
    masks = [w.first(some) for some in exist]
    sums = [[cgutils.alloca_once(b, w.vector()) for _ in range(count)] for _ in masks]
    for s in sum(sums, []):
        b.store(w.zero, s)
    with cgutils.for_range(b, rows) as row:
        line = w.at(x, row.index, depth, first)
        places = [w.at(dy, row.index, w.int(count), w.int(j)) for j in range(count)]
        scalars = [w.splat(b.load(place)) for place in places]
        for v, mask in enumerate(masks):
            vector = w.masked_load(w.at(line, v * lanes, 1), mask)
            for s, scalar in zip(sums[v], scalars, strict=True):
                b.store(w.fma(vector, scalar, b.load(s)), s)
    for v, some in enumerate(exist):
        values = _side_by_side(w, [b.load(s) for s in sums[v]])
        place = w.at(dW, b.add(first, w.int(v * lanes)), w.int(count))
        with b.if_else(w.less(0, accumulate)) as (adding, first_time):
            with adding:
                _store(w, values, place, some, old=True)
            with first_time:
                _store(w, values, place, some)


@intrinsic
def few_turned(context, x, dy, dW, numbers):
    return types.void(x, dy, dW, numbers), written_once(_few_turned)


def _outer(w, b, dy, W, dx, Y, slope, rows, cols, mode):
    """Write: dx = dy W^T, times act'(Y) if mode is DERIVATIVE.   dy: (rows, 1)

    The last vector of a row ends at its last column, and may begin inside the one
    before it, see `slim`.
    """
    every, slopes = w.int(w.lanes), w.splat(slope)
    vectors = b.sdiv(b.add(cols, w.int(w.lanes - 1)), every)
    last, short = b.sub(cols, every), w.less(cols, w.lanes)

    def vector(scalar, row, k, exist, derive):
        mask = w.first(exist)
        x = w.fma(scalar, w.masked_load(w.at(W, k, 1), mask), w.zero)
        if derive:
            y = w.masked_load(w.at(Y, row, cols, k), mask)
            x = b.select(b.fcmp_ordered(">", y, w.zero), x, b.fmul(slopes, x))
        w.store_first(x, w.at(dx, row, cols, k), exist)

    with b.if_else(w.equal(mode, DERIVATIVE)) as branches:
        for branch, derive in zip(branches, (True, False), strict=True):
            with branch, cgutils.for_range(b, rows) as row:
                scalar = w.splat(b.load(w.at(dy, row.index, 1)))
                with b.if_else(short) as (one, several):
                    with one:
                        vector(scalar, row.index, w.int(0), cols, derive)
                    with several, cgutils.for_range(b, vectors) as v:
                        k = b.mul(v.index, every)
                        k = b.select(w.less(k, last), k, last)
                        vector(scalar, row.index, k, every, derive)


@intrinsic
def outer(context, dy, W, dx, Y, slope, numbers):
    kinds = dy, W, dx, Y, slope, numbers
    return types.void(*kinds), written_once(_outer)
