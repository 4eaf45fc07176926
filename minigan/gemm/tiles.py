"""Products by tiles: float32 as three parts of 8 digits on a CPU's matrix units.

`model` has the formula and `machine` the unit.  Here is how a whole product is fed to
it.  C = left right is done in two rounds that threads share:

1. *Split.*  Each operand is cut into strips of 16 rows (left) or columns (right), each
   strip into steps of 32 along k, and each of these into three tiles: hi, mid, lo.  The
   unit wants two steps of k side by side in every word; which of an operand's two
   directions runs along k decides what must be transposed on the way.
2. *Multiply.*  A block of C of 2 x 2 tiles stays in the unit while k runs: 14 tiles are
   loaded for 24 multiplications.  After `BLOCK` steps the sums wait in memory, exactly,
   so that the strips of right in use stay in the first-level cache; bias, activation or
   derivative come with the last store.

Zeros are added where k ends in the middle of a step.  They change no sum, so that every
element is the same sequence of roundings wherever it stands: the bits depend neither on
blocks nor on threads.  float64 knows no tiles.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..jit.compiling import inlined, kernel
from ..jit.memory import on_the_stack
from ..jit.tasks import next_task, share_out, threads
from . import model
from .machine import BYTES, MACHINES, ROW, SIDE
from .microkernel import ADD, DERIVATIVE, PLAIN, finish
from .rectangle import address
from .vectors import written_once

DEPTH = model.DEPTH
TILE = BYTES // 4  # float32 numbers that take the room of a tile
STEP = 3 * TILE  # and of the three tiles of one step
BLOCK = 4  # steps of k between two visits of a block of C
ROWS = 256  # of C in a task: their sums and one block of left stay in the caches
PARALLEL = 1 << 20  # multiply-adds from which two threads pay
DERIVE = 5  # mode: C is multiplied by act'(Y); the others as in `microkernel`


# ---- split ----


def _sixteen(w):
    """The writer with vectors of 16 numbers, a row of a tile, on every CPU."""
    w.lanes = SIDE
    w.zero = ir.Constant(w.vector(), None)
    return w


def _words(w, value):
    """The bits of a vector."""
    return w.b.bitcast(value, ir.VectorType(ir.IntType(32), SIDE))


def _constant(value):
    return ir.Constant(ir.VectorType(ir.IntType(32), SIDE), [value] * SIDE)


def _parts(w, x):
    """Write `model.split`: the words of hi, mid, lo."""
    b, high = w.b, _constant(0xFFFF0000)

    def eight_digits(x):
        return b.and_(b.add(_words(w, x), _constant(0x8000)), high)

    hi = eight_digits(x)
    rest = b.fsub(x, b.bitcast(hi, x.type))
    mid = eight_digits(rest)
    lo = b.fsub(rest, b.bitcast(mid, x.type))
    return hi, mid, b.and_(_words(w, lo), high)


def _split(w, b, source, tiles, s0, along, across, exist, depth, t0, pairs):
    """Write: one strip of 16 lines of an operand as tiles, three for each step of k.

    Line i, step k is source[s0 + i*across + k*along]; one of the two is 1.  Lines from
    `exist` and steps from `depth` on are zeros.  pairs: 0 for rows of left, whose tiles
    have a line in each row; 1 for columns of right, a pair of steps in each row.

    32 vectors on the way: of the 16 lines, steps 0-15 and 16-31 of each; or of the 32
    steps, across the lines.  Two transpositions of 16 x 16 lead from one to the other.
    """
    w = _sixteen(w)
    block = on_the_stack(b, ir.ArrayType(w.zero.type, DEPTH))
    vectors = b.bitcast(block, w.zero.type.as_pointer())
    runs_along, paired = w.equal(along, 1), w.less(0, pairs)
    steps = b.sdiv(b.add(depth, w.int(DEPTH - 1)), w.int(DEPTH))
    with cgutils.for_range(b, steps) as step:
        first = b.mul(step.index, w.int(DEPTH))
        start, left = w.at(source, first, along, s0), b.sub(depth, first)
        place = w.at(tiles, step.index, STEP, t0)
        with cgutils.for_range(b, w.int(DEPTH)) as vector:
            v = vector.index
            i, half = b.urem(v, w.int(SIDE)), b.udiv(v, w.int(SIDE))
            k0 = b.mul(half, w.int(SIDE))
            of_line = b.select(w.less(i, exist), b.sub(left, k0), w.int(0))
            of_step = b.select(w.less(v, left), exist, w.int(0))
            mask = w.first(b.select(runs_along, of_line, of_step))
            line, across_lines = w.at(start, i, across, k0), w.at(start, v, along)
            x = w.masked_load(b.select(runs_along, line, across_lines), mask)
            b.store(x, b.gep(vectors, [v]))
        with b.if_then(b.icmp_unsigned("==", runs_along, paired)):
            with cgutils.for_range(b, w.int(2)) as half:
                rows = [w.at(vectors, half.index, SIDE, i) for i in range(SIDE)]
                for x, row in zip(w.transpose(map(b.load, rows)), rows, strict=True):
                    b.store(x, row)
        with b.if_else(paired) as (columns, rows):
            with columns:
                _store_pairs(w, vectors, place)
            with rows:
                _store_lines(w, vectors, place)


def _store_lines(w, vectors, place):
    """Write: row i of each tile is line i, steps 0 ... 31."""
    b, short = w.b, ir.VectorType(ir.IntType(16), SIDE)
    with cgutils.for_range(b, w.int(DEPTH)) as vector:
        v = vector.index
        row, half = b.urem(v, w.int(SIDE)), b.udiv(v, w.int(SIDE))
        column = b.mul(half, w.int(SIDE // 2))
        for p, part in enumerate(_parts(w, b.load(b.gep(vectors, [v])))):
            digits = b.trunc(b.lshr(part, _constant(16)), short)
            target = w.at(w.at(place, row, SIDE, column), p, TILE)
            b.store(digits, b.bitcast(target, short.as_pointer()), align=4)


def _store_pairs(w, vectors, place):
    """Write: row r of each tile has steps 2r and 2r + 1 of every line."""
    b = w.b
    with cgutils.for_range(b, w.int(SIDE)) as r:
        even, odd = (_parts(w, b.load(w.at(vectors, r.index, 2, k))) for k in (0, 1))
        for p, (low, high) in enumerate(zip(even, odd, strict=True)):
            word = b.or_(b.lshr(low, _constant(16)), high)
            target = w.at(w.at(place, r.index, SIDE), p, TILE)
            b.store(word, b.bitcast(target, word.type.as_pointer()), align=4)


@intrinsic
def split(context, source, tiles, numbers):
    return types.void(source, tiles, numbers), written_once(_split)


# ---- multiply ----


def _block(w, b, left, right, sums, l0, l_strip, r0, r_strip, steps, fresh, rows, cols,
           s0, number):  # fmt: skip
    """Write: sums (+)= left right for rows x cols tiles (1 or 2 each), on a machine.

    left, right: tiles of a strip at l0, r0, the next strip l_strip, r_strip behind.
    sums: four tiles at s0, row after row of two.  number: that of the machine.
    """
    w = _sixteen(w)
    for known, machine in MACHINES.items():
        with b.if_then(w.equal(number, known)):
            unit = machine(w)
            for n in (1, 2):
                for m in (1, 2):
                    chosen = b.and_(w.equal(rows, n), w.equal(cols, m))
                    with b.if_then(chosen):
                        places = [
                            [w.at(sums, 2 * i + j, TILE, s0) for j in range(m)]
                            for i in range(n)
                        ]
                        lines = [w.at(left, i, l_strip, l0) for i in range(n)]
                        columns = [w.at(right, j, r_strip, r0) for j in range(m)]
                        _run(w, unit, lines, columns, places, steps, fresh)


def _run(w, unit, lines, columns, places, steps, fresh):
    """Write: the loop over k for tiles 0 ... 3, with 4, 5 of left and 6, 7 of right."""
    b, tiles = w.b, [(i, j) for i in range(len(lines)) for j in range(len(columns))]
    with b.if_else(w.less(0, fresh)) as (begins, goes_on):
        with begins:
            for i, j in tiles:
                unit.zero(2 * i + j)
        with goes_on:
            for i, j in tiles:
                unit.load(2 * i + j, places[i][j])
    with cgutils.for_range(b, steps) as step:
        held = None, None
        for parts in model.ORDER:
            for k, (first, strips) in enumerate(((4, lines), (6, columns))):
                if held[k] != parts[k]:
                    for t, strip in enumerate(strips):
                        place = w.at(strip, step.index, STEP, parts[k] * TILE)
                        unit.load(first + t, place)
            held = parts
            for i, j in tiles:
                unit.multiply(2 * i + j, 4 + i, 6 + j)
    for i, j in tiles:
        unit.store(2 * i + j, places[i][j])


@intrinsic
def block(context, left, right, sums, numbers):
    return types.void(left, right, sums, numbers), written_once(_block)


def _begin(w, b, like, number):
    """Write: take the unit, for this thread."""
    for known, machine in MACHINES.items():
        with b.if_then(w.equal(number, known)):
            machine(w).begin()


@intrinsic
def begin(context, like, numbers):
    return types.void(like, numbers), written_once(_begin)


def _end(w, b, like, number):
    """Write: give it back."""
    for known, machine in MACHINES.items():
        with b.if_then(w.equal(number, known)):
            machine(w).end()


@intrinsic
def end(context, like, numbers):
    return types.void(like, numbers), written_once(_end)


@kernel
def one_tile(left, right, sums, machine):
    """sums = left right for one tile of C and one step of 32: tests the machine."""
    zero, one = np.int64(0), np.int64(1)
    begin(sums, (machine,))
    where = zero, zero, zero, zero, one, one, one, one, zero, np.int64(machine)
    block(left, right, sums, where)
    end(sums, (machine,))


def _leave(w, b, sums, C, other, slope, s0, rows, cols, c0, c_step, b0, mode):
    """Write: a tile of sums to C[c0], with what `mode` says on the way.

    other: bias at b0, or Y as C lies.
    """
    w = _sixteen(w)
    mask, derives = w.first(cols), w.equal(mode, DERIVE)
    with cgutils.for_range(b, rows) as r:
        row = w.b.bitcast(w.at(sums, r.index, SIDE, s0), w.zero.type.as_pointer())
        row = cgutils.alloca_once_value(b, b.load(row, align=4))
        here = b.add(c0, b.mul(r.index, c_step))
        with b.if_else(derives) as (derived, otherwise):
            with derived:
                above = w.masked_load(w.at(other, here, 1), mask)
                x = b.load(row)
                low = b.fmul(w.splat(slope), x)
                x = b.select(b.fcmp_ordered(">", above, w.zero), x, low)
                w.store_first(x, w.at(C, here, 1), cols)
            with otherwise:
                one, where = w.int(1), (here, c_step, b0)
                finish(w, [[row]], C, other, slope, one, [0], cols, where, mode)


@intrinsic
def leave(context, sums, C, other, slope, numbers):
    return types.void(sums, C, other, slope, numbers), written_once(_leave)


# ---- what threads share ----


@inlined
def strips(lines, depth):
    """(strips, float32 numbers of room for each) of an operand as tiles."""
    return -(-lines // SIDE), -(-depth // DEPTH) * STEP


@inlined
def room(lines, depth):
    """How many float32 numbers take the room of an operand as tiles."""
    return -(-lines // SIDE) * -(-depth // DEPTH) * STEP


@kernel(inside=True)
def aligned(size, like):
    """Memory on the start of a cache line, as a row of a tile is one."""
    work = np.empty(size + SIDE, like.dtype)
    first = -address(work) % ROW // like.itemsize
    return work[first : first + size]


@kernel(inside=True)
def split_some(share, source, tiles, layout):
    """Split strips until there are no more.   layout: (lines, depth, along, across,
    pairs)"""
    lines, depth, along, across, pairs = layout
    length = strips(lines, depth)[1]
    strip = next_task(share)
    while strip >= 0:
        first = strip * SIDE
        exist = min(np.int64(SIDE), lines - first)
        where = first * across, along, across, exist, depth, strip * length, pairs
        split(source, tiles, where)
        strip = next_task(share)


@kernel(inside=True)
def multiply_some(share, left, right, C, other, slope, sizes):
    """Do tasks until there are no more: some rows of C, two strips of its columns.

    sizes: (rows, cols, depth, rows of a task, mode, machine).
    """
    rows, cols, depth, most, mode, machine = sizes
    length = strips(rows, depth)[1]
    steps, parts = -(-depth // DEPTH), -(-rows // most)
    sums = aligned(-(-most // (2 * SIDE)) * 4 * TILE, C)
    begin(sums, (machine,))
    task = next_task(share)
    while task >= 0:
        row_a, col = task % parts * most, task // parts * 2 * SIDE
        row_b = min(rows, row_a + most)
        across = min(np.int64(2), -(-(cols - col) // SIDE))
        for k in range(0, steps, BLOCK):
            some = min(np.int64(BLOCK), steps - k)
            for row in range(row_a, row_b, 2 * SIDE):
                down = min(np.int64(2), -(-(row_b - row) // SIDE))
                held = (row - row_a) // (2 * SIDE) * 4 * TILE
                l0 = row // SIDE * length + k * STEP
                r0 = col // SIDE * length + k * STEP
                where = (l0, length, r0, length, some, k == 0, down, across, held,
                         machine)  # fmt: skip
                block(left, right, sums, where)
                if k + some < steps:
                    continue
                for t in range(4):
                    i, j = row + t // 2 * SIDE, col + t % 2 * SIDE
                    if i < row_b and j < cols:
                        place, n, m = held + t * TILE, row_b - i, cols - j
                        target = (place, min(n, SIDE), min(m, SIDE), i * cols + j, cols,
                                  j if mode != ADD else 0, mode)  # fmt: skip
                        leave(sums, C, other, slope, target)
        task = next_task(share)
    end(sums, (machine,))


@kernel(inside=True)
def split_all(source, tiles, layout):
    """An operand as tiles."""
    large = layout[0] * layout[1] >= PARALLEL // 16
    workers = threads() if large else np.int64(0)
    count = strips(layout[0], layout[1])[0]
    share_out(split_some, workers, count, (source, tiles, layout))


@kernel(inside=True)
def multiply_all(left, right, C, other, slope, sizes):
    """C from tiles.   sizes: (rows, cols, depth, mode, machine)"""
    rows, cols, depth, mode, machine = sizes
    workers = threads() if rows * cols * depth >= PARALLEL else np.int64(0)
    most, pairs = min(rows, np.int64(ROWS)), -(-cols // (2 * SIDE))
    while workers > 1 and most > 2 * SIDE and -(-rows // most) * pairs < 4 * workers:
        most = -(-most // (4 * SIDE)) * 2 * SIDE
    sizes = rows, cols, depth, most, mode, machine
    operands = left, right, C, other, C.dtype.type(slope), sizes
    share_out(multiply_some, workers, -(-rows // most) * pairs, operands)


# ---- the three products ----


@kernel
def split_weights(W, turned, tiles):
    """W as tiles of right: for W itself, or for W^T if turned.   W: (D, M)"""
    D, M = W.shape
    one, flat = np.int64(1), W.reshape(W.size)
    if turned:
        split_all(flat, tiles, (D, M, one, M, one))
    else:
        split_all(flat, tiles, (M, D, M, one, one))


@kernel
def split_nn(A, tiles, C, bias, mode, slope, machine):
    """As `tiles_nn`, where the memory of B holds its tiles."""
    (N, K), M = A.shape, C.shape[1]
    left = aligned(room(N, K), A)
    split_all(A.reshape(A.size), left, (N, K, np.int64(1), K, np.int64(0)))
    sizes = N, M, K, np.int64(mode), np.int64(machine)
    right = tiles.reshape(tiles.size)
    multiply_all(left, right, C.reshape(C.size), bias, np.float64(slope), sizes)


@kernel
def split_nt(A, tiles, C, mode, Y, slope, machine):
    """As `tiles_nt`, where the memory of B holds the tiles of B^T."""
    (N, M), K = A.shape, C.shape[1]
    left = aligned(room(N, M), A)
    split_all(A.reshape(A.size), left, (N, M, np.int64(1), M, np.int64(0)))
    last = np.int64(DERIVE if mode == DERIVATIVE else PLAIN)
    sizes, flat = (N, K, M, last, np.int64(machine)), C.reshape(C.size)
    right = tiles.reshape(tiles.size)
    multiply_all(left, right, flat, Y.reshape(Y.size), np.float64(slope), sizes)


@kernel
def tiles_nn(A, B, C, bias, mode, slope, machine):
    """As `product.gemm_nn`: C = act(A @ B + bias).  machine: its number."""
    K, M = B.shape
    tiles = aligned(room(M, K), B)
    split_weights(B, np.int64(0), tiles)
    split_nn(A, tiles.reshape(1, -1), C, bias, np.int64(mode), np.float64(slope),
             np.int64(machine))  # fmt: skip


@kernel
def tiles_nt(A, B, C, mode, Y, slope, machine):
    """As `product.gemm_nt`: C = A @ B^T, times act'(Y) if mode is DERIVATIVE."""
    K, M = B.shape
    tiles = aligned(room(K, M), B)
    split_weights(B, np.int64(1), tiles)
    split_nt(A, tiles.reshape(1, -1), C, np.int64(mode), Y, np.float64(slope),
             np.int64(machine))  # fmt: skip


@kernel
def tiles_tn(A, B, C, accumulate, machine):
    """As `product.gemm_tn`: C = A^T @ B, or C += if accumulate."""
    (N, K), M = A.shape, B.shape[1]
    zero, one = np.int64(0), np.int64(1)
    left, right = aligned(room(K, N), A), aligned(room(M, N), A)
    split_all(A.reshape(A.size), left, (K, N, K, one, zero))
    split_all(B.reshape(B.size), right, (M, N, M, one, one))
    sizes = K, M, N, np.int64(ADD if accumulate else PLAIN), np.int64(machine)
    flat = C.reshape(C.size)
    multiply_all(left, right, flat, flat, np.float64(0), sizes)
