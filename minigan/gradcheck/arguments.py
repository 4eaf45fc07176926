"""The point of a check: input, labels, random parameters, objective."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError, DTypeError
from ..layers import Layer
from ..losses import LOSSES, Loss
from .derivatives import parameters_of, walk
from .subjects import CriticHead, LossSubject, converted

BATCH = 8  # rows of an x that the check draws itself


def name_of(thing: object) -> str:
    return type(thing).__name__


def draw_input(target: Any, x: Any, shape: Any, rng: np.random.Generator) -> Any:
    """x in float64, drawn from the shape where it is not given; labels in int64.

    A tuple of arrays for a layer that joins several.
    """
    joins = getattr(target, "joins", False)
    if x is not None:
        if joins and isinstance(x, (tuple, list)):
            return tuple(_given(part) for part in x)
        return _given(x, getattr(target, "takes_labels", False))
    if shape is None and isinstance(target, Layer):
        shape = target.batch_shape(BATCH)
    elif shape is None:
        known = getattr(target, "input_shape", None)
        shape = None if known is None else (BATCH, *known)
    if shape is None:
        expected = f"x or shape=(batch, ...) for {name_of(target)}, which takes any"
        validate.complain(ArgumentError, "gradcheck", "shape", expected, "neither")
    shape = tuple(map(_sizes, shape)) if joins else _sizes(shape)
    if isinstance(target, Layer):
        return target.random_input(shape, rng, np.float64)
    return rng.standard_normal(shape)


def _given(x: Any, labels: bool = True) -> NDArray[Any]:
    """An array of the user's in float64; labels: where it may hold integers, int64."""
    x = np.array(x)
    x = x.astype(np.int64 if labels and x.dtype.kind in "iu" else np.float64)
    if x.size == 0:
        got = f"shape {validate.shape_text(x.shape)}"
        validate.complain(
            validate.ShapeError, "gradcheck", "x", "at least one element", got
        )
    return x


def _sizes(shape: Any) -> tuple[int, ...]:
    """A shape, checked."""
    if not isinstance(shape, (tuple, list)) or not shape:
        expected = "a tuple of integers"
        validate.complain(
            DTypeError, "gradcheck", "shape", expected, validate.shown(shape)
        )
    return tuple(validate.integer("gradcheck", "shape", size) for size in shape)


def randomised(thing: Any, rng: np.random.Generator) -> Any:
    """A float64 copy whose constant parameters and statistics are random.

    Estimates that are no part of the function to be differentiated are held fixed.
    """
    twin = converted(thing, np.float64)
    for part in walk(twin):
        if isinstance(part, Layer):
            part.hold()
        for array in (*parameters_of(part), *getattr(part, "statistics", ())):
            value = array.value
            if value.size and (value == value.flat[0]).all():
                shift = rng.uniform(-0.5, 0.5, value.shape)
                value[...] = np.where(value == 0, shift, value * (1 + shift))
    return twin


def critic(
    through: Any, objective: Any, training: bool, rng: np.random.Generator, x: Any
) -> CriticHead:
    """The discriminator above a generator of x, whose labels it may look at."""
    from ..gan.objectives import OBJECTIVES  # the engine does not need minigan.gan

    if not isinstance(through, Layer):
        expected = "a network or layer"
        validate.complain(
            DTypeError, "gradcheck", "through", expected, validate.shown(through)
        )
    if isinstance(objective, str):
        validate.choice("gradcheck", "objective", objective, OBJECTIVES)
        objective = OBJECTIVES[objective]()
    elif not (hasattr(objective, "generator") and hasattr(objective, "dscore")):
        expected = "a name or an object with generator(score) and dscore()"
        validate.complain(
            ArgumentError, "gradcheck", "objective", expected, validate.shown(objective)
        )
    given = x if isinstance(x, tuple) else (x,)
    labels = next((part for part in given if part.dtype.kind == "i"), None)
    return CriticHead(randomised(through, rng), objective, training, labels)


def loss_subject(
    loss: Any, x: Any, shape: Any, labels: Any, rng: np.random.Generator
) -> LossSubject:
    """Prediction and labels, within the ranges that the loss allows.

    Labels that are classes are (batch,) integers, others numbers like x.
    """
    kind = type(loss) if isinstance(loss, Loss) else Loss
    if x is None:
        name = LOSSES.name_of(kind)
        example = LOSSES.examples(name)[:1] if name else ()
        own = next((e.shape for e in example if e.shape), None)
        own = own or (BATCH, 3 if kind.class_labels else 1)
        x = draw_input(loss, None, shape or own, rng)
        if kind.pred_range is not None:
            low, high = kind.pred_range
            x = low + (high - low) * rng.uniform(0.05, 0.95, x.shape)
    else:
        x = draw_input(loss, x, None, rng)
    if kind.class_labels:
        if labels is None:
            labels = rng.integers(0, x.shape[-1], len(x))
        return LossSubject(loss, x, np.array(labels))
    if labels is None:
        labels = rng.uniform(*(kind.target_range or (0.0, 1.0)), x.shape)
    labels = np.array(labels, dtype=np.float64)
    if labels.shape != x.shape:
        validate.complain(
            validate.ShapeError,
            "gradcheck",
            "labels",
            f"shape {validate.shape_text(x.shape)}",
            validate.shape_text(labels.shape),
        )
    return LossSubject(loss, x, labels)
