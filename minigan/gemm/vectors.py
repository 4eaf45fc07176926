"""Vectors in LLVM's intermediate representation (IR): the words `gemm` is written in.

Numba compiles loops; it cannot be told which numbers to keep in which registers.  An
intrinsic can: it emits IR itself, in which `<16 x float>` is a type and a multiply-add
of 16 numbers is one instruction.
"""

import llvmlite.binding
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils


def host_tile():
    """(bytes of a vector, rows, vectors, fused?) of the best tile for this CPU.

    AVX-512: 32 registers, 8 x 3 sums + 3 of right + 1 scalar = 28.  AVX2: 16 registers,
    4 x 3 + 3 + 1 = 16.  NEON: a 32-byte vector is two of its 32 registers.  SSE2 has
    16 such halves: 4 x 1 sums are 8, the rest is for products on the way to a sum.
    """
    flags = numba.config.CPU_FEATURES
    if flags is None:
        flags = llvmlite.binding.get_host_cpu_features().flatten()
    flags = flags.split(",")
    if "+avx512f" in flags:
        return 64, 8, 3, True
    if "+avx2" in flags and "+fma" in flags:
        return 32, 4, 3, True
    x86 = llvmlite.binding.get_process_triple().startswith(("x86", "i686"))
    return (32, 4, 1, False) if x86 else (32, 4, 3, True)


VECTOR_BYTES, ROWS, VECTORS, FUSED = host_tile()
LINE = 64  # bytes of a cache line
MASKED = (
    FUSED and VECTORS == 3 and llvmlite.binding.get_process_triple().startswith("x86")
)
I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)


class Writer:
    """Writes LLVM IR for vectors of one dtype; Python ints may stand for constants."""

    def __init__(self, builder, dtype):
        self.b = builder
        self.element = ir.FloatType() if dtype == types.float32 else ir.DoubleType()
        self.size = dtype.bitwidth // 8
        self.lanes = VECTOR_BYTES // self.size
        self.line = LINE // self.size
        self.zero = ir.Constant(self.vector(), None)

    def vector(self, lanes=None):
        return ir.VectorType(self.element, lanes or self.lanes)

    def int(self, value):
        return ir.Constant(I64, value) if isinstance(value, int) else value

    def less(self, a, b):
        return self.b.icmp_signed("<", self.int(a), self.int(b))

    def equal(self, a, b):
        return self.b.icmp_signed("==", self.int(a), self.int(b))

    def at(self, pointer, row, step, column=0):
        """The address of pointer[row * step + column]."""
        offset = self.b.mul(self.int(row), self.int(step))
        return self.b.gep(pointer, [self.b.add(offset, self.int(column))])

    def lines(self, pointer, start, rows, step, count=ROWS):
        """The first elements of `count` rows; from `rows` on, the last one again.

        rows <= 0: all of them are the last row of those before.
        """
        final = self.b.sub(rows, self.int(1))
        exists = [self.less(r, rows) for r in range(count)]
        index = [self.b.select(e, self.int(r), final) for r, e in enumerate(exists)]
        return [self.at(pointer, i, step, start) for i in index]

    def call(self, name, result, args):
        kind = ir.FunctionType(result, [a.type for a in args])
        function = cgutils.get_or_insert_function(self.b.module, kind, name)
        return self.b.call(function, args)

    def ask(self, place, write=False, near=True):
        """Ask for the cache line at `place`, which may lie outside of the array.

        near: into the first-level cache; else into the second, where it waits.
        """
        place = self.b.bitcast(place, ir.IntType(8).as_pointer())
        hints = [I32(int(write)), I32(3 if near else 2), I32(1)]  # 1: data
        self.call("llvm.prefetch.p0", ir.VoidType(), [place, *hints])

    def load(self, pointer):
        wide = self.b.bitcast(pointer, self.vector().as_pointer())
        return self.b.load(wide, align=self.size)

    def store(self, value, pointer):
        wide = self.b.bitcast(pointer, value.type.as_pointer())
        self.b.store(value, wide, align=self.size)

    def first(self, count, lanes=None):
        """A mask: true in the first `count` lanes."""
        lanes = lanes or self.lanes
        index = ir.Constant(ir.VectorType(I64, lanes), [I64(i) for i in range(lanes)])
        return self.b.icmp_signed("<", index, self.splat(count, lanes))

    def masked_load(self, pointer, mask):
        """The lanes of the mask; zero elsewhere, where memory is not touched."""
        kind = self.vector(mask.type.count)
        name = f"llvm.masked.load.v{mask.type.count}f{8 * self.size}.p0"
        wide = self.b.bitcast(pointer, kind.as_pointer())
        args = [wide, I32(self.size), mask, ir.Constant(kind, None)]
        return self.call(name, kind, args)

    def masked_store(self, value, pointer, mask):
        name = f"llvm.masked.store.v{mask.type.count}f{8 * self.size}.p0"
        wide = self.b.bitcast(pointer, value.type.as_pointer())
        self.call(name, ir.VoidType(), [value, wide, I32(self.size), mask])

    def store_first(self, value, pointer, count):
        """Store the first `count` lanes.

        AMD's masked stores of AVX2 are microcode of up to 42 steps: a half, a quarter,
        an eighth of the vector are stored instead, as the bits of `count` say.
        """
        b, lanes = self.b, value.type.count
        with b.if_else(self.less(count, lanes)) as (some, whole):
            with whole:
                self.store(value, pointer)
            with some:
                if VECTOR_BYTES == 64:
                    self.masked_store(value, pointer, self.first(count, lanes))
                else:
                    self._store_pieces(value, pointer, count)

    def _store_pieces(self, value, pointer, count):
        b, lanes = self.b, value.type.count
        piece = lanes // 2
        while piece:
            present = b.trunc(b.lshr(count, self.int(piece.bit_length() - 1)), I1)
            with b.if_then(present):
                self.store(self.shuffle(value, value, range(piece)), pointer)
            order = [min(i + piece, lanes - 1) for i in range(lanes)]
            value = b.select(present, self.shuffle(value, value, order), value)
            pointer = b.select(present, self.at(pointer, piece, 1), pointer)
            piece //= 2

    def splat(self, scalar, lanes=None):
        """A vector with the scalar in every lane."""
        kind = ir.VectorType(scalar.type, lanes or self.lanes)
        empty = ir.Constant(kind, ir.Undefined)
        one = self.b.insert_element(empty, scalar, I32(0))
        return self.shuffle(one, empty, [0] * kind.count)

    def fma(self, a, b, c):
        if not FUSED:
            return self.b.fadd(self.b.fmul(a, b), c)
        return self.call(f"llvm.fma.v{self.lanes}f{8 * self.size}", a.type, [a, b, c])

    def shuffle(self, a, b, order):
        order = ir.Constant(ir.VectorType(I32, len(order)), [I32(i) for i in order])
        return self.b.shuffle_vector(a, b, order)

    def transpose(self, block):
        """R vectors of L lanes -> L vectors of R lanes (R a power of two, R <= L).

        Interleaving the first half of the rows with the second (a0 b0 a1 b1 ...) is
        one perfect shuffle of the block; log2(R) of them make the transpose.
        """
        block = list(block)
        count, lanes = len(block), self.lanes
        zipped = [i // 2 + lanes * (i % 2) for i in range(2 * lanes)]
        for _ in range(count.bit_length() - 1):
            pairs = list(zip(block[: count // 2], block[count // 2 :], strict=True))
            halves = zipped[:lanes], zipped[lanes:]
            block = [self.shuffle(a, b, half) for a, b in pairs for half in halves]
        if count == lanes:
            return block
        cuts = [range(i, i + count) for i in range(0, lanes, count)]
        return [self.shuffle(v, v, cut) for v in block for cut in cuts]


def written_once(write):
    """Code generation for an intrinsic: a call of an LLVM function made by `write`.

    Arrays become pointers, the last argument (a tuple of integers) int64 values.  The
    function is written once a module and never inlined: compiling stays cheap.
    `optsize` keeps LLVM from unrolling what is already in the shape we want.
    """

    def codegen(context, builder, signature, args):
        def plain(kind, value):
            if isinstance(kind, types.Array):
                return [context.make_array(kind)(context, builder, value).data]
            if isinstance(kind, types.BaseTuple):
                values = cgutils.unpack_tuple(builder, value, len(kind))
                pairs = zip(kind, values, strict=True)
                return [context.cast(builder, v, k, types.int64) for k, v in pairs]
            return [value]

        dtype = signature.args[0].dtype
        pairs = zip(signature.args, args, strict=True)
        flat = [value for pair in pairs for value in plain(*pair)]
        name = f"minigan.{write.__name__}.{dtype}"
        function = builder.module.globals.get(name)
        if function is None:
            kind = ir.FunctionType(ir.VoidType(), [a.type for a in flat])
            function = ir.Function(builder.module, kind, name)
            function.linkage = "linkonce_odr"
            for attribute in ("noinline", "nounwind", "optsize"):
                function.attributes.add(attribute)
            inside = ir.IRBuilder(function.append_basic_block())
            write(Writer(inside, dtype), inside, *function.args)
            inside.ret_void()
        builder.call(function, flat)
        return context.get_dummy_value()

    return codegen
