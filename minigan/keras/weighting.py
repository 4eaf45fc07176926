"""`sample_weight` and `class_weight`: how much each row of a batch counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..errors import ArgumentError, ShapeError
from ..losses import Loss
from . import batches

Array = NDArray[Any]


class Weighted(Loss):
    """The mean over all N rows of weight times loss.

        L = sum over the groups g of rows of one weight:  w_g n_g / N  loss(rows of g)

    loss: the engine's, a mean over rows.  weights: (N,).
    """

    def __init__(self, loss: Loss, weights: Array) -> None:
        self.loss, self.weights = loss, weights
        self.class_labels = loss.class_labels  # type: ignore[misc]

    def forward_pass(self, pred: Array, target: Array) -> tuple[Any, Any]:
        total, dpred = 0.0, np.zeros_like(pred)
        for weight in np.unique(self.weights):
            rows = np.flatnonzero(self.weights == weight)
            share = float(weight) * len(rows) / len(pred)
            total += share * float(self.loss.forward(pred[rows], target[rows]))
            dpred[rows] = primitives.scale(self.loss.backward(), share)
        return total, dpred

    def backward_pass(self, cache: Any) -> Array:
        return cache


def loss(engine: Loss, weights: Array | None) -> Loss:
    """The engine's loss, of rows that count as `weights` says; None for one each."""
    return engine if weights is None else Weighted(engine, weights)


def of_rows(
    where: str,
    sample_weight: Any,
    class_weight: Any,
    targets: Sequence[Array],
    names: Sequence[str],
) -> list[Array | None] | None:
    """The weights of the rows for each loss, or None where nothing was given."""
    if sample_weight is None and class_weight is None:
        return None
    found: list[Array | None] = [None] * len(names)
    for k, given in enumerate(_for_each(where, "sample_weight", sample_weight, names)):
        if given is not None:
            found[k] = _checked(where, given, len(targets[k]))
    for k, table in enumerate(_for_each(where, "class_weight", class_weight, names)):
        if table:
            more = _by_class(where, targets[k], table)
            own = found[k]
            found[k] = more if own is None else own * more
    return found


def _for_each(where: str, argument: str, given: Any, names: Sequence[str]) -> list[Any]:
    """What was given for each loss: one for all, a list, or a dict by their names."""
    several = isinstance(given, (list, tuple)) and len(names) > 1
    named = isinstance(given, dict) and bool(given) and set(given) <= set(names)
    if named:
        return [given.get(name) for name in names]
    if several:
        return batches.parts(where, argument, given, names)
    return [given] * len(names)


def _checked(where: str, given: Any, rows: int) -> Array:
    weights = batches.numbers(where, "sample_weight", given).astype(np.float64)
    if weights.size != rows or len(weights) != rows:
        expected = f"shape ({rows},), a weight for each row"
        validate.complain(ShapeError, where, "sample_weight", expected, weights.shape)
    return validate.array(where, "sample_weight", weights.reshape(rows), finite=True)


def _by_class(where: str, y: Array, table: Any) -> Array:
    """The weight of each row's label; of rows with a single 1 its place."""
    if not isinstance(table, dict):
        expected = "a dict of weights by label"
        given = type(table).__name__
        validate.complain(ArgumentError, where, "class_weight", expected, given)
    labels = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y))
    whole = [int(label) for label in labels]
    missing = sorted(set(whole) - set(table))
    if missing:
        expected = f"a weight for each label, {missing[0]} too"
        validate.complain(ArgumentError, where, "class_weight", expected, table)
    return np.array([table[label] for label in whole], np.float64)
