"""What a network is as a player: where its numbers and its labels go in and come out.

A player is any network, a chain or a graph. G takes z, and labels if it is conditional,
and makes rows. D takes rows, and labels if it likes, and answers with a score; one with
a second output says besides of which class a row is, as logits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ShapeError
from ..layers import Layer, Sigmoid
from ..network import Graph, Network, Sequential

Shape = tuple[int, ...]
Labels = int | Sequence[int] | NDArray | None  # as a user gives them
ANY = 2**31  # classes of a layer that does not say how many it knows


@dataclass(frozen=True)
class Inputs:
    """Which input of a network takes numbers, and which labels.

    shape: of one example of the numbers; None where any will do.
    numbers, labels: their places; labels is None where there are none.
    classes: how many labels 0, 1, ... are known; None where it takes none.
    """

    shape: Shape | None
    numbers: int = 0
    labels: int | None = None
    classes: int | None = None

    @classmethod
    def of(cls, where: str, argument: str, network: Network) -> Self:
        """Those of a network.  Errors: ShapeError for any other inputs."""
        if not isinstance(network, Graph):
            if not network.takes_labels:
                return cls(network.input_shape)
        else:
            places: tuple[list[int], list[int]] = [], []
            for k, entry in enumerate(network.inputs):
                places[entry.labels].append(k)
            numbers, labels = places
            if len(numbers) == 1 and len(labels) <= 1:
                shape = network.inputs[numbers[0]].shape
                if not labels:
                    return cls(shape, numbers[0])
                readers = network.readers(labels[0])
                known = [getattr(x, "classes", ANY) for x in readers]
                return cls(shape, numbers[0], labels[0], min(known))
        raise ShapeError(
            f"{where}: argument '{argument}': expected a network that takes one array "
            f"of numbers and at most one of labels, got {network!r:.200}"
        )

    def given(self, numbers: NDArray, labels: NDArray | None) -> Any:
        """What the network takes: the numbers, or both in its order."""
        if self.labels is None:
            return numbers
        return (numbers, labels) if self.numbers == 0 else (labels, numbers)

    def numbers_in(self, given: Any) -> NDArray:
        """The numbers of what the network takes, or the gradient of them."""
        return given if self.labels is None else given[self.numbers]

    def labels_in(self, given: Any) -> NDArray | None:
        """The labels of what the network takes."""
        return None if self.labels is None else given[self.labels]


def shapes_made(
    network: Network,
    taken: Shape | None = None,
    where: str = "shapes_made",
    argument: str = "network",
) -> tuple[Shape, ...]:
    """The shape of one example of each output.

    taken: of what a chain takes.  Errors: ShapeError where it is not known.
    """
    shape = network.output_shape(network.input_shape or taken)
    shapes = shape if network.splits else (shape,)
    if any(known is None for known in shapes):
        expected = "a network of known sizes"
        validate.complain(
            ShapeError, where, argument, expected, validate.shown(network)
        )
    return tuple(map(tuple, shapes))


def critic_of(discriminator: Network) -> Network:
    """D before its sigmoid, if its score comes out of one: a view; else D itself."""
    if isinstance(discriminator, Graph):
        last = discriminator.maker(0)
        return discriminator.before(0) if isinstance(last, Sigmoid) else discriminator
    if isinstance(discriminator, Sequential) and len(discriminator) > 1:
        if isinstance(discriminator[-1], Sigmoid):
            return discriminator[:-1]
    return discriminator


def last_bounded(network: Network) -> Layer | None:
    """The layer that decides between which numbers the first output lies."""
    if not isinstance(network, Graph):
        bounded = (x for x in reversed(network.layers) if x.bounds is not None)
        return next(bounded, None)
    value = network.outputs[0]
    for step in reversed(network.steps):
        if step.first <= value < step.end:
            layer = network.layers[step.layer]
            if layer.bounds is not None or len(step.inputs) > 1:
                return layer
            value = step.inputs[0]
    return None


def asked(
    where: str,
    generator: Network,
    n: int | None,
    z: NDArray | None,
    labels: Labels,
    draw: Callable[[int], NDArray],
    draw_labels: Callable[[int], NDArray | None],
) -> Any:
    """What a generator takes, for n rows or for these z, of these labels.

    labels: one integer for all rows, or (n,) of them, which say n as well.  None: with
    n they are drawn.   draw, draw_labels: make so many.
    Errors: ArgumentError, ShapeError, DTypeError, before anything is drawn.
    """
    inputs = Inputs.of(where, "network", generator)
    if labels is not None and inputs.classes is None:
        expected, got = "None for a generator that takes none", validate.shown(labels)
        validate.complain(validate.ArgumentError, where, "labels", expected, got)
    one = isinstance(labels, (int, np.integer))
    if n is None and z is None and labels is not None and not one:
        n = len(_integers(where, labels))
    if (n is None) == (z is None):
        validate.complain(validate.ArgumentError, where, "n", "either n or z", n)
    if n is not None:
        n = validate.integer(where, "n", n, most=2**31)
    else:
        shape: tuple[int | str, ...] = ("n", *(inputs.shape or ()))
        z = validate.array(where, "z", z, shape, generator.dtype, finite=True)
    rows, wanted = n or len(z), None  # type: ignore[arg-type]
    if labels is not None and inputs.classes is not None:
        given = np.full(rows, labels) if one else _integers(where, labels)
        wanted = validate.labels(where, "labels", given, inputs.classes, rows)
    elif inputs.classes is not None and n is None:
        expected = "one for each z, since the generator takes labels"
        validate.complain(validate.ArgumentError, where, "labels", expected, "None")
    numbers = draw(rows) if z is None else z
    if wanted is None and inputs.classes is not None:
        wanted = draw_labels(rows)
    return inputs.given(numbers, wanted)


def _integers(where: str, labels: Labels) -> NDArray:
    """Labels as a user gives them, as an array; what is none is refused later."""
    if isinstance(labels, (list, tuple, range)):
        labels = [validate.integer(where, "labels", k, least=0) for k in labels]
        return np.array(labels, np.int64)
    return validate.labels(where, "labels", labels, ANY)
