"""The player: a recorded step, run n times inside one compiled call.

A step is a matrix of instructions.  Row by row it says which primitive (column 0),
where the machine code of its kernel is (column 1), whether it is one of several rows
that may run side by side (column 2), where its operands are and how large they are;
`layout` knows the columns.  The player rebuilds the arrays from addresses and
calls the very kernel that the eager step calls, so the bits are the same.  The program
owns all arrays and keeps them alive while this runs.

The table of primitives says all that there is to know, so the switch between them is
not written but made from it: `_run` emits LLVM's intermediate representation, one
block a primitive.  Since a block holds nothing but a call, the player compiles in a
moment, and knows no architecture.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import typeof, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from . import jit
from .compiling import kernel
from .layout import CONSTANTS, PARTS, WIDTH, layout
from .memory import ticks_now
from .table import PRIMITIVES
from .tasks import next_task, none_taken, threads

I64 = ir.IntType(64)


class Row:
    """Code that reads the operands of one primitive from a row.

    number, constant: k -> column k of the int64 row, of the float64 row.
    """

    def __init__(self, context, builder, dtype, number, constant):
        self._context, self._builder = context, builder
        self._types = {"T": dtype, "f": types.float64, "i": types.int64}
        self._number, self._constant = number, constant

    def operands(self, primitive):
        """(Numba type, LLVM value) of each."""
        columns, constants = layout(primitive)

        def size(dim):
            """One letter, one number, or a sum of them."""
            total = I64(0)
            for part in dim.split("+"):
                fixed = part.isdigit()
                n = I64(int(part)) if fixed else self._number(columns[f"size {part}"])
                total = self._builder.add(total, n)
            return total

        for operand in primitive.operands:
            if operand.kind == "float":
                yield types.float64, self._constant(constants[operand.name])
            elif operand.kind == "int":
                yield types.int64, size(operand.name)
            elif operand.kind == "rng":
                yield types.int64, self._number(columns[operand.name])
            else:
                dims = ("S",) if operand.any_shape else operand.dims or ("1",)
                place = self._number(columns[operand.name])
                yield self._array(place, [size(dim) for dim in dims], operand.dtype)

    def _array(self, place, shape, dtype):
        """The array at an address, row after row, without an owner."""
        builder, kind = self._builder, types.Array(self._types[dtype], len(shape), "C")
        itemsize = I64(kind.dtype.bitwidth // 8)
        strides = [itemsize]
        for extent in shape[:0:-1]:
            strides.insert(0, builder.mul(strides[0], extent))
        array = self._context.make_array(kind)(self._context, builder)
        data = builder.inttoptr(place, array.data.type)
        populate_array(array, data, shape, strides, itemsize, meminfo=None)
        return kind, array._getvalue()


def _runner(primitives):
    """Code that runs row i of `code`, one of these primitives: opcode -> primitive."""

    def build(context, builder, signature, arguments):
        def reader(k, width):
            """j -> column j of row i of argument k."""
            array = context.make_array(signature.args[k])
            data = array(context, builder, arguments[k]).data
            row = builder.gep(data, [builder.mul(arguments[2], I64(width))])
            return lambda j: builder.load(builder.gep(row, [I64(j)]))

        number, constant = reader(0, WIDTH), reader(1, CONSTANTS)
        dtype = signature.args[3].dtype
        row = Row(context, builder, dtype, number, constant)
        done = builder.append_basic_block("done")
        switch = builder.switch(number(0), done)
        for opcode, primitive in primitives.items():
            block = builder.append_basic_block(primitive.name)
            switch.add_case(opcode, block)
            builder.position_at_end(block)
            _call(context, builder, number(1), primitive, row.operands(primitive))
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return build


@intrinsic
def _run(typing_context, code, constants, i, like):
    """Run row i of `code`."""
    every = dict(enumerate(PRIMITIVES.values()))
    return types.none(code, constants, types.int64, like), _runner(every)


@intrinsic
def _run_part(typing_context, code, constants, i, like):
    """Run row i of `code`, part of an instruction that may be cut."""
    cut = {k: p for k, p in enumerate(PRIMITIVES.values()) if p.rows}
    return types.none(code, constants, types.int64, like), _runner(cut)


def _call(context, builder, address, primitive, operands):
    """Call the kernel at `address`, as Numba calls its functions."""
    twin = getattr(jit, primitive.name)
    if isinstance(twin, jit.Product):
        operands = twin.arguments(*operands)
    operands = [_typed(operand) for operand in operands]
    kinds, values = zip(*operands, strict=True)
    convention = context.call_conv
    kernel_type = convention.get_function_type(types.none, kinds)
    status, _ = convention.call_function(
        builder,
        builder.inttoptr(address, kernel_type.as_pointer()),
        types.none,
        kinds,
        values,
    )
    with cgutils.if_unlikely(builder, status.is_error):  # no memory for scratch
        convention.return_status_propagate(builder, status)


def _typed(operand):
    """A number that a `Product` adds becomes (type, value) too."""
    if isinstance(operand, int):
        return types.int64, I64(operand)
    if isinstance(operand, float):
        return types.float64, ir.DoubleType()(operand)
    return operand


@kernel(inside=True)
def _some_rows(share, code, constants, i, like):
    """Rows i + 0, i + 1, ..., as far as no other worker does them."""
    done = np.int64(0)
    part = next_task(share, done)
    while part >= 0:
        _run_part(code, constants, i + part, like)
        done += 1
        part = next_task(share, done)


@kernel(parallel=True, inside=True)
def _side_by_side(code, constants, i, like):
    """Run row i and those behind it that are parts of the same instruction."""
    workers, count = threads(), code[i, PARTS]
    taken = none_taken(workers)
    for worker in numba.prange(workers):
        share = taken, np.int64(worker), workers, count
        _some_rows(share, code, constants, i, like)


@kernel
def play(code, constants, like, count, ticks):
    """Run all rows of `code` in order, `count` times; parts of a row side by side.

    code: (rows, WIDTH) int64   constants: (rows, CONSTANTS) float64
    like: an empty array of the network's type
    ticks: (rows,) int64, to which the clock ticks of each row are added, those of parts
        to the first one; or empty
    """
    timed = ticks.size > 0
    before = 0
    for _ in range(count):
        i = np.int64(0)  # a literal would be a type of its own
        while i < code.shape[0]:
            if timed:
                before = ticks_now()
            if code[i, PARTS] == 1:
                _run(code, constants, i, like)
            else:
                _side_by_side(code, constants, i, like)
            if timed:
                ticks[i] += ticks_now() - before
            i += code[i, PARTS]


def entry(primitive, like):
    """The address of a primitive's machine code for networks of the type of `like`.

    It is compiled (or read from the cache) where it has not been.  Errors: TypeError
    where it is plain Python.
    """
    dtypes = {"T": typeof(like).dtype, "f": types.float64, "i": types.int64}

    def kind(operand):
        if operand.kind != "array":
            return types.float64 if operand.kind == "float" else types.int64
        dims = 1 if operand.any_shape else max(1, len(operand.dims))
        return types.Array(dtypes[operand.dtype], dims, "C")

    twin, operands = getattr(jit, primitive.name), map(kind, primitive.operands)
    if isinstance(twin, jit.Product):
        twin, operands = twin.product, twin.arguments(*operands)
    if not hasattr(twin, "overloads"):
        raise TypeError(f"{primitive.name} is not compiled")
    kinds = tuple(k if isinstance(k, types.Type) else typeof(k) for k in operands)
    twin.compile(kinds)
    code = twin.overloads[kinds]
    return code.library.get_pointer_to_function(code.fndesc.llvm_func_name)
