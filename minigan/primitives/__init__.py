"""The primitives as functions: `primitives.dense_forward(x, W, b)` returns a fresh `y`.

One function for every entry of `table.PRIMITIVES`, made here from the entry: it
checks the shapes (compiled code does not), allocates the results, calls the kernel of
the backend in force and, when a step is being recorded, notes the call.

Two backends: "jit" runs `jit.py`, "numpy" runs `reference.py` and its siblings.  The
choice is the innermost `use_backend(...)`, else the environment variable
MINIGAN_BACKEND, else "jit".  Complex arrays always run on the reference.
"""

import os
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError
from ..kernels import reference, reference_images, reference_training
from ..kernels.primitive import extents
from ..kernels.table import PRIMITIVES
from ..validate import NUMERIC_TYPES, choice, complain, shape_text

BACKENDS = ("jit", "numpy")
_chosen: ContextVar = ContextVar("backend", default=None)
recorder: ContextVar = ContextVar("recorder", default=None)

_FIXED_TYPES = {"f": np.dtype(np.float64), "i": np.dtype(np.int64)}


def backend():
    """The name of the backend in force: "jit" or "numpy"."""
    name = _chosen.get()
    return name if name is not None else _default_backend()


@cache
def _default_backend():
    name = os.environ.get("MINIGAN_BACKEND") or "jit"
    return choice("minigan", "MINIGAN_BACKEND", name, BACKENDS)


@contextmanager
def use_backend(name):
    """Run a block on one backend: `with use_backend("numpy"): ...`.

    name: "jit", "numpy", or None for no change.
    """
    if name is not None:
        choice("use_backend", "name", name, BACKENDS)
    token = _chosen.set(name if name is not None else _chosen.get())
    try:
        yield
    finally:
        _chosen.reset(token)


def heading(text):
    """Say what the next primitives are for; only a recorder listens."""
    active = recorder.get()
    if active is not None:
        active.heading(text)


@cache
def _kernels(name):
    """name of a primitive -> the function of this backend."""
    if name == "numpy":
        return {p: formula(p) for p in PRIMITIVES}
    from ..kernels import jit  # imports Numba: only when it is needed

    return {p: getattr(jit, p) for p in PRIMITIVES}


def formula(name):
    """The NumPy function of a primitive."""
    for module in (reference, reference_images, reference_training):
        if hasattr(module, name):
            return getattr(module, name)
    raise KeyError(name)


@cache
def _stream():
    from ..kernels.draws import stream

    return stream


def stream(rng):
    """What compiled kernels take for a random generator: see `draws.stream`."""
    return _stream()(rng)


def _sizes(primitive, shapes, numbers):
    """Bind the size letters; raise `ShapeError` where the operands disagree."""
    sizes = dict(numbers)
    operands = [o for o in primitive.inputs if o.kind == "array"]
    any_shape = None
    for operand, shape in zip(operands, shapes, strict=True):
        if operand.any_shape:
            expected = shape if any_shape is None else any_shape
            any_shape = expected
            sizes["S"] = int(np.prod(shape, dtype=np.int64))
        else:
            expected = tuple(
                int(letter) if letter.isdigit() else sizes.setdefault(letter, have)
                for letter, have in zip(operand.dims, shape, strict=False)
            )
            if len(shape) != len(operand.dims):
                expected = operand.dims
        if shape != expected:
            raise ShapeError(
                f"{primitive.name}: argument {operand.name!r}: expected shape "
                f"{shape_text(expected)}, got {shape_text(shape)}"
            )
    results = [
        any_shape if o.any_shape else extents(o.dims, sizes) for o in primitive.outputs
    ]
    return sizes, results


def _make(primitive):
    """The function for one entry of the table."""
    inputs, outputs, name = primitive.inputs, primitive.outputs, primitive.name
    is_array = [o.kind == "array" for o in inputs]
    streams = [k for k, o in enumerate(inputs) if o.kind == "rng"]
    sized_ints = [k for k, o in enumerate(inputs) if o.kind == "int"]
    flatten = [
        k
        for k, o in enumerate(primitive.operands)
        if o.kind == "array" and (o.any_shape or not o.dims)
    ]
    plans: dict = {}

    def plan_for(key, arguments, dtype):
        """Check shapes and types once for each combination that occurs."""
        arrays = [a for a, yes in zip(arguments, is_array, strict=True) if yes]
        wanted = [o for o in inputs if o.kind == "array"]
        for operand, a in zip(wanted, arrays, strict=True):
            fixed = _FIXED_TYPES.get(operand.dtype)
            if operand.dtype == "f" and a.dtype == np.complex128:
                continue
            if fixed is None:
                dtype = fixed = dtype or a.dtype
            known = fixed in NUMERIC_TYPES or operand.dtype != "T"
            if a.dtype != fixed or not known:
                expected = f"dtype {fixed}" if known else "float32 or float64"
                complain(DTypeError, name, operand.name, expected, f"dtype {a.dtype}")
        dtype = np.dtype(dtype or np.float64)
        numbers = {inputs[k].name: arguments[k] for k in sized_ints}
        sizes, shapes = _sizes(primitive, [a.shape for a in arrays], numbers)
        complex_step = any(a.dtype.kind == "c" for a in arrays)
        types = [_FIXED_TYPES.get(o.dtype, dtype) for o in outputs]
        if complex_step:
            types = [np.dtype(np.complex128) if t.kind == "f" else t for t in types]
        if len(plans) > 4096:
            plans.clear()
        plans[key] = plan = (
            sizes,
            tuple(zip(shapes, types, strict=True)),
            dtype,
            complex_step,
        )
        return plan

    def run(*arguments, dtype=None):
        key = (
            *(
                (a.shape, a.dtype) if yes else None
                for a, yes in zip(arguments, is_array, strict=True)
            ),
            *(arguments[k] for k in sized_ints),
            dtype,
        )
        sizes, results, dtype, complex_step = plans.get(key) or plan_for(
            key, arguments, dtype
        )
        operands = list(arguments)
        for k, yes in enumerate(is_array):
            if yes and not arguments[k].flags.carray:
                if inputs[k].update:
                    expected = "a writeable C-contiguous array, since it is updated"
                    complain(ArgumentError, name, inputs[k].name, expected, "another")
                operands[k] = np.array(arguments[k], order="C")
        fresh = [np.empty(shape, kind) for shape, kind in results]
        operands += fresh
        chosen = "numpy" if complex_step else backend()
        if chosen == "jit":
            flat = list(operands)
            for k in flatten:
                if flat[k].ndim != 1:
                    flat[k] = flat[k].reshape(-1)
            for k in streams:
                flat[k] = stream(flat[k])
            _kernels("jit")[name](*flat)
        else:
            _kernels("numpy")[name](*operands)
        active = recorder.get()
        if active is not None:
            active.note(primitive, operands, sizes, dtype)
        if len(fresh) == 1:
            return fresh[0]
        return tuple(fresh) if fresh else None

    run.__name__ = run.__qualname__ = name
    run.__doc__ = formula(name).__doc__
    return run


globals().update({name: _make(primitive) for name, primitive in PRIMITIVES.items()})


def __getattr__(name):  # for type checkers: every primitive is an attribute
    raise AttributeError(f"there is no primitive {name!r} in minigan.kernels.table")
