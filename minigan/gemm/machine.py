"""The tile machine: eight tiles of 16 rows, and five operations, written as LLVM IR.

A tile has 16 rows of 64 bytes: 16 x 16 float32 sums, or 16 rows of 32 bfloat16.

    zero(t)             every number of tile t becomes 0
    load(t, place)      tile t from 1 KB of memory, row after row
    store(t, place)     and back
    multiply(c, a, b)   c += a b, where b has pairs of k side by side: `model.multiply`
    begin(), end()      take the unit, give it back: each thread for itself, around
                        all that it multiplies

On a CPU with AMX (x86 matrix units, Xeons from 2023 on) they are its instructions.
Everywhere the same kernel can be written for the `Emulated` machine, whose tiles are
memory and whose `multiply` is vector code with the same roundings: slow, equal bits.
"""

import ctypes
import platform
import sys
from collections.abc import Callable

import llvmlite.binding
import numba
from llvmlite import ir
from numba.core import cgutils

from ..jit.memory import on_the_stack
from .model import TINY
from .vectors import FUSED, I64, Writer

TILES, SIDE, BYTES = 8, 16, 1024
I8, I32, F32, F64 = ir.IntType(8), ir.IntType(32), ir.FloatType(), ir.DoubleType()
ROW = 64  # bytes of a row
_WORDS, _FLOATS, _DOUBLES = (ir.VectorType(t, SIDE) for t in (I32, F32, F64))
_SIGN, _EXPONENT, _HIGH = 0x80000000, 0x7F800000, 0xFFFF0000


class Machine:
    """Writes the operations with a `Writer`."""

    def __init__(self, writer: Writer) -> None:
        self.w, self.b = writer, writer.b

    def begin(self) -> None:
        """Take the unit."""

    def end(self) -> None:
        """Give it back."""


class Hardware(Machine):
    """AMX.  Tiles are not kept across a call of a function; the configuration is."""

    def _call(self, name: str, *args: ir.Value) -> None:
        self.w.call(f"llvm.x86.{name}", ir.VoidType(), list(args))

    def begin(self) -> None:
        """Load a configuration: palette 1, and 16 rows of 64 bytes for each tile."""
        lengths = [b for _ in range(TILES) for b in (ROW, 0)]  # uint16
        content = [1] + [0] * 15 + lengths + [0] * 16 + [SIDE] * TILES + [0] * 8
        kind = ir.ArrayType(I8, len(content))
        name = "minigan.tile_configuration"
        known = self.b.module.globals.get(name)
        if known is None:
            known = ir.GlobalVariable(self.b.module, kind, name)
            known.linkage, known.global_constant = "internal", True
            known.initializer = ir.Constant(kind, bytearray(content))
        self._call("ldtilecfg", self.b.bitcast(known, I8.as_pointer()))

    def end(self) -> None:
        self._call("tilerelease")

    def zero(self, t: int) -> None:
        self._call("tilezero", I8(t))

    def load(self, t: int, place: ir.Value) -> None:
        self._call("tileloadd64", I8(t), self._bytes(place), I64(ROW))

    def store(self, t: int, place: ir.Value) -> None:
        self._call("tilestored64", I8(t), self._bytes(place), I64(ROW))

    def multiply(self, c: int, a: int, b: int) -> None:
        self._call("tdpbf16ps", I8(c), I8(a), I8(b))

    def _bytes(self, place: ir.Value) -> ir.Value:
        return self.b.bitcast(place, I8.as_pointer())


class Emulated(Machine):
    """The same with tiles on the stack of the function that is written."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        kind = ir.ArrayType(_WORDS, SIDE)
        self.tiles = []
        for _ in range(TILES):
            tile = on_the_stack(self.b, kind)
            tile.align = ROW
            self.tiles.append(self.b.bitcast(tile, _WORDS.as_pointer()))

    def zero(self, t: int) -> None:
        for r in range(SIDE):
            self.b.store(ir.Constant(_WORDS, None), self._row(self.tiles[t], r))

    def load(self, t: int, place: ir.Value) -> None:
        self._copy(self._words(place), self.tiles[t])

    def store(self, t: int, place: ir.Value) -> None:
        self._copy(self.tiles[t], self._words(place))

    def multiply(self, c: int, a: int, b: int) -> None:
        pointers = [self.tiles[t] for t in (c, a, b)]
        name = "minigan.emulated_multiply"
        function = self.b.module.globals.get(name)
        if function is None:
            kind = ir.FunctionType(ir.VoidType(), [p.type for p in pointers])
            function = ir.Function(self.b.module, kind, name)
            function.linkage = "linkonce_odr"
            function.attributes.add("noinline")
            builder = ir.IRBuilder(function.append_basic_block())
            _emulate(builder, *function.args)
            builder.ret_void()
        self.b.call(function, pointers)

    def _words(self, place: ir.Value) -> ir.Value:
        return self.b.bitcast(place, _WORDS.as_pointer())

    def _row(self, tile: ir.Value, r: int) -> ir.Value:
        return self.b.gep(tile, [I64(r)])

    def _copy(self, source: ir.Value, target: ir.Value) -> None:
        for r in range(SIDE):
            row = self.b.load(self._row(source, r), align=4)
            self.b.store(row, self._row(target, r), align=4)


class _Rows:
    """Words for `_emulate`: vectors along the 16 columns of a tile."""

    def __init__(self, builder: ir.IRBuilder) -> None:
        self.b = builder

    def every(self, kind: ir.VectorType, value: float) -> ir.Constant:
        """A vector of one number."""
        return ir.Constant(kind, [value] * SIDE)

    def call(self, name: str, result: ir.Type, *args: ir.Value) -> ir.Value:
        """One of LLVM's own functions."""
        kind = ir.FunctionType(result, [a.type for a in args])
        function = cgutils.get_or_insert_function(self.b.module, kind, name)
        return self.b.call(function, args)

    def row(self, tile: ir.Value, r: ir.Value | int) -> ir.Value:
        """The place of a row."""
        return self.b.gep(tile, [I64(r) if isinstance(r, int) else r])

    def buffer(self, count: int) -> ir.Value:
        """Room for rows on the stack."""
        block = on_the_stack(self.b, ir.ArrayType(_WORDS, count))
        return self.b.bitcast(block, _WORDS.as_pointer())

    def splat(self, word: ir.Value) -> ir.Value:
        """A row of one word."""
        empty = ir.Constant(_WORDS, ir.Undefined)
        one = self.b.insert_element(empty, word, I32(0))
        return self.b.shuffle_vector(one, empty, self.every(_WORDS, 0))

    def halves(self, words: ir.Value) -> tuple[ir.Value, ir.Value]:
        """The float32 words of the even and of the odd steps in a row of pairs."""
        low = self.b.shl(words, self.every(_WORDS, 16))
        return low, self.b.and_(words, self.every(_WORDS, _HIGH))

    def double(self, words: ir.Value) -> ir.Value:
        """float32 words as float64; zero for subnormal ones."""
        b = self.b
        exponent = b.and_(words, self.every(_WORDS, _EXPONENT))
        none = b.icmp_unsigned("==", exponent, ir.Constant(_WORDS, None))
        words = b.select(none, b.and_(words, self.every(_WORDS, _SIGN)), words)
        return b.fpext(b.bitcast(words, _FLOATS), _DOUBLES)

    def flushed(self, x: ir.Value) -> ir.Value:
        """float64 to words of the nearest float32; zero for subnormal ones."""
        b = self.b
        size = self.call("llvm.fabs.v16f64", _DOUBLES, x)
        small = b.fcmp_ordered("<", size, self.every(_DOUBLES, TINY))
        words = b.bitcast(b.fptrunc(x, _FLOATS), _WORDS)
        return b.select(small, b.and_(words, self.every(_WORDS, _SIGN)), words)

    def smallest(self, tile: ir.Value) -> ir.Value:
        """The smallest exponent, as it stands in a word, of what is not zero."""
        b, most = self.b, self.every(_WORDS, _EXPONENT)
        found = cgutils.alloca_once_value(b, most)
        with cgutils.for_range(b, I64(SIDE)) as r:
            for words in self.halves(b.load(self.row(tile, r.index))):
                rest = b.and_(words, self.every(_WORDS, 0x7FFFFFFF))
                none = b.icmp_unsigned("==", rest, ir.Constant(_WORDS, None))
                exponent = b.select(none, most, b.and_(rest, most))
                least = b.load(found)
                lower = b.icmp_unsigned("<", exponent, least)
                b.store(b.select(lower, exponent, least), found)
        return self.call("llvm.vector.reduce.umin.v16i32", I32, b.load(found))


def _emulate(b: ir.IRBuilder, C: ir.Value, A: ir.Value, B: ir.Value) -> None:
    """Write `model.multiply`.   C, A, B: pointers to 16 rows of words.

    Two ways to the same bits.  Products are multiples of 2^(exponents - 14), and so are
    their sums: where that is a normal number for the smallest exponents in A and B,
    nothing can become subnormal, and a plain fused multiply-add does it.  Otherwise,
    and where the CPU has none, it goes through float64, as the model does.
    """
    rows = _Rows(b)
    words = b.bitcast(A, I32.as_pointer())
    halves, sums = rows.buffer(2 * SIDE), rows.buffer(2 * SIDE)
    with cgutils.for_range(b, I64(2 * SIDE)) as r:
        b.store(ir.Constant(_WORDS, None), rows.row(sums, r.index))
    with cgutils.for_range(b, I64(SIDE)) as k:
        for odd, half in enumerate(rows.halves(b.load(rows.row(B, k.index)))):
            place = b.add(b.mul(k.index, I64(2)), I64(odd))
            b.store(half, rows.row(halves, place))

    def fused(x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
        floats = [b.bitcast(v, _FLOATS) for v in (x, y, z)]
        return b.bitcast(rows.call("llvm.fma.v16f32", _FLOATS, *floats), _WORDS)

    def wide(x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
        product = b.fmul(rows.double(x), rows.double(y))
        return rows.flushed(b.fadd(rows.double(z), product))

    def chains(multiply_add: Callable[..., ir.Value]) -> None:
        """sums[2r], sums[2r+1] = the chains of row r of even and of odd steps."""
        with cgutils.for_range(b, I64(SIDE)) as r:
            first = b.mul(r.index, I64(2))
            places = [rows.row(sums, b.add(first, I64(odd))) for odd in (0, 1)]
            held = [cgutils.alloca_once_value(b, b.load(place)) for place in places]
            with cgutils.for_range(b, I64(SIDE)) as k:
                word = b.add(b.mul(r.index, I64(SIDE)), k.index)
                pair = rows.halves(rows.splat(b.load(b.gep(words, [word]))))
                for odd, (x, chain) in enumerate(zip(pair, held, strict=True)):
                    place = b.add(b.mul(k.index, I64(2)), I64(odd))
                    y = b.load(rows.row(halves, place))
                    b.store(multiply_add(x, y, b.load(chain)), chain)
            for chain, place in zip(held, places, strict=True):
                b.store(b.load(chain), place)

    if FUSED:
        least = b.add(rows.smallest(A), rows.smallest(B))
        # (a - 127) + (b - 127) - 14 >= -126, for exponents a and b as they are stored
        enough = b.icmp_unsigned(">=", least, I32((2 * 127 - 126 + 14) << 23))
        with b.if_else(enough) as (large, small):
            with large:
                chains(fused)
            with small:
                chains(wide)
    else:
        chains(wide)
    with cgutils.for_range(b, I64(SIDE)) as r:
        first = b.mul(r.index, I64(2))
        even, odd = (
            rows.double(b.load(rows.row(sums, b.add(first, I64(half)))))
            for half in (0, 1)
        )
        both = rows.double(rows.flushed(b.fadd(even, odd)))
        place = rows.row(C, r.index)
        total = b.fadd(rows.double(b.load(place)), both)
        b.store(rows.flushed(total), place)


EMULATED, HARDWARE = 0, 1
_NEEDED = ("amx-tile", "amx-bf16")


def written_for_hardware() -> bool:
    """True where LLVM compiles for a CPU that has the instructions."""
    flags = numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    if flags is None:
        flags = llvmlite.binding.get_host_cpu_features().flatten()
    return all(f"+{name}" in flags.split(",") for name in _NEEDED)


# The machines that compiled kernels know, by number: which one is chosen at each call.
MACHINES: dict[int, Callable[[Writer], Machine]] = {EMULATED: Emulated}
if written_for_hardware():
    MACHINES[HARDWARE] = Hardware

_ASK_PERMISSION = 158, 0x1023, 18  # arch_prctl(ARCH_REQ_XCOMP_PERM, tile data)


def refusal() -> str:
    """Why this process may not use the matrix units, or "" if it may."""
    if HARDWARE not in MACHINES:
        return "this CPU has no AMX"
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return "AMX is used on Linux alone"
    if ctypes.CDLL(None).syscall(*_ASK_PERMISSION) != 0:
        return "the system does not allow AMX"
    return ""
