"""Networks as plain data and back.

What is registered is described by its name and the arguments of its constructor, in
lists, numbers and names as JSON can hold them:

    {"network": ["Sequential", {"layers": [{"layer": ["Dense", {"inputs": 5, ...}]},
                                           {"layer": ["ReLU", {}]}]}]}

Nothing else can come out of a file, and nothing in it is ever run.  A class of your own
is registered in the same way as those of minigan, see `registry`, before a file that
names it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .errors import CheckpointError, StateError
from .initializers import INITIALIZERS, blank
from .layers.base import LAYERS, Layer
from .network import NETWORKS, Network
from .registry import Registry, arguments_of, config_of, create

REGISTRIES: dict[str, Registry[Any]] = {
    registry.kind: registry for registry in (NETWORKS, LAYERS, INITIALIZERS)
}


def describe(network: Network, generators: Sequence[np.random.Generator]) -> Any:
    """A network as JSON can hold it.

    generators: all random generators; one that a layer keeps is written as its place.
    Errors: StateError for a layer whose class is not registered, for a network inside
    the network, and for an argument that cannot be written.
    """
    return {"network": _called(NETWORKS, network, generators)}


def _called(
    registry: Registry[Any], thing: Any, generators: Sequence[np.random.Generator]
) -> list[Any]:
    """[name, arguments] of an object."""
    kind = type(thing)
    name = registry.name_of(kind)
    if name is None:
        _refuse(
            f"{registry.kind}s whose class is registered",
            repr(thing),
            f": write @{registry.kind.upper()}S.register() above class {kind.__name__}",
        )
    try:
        config = thing.config() if hasattr(thing, "config") else config_of(thing)
    except AttributeError as error:
        _refuse(
            "objects that keep their constructor's arguments as attributes",
            f"{kind.__name__} ({error})",
        )
    written = {key: _encode(value, generators) for key, value in config.items()}
    if "rng" in arguments_of(kind) and hasattr(thing, "rng"):
        written["rng"] = _encode(thing.rng, generators)
    return [name, written]


def _encode(value: Any, generators: Sequence[np.random.Generator]) -> Any:
    """A constructor's argument as JSON can hold it."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_encode(item, generators) for item in value]
    if isinstance(value, np.random.Generator):
        places = [k for k, rng in enumerate(generators) if rng is value]
        if places:
            return {"generator": places[0]}
    elif isinstance(value, Network):
        _refuse("layers", f"a network inside the network: {value!r}")
    elif isinstance(value, Layer):
        return {"layer": _called(LAYERS, value, generators)}
    elif INITIALIZERS.name_of(type(value)) is not None:
        return {"initializer": _called(INITIALIZERS, value, generators)}
    return _refuse("numbers, names and lists as arguments of layers", repr(value))


def _refuse(expected: str, given: str, advice: str = "") -> Any:
    raise StateError(
        f"save: argument 'network': expected {expected}, got {given}, which a "
        f"checkpoint cannot hold{advice}"
    )


def build(
    described: Any,
    dtype: DTypeLike,
    generators: Sequence[np.random.Generator],
    theta: NDArray[Any],
    buffers: NDArray[Any],
) -> Network:
    """The network that `describe` described, with parameters and statistics.

    theta, buffers: vectors of the network's sizes and dtype.  Layers may hold no more
    numbers than these, so that a forged file cannot make large ones.
    Errors: CheckpointError for anything that `describe` would not have written.
    """
    reader = _Reader(np.dtype(dtype), generators, theta.size + buffers.size)
    with blank(theta.size + buffers.size):
        network = reader.decode(described)
    if not isinstance(network, Network):
        raise CheckpointError(f"expected a network, got {described!r:.80}")
    for mine, saved in ((network.theta, theta), (network.buffers, buffers)):
        if (mine.shape, mine.dtype) != (saved.shape, saved.dtype):
            raise CheckpointError(
                f"expected {mine.dtype} {mine.shape}, got {saved.dtype} {saved.shape}"
            )
        mine[...] = saved
    return network


class _Reader:
    """Makes objects of what `_encode` wrote.

    most: how many numbers all layers together may hold.
    """

    def __init__(
        self,
        dtype: np.dtype[Any],
        generators: Sequence[np.random.Generator],
        most: int,
    ) -> None:
        self.dtype, self.generators, self.most = dtype, generators, most

    def decode(self, found: Any) -> Any:
        """The argument that was encoded; lists become tuples."""
        if isinstance(found, list):
            return tuple(self.decode(item) for item in found)
        if not isinstance(found, dict):
            return found
        if len(found) != 1:
            raise CheckpointError(f"expected one key, got {sorted(found)!r:.80}")
        ((what, value),) = found.items()
        if what == "generator":
            return self.generators[int(value)]
        if what not in REGISTRIES:
            raise CheckpointError(f"expected one of {[*REGISTRIES]}, got {what!r}")
        return self._made(REGISTRIES[what], *value)

    def _made(self, registry: Registry[Any], name: Any, arguments: Any) -> Any:
        """The object [name, arguments]."""
        if not isinstance(name, str) or name not in registry:
            raise CheckpointError(
                f"expected a registered {registry.kind}, one of {sorted(registry)}, "
                f"got {name!r}"
            )
        most = self.most
        given = {key: self.decode(value) for key, value in arguments.items()}
        made = create(registry[name], given, dtype=self.dtype)
        if isinstance(made, Layer) and not isinstance(made, Network):
            self.most = most  # a layer inside it holds the same numbers
            self.most -= sum(p.value.size for p in made.parameters)
            self.most -= sum(s.value.size for s in made.statistics)
            if self.most < 0:
                raise CheckpointError(
                    f"{name}: expected no more numbers than the file holds, got "
                    f"{-self.most} more"
                )
        return made
