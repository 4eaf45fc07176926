"""How an instruction lies in memory, and the code that reads it.

A row is a line of int64: the address of the code that runs it (column 0), how many rows
further the next one begins (column 1: one, or behind a group of `groups`), the number
of columns (2), then one column for each operand (an address, or the number itself; a
float by its bits), then one for each size letter.

The code at the address is made here: a function that takes a row, rebuilds the arrays
from addresses and sizes and calls the very kernel that the eager step calls.  There is
one for each primitive and type.  It is written in LLVM's intermediate representation
straight from the signature, and since it holds nothing but a call, it is compiled in a
moment; so a primitive of anybody's runs in a program without anything being compiled
anew but its twin.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype
from numpy.typing import NDArray

from ..primitives.declare import Primitive
from ..primitives.signature import Operand

ENTRY, NEXT, WIDTH, FIRST = 0, 1, 2, 3  # columns

_I64 = ir.IntType(64)
_FIXED = {"f": types.float64, "i": types.int64}
Use = tuple[Primitive, Any]  # and the twin that runs it
_made: dict[tuple[str, int, str], int] = {}  # name, code of the kernel, type -> entry
_kept: list[Any] = []  # compiled code stays as long as the process


def matrix(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """The rows below one another, and how wide they have become in each of them."""
    code = np.zeros((len(rows), max(map(len, rows), default=FIRST)), np.int64)
    for row, numbers in zip(code, rows, strict=True):
        row[: len(numbers)] = numbers
    code[:, WIDTH] = code.shape[1]
    return code


def columns(primitive: Primitive) -> dict[str, int]:
    """Operand -> its column, and "size N" -> that of a size letter."""
    names = [o.name for o in primitive.operands]
    names += [f"size {letter}" for letter in primitive.sizes]
    return {name: FIRST + k for k, name in enumerate(names)}


def entries(uses: Sequence[Use], dtype: np.dtype[Any]) -> dict[Use, int]:
    """(primitive, twin) -> address of the code that runs a row of it.

    dtype: the network's type.
    Errors: TypeError for a primitive without a compiled twin.
    """
    kernels = {use: _kernel(*use, dtype) for use in uses}
    keys = {use: (use[0].name, kernels[use][0], dtype.str) for use in kernels}
    new = {key: use for use, key in keys.items() if key not in _made}
    if new:
        wanted = [(use[0], *kernels[use]) for use in new.values()]
        _made.update(zip(new, _compiled(wanted, dtype), strict=True))
    return {use: _made[key] for use, key in keys.items()}


@cache
def _kernel(primitive: Primitive, twin: Any, dtype: np.dtype[Any]) -> tuple[int, Any]:
    """(address of the machine code, its arguments: see `Primitive.twin`).

    It is compiled, or read from the cache, where it has not been.
    """
    kernel, kinds = called(primitive, twin, dtype)
    kernel.compile(kinds)
    code = kernel.overloads[kinds]
    name = code.fndesc.llvm_func_name
    return code.library.get_pointer_to_function(name), getattr(twin, "arguments", None)


def called(
    primitive: Primitive, twin: Any, dtype: np.dtype[Any]
) -> tuple[Any, tuple[types.Type, ...]]:
    """(the kernel that a twin calls, the types of its arguments).

    Errors: TypeError for a primitive without a compiled twin.
    """
    operands: Sequence[Any] = [_type(o, dtype) for o in primitive.operands]
    if hasattr(twin, "product"):
        operands = [
            a if isinstance(a, types.Type) else _number(a)[0]
            for a in twin.arguments(*operands)
        ]
        twin = twin.product
    if not hasattr(twin, "overloads"):
        raise TypeError(f"{primitive.name} has no compiled twin")
    return twin, tuple(operands)


def _type(operand: Operand, dtype: np.dtype[Any]) -> types.Type:
    """What Numba calls the type of an operand."""
    if operand.kind != "array":
        return types.float64 if operand.kind == "float" else types.int64
    dims = 1 if operand.any_shape else max(1, len(operand.dims))
    return types.Array(_FIXED.get(operand.dtype, from_dtype(dtype)), dims, "C")


def _number(value: float) -> tuple[types.Type, Any]:
    """(type, LLVM's constant) of a number that stands in the code of a twin."""
    if isinstance(value, int):
        return types.int64, _I64(value)
    return types.float64, ir.DoubleType()(value)


@global_compiler_lock
def _compiled(
    wanted: Sequence[tuple[Primitive, int, Any]], dtype: np.dtype[Any]
) -> list[int]:
    """Addresses of new code.   wanted: (primitive, kernel, arguments)."""
    context = cpu_target.target_context
    library = context.codegen().create_library("minigan.rows")
    module = library.create_ir_module("minigan.rows")
    kind = ir.FunctionType(ir.IntType(32), [_I64.as_pointer()])
    names = [f"row.{k}.{primitive.name}" for k, (primitive, *_) in enumerate(wanted)]
    for name, (primitive, address, arguments) in zip(names, wanted, strict=True):
        function = ir.Function(module, kind, name)
        builder = ir.IRBuilder(function.append_basic_block())
        operands: Sequence[Any] = list(_operands(context, builder, primitive, dtype))
        if arguments is not None:
            operands = [
                a if isinstance(a, tuple) else _number(a) for a in arguments(*operands)
            ]
        kinds, values = zip(*operands, strict=True)
        convention = context.call_conv
        callee = convention.get_function_type(types.none, kinds).as_pointer()
        # an instruction, not a constant: `call_function` asks it for its type
        kernel = builder.inttoptr(builder.add(_I64(address), _I64(0)), callee)
        status, _ = convention.call_function(builder, kernel, types.none, kinds, values)
        builder.ret(status.code)
    library.add_ir_module(module)
    library.finalize()
    _kept.append(library)
    return [library.get_pointer_to_function(name) for name in names]


def _operands(
    context: Any, builder: ir.IRBuilder, primitive: Primitive, dtype: np.dtype[Any]
) -> Iterator[tuple[types.Type, Any]]:
    """(Numba's type, LLVM's value) of each operand, read from the row."""
    (row,), places = builder.function.args, columns(primitive)

    def column(name: str) -> Any:
        return builder.load(builder.gep(row, [_I64(places[name])]))

    def extent(dim: str) -> Any:
        """One letter, one number, or a sum of them."""
        total = _I64(0)
        for part in dim.split("+"):
            size = _I64(int(part)) if part.isdigit() else column(f"size {part}")
            total = builder.add(total, size)
        return total

    for operand in primitive.operands:
        kind, value = _type(operand, dtype), column(operand.name)
        if operand.kind == "array":
            dims = ("S",) if operand.any_shape else operand.dims or ("1",)
            shape = [extent(dim) for dim in dims]
            value = _array(context, builder, kind, value, shape)
        elif operand.kind == "float":
            value = builder.bitcast(value, ir.DoubleType())
        yield kind, value


def _array(
    context: Any, builder: ir.IRBuilder, kind: Any, address: Any, shape: list[Any]
) -> Any:
    """The array at an address, row after row, without an owner."""
    itemsize = _I64(kind.dtype.bitwidth // 8)
    strides = [itemsize]
    for extent in shape[:0:-1]:
        strides.insert(0, builder.mul(strides[0], extent))
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(address, array.data.type)
    populate_array(array, data, shape, strides, itemsize, meminfo=None)
    return array._getvalue()
