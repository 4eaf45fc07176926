"""Where batches of real rows come from.

A source has `features`, `batch(n)`, which draws the next n rows for training through
primitives, and `draw(n, rng)`, which draws rows for reports without moving anything
that training uses.
"""

import numpy as np

from .. import primitives, validate
from ..errors import ArgumentError


class Parabola:
    """Points on y = x^2 with x ~ U[-1/2, 1/2): fresh ones at every call.

    rng: numpy Generator or a seed.  dtype: of the points, float32 or float64.
    """

    features = 2
    kind = "parabola"

    def __init__(self, rng, dtype=np.float32):
        self.rng = validate.random_generator("Parabola", rng)
        self.dtype = _real_type("Parabola", dtype)

    def batch(self, n):
        """Points (n, 2)."""
        return self._points(n, self.rng)

    def draw(self, n, rng):
        """Points (n, 2) from another generator."""
        return self._points(n, rng)

    def _points(self, n, rng):
        n = validate.integer("Parabola", "n", n, most=2**31)
        return primitives.parabola(primitives.uniform(rng, n, 1, dtype=self.dtype))

    def memory(self):
        """name -> array that training changes: nothing here."""
        return {}

    def arrays(self):
        """name -> array that a batch reads or changes: nothing here."""
        return {}

    def config(self):
        return {"kind": self.kind}


class Rows:
    """Rows of an array.

    data: (n, ...) float32 or float64, finite; kept as (n, features).
    rng: numpy Generator or a seed.
    sampling: "replacement" draws every row anew; "shuffled" and "ordered" walk through
    epochs, of which a last batch that is not full is dropped.
    Errors: ShapeError, DTypeError, NonFiniteError for data that cannot be used.
    """

    kind = "rows"
    SAMPLING = ("replacement", "shuffled", "ordered")

    def __init__(self, data, rng, sampling="replacement", dtype=np.float32):
        self.sampling = validate.choice("Rows", "sampling", sampling, self.SAMPLING)
        data = validate.array("Rows", "data", data, finite=True)
        if data.ndim < 2:
            got = validate.shape_text(data.shape)
            validate.complain(
                validate.ShapeError, "Rows", "data", "shape (n, features)", got
            )
        dtype = _real_type("Rows", dtype)
        _real_type("Rows", data.dtype, "data")
        with np.errstate(over="ignore"):
            rows = np.array(data.reshape(len(data), -1), dtype=dtype, order="C")
        if not np.isfinite(rows).all():
            largest = f"{np.abs(data).max():g}"
            validate.complain(
                validate.NonFiniteError, "Rows", "data", f"values of {dtype}", largest
            )
        self.data = rows
        self.features = self.data.shape[1]
        self.rng = validate.random_generator("Rows", rng)
        self.order = np.arange(len(data), dtype=np.int64)
        self.cursor = np.zeros((), np.int64)

    def batch(self, n):
        """The next n rows: (n, features)."""
        n = validate.integer("Rows.batch", "n", n, most=2**31)
        if self.sampling == "replacement":
            index = primitives.integers(self.rng, len(self.data), n)
        else:
            if n > self.largest_batch:
                raise ArgumentError(
                    f"Rows.batch: argument 'n': expected at most the {len(self.data)} "
                    f"rows of the data, got {n}"
                )
            index = primitives.epoch_indices(
                self.rng, self.order, self.cursor, int(self.sampling == "shuffled"), n
            )
        return primitives.gather(self.data, index)

    @property
    def rows(self):
        """How many rows there are."""
        return len(self.data)

    @property
    def largest_batch(self):
        """The most rows that one batch can have."""
        return 2**31 if self.sampling == "replacement" else len(self.data)

    def draw(self, n, rng):
        """n rows, with replacement, from another generator."""
        n = validate.integer("Rows.draw", "n", n, most=2**31)
        return primitives.gather(self.data, primitives.integers(rng, len(self.data), n))

    def memory(self):
        """name -> array that training changes: the place in the epoch."""
        if self.sampling == "replacement":
            return {}
        return {"order": self.order, "cursor": self.cursor}

    def arrays(self):
        """name -> array that a batch reads or changes."""
        return {"data": self.data, **self.memory()}

    def config(self):
        return {
            "kind": self.kind,
            "sampling": self.sampling,
            "rows": len(self.data),
            "features": self.features,
        }


def _real_type(where, dtype, argument="dtype"):
    dtype = validate.float_type(where, dtype)
    if dtype not in validate.FLOAT_TYPES:
        expected, given = "float32 or float64", f"dtype {dtype}"
        validate.complain(validate.DTypeError, where, argument, expected, given)
    return dtype
