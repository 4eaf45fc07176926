"""`keras.utils`: seeds, labels and drawings."""

import random
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import validate
from ..errors import ArgumentError
from . import session
from .drawing import plot_model
from .feeding import Sequence
from .fitting import Progbar

__all__ = ["Progbar", "Sequence", "plot_model", "set_random_seed", "to_categorical"]


def set_random_seed(seed: int) -> None:
    """Seed Python's `random`, NumPy's global generator, and the generator of the front.

    seed: integer >= 0.  Without it the front starts from seed 0 in every process.
    """
    seed = validate.integer("set_random_seed", "seed", seed, least=0, most=2**32 - 1)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002, scripts draw their noise from it
    session.seed_generator(seed)


def to_categorical(
    y: ArrayLike, num_classes: int | None = None, dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Integer labels as rows with a single 1: (n,) or (n, 1) -> (n, C), float32."""
    y = np.asarray(y)
    whole = y.astype(np.int64)
    if y.size == 0 or (whole != y).any() or whole.min() < 0:
        expected = "integer labels 0, 1, ..."
        validate.complain(
            ArgumentError, "to_categorical", "y", expected, validate.shown(y)
        )
    if whole.ndim > 1 and whole.shape[-1] == 1:
        whole = whole[..., 0]
    least = int(whole.max()) + 1
    classes = least if num_classes is None else num_classes
    classes = validate.integer("to_categorical", "num_classes", classes)
    if classes < least:
        expected = f"at least {least}, since there is a label {least - 1}"
        validate.complain(
            ArgumentError, "to_categorical", "num_classes", expected, classes
        )
    rows = np.zeros((*whole.shape, classes), np.dtype(dtype or "float32"))
    np.put_along_axis(rows, whole[..., np.newaxis], 1, axis=-1)
    return rows
