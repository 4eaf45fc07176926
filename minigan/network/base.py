"""Networks: one flat vector for all parameters, and layers one after the other."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import primitives, validate
from ..errors import DTypeError, StateError
from ..layers.arrays import Buffer, Parameter, _joined
from ..layers.base import Layer
from ..registry import Registry
from ..state import Arrays

if TYPE_CHECKING:
    from .summary import Summary

ALIGNMENT = 64  # bytes: one cache line, one AVX-512 register


def aligned_zeros(size: int, dtype: DTypeLike) -> NDArray[Any]:
    """A vector of zeros whose first element lies on a cache line."""
    dtype = np.dtype(dtype)
    raw = np.zeros(size * dtype.itemsize + ALIGNMENT, np.uint8)
    skip = -raw.ctypes.data % ALIGNMENT
    return raw[skip : skip + size * dtype.itemsize].view(dtype)


def _lay_out(
    arrays: Iterable[NDArray[Any]], dtype: np.dtype[Any]
) -> tuple[list[slice], int]:
    """Slices of one vector, one for each array, each on a cache line; its length."""
    step = ALIGNMENT // dtype.itemsize
    places, end = [], 0
    for array in arrays:
        places.append(slice(end, end + array.size))
        end += -(-array.size // step) * step
    return places, end


def common_type(where: str, layers: Iterable[Layer]) -> np.dtype[Any] | None:
    """The type of all layers that have one.  Errors: DTypeError where they differ."""
    types = {layer.dtype for layer in layers if layer.dtype is not None}
    if len(types) > 1:
        names = ", ".join(sorted(map(str, types)))
        validate.complain(DTypeError, where, "layers", "one dtype", names)
    return types.pop() if types else None


class Network(Layer):
    """Base class of `Sequential` and `Graph`: a layer that is made of layers.

    The network owns its layers: it moves their parameters into

        theta, dtheta    all values and all gradients, one vector each
        buffers          all running statistics

    of which every `parameter.value`, `.grad` and statistic is a view.  Each starts on
    a cache line; the gaps between them are zero and are not counted.  A layer has one
    owner.  Networks among the layers are referred to and keep their own vectors.

    What a network is made of is fixed when it is built, and so is who owns what.
    """

    layers: tuple[Layer, ...]
    _home: Network  # whose vectors these are: the network itself, except for a view
    _held = 0  # how many frozen() scopes are open on layers that this network owns
    _not_copied = (
        *Layer._not_copied,
        *("_held", "_own", "_slices", "_theta", "_dtheta", "_buffers"),  # see _adopt
        *("_parts", "_leaves", "_places", "_owners", "_learners"),  # see _settle
    )

    def _hold(self, where: str, layers: Sequence[Layer]) -> None:
        """Take layers without an owner, and networks, as the layers of this network.

        Errors: DTypeError for what is no layer or for mixed types, StateError for a
        layer that has an owner or occurs twice.
        """
        for k, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                given = validate.shown(layer)
                validate.complain(DTypeError, where, f"layers[{k}]", "a Layer", given)
            if not isinstance(layer, Network) and (
                layer._owner is not None or any(layer is other for other in layers[:k])
            ):
                raise StateError(
                    f"{where}: argument 'layers[{k}]': expected a layer without an "
                    f"owner, got {layer!r}, which another place already holds"
                )
        self.dtype = common_type(where, layers)
        self.layers = tuple(layers)

    def _adopt(self) -> None:
        """Move the parameters of the layers into the flat vectors, and own them."""
        self._home = self
        self._own = [layer for layer in self.layers if not isinstance(layer, Network)]
        dtype = self.dtype or np.dtype(np.float32)
        parameters = [p for layer in self._own for p in layer.parameters]
        places, size = _lay_out([p.value for p in parameters], dtype)
        self._slices = dict(zip(parameters, places, strict=True))
        self._theta = aligned_zeros(size, dtype)
        self._dtheta = aligned_zeros(size, dtype)
        for parameter, place in self._slices.items():
            shape = parameter.value.shape
            for vector, name in ((self._theta, "value"), (self._dtheta, "grad")):
                view = vector[place].reshape(shape)
                view[...] = getattr(parameter, name)
                setattr(parameter, name, view)
        statistics = [b for layer in self._own for b in layer.statistics]
        places, size = _lay_out([b.value for b in statistics], dtype)
        self._buffers = aligned_zeros(size, dtype)
        for statistic, place in zip(statistics, places, strict=True):
            view = self._buffers[place].reshape(statistic.value.shape)
            view[...] = statistic.value
            statistic.value = view
        parts = [part for layer in self._own for part in layer.walk()]
        for part in parts:
            part._owner = self
        self._held = sum(part._frozen for part in parts)

    def _settle(self) -> None:
        """Note what does not change any more, so that no step has to look for it."""
        inside = (part for layer in self.layers for part in layer.walk())
        self._parts = tuple(dict.fromkeys((self, *inside)))
        homes = [part._home for part in self._parts if isinstance(part, Network)]
        self._owners = tuple(n for n in dict.fromkeys(homes) if n._own)
        self._leaves: dict[str, Layer] = {}
        self._learners: list[list[Layer]] = []  # of each layer, what may learn
        seen = set()
        for k, layer in enumerate(self.layers):
            leaves = layer.named_layers()
            self._learners.append([x for x in leaves.values() if x.parameters])
            for name, leaf in leaves.items():
                if id(leaf) not in seen:
                    seen.add(id(leaf))
                    self._leaves[_joined(str(k), name)] = leaf
        self._places = [
            (_joined(place, name), part)
            for place, leaf in self._leaves.items()
            for name, part in leaf._named_parts()
        ]

    # ---- parameters ----------------------------------------------------------------

    @property
    def theta(self) -> NDArray[Any]:
        """All parameters of the layers that this network owns: one vector."""
        return self._home._theta

    @property
    def dtheta(self) -> NDArray[Any]:
        """All gradients, in the order of `theta`."""
        return self._home._dtheta

    @property
    def buffers(self) -> NDArray[Any]:
        """All running statistics: one vector."""
        return self._home._buffers

    def slices(self) -> dict[Parameter, slice]:
        """parameter -> where it stands in `theta`, in that order."""
        return dict(self._home._slices)

    @property
    def parameters(self) -> list[Parameter]:
        return [p for layer in self.layers for p in layer.parameters]

    @property
    def statistics(self) -> list[Buffer]:
        return [b for layer in self.layers for b in layer.statistics]

    @property
    def parameter_count(self) -> tuple[int, int]:
        """(trainable, non-trainable): elements of parameters and of statistics."""
        return (
            sum(p.value.size for p in self.parameters),
            sum(b.value.size for b in self.statistics),
        )

    def owners(self) -> list[Network]:
        """The networks that hold the vectors: this one, and those inside it, once each.

        In the place of a view stands the network that it is a view of.
        """
        return list(self._owners)

    @property
    def holds_frozen(self) -> bool:
        """True where a frozen() scope holds any layer of the vectors of `owners`."""
        for owner in self._owners:
            if owner._held:
                return True
        return False

    def zero_grad(self) -> None:
        """Set all gradients to zero.  Errors: StateError while frozen."""
        if self.holds_frozen:
            raise StateError(f"{self._name}.zero_grad: the network is frozen")
        for owner in self._owners:
            primitives.fill(owner._dtheta, 0.0)

    def state(self) -> Arrays:
        """{"theta", "buffers"}; of several owners "0/theta", "0/buffers", "1/theta"."""
        several = len(self._owners) > 1
        return {
            (f"{k}/{name}" if several else name): vector
            for k, owner in enumerate(self._owners or (self,))
            for name, vector in (("theta", owner.theta), ("buffers", owner.buffers))
        }

    # ---- structure -----------------------------------------------------------------

    def walk(self) -> Iterator[Layer]:
        return iter(self._parts)

    def named_layers(self) -> dict[str, Layer]:
        return dict(self._leaves)

    def _named_parts(self) -> list[tuple[str, Layer]]:
        return self._places

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self._home is self:  # the copy of a view is a view of the copy
            self._adopt()
        self._settle()

    def astype(self, dtype: DTypeLike) -> Self:
        """A copy of the network with parameters of another type, frozen nowhere."""
        dtype = validate.float_type(f"{self._name}.astype", dtype)
        memo: dict[int, Any] = {}
        twin = copy.deepcopy(self, memo)
        copies = [part for part in memo.values() if isinstance(part, Layer)]
        for layer in copies:
            layer._convert(dtype)
        for network in copies:
            if isinstance(network, Network) and network._home is network:
                network._adopt()
        return twin

    def summary(self) -> Summary:
        """A table of the layers, shapes and parameter counts; see `network.summary`."""
        from .summary import Summary

        return Summary(self)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


NETWORKS: Registry[type[Network]] = Registry("network")
