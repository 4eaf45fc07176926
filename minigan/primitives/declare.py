"""How a primitive is declared: a NumPy formula under its signature.

    @primitive("x[*] slope=f -> y[*]", flops=lambda S: S, rows="S")
    def leaky_relu_forward(x, slope, y):
        '''y = x where x > 0, else slope x.'''
        y[...] = np.where(x.real > 0, x, slope * x)

`leaky_relu_forward(x, 0.2)` then checks types and shapes (compiled code does not),
allocates y, runs the code of the backend in force and returns y.  All that must be
known of a primitive is read from here: shapes, FLOPs, how a step replays it.

A compiled twin makes it fast.  That of `primitives/dense.py` stands in
`compiled/dense.py` under the same name; one of your own is a function of plain loops:

    @leaky_relu_forward.compiled
    def _(x, slope, y):
        for i in range(x.size):
            y[i] = x[i] if x[i] > 0 else x.dtype.type(slope) * x[i]

Twins take `[*]` operands as vectors, memory cells as vectors of one element and random
generators as `jit.random` makes them.  Without a twin the formula runs on every
backend, and a step that uses it is not replayed but run eagerly.

Formulas are analytic in their branches: comparisons look at the real part, so that
complex numbers may be passed through a whole network (see `gradcheck`).  Complex arrays
always run on the formula.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import cache, cached_property, update_wrapper
from importlib import import_module
from math import prod
from numbers import Integral, Real
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import ArgumentError, DTypeError, ShapeError
from ..jit.threads import start_for
from ..registry import Registry
from ..validate import NUMERIC_TYPES, complain, kind_of, shape_text
from .backend import (
    asked_products,
    chosen,
    chosen_products,
    default_backend,
    default_products,
    recorder,
)
from .signature import Operand, extents, parse

TRANSCENDENTAL = 10  # what one exp, log or tanh counts in FLOPs
KINDS = ("product", "update", "draw", "")
PRIMITIVES: Registry["Primitive"] = Registry("primitive")

# kind of an operand -> what an argument must be, also in words
_KINDS: dict[str, tuple[Any, str]] = {
    "array": ((np.ndarray, np.generic), "an array"),
    "float": (Real, "a number"),
    "int": (Integral, "an integer"),
    "rng": (np.random.Generator, "a numpy.random.Generator"),
}
_FIXED_TYPES = {"f": np.dtype(np.float64), "i": np.dtype(np.int64)}
# What a plan depends on: quicker to compare than the dtype itself.
_LAYOUT = attrgetter("shape", "dtype.type", "dtype.isnative", "flags.carray")
_empty = np.empty
_PLANS = 4096  # combinations of shapes that a primitive remembers
_SHARED = 1 << 19  # floating-point operations, or bytes, that threads may share


def wide(x: NDArray[Any]) -> np.dtype[Any]:
    """float64 (complex128 for complex x): the type in which long sums are taken."""
    return np.result_type(x.dtype, np.float64)


class _Plan(NamedTuple):
    """What is the same in all calls with these shapes, types and backend.

    results: (shape, type) of each.   code: what is called, with `handed(*operands)`, or
    with the operands themselves if that is None.   flat: operands that are to be
    vectors.   streams: random generators.   loose: arrays that a kernel cannot read.
    """

    results: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...]
    code: Callable[..., None]
    handed: Callable[..., tuple[Any, ...]] | None
    flat: tuple[int, ...]
    streams: tuple[int, ...]
    loose: tuple[int, ...]
    sizes: dict[str, int]
    dtype: np.dtype[Any]


class Primitive:
    """A NumPy function with a signature: shapes, costs, and a compiled twin.

    Made by the decorator `primitive`; see there for the arguments.

    formula: the NumPy function itself, results as last arguments.
    inputs, outputs, operands, sizes: as `signature.parse` reads them.
    """

    def __init__(
        self,
        formula: Callable[..., None],
        signature: str,
        flops: Callable[..., int] | None,
        elements: Callable[..., int] | None,
        rows: str,
        kind: str,
        fuses: tuple["Primitive", "Primitive"] | None,
        first_of: "Primitive | None",
    ) -> None:
        update_wrapper(self, formula)
        self.name, self.formula, self.signature = formula.__name__, formula, signature
        parsed = parse(signature)
        self.inputs, self.outputs = parsed.inputs, parsed.outputs
        self.operands, self.sizes = parsed.operands, parsed.sizes
        self.rows, self.kind = rows, kind
        self.fuses, self.first_of = fuses, first_of
        self._flops, self._elements = flops, elements
        self._own_twin: Any = None
        self._arrays = [k for k, o in enumerate(self.inputs) if o.kind == "array"]
        self._ints = [k for k, o in enumerate(self.inputs) if o.kind == "int"]
        self._given, self._single = len(self.inputs), len(self.outputs) == 1
        self._the_arrays, self._the_ints = _picks(self._arrays), _picks(self._ints)
        self._plans: dict[Any, _Plan] = {}
        self._check()

    def _check(self) -> None:
        """Errors: ArgumentError for a formula or options that do not fit."""
        where = f"primitive {self.name!r}"
        given = tuple(inspect.signature(self.formula).parameters)
        names = tuple(o.name for o in self.operands)
        if given != names:
            expected = f"the arguments {', '.join(names)}, as its signature has them"
            complain(ArgumentError, where, "formula", expected, ", ".join(given))
        if self.kind not in KINDS:
            complain(ArgumentError, where, "kind", f"one of {KINDS}", repr(self.kind))
        if self.rows and self.rows not in self.sizes:
            expected = f"one of the size letters {', '.join(self.sizes)}"
            complain(ArgumentError, where, "rows", expected, repr(self.rows))

    # ---- what it costs -------------------------------------------------------------

    def flops(self, sizes: Mapping[str, int]) -> int:
        """Floating-point operations for `sizes`, a dict of the size letters.

        One for an addition, multiplication, division or square root, and
        `TRANSCENDENTAL` for exp, log and tanh.
        """
        return _evaluated(self._flops, sizes)

    def bytes(self, sizes: Mapping[str, int], itemsize: int) -> int:
        """Bytes read and written: each operand once, an updated one twice."""
        if self._elements is not None:
            return itemsize * _evaluated(self._elements, sizes)
        total = 0
        for operand in self.operands:
            if operand.kind == "array":
                width = itemsize if operand.dtype == "T" else 8
                count = prod(extents(operand.dims, sizes)) * width
                total += 2 * count if operand.update else count
        return total

    # ---- its compiled twin ---------------------------------------------------------

    def compiled(self, twin: Callable[..., None]) -> "Primitive":
        """Decorates a function of plain loops, the twin, which Numba will compile.

        It takes the operands of the formula: arrays of the type and number of
        dimensions in the signature (`[*]` as vectors, cells as vectors of one element),
        constants as float64 or int64.  It is compiled when it is first needed.
        Errors: ArgumentError for other arguments.
        """
        given = tuple(inspect.signature(twin).parameters)
        names = tuple(o.name for o in self.operands)
        if given != names:
            expected = f"the arguments {', '.join(names)}, as the formula has them"
            where = f"{self.name}.compiled"
            complain(ArgumentError, where, "twin", expected, ", ".join(given))
        self._own_twin = twin
        self._plans.clear()
        self.__dict__.pop("twin", None)
        return self

    @cached_property
    def twin(self) -> Any:
        """What runs it on the backend "jit": a Numba function, or None."""
        if self._own_twin is not None:
            from ..jit.compiling import kernel

            return kernel(self._own_twin)
        package, _, module = self.formula.__module__.rpartition(".")
        if package != __package__:
            return None
        compiled = import_module(f"minigan.compiled.{module}")
        return getattr(compiled, self.name, None)

    def twin_for(self, sizes: Mapping[str, int], dtype: np.dtype[Any]) -> Any:
        """The twin for operands of these sizes, with the arithmetic in force."""
        twin = self.twin
        chosen_twin = getattr(twin, "chosen", None)
        if chosen_twin is None:
            return twin
        return chosen_twin(sizes, dtype, asked_products())

    # ---- running it ----------------------------------------------------------------

    def __call__(self, *arguments: Any, dtype: DTypeLike | None = None) -> Any:
        """Run it: the result, a tuple of several, or None where there are none.

        arguments: the inputs of the signature, in order.
        dtype: of the results, where no array among the inputs tells it.
        Errors: ShapeError, DTypeError for arrays that do not fit; ArgumentError for one
        that is to be updated and is not contiguous.
        """
        if len(arguments) != self._given:
            raise self._misused(arguments)
        try:
            key = (
                tuple(map(_LAYOUT, self._the_arrays(arguments))),
                self._the_ints(arguments),
                dtype,
                chosen.get() or default_backend(),
                chosen_products.get() or default_products(),
            )
        except AttributeError:
            raise self._misused(arguments) from None
        plan = self._plans.get(key)
        if plan is None:
            plan = self._planned(key, arguments, dtype, key[3])
        results, code, handed, flat, streams, loose, sizes, kind = plan
        operands = [*arguments]
        for k in loose:
            operands[k] = self._contiguous(k, operands[k])
        for shape, result in results:
            operands.append(_empty(shape, result))
        given = operands
        if flat or streams:
            given = operands.copy()
            for k in flat:
                given[k] = given[k].reshape(-1)
            for k in streams:
                given[k] = _stream()(given[k])
        try:
            code(*given) if handed is None else code(*handed(*given))
        except Exception as error:  # Numba's, where an argument is no number
            if self._numbers_fit(arguments):
                raise
            raise self._misused(arguments) from error
        active = recorder.get()
        if active is not None:
            active.note(self, operands, sizes, kind)
        if self._single:
            return operands[-1]
        return tuple(operands[len(arguments) :]) if results else None

    def _numbers_fit(self, arguments: tuple[Any, ...]) -> bool:
        """Whether numbers stand where the signature has them, generators likewise."""
        return all(
            isinstance(a, _KINDS[o.kind][0])
            for o, a in zip(self.inputs, arguments, strict=True)
        )

    def _misused(self, arguments: tuple[Any, ...]) -> DTypeError:
        """What is wrong with arguments of another number or kind."""
        for operand, argument in zip(self.inputs, arguments, strict=False):
            kind, text = _KINDS[operand.kind]
            if not isinstance(argument, kind):
                return DTypeError(
                    f"{self.name}: argument {operand.name!r}: expected {text}, as in "
                    f"{self.signature}, got {kind_of(argument)}"
                )
        given = ", ".join(type(a).__name__ for a in arguments) or "nothing"
        return DTypeError(f"{self.name}: expected {self.signature}, got {given}")

    def _contiguous(self, k: int, array: NDArray[Any]) -> NDArray[Any]:
        """A copy that kernels can read.  Errors: ArgumentError for an updated one."""
        if self.inputs[k].update:
            expected = "a writeable C-contiguous array, since it is updated"
            name = self.inputs[k].name
            complain(ArgumentError, self.name, name, expected, "another")
        return np.array(array, order="C")

    def _planned(
        self,
        key: Any,
        arguments: tuple[Any, ...],
        asked: DTypeLike | None,
        backend: str,
    ) -> _Plan:
        """Check shapes and types, once for each combination that occurs."""
        arrays = [arguments[k] for k in self._arrays]
        dtype: np.dtype[Any] | None = None if asked is None else np.dtype(asked)
        for k, a in zip(self._arrays, arrays, strict=True):
            dtype = self._checked_type(self.inputs[k], a, dtype)
        dtype = np.dtype(np.float64) if dtype is None else dtype
        sizes, shapes = self._bound(arguments, [a.shape for a in arrays])
        is_complex = any(a.dtype.kind == "c" for a in arrays)
        kinds = [_FIXED_TYPES.get(o.dtype, dtype) for o in self.outputs]
        if is_complex:
            kinds = [np.dtype(np.complex128) if t.kind == "f" else t for t in kinds]
        results = tuple(zip(shapes, kinds, strict=True))
        twin = None
        if not is_complex and backend != "numpy":
            twin = self.twin_for(sizes, dtype)
        loose = tuple(k for k in self._arrays if not arguments[k].flags.carray)
        if twin is None:
            plan = _Plan(results, self.formula, None, (), (), loose, sizes, dtype)
        else:
            own = getattr(twin, "arguments", None)  # a product is handed others
            code = twin if own is None else twin.product
            all_shapes = {k: a.shape for k, a in zip(self._arrays, arrays, strict=True)}
            all_shapes |= {len(self.inputs) + k: s for k, s in enumerate(shapes)}
            flat = tuple(k for k in self._flat if len(all_shapes[k]) != 1)
            if max(self.flops(sizes), self.bytes(sizes, dtype.itemsize)) >= _SHARED:
                start_for(code)
            plan = _Plan(results, code, own, flat, self._streams, loose, sizes, dtype)
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        self._plans[key] = plan
        return plan

    @cached_property
    def _flat(self) -> tuple[int, ...]:
        """Places of operands that twins take as vectors."""
        return tuple(
            k
            for k, o in enumerate(self.operands)
            if o.kind == "array" and (o.any_shape or not o.dims)
        )

    @cached_property
    def _streams(self) -> tuple[int, ...]:
        """Places of random generators."""
        return tuple(k for k, o in enumerate(self.inputs) if o.kind == "rng")

    def _checked_type(
        self, operand: Operand, a: NDArray[Any], dtype: np.dtype[Any] | None
    ) -> np.dtype[Any] | None:
        """The network's type so far.  Errors: DTypeError where `a` has another."""
        fixed = _FIXED_TYPES.get(operand.dtype)
        if operand.dtype == "f" and a.dtype == np.complex128:
            return dtype
        if fixed is None:
            dtype = fixed = dtype or a.dtype
        known = fixed in NUMERIC_TYPES or operand.dtype != "T"
        if a.dtype != fixed or not known:
            expected = f"dtype {fixed}" if known else "float32 or float64"
            given = f"dtype {a.dtype}"
            complain(DTypeError, self.name, operand.name, expected, given)
        return dtype

    def _bound(
        self, arguments: tuple[Any, ...], shapes: list[tuple[int, ...]]
    ) -> tuple[dict[str, int], list[tuple[int, ...]]]:
        """(size letter -> number, shapes of the results).  Errors: ShapeError."""
        sizes: dict[str, int] = {self.inputs[k].name: arguments[k] for k in self._ints}
        any_shape: tuple[int, ...] = ()
        seen = False
        for k, shape in zip(self._arrays, shapes, strict=True):
            operand = self.inputs[k]
            expected: tuple[Any, ...]
            if operand.any_shape:
                expected = any_shape if seen else shape
                any_shape, seen = expected, True
                sizes["S"] = prod(shape)
            else:
                expected = tuple(
                    int(letter) if letter.isdigit() else sizes.setdefault(letter, have)
                    for letter, have in zip(operand.dims, shape, strict=False)
                )
                if len(shape) != len(operand.dims):
                    expected = operand.dims
            if shape != expected:
                raise ShapeError(
                    f"{self.name}: argument {operand.name!r}: expected shape "
                    f"{shape_text(expected)}, got {shape_text(shape)}"
                )
        results = [
            any_shape if o.any_shape else extents(o.dims, sizes) for o in self.outputs
        ]
        return sizes, results

    def __reduce__(self) -> str:
        """Copied and pickled as its name in its module, as functions are."""
        return self.formula.__qualname__

    def __repr__(self) -> str:
        return f"<primitive {self.name}: {self.signature}>"


def primitive(
    signature: str,
    *,
    flops: Callable[..., int] | None = None,
    elements: Callable[..., int] | None = None,
    rows: str = "",
    kind: str = "",
    fuses: tuple[Primitive, Primitive] | None = None,
    first_of: Primitive | None = None,
) -> Callable[[Callable[..., None]], Primitive]:
    """Declare the function below as a primitive; see the module.

    signature: operands and results, see `signature`.
    flops: a function of size letters, `lambda N, D: 2 * N * D` (`S` is the number of
        elements of a `[*]` operand).
    elements: likewise, how many numbers are read and written, where it is not every
        operand once.
    rows: the letter along which parts of the work are independent, so that they may run
        side by side: row n of each result depends on nothing but row n of the operands
        that begin with it, and on all of the others.  "S" says it of single elements.
        A formula that divides by N, as a mean does, has none; nor has a kernel that
        shares out its work itself.
    kind: "product" of matrices, "update" of parameters, "draw" of random numbers.
    fuses: (first, second): it does both, to the same bits, where `second` reads the
        result of `first` or the two have the same operands.
    first_of: it stores 0 + x where that primitive adds x.
    """

    def declare(formula: Callable[..., None]) -> Primitive:
        made = Primitive(
            formula, signature, flops, elements, rows, kind, fuses, first_of
        )
        return PRIMITIVES.register()(made)

    return declare


def _picks(places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """A function that picks these places out of a tuple, without a loop in Python."""
    if not places:
        return itemgetter(slice(0, 0))
    return itemgetter(*places) if len(places) > 1 else itemgetter(places[0], places[0])


def _evaluated(formula: Callable[..., int] | None, sizes: Mapping[str, int]) -> int:
    """A formula in the size letters, for given sizes."""
    if formula is None:
        return 0
    letters = inspect.signature(formula).parameters
    return int(formula(**{letter: sizes[letter] for letter in letters}))


@cache
def _stream() -> Callable[[np.random.Generator], Any]:
    """What makes of a random generator what compiled kernels take."""
    from ..jit.random import stream

    return stream
