"""The steps that a matrix product is made of, as LLVM's own language.

Each is a function that writes LLVM IR with a `Writer` (`vectors`), and the intrinsic
that compiled code calls.  `gemm` explains the scheme that they serve.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .vectors import LINE, ROWS, VECTOR_BYTES, VECTORS, written_once

UNROLL = 4  # steps of k between two jumps
AHEAD = 16  # rows of right that are asked for before they are copied
PLAIN, BIAS, RELU, LEAKY, ADD = 0, 1, 2, 3, 4  # modes of nn; tn knows PLAIN and ADD
DERIVATIVE = 1  # mode of nt
LINES = VECTORS * VECTOR_BYTES // LINE + 1  # of the cache, in a row of a panel


def _tile(w, b, left, right, work, C, bias, slope, l0, row_step, k_step, rows, r0,
         r_step, panel, depth, vectors, packing, fresh, direct, held, c0, c_step, last,
         b0, mode, in_left, next0, along, each, across, first, parts):  # fmt: skip
    """Write: sums = (0 if fresh else work[held]) + left @ panel, kept in registers.

    left[i, k] is left[l0 + i*row_step + k*k_step], the panel is (depth, vectors*lanes)
    at work[panel]; if `packing` it is still at right[r0], rows r_step apart, and is
    copied to work[panel] on the way.  If `direct`, `rows` rows and `last` lanes of the
    last vector go to C[c0] as `mode` says, else the whole tile to work[held].  Rows
    beyond `rows` repeat the last one: computed, and not stored.

    On the way along a row of left, what later tiles read is asked for, in pieces of
    LINES cache lines: of a matrix with `each` pieces in a row, `along` apart, and rows
    `across` apart, from left[next0] on if in_left, else from right[next0], the pieces
    first, first + 1, ... first + parts - 1.

    k_step is 1 (rows of left run along k) or ROWS (left is packed, and complete).
    """
    held, panel = w.at(work, held, 1), w.at(work, panel, 1)
    later = w.at(b.select(w.less(0, in_left), left, right), next0, 1)
    coming = later, along, each, across, first, parts
    direct, fresh, packing = (w.less(0, flag) for flag in (direct, fresh, packing))
    right, packed = w.at(right, r0, 1), w.equal(k_step, ROWS)
    apart = w.lines(left, l0, rows, row_step), 1
    together = [w.at(left, r, 1, l0) for r in range(ROWS)], ROWS
    for count in range(1, VECTORS + 1):  # loops over k for each width of a tile
        with b.if_then(w.equal(vectors, count)):
            width, columns = count * w.lanes, [v * w.lanes for v in range(count)]
            zero = [[w.zero] * count] * ROWS
            sums = [[cgutils.alloca_once_value(b, z) for z in row] for row in zero]
            with b.if_then(b.not_(fresh)):
                for r, row in enumerate(sums):
                    for s, column in zip(row, columns, strict=True):
                        b.store(w.load(w.at(held, r, width, column)), s)
            with b.if_else(packed) as branches:
                for branch, source in zip(branches, (together, apart), strict=True):
                    with branch, b.if_else(packing) as (copying, copied):
                        with copying:
                            _walk_and_pack(w, depth, source, right, r_step, panel, sums)
                        with copied:
                            soon = coming if source is apart else None
                            walk(w, depth, source, panel, sums, soon)
            with b.if_else(direct) as (leaving, staying):
                with leaving:
                    where = c0, c_step, b0
                    finish(w, sums, C, bias, slope, rows, columns, last, where, mode)
                with staying:
                    for r, row in enumerate(sums):
                        for s, column in zip(row, columns, strict=True):
                            w.store(b.load(s), w.at(held, r, width, column))


def walk(w, depth, source, panel, sums, coming=None):
    """Write the loop over k.  UNROLL steps in one, for fewer additions of addresses.

    coming: what is asked for on the way, as in `_tile`, or None.
    """
    b = w.b
    whole = b.sdiv(depth, w.int(UNROLL))
    done = b.mul(whole, w.int(UNROLL))
    if coming is None:
        _steps(w, w.int(0), whole, UNROLL, source, panel, sums)
    else:
        later, along, each, across, first, parts = coming
        stretch = b.sdiv(whole, b.add(parts, w.int(1)))
        with cgutils.for_range(b, b.add(parts, w.int(1))) as part:
            piece = b.add(first, part.index)
            row = w.at(later, b.sdiv(piece, each), across)
            for line in range(LINES):
                place = w.at(row, b.srem(piece, each), along, line * w.line)
                w.ask(place, near=False)
            start = b.mul(part.index, stretch)
            final = w.equal(part.index, parts)
            count = b.select(final, b.sub(whole, start), stretch)
            _steps(w, b.mul(start, w.int(UNROLL)), count, UNROLL, source, panel, sums)
    _steps(w, done, b.sub(depth, done), 1, source, panel, sums)


def _steps(w, start, count, steps, source, panel, sums):
    """Write: from k = start on, count times so many steps of k."""
    b, width = w.b, len(sums[0]) * w.lanes
    lines, step = source
    with cgutils.for_range(b, count) as loop:
        k = b.add(start, b.mul(loop.index, w.int(steps)))
        here = [w.at(line, k, step) for line in lines]
        row = w.at(panel, k, width)
        for u in range(steps):
            columns = range(u * width, (u + 1) * width, w.lanes)
            vectors = [w.load(w.at(row, c, 1)) for c in columns]
            multiply_add(w, [w.at(line, u, step) for line in here], vectors, sums)


def _walk_and_pack(w, depth, source, right, r_step, panel, sums):
    """Write the loop over k that copies its vectors to the panel, and asks for more."""
    b, columns = w.b, [v * w.lanes for v in range(len(sums[0]))]
    lines, step = source
    with cgutils.for_range(b, depth) as k:
        row = w.at(right, k.index, r_step)
        vectors = [w.load(w.at(row, c, 1)) for c in columns]
        for x, c in zip(vectors, columns, strict=True):
            w.store(x, w.at(panel, k.index, len(columns) * w.lanes, c))
            w.ask(w.at(row, AHEAD, r_step, c))
        multiply_add(w, [w.at(line, k.index, step) for line in lines], vectors, sums)


def multiply_add(w, places, vectors, sums):
    """Write one step of k: sums[r][v] += places[r] * vectors[v]."""
    for place, row in zip(places, sums, strict=True):
        scalar = w.splat(w.b.load(place))
        for s, x in zip(row, vectors, strict=True):
            w.b.store(w.fma(scalar, x, w.b.load(s)), s)


def activation(w, slope, mode):
    """A function that writes: act(x) of a vector, by `mode`.

    Without a branch: what is not above zero is multiplied by slope (1: no activation),
    and for a ReLU its bits are cleared.  A NaN stays one.
    """
    b, one = w.b, ir.Constant(w.element, 1)
    slope = w.splat(b.select(w.equal(mode, LEAKY), slope, one))
    whole = ir.VectorType(ir.IntType(8 * w.size), w.lanes)
    kept = w.splat(b.sext(b.not_(w.equal(mode, RELU)), whole.element))

    def bend(x):
        low = b.and_(b.bitcast(b.fmul(slope, x), whole), kept)
        under = b.fcmp_ordered("<=", x, w.zero)
        return b.select(under, b.bitcast(low, x.type), x)

    return bend


def finish(w, sums, C, bias, slope, rows, columns, last, where, mode, skipped=None):
    """Write: C[c0] = act(sums + bias[b0]), or C + sums, or the sums, by `mode`.

    columns: where each vector of a row begins; they may overlap.  last: lanes of the
    last one that exist.  where: (c0, from a row of C to the next, b0).  skipped: rows
    in front that are left as they are.
    """
    b, (c0, c_step, b0) = w.b, where
    C, bias = w.at(C, c0, 1), w.at(bias, b0, 1)
    adds = w.equal(mode, ADD)
    other, other_step = b.select(adds, C, bias), b.select(adds, c_step, w.int(0))
    bend = activation(w, slope, mode)

    def changed(x, source, final):
        added = w.masked_load(source, w.first(last)) if final else w.load(source)
        return bend(b.fadd(x, added))

    def each(change):
        for r, row in enumerate(sums):
            wanted = w.less(r, rows)
            if skipped is not None:
                wanted = b.and_(wanted, b.not_(w.less(r, skipped)))
            with b.if_then(wanted):
                row = [b.load(s) for s in row]
                if change:
                    sources = [w.at(other, r, other_step, column) for column in columns]
                    final = [*[False] * (len(row) - 1), True]
                    row = list(map(changed, row, sources, final))
                for x, column in zip(row[:-1], columns, strict=False):
                    w.store(x, w.at(C, r, c_step, column))
                w.store_first(row[-1], w.at(C, r, c_step, columns[-1]), last)

    with b.if_else(w.equal(mode, PLAIN)) as (plain, other_modes):
        with plain:
            each(change=False)
        with other_modes:
            each(change=True)


@intrinsic
def tile(context, left, right, work, C, bias, slope, numbers):
    kinds = left, right, work, C, bias, slope, numbers
    return types.void(*kinds), written_once(_tile)


def _pack(w, b, source, work, s0, s_step, count, width, w0, w_step, narrow):
    """Write: copy `count` rows of `width`, the last vector padded with zeros.

    A vector has all lanes (panels of right) or ROWS, if `narrow` (tiles of left).
    """
    for lanes, chosen in ((ROWS, w.less(0, narrow)), (w.lanes, w.equal(narrow, 0))):
        full = b.sdiv(b.sub(width, w.int(1)), w.int(lanes))
        done = b.mul(full, w.int(lanes))
        rest = w.first(b.sub(width, done), lanes)
        every = w.first(w.int(lanes), lanes)
        with b.if_then(chosen), cgutils.for_range(b, count) as k:
            a, z = w.at(source, k.index, s_step, s0), w.at(work, k.index, w_step, w0)
            with cgutils.for_range(b, full) as v:
                x = w.masked_load(w.at(a, v.index, lanes), every)
                w.store(x, w.at(z, v.index, lanes))
            w.store(w.masked_load(w.at(a, done, 1), rest), w.at(z, done, 1))


@intrinsic
def pack(context, source, work, numbers):
    return types.void(source, work, numbers), written_once(_pack)


def _pack_turned(w, b, source, work, s0, s_step, rows, depth, w0, w_step):
    """Write: work[w0 + k*w_step + r] = source[s0 + r*s_step + k], ROWS r and all k."""
    lines = w.lines(source, s0, rows, s_step)
    blocks = b.sdiv(depth, w.int(w.lanes))
    with cgutils.for_range(b, blocks) as block:
        k = b.mul(block.index, w.int(w.lanes))
        turned = w.transpose([w.load(w.at(line, k, 1)) for line in lines])
        for i, x in enumerate(turned):
            w.store(x, w.at(work, b.add(k, w.int(i)), w_step, w0))
    done = b.mul(blocks, w.int(w.lanes))
    rest = b.sub(depth, done)
    with b.if_then(w.less(0, rest)):
        mask = w.first(rest)
        loads = [w.masked_load(w.at(line, done, 1), mask) for line in lines]
        for i, x in enumerate(w.transpose(loads)):
            with b.if_then(w.less(i, rest)):
                w.store(x, w.at(work, b.add(done, w.int(i)), w_step, w0))


@intrinsic
def pack_turned(context, source, work, numbers):
    return types.void(source, work, numbers), written_once(_pack_turned)


def _finish_turned(
    w, b, work, C, Y, slope, held, rows, vectors, cols, c0, c_step, mode
):
    """Write: C[c0 + j*c_step + i] = tile[i, j], times act'(Y) if mode is DERIVATIVE."""
    slope, width = w.splat(slope, ROWS), b.mul(vectors, w.int(w.lanes))
    derive, wide = w.equal(mode, DERIVATIVE), w.first(rows, ROWS)
    plain, nothing = w.splat(b.not_(derive), ROWS), ir.Constant(wide.type, None)
    zero = ir.Constant(w.vector(ROWS), None)
    with cgutils.for_range(b, vectors) as v:
        column = b.mul(v.index, w.int(w.lanes))
        places = [w.at(work, r, width, b.add(held, column)) for r in range(ROWS)]
        for i, x in enumerate(w.transpose([w.load(place) for place in places])):
            j = b.add(column, w.int(i))
            exists = w.less(j, cols)
            asked = b.select(b.and_(exists, derive), wide, nothing)
            y = w.masked_load(w.at(Y, j, c_step, c0), asked)
            keep = b.or_(plain, b.fcmp_ordered(">", y, zero))
            x = b.select(keep, x, b.fmul(slope, x))
            with b.if_then(exists):
                w.store_first(x, w.at(C, j, c_step, c0), rows)


@intrinsic
def finish_turned(context, work, C, Y, slope, numbers):
    return types.void(work, C, Y, slope, numbers), written_once(_finish_turned)


def _ask_for(w, b, C, c0, c_step, rows, cols):
    """Write: ask for the lines of a tile of C, to be written soon; nobody waits."""
    lines = b.sdiv(b.add(cols, w.int(w.line - 1)), w.int(w.line))
    with cgutils.for_range(b, rows) as r, cgutils.for_range(b, lines) as n:
        column = b.add(c0, b.mul(n.index, w.int(w.line)))
        w.ask(w.at(C, r.index, c_step, column), write=True)


@intrinsic
def ask_for(context, C, numbers):
    return types.void(C, numbers), written_once(_ask_for)
