"""A small graph for tests: two inputs, two outputs, something of everything."""

import numpy as np

from minigan import (
    Add,
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Embedding,
    Graph,
    Input,
    LeakyReLU,
    Multiply,
    Tanh,
)


def small_graph(dtype=np.float32, dropout=False):
    """Two inputs, two outputs, a layer called twice, values that are used twice."""
    rng = np.random.default_rng(0)

    def dense(inputs, units):
        return Dense(inputs, units, rng=rng, dtype=dtype)

    z, label = Input((5,), name="z"), Input((), dtype=int, name="label")
    shared = dense(4, 4)
    h = Tanh()(dense(5, 4)(z))
    e = Embedding(3, 4, rng=rng, dtype=dtype)(label)
    joint = Concatenate()([Multiply()([shared(h), shared(e)]), h])
    normed = BatchNorm(8, dtype=dtype)(dense(8, 8)(joint))
    if dropout:
        normed = Dropout(0.3, rng=rng)(normed)
    top = Add()([joint, LeakyReLU(0.1)(normed)])
    return Graph([z, label], [dense(8, 1)(top), dense(4, 3)(h)])
