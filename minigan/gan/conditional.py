"""Conditional networks: how a label enters G and D, each a registered function.

    condition      what D does with a row x and its label y
    concatenate    s = f(x beside E[y])                            Mirza & Osindero 2014
    multiply       s = f(x E[y]), element by element
    projection     s = f(h) + <E[y], h>, h D's last hidden units   Miyato & Koyama 2018
    auxiliary      s = f(h), and logits of the classes, c(h)       Odena et al. 2017

G takes the label as a vector beside z, or times z where the condition is "multiply".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from ..initializers import RandomNormal
from ..layers import Add, Concatenate, Dense, Dot, Embedding, Layer, Multiply, Sigmoid
from ..layers.nodes import Input, Node
from ..network import Graph
from ..registry import Registry

VECTOR = RandomNormal(0.0, 1.0)  # of a label, as large as z
Layers = Callable[[int], Sequence[Layer]]  # those behind so many features


@dataclass(frozen=True)
class Making:
    """What conditional networks are made with.

    classes: labels are 0 ... classes - 1.   units: of a label's vector that stands
    beside other features.   rng, dtype: of all layers.
    """

    classes: int
    rng: np.random.Generator
    dtype: DTypeLike
    units: int = 16

    def dense(self, inputs: int, units: int) -> Dense:
        """A layer of this type, with weights from this generator."""
        return Dense(inputs, units, rng=self.rng, dtype=self.dtype)

    def vectors(self, units: int, start: RandomNormal | str = VECTOR) -> Embedding:
        """A vector for each class."""
        return Embedding(self.classes, units, start, rng=self.rng, dtype=self.dtype)


@dataclass(frozen=True)
class Judged:
    """What D's answer is made of.

    row, label: nodes; row (N, features), or what layers before made of it.
    hidden: the layers from so many features to h, (N, width).
    """

    row: Node
    features: int
    label: Node
    hidden: Layers
    width: int


# Each makes D's score, (N, 1); and, if there are any, the logits of the classes.
CONDITIONS: Registry[Callable[[Making, Judged], list[Node]]] = Registry("condition")


def through(layers: Sequence[Layer], node: Node) -> Node:
    """The node behind all layers, one after the other."""
    for layer in layers:
        node = layer(node)
    return node


@CONDITIONS.register()
def concatenate(make: Making, of: Judged) -> list[Node]:
    """x beside E[y]."""
    joint = Concatenate()([of.row, make.vectors(make.units)(of.label)])
    h = through(of.hidden(of.features + make.units), joint)
    return [make.dense(of.width, 1)(h)]


@CONDITIONS.register()
def multiply(make: Making, of: Judged) -> list[Node]:
    """x times E[y], which has a number for each feature."""
    joint = Multiply()([of.row, make.vectors(of.features)(of.label)])
    h = through(of.hidden(of.features), joint)
    return [make.dense(of.width, 1)(h)]


@CONDITIONS.register()
def projection(make: Making, of: Judged) -> list[Node]:
    """f(h) + <E[y], h>; E begins at 0, where the label says nothing yet."""
    h = through(of.hidden(of.features), of.row)
    meant = Dot()([h, make.vectors(of.width, "zeros")(of.label)])
    return [Add()([make.dense(of.width, 1)(h), meant])]


@CONDITIONS.register()
def auxiliary(make: Making, of: Judged) -> list[Node]:
    """f(h), and logits of the classes; the label is not looked at."""
    h = through(of.hidden(of.features), of.row)
    return [make.dense(of.width, 1)(h), make.dense(of.width, make.classes)(h)]


def generator(make: Making, condition: str, latent: int, layers: Layers) -> Graph:
    """z (N, latent) and labels (N,) -> rows.

    condition: one of `CONDITIONS`.   layers: those behind z and the label's vector, or
    behind their product where the condition is "multiply".
    """
    z, label = Input((latent,), name="z"), Input((), int, name="label")
    if condition == "multiply":
        joint, features = Multiply()([z, make.vectors(latent)(label)]), latent
    else:
        joint = Concatenate()([z, make.vectors(make.units)(label)])
        features = latent + make.units
    return Graph([z, label], through(layers(features), joint))


def discriminator(
    make: Making,
    condition: str,
    shape: Sequence[int],
    hidden: Layers,
    width: int,
    front: Sequence[Layer] = (),
    features: int | None = None,
) -> Graph:
    """Rows of a shape, and labels -> a probability, or that and logits of classes.

    condition: one of `CONDITIONS`.   hidden: the layers from so many features to h,
    (N, width).   front: layers that come first, whatever the label, and leave so many
    features of a row, flat; None: as many as a row has.
    """
    row, label = Input(tuple(shape), name="row"), Input((), int, name="label")
    features = prod(shape) if features is None else features
    judged = Judged(through(front, row), features, label, hidden, width)
    answer = CONDITIONS[condition](make, judged)
    score, *logits = answer
    return Graph([row] if logits else [row, label], [Sigmoid()(score), *logits])
