"""What all optimizers share: their state, their steps, and who takes one back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..errors import ArgumentError, NonFiniteError, StateError
from ..network import Network, aligned_zeros
from ..registry import Registry, config_of
from ..state import Arrays, Generators, own_copy, whole_copy

Array = NDArray[Any]

OPTIMIZERS: Registry[type[Optimizer]] = Registry("optimizer")
_unchecked: ContextVar[bool] = ContextVar("unchecked", default=False)
CLIPS = ("clipvalue", "clipnorm", "global_clipnorm")


class Optimizer:
    """Base class: owns its state, is handed networks, steps in place.

    A subclass defines `vector_names` and `update`, and `schedule` where a step needs
    other numbers than the learning rate.

    The vectors of a network are made when the network is first seen.  The step count t
    belongs to the optimizer and grows by one a step, however many networks it moves.

    learning_rate: > 0, may be set at any time.
    clipvalue: every number of the gradient is cut to -clipvalue ... clipvalue.
    clipnorm: each parameter's gradient is made no longer than this.
    global_clipnorm: the gradient of all networks of a step, taken together, likewise.
    weight_decay: before the step, theta = theta - learning_rate weight_decay theta.

    These are > 0, or None (the default) for none; no more than one of the three clips.
    The gradients themselves stay as they are.
    """

    vector_names: ClassVar[tuple[str, ...]] = ()  # of vectors, each as long as theta
    clipvalue: float | None = None
    clipnorm: float | None = None
    global_clipnorm: float | None = None
    weight_decay: float | None = None

    def __init__(
        self,
        learning_rate: float,
        *,
        clipvalue: float | None = None,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
        weight_decay: float | None = None,
    ) -> None:
        given = {
            "clipvalue": clipvalue,
            "clipnorm": clipnorm,
            "global_clipnorm": global_clipnorm,
            "weight_decay": weight_decay,
        }
        where, clips = type(self).__name__, 0
        for name, value in given.items():
            if value is not None:
                setattr(self, name, validate.number(where, name, value, above=0))
                clips += name in CLIPS
        if clips > 1:
            expected = f"one of {', '.join(CLIPS)}"
            validate.complain(ArgumentError, where, CLIPS[0], expected, f"{clips}")
        self._rate = np.zeros((), np.float64)
        self.learning_rate = learning_rate
        self.t = np.zeros((), np.int64)
        self.overflow = np.zeros((), np.int64)  # 1 once an update was not finite
        self._vectors: dict[Network, Arrays] = {}
        self._spare: list[Array] = []  # copies that `step` makes, used again

    # ---- what a subclass defines ---------------------------------------------------

    def schedule(self) -> Array:
        """What one step needs to know beside the vectors; advances t, once a step.

        By default the learning rate, a float64 array of shape ().  A recorded step
        needs an array that a primitive wrote, or a cell of `cells`.
        """
        primitives.advance(self.t)
        return self._rate

    def update(self, theta: Array, dtheta: Array, *rest: Any) -> None:
        """Move theta against dtheta, in place.

        theta, dtheta: (P,).  rest: one vector (P,) for each of `vector_names`, changed
        in place, then what `schedule` returned.  An update that sets `overflow` to 1
        where a vector is no longer finite is found out in a captured step too.
        """
        raise StateError(f"{type(self).__name__}: this optimizer defines no update")

    # ---- what a user calls ---------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The step size; a memory cell, so that recorded steps see changes."""
        return float(self._rate)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        where = type(self).__name__
        self._rate[...] = validate.number(
            where, "learning_rate", value, above=0, most=1e6
        )

    def step(self, *networks: Network, rate: Array | None = None) -> None:
        """Move the parameters of the networks against their gradients, in place.

        Several networks make one step together: t grows by one.  An array that two of
        them share moves once.
        rate: a cell, float64 of shape (), instead of `learning_rate` for this step.
        Errors: StateError for a frozen network; ShapeError, DTypeError for a rate that
        is no such cell; NonFiniteError where a gradient, or what the step makes of it,
        is NaN or infinite.  Nothing has changed then.
        """
        where = f"{type(self).__name__}.step"
        owners = self._owners(where, networks)
        if rate is not None:
            validate.array(where, "rate", rate, (), np.float64)
        active = primitives.recorder.get()
        replayed = active is not None and active.replays  # numbers are looked at there
        if replayed or _unchecked.get():
            self.apply(*owners, rate=rate)
            return
        arrays = [*self.cells().values()]
        for owner in owners:
            arrays += [owner.theta, *self.vectors(owner).values()]
        kept = self._spare = _copies(arrays, self._spare)
        random = [(rng, rng.bit_generator.state) for rng in self.generators().values()]
        self.overflow[...] = 0
        try:
            self.apply(*owners, rate=rate)
            if self.overflow or not all(np.isfinite(o.theta).all() for o in owners):
                self._complain(where, owners, kept)
        except BaseException:
            for array, copy in zip(arrays, kept, strict=True):
                array[...] = copy
            for rng, state in random:
                rng.bit_generator.state = state
            raise

    def apply(self, *networks: Network, rate: Array | None = None) -> None:
        """`step` without its checks, for a caller who can go back by itself.

        networks: owners of vectors, each once.  Where the update was not finite
        `overflow` is 1 afterwards, and the step has been taken.
        """
        own = self._rate
        self._rate = own if rate is None else rate  # for any rule, also of a user's
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                schedule = self.schedule()
                gradients = self._clipped(networks)
                for network, dtheta in zip(networks, gradients, strict=True):
                    vectors = self.vectors(network).values()
                    if self.weight_decay is not None:
                        primitives.decay_weights(
                            network.theta, self._rate, self.weight_decay
                        )
                    self.update(network.theta, dtheta, *vectors, schedule)
        finally:
            self._rate = own

    # ---- state ---------------------------------------------------------------------

    __copy__, __setstate__ = whole_copy, own_copy

    def cells(self) -> Arrays:
        """name -> memory cell that steps read or change, whatever the network."""
        return {"t": self.t, "learning_rate": self._rate, "overflow": self.overflow}

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks whose vectors it keeps, in the order in which it met them."""
        return tuple(self._vectors)

    def vectors(self, network: Network) -> Arrays:
        """name -> vector of this optimizer's memory of `network`, at first zero."""
        if network not in self._vectors:
            self._vectors[network] = {
                name: aligned_zeros(network.theta.size, network.theta.dtype)
                for name in self.vector_names
            }
        return self._vectors[network]

    def state(self) -> Arrays:
        """Its cells, then its vectors: "m", "v"; of several networks "0/m", "1/m"."""
        several = len(self._vectors) > 1
        vectors = {
            f"{k}/{name}" if several else name: vector
            for k, found in enumerate(self._vectors.values())
            for name, vector in found.items()
        }
        return {**self.cells(), **vectors}

    def check(self, state: Arrays) -> None:
        """Refuse saved cells that no run could have written.

        state: as `state()` has it, of the right shapes and types.
        Errors: ArgumentError, DTypeError.
        """
        where = type(self).__name__
        validate.integer(where, "t", int(state["t"]), least=0)
        validate.integer(where, "overflow", int(state["overflow"]), least=0, most=1)
        rate = float(state["learning_rate"])
        validate.number(where, "learning_rate", rate, above=0, most=1e6)

    def generators(self) -> Generators:
        """name -> random generator, of an optimizer that keeps one as an attribute."""
        return {
            name: value
            for name, value in vars(self).items()
            if isinstance(value, np.random.Generator)
        }

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them; without clips of None."""
        return {
            name: value
            for name, value in config_of(self).items()
            if value is not None or name not in (*CLIPS, "weight_decay")
        }

    # ---- helpers -------------------------------------------------------------------

    def _clipped(self, networks: tuple[Network, ...]) -> list[Array]:
        """The gradients to step against: copies, where they are to be clipped."""
        if not (self.clipvalue or self.clipnorm or self.global_clipnorm):
            return [network.dtheta for network in networks]
        if self.clipvalue:
            return [
                primitives.clip_gradient(n.dtheta, self.clipvalue, self.overflow)
                for n in networks
            ]
        gradients = [primitives.copy(network.dtheta) for network in networks]
        if self.clipnorm:
            for network, g in zip(networks, gradients, strict=True):
                for place in network.slices().values():
                    primitives.shorten(
                        g[place], primitives.norm(g[place]), self.clipnorm
                    )
        elif self.global_clipnorm:
            length = primitives.norm(gradients[0])
            for g in gradients[1:]:
                length = primitives.joint_norm(length, primitives.norm(g))
            for g in gradients:
                primitives.shorten(g, length, self.global_clipnorm)
        return gradients

    def _owners(self, where: str, networks: Iterable[Network]) -> list[Network]:
        """The networks that hold the vectors to be moved, each once."""
        found: dict[Network, None] = {}
        for network in networks:
            if not isinstance(network, Network):
                validate.complain(
                    validate.DTypeError,
                    where,
                    "network",
                    "a network",
                    validate.shown(network),
                )
            if network.holds_frozen:
                raise StateError(
                    f"{where}: argument 'network': expected one that may "
                    "change, got one inside its frozen() scope"
                )
            found.update(dict.fromkeys(network.owners()))
        owners = [owner for owner in found if owner.theta.size]
        if not owners:
            validate.complain(
                validate.ArgumentError, where, "network", "parameters", "none"
            )
        return owners

    def _complain(self, where: str, owners: list[Network], kept: list[Array]) -> None:
        """Say why a step, which has just been taken, was not finite.

        kept: copies of the cells, then of theta and the vectors of each owner.
        """
        start = f"{where}: argument 'network': expected"
        for owner in owners:
            if not np.isfinite(owner.dtheta).all():
                raise NonFiniteError(
                    f"{start} finite gradients, got NaN or infinity in the gradient of "
                    f"{_place(owner, owner.dtheta)}"
                )
        copies = iter(kept[len(self.cells()) :])
        for owner in owners:
            for name in ("theta", *self.vector_names):
                copy = next(copies)
                if not np.isfinite(copy).all():
                    raise NonFiniteError(
                        f"{start} a finite {name}, got NaN or infinity at "
                        f"{_place(owner, copy)}"
                    )
        for owner in owners:
            for vector in (owner.theta, *self.vectors(owner).values()):
                if not np.isfinite(vector).all():
                    size = abs(owner.dtheta[np.argmin(np.isfinite(vector))])
                    raise NonFiniteError(
                        f"{start} a step that fits {owner.theta.dtype}, got a gradient "
                        f"of size {size:g} at {_place(owner, vector)}"
                    )
        raise NonFiniteError(f"{start} a step that is finite, got an overflow")


@contextmanager
def unchecked() -> Iterator[None]:
    """A block in which `step` keeps no copy and looks at no number: it is `apply`.

    For a caller who has a copy of everything and looks at `overflow`, and at theta,
    after several steps.
    """
    token = _unchecked.set(True)
    try:
        yield
    finally:
        _unchecked.reset(token)


def _copies(arrays: list[Array], spare: list[Array]) -> list[Array]:
    """Copies of the arrays, in the memory of `spare` where that fits."""
    fits = len(arrays) == len(spare) and all(
        (a.shape, a.dtype) == (b.shape, b.dtype)
        for a, b in zip(arrays, spare, strict=True)
    )
    copies = spare if fits else [np.empty_like(array) for array in arrays]
    for copy, array in zip(copies, arrays, strict=True):
        copy[...] = array
    return copies


def _place(network: Network, vector: Array) -> str:
    """ "layer 3 (Dense) b": where a vector like theta is first not finite."""
    at, slices = int(np.argmin(np.isfinite(vector))), network.slices()
    for k, layer in enumerate(network.layers):
        for parameter in layer.parameters:
            own = slices.get(parameter)  # None inside a network with its own vectors
            if own and own.start <= at < own.stop:
                return f"layer {k} ({type(layer).__name__}) {parameter.name}"
    return f"element {at}"
