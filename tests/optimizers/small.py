"""One of each optimizer, and networks of two weights."""

from functools import partial

import numpy as np
import pytest

from minigan import Dense, Sequential
from minigan.optimizers import OPTIMIZERS

MAKERS = {
    f"{name} {example.note}".strip(): partial(kind, **example.arguments)
    for name, kind in OPTIMIZERS.items()
    for example in OPTIMIZERS.examples(name)
}
each_optimizer = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def two_weights(dtype=np.float64):
    """A network whose whole theta, but for the gaps, is W = (1, -2) and b = 0."""
    network = Sequential([Dense(2, 1, dtype=dtype)])
    network[0].W.value[...] = [[1], [-2]]
    return network


def trajectory(optimizer, gradients, dtype=np.float64):
    """W after each of a series of gradients of W."""
    network = two_weights(dtype)
    for gradient in gradients:
        network[0].W.grad[:, 0] = gradient
        optimizer.step(network)
        yield network[0].W.value[:, 0].copy()


def varying(steps, seed=0):
    """Gradients that differ in size and sign from step to step."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((steps, 2)) * 10.0 ** rng.integers(-6, 2, (steps, 1))
