"""Convolutions from the pixels themselves: products whose left side is never laid out.

The matrix of patches P has a row for each place of each example: the pixels that the
kernel sees there, one behind the other.  It is many times as large as the images, and
all of its numbers lie in runs of `channels` in x already.  Here the steps of
`microkernel` find these runs by the table of the convolution:

    conv         y  = act(P W + b)   a tile is rows of P by vectors of columns of W
    conv_dW      dW += P^T dy        a tile is channels of a pixel by vectors of dy
    conv_dx      dx += dy W_q^T      a tile is rows of dy by vectors of channels, and
                                     is added where pixel q of each row of P lies
    conv_dW_mixed                    the same, of channels of several pixels
    conv_few     y  = act(P W + b)   for few columns: vectors run along rows of P
    conv_few_dW  (P^T dy)^T          likewise, vectors run along channels

A row r of P is place r mod `places` of example r div `places`, the table has `window`
pixels for each place, an example has `size` numbers, and pixel -1 is the run `zeros`.
The chains of multiply-adds are those of `gemm`.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..jit.compiling import kernel
from .few import GROUPS, WIDE, turned_chains
from .microkernel import (
    ADD,
    activation,
    finish,
    multiply_add,
    pack,
    pack_turned,
    walk,
)
from .rectangle import address
from .vectors import ROWS, VECTOR_BYTES, VECTORS, written_once

FEW_COLUMNS = 4  # up to so many columns of W: vectors run along the other side
# Channels of a pixel from which a tile of `conv_dW` has rows of one pixel alone: ROWS
# at least, and the same on every CPU, since it decides in which order sums are taken.
LEAST_CHANNELS = 8
assert ROWS <= LEAST_CHANNELS


class _Images:
    """Writes the addresses of pixels.   x: the array that they lie in (x, or dx)."""

    def __init__(self, w, x, index, places, window, channels, size):
        self.w, self.b, self.x, self.index = w, w.b, x, index
        self.places, self.window = places, window
        self.channels, self.size = channels, size

    def rows(self, first, exist, count):
        """[(images of its example, its part of the table)] for `count` rows of P.

        first: the first of them.  From `exist` on the last one comes again.
        """
        w, b = self.w, self.b
        place = b.srem(first, self.places)
        base = w.at(self.x, b.sdiv(first, self.places), self.size)
        found = []
        for i in range(count):
            if i:
                further = b.add(place, w.int(1))
                ends = w.equal(further, self.places)
                real = w.less(i, exist)
                next_place = b.select(ends, w.int(0), further)
                next_base = b.select(ends, w.at(base, self.size, 1), base)
                place = b.select(real, next_place, place)
                base = b.select(real, next_base, base)
            found.append((base, w.at(self.index, place, self.window)))
        return found

    def pixel(self, row, q):
        """(whether it exists, its first channel) of pixel q in a row of P."""
        base, table = row
        number = self.b.load(self.w.at(table, q, 1))
        there = self.b.icmp_signed(">=", number, ir.Constant(number.type, 0))
        return there, self.w.at(base, number, self.channels)

    def seen(self, row, q, zeros):
        """The first channel of pixel q in a row of P, or zeros."""
        there, place = self.pixel(row, q)
        return self.b.select(there, place, zeros)


def _tiles(w, rows, count):
    """Goes through tiles of so many rows: (index of the first, how many exist)."""
    b = w.b
    tiles = b.sdiv(b.add(rows, w.int(count - 1)), w.int(count))
    with cgutils.for_range(b, tiles) as tile:
        first = b.mul(tile.index, w.int(count))
        left = b.sub(rows, first)
        yield first, b.select(w.less(left, count), left, w.int(count))


def _sums(w, rows, columns):
    """Registers for sums, all zero: [row][column]."""
    return [
        [cgutils.alloca_once_value(w.b, w.zero) for _ in range(columns)]
        for _ in range(rows)
    ]


def _clear(w, sums):
    """Write: all sums become zero."""
    for s in sum(sums, []):
        w.b.store(w.zero, s)


def _conv(w, b, x, index, zeros, panels, y, bias, slope, first, rows, places, window,
          channels, size, cols, panel0, col, vectors, last, mode):  # fmt: skip
    """Write: rows `first` ... of y, `vectors` of their columns from `col` on.

    The panel at panels[panel0] is (window*channels, vectors*lanes).  last: lanes of the
    last vector that exist.
    """
    images = _Images(w, x, index, places, window, channels, size)
    for count in range(1, VECTORS + 1):
        with b.if_then(w.equal(vectors, count)):
            sums = _sums(w, ROWS, count)
            for start, exist in _tiles(w, rows, ROWS):
                _clear(w, sums)
                row = b.add(first, start)
                found = images.rows(row, exist, ROWS)
                with cgutils.for_range(b, window) as q:
                    lines = [images.seen(line, q.index, zeros) for line in found]
                    k = b.mul(q.index, channels)
                    panel = w.at(panels, k, count * w.lanes, panel0)
                    walk(w, channels, (lines, 1), panel, sums)
                where = b.add(b.mul(row, cols), col), cols, col
                columns = [v * w.lanes for v in range(count)]
                finish(w, sums, y, bias, slope, exist, columns, last, where, mode)


def _conv_dW(w, b, x, index, zeros, dy, dW, slope, first, rows, places, window,
             channels, size, cols, q, channel, skipped, col, vectors,
             last):  # fmt: skip
    """Write: ROWS rows of dW += P^T dy for `rows` rows of P, from `first` on.

    They are those of channel, channel + 1, ... of pixel q; the first `skipped` of them
    are left as they are.
    """
    images = _Images(w, x, index, places, window, channels, size)

    def lines(row):
        line = images.seen(row, q, zeros)
        return [w.at(line, r, 1, channel) for r in range(ROWS)]

    k = b.add(b.mul(q, channels), channel)
    _dW_tiles(w, images, lines, dy, dW, slope, first, rows, cols, k, skipped,
              w.int(ROWS), col, vectors, last)  # fmt: skip


def _conv_dW_mixed(w, b, x, index, zeros, dy, dW, slope, first, rows, places, window,
                   channels, size, cols, k, exist, col, vectors, last):  # fmt: skip
    """Write: the same for rows k, k + 1, ... of dW, of any pixels; so many exist."""
    images = _Images(w, x, index, places, window, channels, size)
    final = b.sub(exist, w.int(1))
    chosen = [
        b.add(k, b.select(w.less(r, exist), w.int(r), final)) for r in range(ROWS)
    ]
    parts = [(b.sdiv(one, channels), b.srem(one, channels)) for one in chosen]

    def lines(row):
        return [w.at(images.seen(row, q, zeros), c, 1) for q, c in parts]

    _dW_tiles(w, images, lines, dy, dW, slope, first, rows, cols, k, w.int(0), exist,
              col, vectors, last)  # fmt: skip


def _dW_tiles(w, images, lines, dy, dW, slope, first, rows, cols, k, skipped, exist,
              col, vectors, last):  # fmt: skip
    """Write: rows k + skipped ... k + exist - 1 of dW += P^T dy.

    lines: a function of a row of P: where the number is that each row of dW needs.
    """
    b = w.b
    for count in range(1, VECTORS + 1):
        with b.if_then(w.equal(vectors, count)):
            columns, sums = [v * w.lanes for v in range(count)], _sums(w, ROWS, count)
            for found, row in _each(w, images, first, rows):
                given = w.at(dy, row, cols, col)
                vs = [w.load(w.at(given, c, 1)) for c in columns[:-1]]
                vs.append(w.masked_load(w.at(given, columns[-1], 1), w.first(last)))
                multiply_add(w, lines(found), vs, sums)
            where = b.add(b.mul(k, cols), col), cols, w.int(0)
            adds = w.int(ADD)
            finish(w, sums, dW, dW, slope, exist, columns, last, where, adds, skipped)


def _each(w, images, first, rows):
    """Goes through rows of P by examples: (as in `_Images.rows`, the row's number)."""
    b, places = w.b, images.places
    example, place = b.sdiv(first, places), b.srem(first, places)
    end = b.add(place, rows)
    spans = b.sdiv(b.sub(b.add(end, places), w.int(1)), places)
    with cgutils.for_range(b, spans) as span:
        low = b.select(w.equal(span.index, 0), place, w.int(0))
        rest = b.sub(end, b.mul(span.index, places))
        high = b.select(w.less(rest, places), rest, places)
        number = b.add(example, span.index)
        base = w.at(images.x, number, images.size)
        with cgutils.for_range(b, b.sub(high, low)) as step:
            here = b.add(low, step.index)
            table = w.at(images.index, here, images.window)
            yield (base, table), b.add(b.mul(number, places), here)


def _conv_dx(w, b, dy, index, panels, dx, first, rows, places, window, channels, size,
             cols, q, panel0, channel, vectors, last):  # fmt: skip
    """Write: dy W_q^T for rows of dy is added to `vectors` of channels of pixels q.

    The panel at panels[panel0] is (cols, vectors*lanes): W_q^T.
    """
    images = _Images(w, dx, index, places, window, channels, size)
    for count in range(1, VECTORS + 1):
        with b.if_then(w.equal(vectors, count)):
            sums, panel = _sums(w, ROWS, count), w.at(panels, panel0, 1)
            for start, exist in _tiles(w, rows, ROWS):
                _clear(w, sums)
                row = b.add(first, start)
                lines = w.lines(dy, b.mul(row, cols), exist, cols)
                walk(w, cols, (lines, 1), panel, sums)
                for r, found in enumerate(images.rows(row, exist, ROWS)):
                    there, place = images.pixel(found, q)
                    with b.if_then(b.and_(there, w.less(r, exist))):
                        _add(w, sums[r], w.at(place, channel, 1), last)


def _add(w, sums, place, last):
    """Write: the sums are added to what lies there; `last` lanes of the last one."""
    for v, s in enumerate(sums[:-1]):
        here = w.at(place, v * w.lanes, 1)
        w.store(w.b.fadd(w.load(here), w.b.load(s)), here)
    here = w.at(place, (len(sums) - 1) * w.lanes, 1)
    old = w.masked_load(here, w.first(last))
    w.store_first(w.b.fadd(old, w.b.load(sums[-1])), here, last)


def _conv_few(w, b, x, index, zeros, W, y, bias, slope, first, rows, places, window,
              channels, size, cols, mode):  # fmt: skip
    """Write: rows `first` ... of y, where `cols` is at most FEW_COLUMNS."""
    images = _Images(w, x, index, places, window, channels, size)
    for count in range(1, FEW_COLUMNS + 1):
        with b.if_then(w.equal(cols, count)):
            sums = _sums(w, GROUPS, count)
            for start, exist in _tiles(w, rows, GROUPS * w.lanes):
                _clear(w, sums)
                row = b.add(first, start)
                found = images.rows(row, exist, GROUPS * w.lanes)
                with cgutils.for_range(b, window) as q:
                    lines = [images.seen(line, q.index, zeros) for line in found]
                    groups = [
                        lines[g : g + w.lanes] for g in range(0, len(lines), w.lanes)
                    ]
                    k = b.mul(q.index, channels)
                    right = w.at(W, k, cols)
                    turned_chains(w, groups, right, channels, cols, w.int(1), sums)
                bend = activation(w, slope, mode)
                for g, row_sums in enumerate(sums):
                    values = []
                    for j, s in enumerate(row_sums):
                        offset = w.splat(b.load(w.at(bias, j, 1)))
                        values.append(bend(b.fadd(b.load(s), offset)))
                    left = b.sub(exist, w.int(g * w.lanes))
                    place = w.at(y, b.add(row, w.int(g * w.lanes)), cols)
                    _leave(w, values, place, left)


def _leave(w, values, place, exist):
    """Write: as many rows as exist, a vector of values for each column."""
    if len(values) == 1:
        with w.b.if_then(w.less(0, exist)):
            w.store_first(values[0], place, exist)
        return
    for i in range(w.lanes):
        with w.b.if_then(w.less(i, exist)):
            for j, x in enumerate(values):
                one = w.b.extract_element(x, ir.Constant(ir.IntType(32), i))
                w.b.store(one, w.at(place, i, len(values), j))


def _conv_few_dW(w, b, x, index, zeros, dy, sums_of, first, rows, places, window,
                 channels, size, cols, q, channel, vectors, last):  # fmt: skip
    """Write: sums_of[j, c] = sum over rows of P of channel c of pixel q times dy[:, j].

    For `vectors` of channels from `channel` on; sums_of has `channels` columns.
    """
    images = _Images(w, x, index, places, window, channels, size)
    for count in range(1, FEW_COLUMNS + 1):
        for wide in range(1, WIDE // count + 1):
            chosen = b.and_(w.equal(cols, count), w.equal(vectors, wide))
            with b.if_then(chosen):
                sums = _sums(w, count, wide)
                for found, row in _each(w, images, first, rows):
                    here = w.at(images.seen(found, q, zeros), channel, 1)
                    xs = [w.load(w.at(here, v * w.lanes, 1)) for v in range(wide - 1)]
                    place = w.at(here, (wide - 1) * w.lanes, 1)
                    xs.append(w.masked_load(place, w.first(last)))
                    multiply_add(w, [w.at(dy, row, cols, j) for j in range(count)], xs,
                                 sums)  # fmt: skip
                for j, row_sums in enumerate(sums):
                    for v, s in enumerate(row_sums):
                        place = w.at(
                            sums_of, j, channels, b.add(channel, w.int(v * w.lanes))
                        )
                        if v < wide - 1:
                            w.store(b.load(s), place)
                        else:
                            w.store_first(b.load(s), place, last)


@intrinsic
def conv(context, x, index, zeros, panels, y, bias, slope, numbers):
    kinds = x, index, zeros, panels, y, bias, slope, numbers
    return types.void(*kinds), written_once(_conv)


@intrinsic
def conv_dW(context, x, index, zeros, dy, dW, slope, numbers):
    kinds = x, index, zeros, dy, dW, slope, numbers
    return types.void(*kinds), written_once(_conv_dW)


@intrinsic
def conv_dW_mixed(context, x, index, zeros, dy, dW, slope, numbers):
    kinds = x, index, zeros, dy, dW, slope, numbers
    return types.void(*kinds), written_once(_conv_dW_mixed)


@intrinsic
def conv_dx(context, dy, index, panels, dx, numbers):
    return types.void(dy, index, panels, dx, numbers), written_once(_conv_dx)


@intrinsic
def conv_few(context, x, index, zeros, W, y, bias, slope, numbers):
    kinds = x, index, zeros, W, y, bias, slope, numbers
    return types.void(*kinds), written_once(_conv_few)


@intrinsic
def conv_few_dW(context, x, index, zeros, dy, sums_of, numbers):
    kinds = x, index, zeros, dy, sums_of, numbers
    return types.void(*kinds), written_once(_conv_few_dW)


# ---- panels ----


@kernel(inside=True)
def _room(size, like):
    """(memory for so many numbers, the first whose address is that of a vector)."""
    work = np.empty(size + lanes_of(like), like.dtype)
    return work, -address(work) % VECTOR_BYTES // like.itemsize


@kernel(inside=True)
def lanes_of(array):
    """How many of its numbers a vector has."""
    return VECTOR_BYTES // array.itemsize


@kernel(inside=True)
def panel_columns(p, cols, lanes):
    """(first vector, vectors, lanes of the last one) of panel p of so many columns."""
    vectors = -(-cols // lanes)
    panels = -(-vectors // VECTORS)
    v = p * vectors // panels
    wide = (p + 1) * vectors // panels - v
    return v, wide, min(lanes, cols - (v + wide - 1) * lanes)


@kernel(inside=True)
def panel_count(cols, lanes):
    """How many panels there are."""
    vectors = -(-cols // lanes)
    return -(-vectors // VECTORS)


@kernel(inside=True)
def pack_panels(W):
    """(panels of W side by side, where they begin)."""
    (K, M), lanes = W.shape, lanes_of(W)
    flat = W.reshape(W.size)
    if M % lanes == 0 and panel_count(M, lanes) == 1:
        return flat, np.int64(0)
    work, start = _room(K * -(-M // lanes) * lanes, W)
    for p in range(panel_count(M, lanes)):
        v, wide, last = panel_columns(p, M, lanes)
        cols = (wide - 1) * lanes + last
        at = start + v * lanes * K
        where = v * lanes, M, K, cols, at, wide * lanes, np.int64(0)
        pack(flat, work, where)
    return work, start


@kernel(inside=True)
def pack_turned_panels(W, channels):
    """(panels of each pixel's W^T one behind the other, where they begin)."""
    (K, M), lanes = W.shape, lanes_of(W)
    flat, each = W.reshape(W.size), -(-channels // lanes) * lanes * M
    work, start = _room(K // channels * each, W)
    for q in range(K // channels):
        for p in range(panel_count(channels, lanes)):
            v, wide, last = panel_columns(p, channels, lanes)
            panel = start + q * each + v * lanes * M
            first, cols = q * channels + v * lanes, (wide - 1) * lanes + last
            for r in range(0, wide * lanes, ROWS):  # to the end, see `rectangle`
                some = min(ROWS, cols - r)
                where = (first + r) * M, M, some, M, panel + r, wide * lanes
                pack_turned(flat, work, where)
    return work, start
