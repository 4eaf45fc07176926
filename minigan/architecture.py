"""Networks as plain data and back, from a closed table of layers.

Only what this table names can come out of a checkpoint.
"""

from math import prod

from . import initializers, layers
from .errors import CheckpointError, StateError
from .network import Sequential

LAYERS = {
    kind.__name__: kind
    for kind in (
        layers.BatchNorm,
        layers.Conv2D,
        layers.ClippedReLU,
        layers.Dense,
        layers.Dropout,
        layers.Flatten,
        layers.LeakyReLU,
        layers.ReLU,
        layers.Reshape,
        layers.Sigmoid,
        layers.Softmax,
        layers.Tanh,
        layers.UpSampling2D,
        layers.ZeroPadding2D,
    )
}


def describe(network, generators):
    """[[class name, arguments], ...], as JSON can hold it.

    generators: list of all random generators; a layer's own is stored as its place.
    Errors: StateError for a layer that is not in the table (one of your own).
    """
    rows = []
    for layer in network.layers:
        if LAYERS.get(type(layer).__name__) is not type(layer):
            raise StateError(
                f"save: argument 'network': expected layers of minigan, got {layer!r}, "
                "which a checkpoint cannot hold"
            )
        config = {k: initializers.to_config(v) for k, v in layer.config().items()}
        if isinstance(layer, layers.Dropout):
            config["rng"] = next(
                k for k, rng in enumerate(generators) if rng is layer.rng
            )
        rows.append([type(layer).__name__, config])
    return rows


def build(rows, dtype, generators, size):
    """The inverse of `describe`; parameters are zero.

    size: elements of the parameter vector, which bounds what is allocated.
    Errors: CheckpointError for anything that `describe` would not have written.
    """
    made = []
    for name, config in rows:
        if name not in LAYERS:
            raise CheckpointError(f"expected one of {sorted(LAYERS)}, got {name!r}")
        config = dict(config)
        if name in ("Dense", "Conv2D"):
            wanted = {
                key: initializers.from_config(config.pop(key))
                for key in ("kernel_initializer", "bias_initializer")
            }
            for key, initializer in wanted.items():
                known = isinstance(initializer, initializers.RandomNormal)
                if not known and initializer not in initializers.NAMES:
                    raise CheckpointError(f"{name}: unknown {key} {initializer!r}")
            sizes = (
                (config["inputs"], config["units"])
                if name == "Dense"
                else (*config["kernel_size"], config["image"][2], config["filters"])
            )
            elements = prod(map(int, sizes))
        else:
            wanted, elements = {}, int(config.get("features", 0))
        if elements > size:
            raise CheckpointError(
                f"{name}: expected at most {size} parameters, got {elements}"
            )
        if name in ("Dense", "Conv2D"):
            config.update(kernel_initializer="zeros", dtype=dtype)
        elif name == "BatchNorm":
            config.update(dtype=dtype)
        elif name == "Dropout":
            config["rng"] = generators[int(config["rng"])]
        layer = LAYERS[name](**config)
        vars(layer).update(wanted)
        made.append(layer)
    return Sequential(made)


def filled(network, theta, buffers):
    """The network, with parameters and statistics that were saved.

    theta, buffers: vectors of the network's sizes and dtype.
    Errors: CheckpointError for others.
    """
    for mine, saved in ((network.theta, theta), (network.buffers, buffers)):
        if (mine.shape, mine.dtype) != (saved.shape, saved.dtype):
            raise CheckpointError(
                f"expected {mine.dtype} {mine.shape}, got {saved.dtype} {saved.shape}"
            )
        mine[...] = saved
    return network
