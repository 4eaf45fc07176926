"""One registry: random operands for any primitive of the table.

`operands(primitive, sizes, dtype)` reads the entry of the table; what a name means
beyond "some numbers" (probabilities, variances, indices ...) stands in `MAKERS`.
A new primitive needs a line here only if plain normal draws do not suit it.
"""

import numpy as np

from minigan.primitives import PRIMITIVES
from minigan.primitives.signature import extents

# Sizes of the letters of the table; `shape` is that of the operands of any shape.
_NAMES = ("N", "D", "M", "R", "C", "P", "n", "d", "Q", "Z", "K", "Y", "shape")
SIZES = tuple(
    dict(zip(_NAMES, row, strict=True))
    for row in (  # Q Z: pixels of D / 1 or D / 5 channels; K Y: patches of a few
        (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, (1, 1)),
        (7, 5, 3, 9, 4, 13, 4, 3, 12, 60, 20, 9, (7, 5)),
        (2, 1, 9, 3, 2, 8, 1, 6, 6, 6, 2, 27, (17,)),
        (33, 17, 16, 40, 3, 257, 16, 5, 27, 27, 9, 48, (3, 4, 5)),
    )
)


def _positive(rng, shape, dtype):
    return (0.1 + rng.random(shape)).astype(dtype)


def _probability(rng, shape, dtype):
    return (0.01 + 0.98 * rng.random(shape)).astype(dtype)


def _zeros(rng, shape, dtype):
    return np.zeros(shape, dtype)


def _windows(shape, dtype):
    """The one pixel that there is in any case, and none, and so on."""
    return (np.arange(np.prod(shape)).reshape(shape) % shape[1] % 2 * -1).astype(dtype)


# (primitive, operand), or an operand of any primitive -> how to draw it
MAKERS = {
    "var": _positive,
    "moving_var": _positive,
    "rstd": _positive,
    "v": _positive,
    "square": _positive,
    "moved": _positive,
    "most": _positive,
    ("adamax_update", "u"): _positive,
    ("adamax_schedule", "t"): lambda rng, shape, dtype: np.full(shape, 3, dtype),
    ("nadam_schedule", "t"): lambda rng, shape, dtype: np.full(shape, 3, dtype),
    "product": lambda rng, shape, dtype: np.full(shape, -0.8, dtype),
    "alpha": _positive,
    "length": _positive,
    "sigma": _positive,
    "by": _positive,
    "learning_rate": _positive,
    "schedule": _positive,
    "u": _probability,
    "p": _probability,
    "t": _probability,
    ("adam_schedule", "t"): lambda rng, shape, dtype: np.full(shape, 3, dtype),
    ("gather_labels", "index"): lambda rng, shape, dtype: np.arange(
        *shape, dtype=dtype
    ),
    ("gather", "index"): lambda rng, shape, dtype: np.arange(*shape, dtype=dtype),
    "index": lambda rng, shape, dtype: np.arange(*shape, dtype=dtype) % 2 - 1,
    ("softmax_forward", "label"): lambda rng, shape, dtype: np.zeros(shape, dtype),
    ("softmax_backward", "label"): lambda rng, shape, dtype: np.zeros(shape, dtype),
    ("embedding_dW", "label"): lambda rng, shape, dtype: (
        np.arange(*shape, dtype=dtype) % 2
    ),
    ("max_pool", "index"): lambda rng, shape, dtype: _windows(shape, dtype),
    ("mean_pool", "index"): lambda rng, shape, dtype: _windows(shape, dtype),
    ("mean_pool_backward", "index"): lambda rng, shape, dtype: _windows(shape, dtype),
    "place": lambda rng, shape, dtype: np.zeros(shape, dtype),
    ("packed_indices", "labels"): _zeros,
    "starts": _zeros,
    "counts": lambda rng, shape, dtype: np.ones(shape, dtype),
    "order": lambda rng, shape, dtype: rng.permutation(*shape).astype(dtype),
    "cursor": _zeros,
}

CONSTANTS = {
    "slope": 0.2,
    "rate": 0.3,
    "epsilon": 1e-3,
    "momentum": 0.9,
    "rho": 0.8,
    "beta_1": 0.5,
    "beta_2": 0.999,
    "weight": -1.0,
    "value": 0.7,
    "high": 6,
    "label": 1,
    "column": 0,
    "start": 0,
    "corrected": 1,
    "shuffle": 1,
    "pack": 1,
    "sign": -1.0,
    "limit": 0.5,
    "decay": 0.9,
    "scale": 0.3,
    "factor": 0.5,
    "threshold": 0.1,
    "curve": 4,
    "offset": 0.1,
}


def operands(primitive, sizes, dtype, seed=0):
    """The arguments of one call, as a list: fresh arrays on every call."""
    rng = np.random.default_rng(seed)
    sizes = {**sizes, "S": int(np.prod(sizes["shape"]))}
    return [_operand(primitive, o, sizes, dtype, rng) for o in primitive.inputs]


def _operand(primitive, operand, sizes, dtype, rng):
    if operand.kind == "rng":
        return np.random.default_rng(11)
    if operand.kind in ("float", "int"):
        return CONSTANTS.get(operand.name, sizes.get(operand.name, 1))
    shape = sizes["shape"] if operand.any_shape else extents(operand.dims, sizes)
    kind = {"T": np.dtype(dtype), "f": np.dtype("f8"), "i": np.dtype("i8")}
    make = MAKERS.get((primitive.name, operand.name)) or MAKERS.get(operand.name)
    if make is None:
        return np.asarray(rng.standard_normal(shape)).astype(kind[operand.dtype])
    return np.asarray(make(rng, shape, kind[operand.dtype]))


def needs_type(primitive):
    """True where only the keyword `dtype` tells the type of the results."""
    typed_inputs = any(o.kind == "array" and o.dtype == "T" for o in primitive.inputs)
    return not typed_inputs and any(o.dtype == "T" for o in primitive.outputs)


def updated(primitive, arguments):
    """Those arguments that the primitive changes in place."""
    pairs = zip(primitive.inputs, arguments, strict=True)
    return [argument for operand, argument in pairs if operand.update]


def call(primitive, function, arguments, dtype):
    """(results, updated operands, random state after), all in lists."""
    keywords = {"dtype": dtype} if needs_type(primitive) else {}
    results = function(*arguments, **keywords)
    results = results if isinstance(results, tuple) else (results,)
    states = [
        a.bit_generator.state for a in arguments if isinstance(a, np.random.Generator)
    ]
    return [r for r in results if r is not None], updated(primitive, arguments), states


ALL = list(PRIMITIVES.values())
