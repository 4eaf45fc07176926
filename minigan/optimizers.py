"""Optimizers: from a gradient to a step.  Each works on whole parameter vectors.

An optimizer is its constructor, the names of the vectors that it keeps, and one method
with its rule.  So is one of your own, in plain NumPy:

    @OPTIMIZERS.register()
    class AdamWithDecay(Optimizer):
        vector_names = ("m", "v")

        def __init__(self, learning_rate=1e-3, decay=0.004):
            super().__init__(learning_rate)
            self.decay = validate.number("AdamWithDecay", "decay", decay)

        def update(self, theta, dtheta, m, v, schedule):
            t, rate = int(self.t), self.learning_rate
            m[:] = 0.9 * m + 0.1 * dtheta
            v[:] = 0.999 * v + 0.001 * dtheta**2
            mhat, vhat = m / (1 - 0.9**t), v / (1 - 0.999**t)
            theta -= rate * (mhat / (np.sqrt(vhat) + 1e-7) + self.decay * theta)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from . import primitives, validate
from .errors import ArgumentError, NonFiniteError, StateError
from .network import Network, aligned_zeros
from .registry import Example, Registry, config_of
from .state import Arrays, Generators, own_copy, whole_copy

__all__ = [
    "AMSGrad",
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "Nesterov",
    "OptimisticAdam",
    "Optimizer",
    "RMSprop",
]

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
                for place in _places(network):
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


def _places(network: Network) -> list[slice]:
    """Where in theta each parameter of a network stands that it owns."""
    found = []
    for parameter in network.parameters:
        value = parameter.value
        offset = value.ctypes.data - network.theta.ctypes.data
        start = offset // network.theta.itemsize
        if 0 <= start < network.theta.size:
            found.append(slice(start, start + value.size))
    return found


def _place(network: Network, vector: Array) -> str:
    """ "layer 3 (Dense) b": where a vector like theta is first not finite."""
    place = int(np.argmin(np.isfinite(vector)))
    for k, layer in enumerate(network.layers):
        for parameter in layer.parameters:
            value = parameter.value
            offset = value.ctypes.data - network.theta.ctypes.data
            start = offset // network.theta.itemsize
            if start <= place < start + value.size:
                return f"layer {k} ({type(layer).__name__}) {parameter.name}"
    return f"element {place}"


@OPTIMIZERS.register(
    Example({"learning_rate": 0.1}),
    Example({"learning_rate": 0.1, "momentum": 0.9}, note="momentum"),
)
class SGD(Optimizer):
    """Gradient descent with momentum.

        velocity = momentum velocity - learning_rate dtheta
        theta    = theta + velocity

    learning_rate: > 0.  momentum: 0 <= momentum < 1, default 0.
    options: clips and weight_decay, see `Optimizer`.
    """

    vector_names = ("velocity",)

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        where = type(self).__name__
        self.momentum = validate.number(where, "momentum", momentum, least=0, below=1)

    def update(
        self, theta: Array, dtheta: Array, velocity: Array, schedule: Array
    ) -> None:
        primitives.sgd_update(
            theta, dtheta, velocity, schedule, self.momentum, self.overflow
        )


@OPTIMIZERS.register(Example({"learning_rate": 0.1, "momentum": 0.9}))
class Nesterov(SGD):
    """Gradient descent with momentum that looks ahead by one more step.

        velocity = momentum velocity - learning_rate dtheta
        theta    = theta + momentum velocity - learning_rate dtheta

    Arguments as for `SGD`.  Source: Sutskever et al. 2013, section 2, in the form of
    Keras and PyTorch, where theta is the place that is looked ahead to.
    """

    def update(
        self, theta: Array, dtheta: Array, velocity: Array, schedule: Array
    ) -> None:
        primitives.nesterov_update(
            theta, dtheta, velocity, schedule, self.momentum, self.overflow
        )


@OPTIMIZERS.register(
    Example({"learning_rate": 0.01}),
    Example({"learning_rate": 0.01, "momentum": 0.9}, note="momentum"),
)
class RMSprop(Optimizer):
    """Gradient descent with steps of about one size, whatever the gradient's.

        square   = rho square + (1 - rho) dtheta^2
        velocity = momentum velocity + learning_rate dtheta / sqrt(square + epsilon)
        theta    = theta - velocity

    epsilon stands inside the root, as in Keras (PyTorch adds it behind).

    learning_rate: > 0, default 1e-3.  rho, momentum: in [0, 1), defaults 0.9 and 0.
    epsilon: >= 1e-30, default 1e-7.  options: clips and weight_decay, see `Optimizer`.
    Source: Hinton 2012, lecture 6e.
    """

    vector_names = ("square", "velocity")

    def __init__(
        self,
        learning_rate: float = 1e-3,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        where = "RMSprop"
        self.rho = validate.number(where, "rho", rho, least=0, below=1)
        self.momentum = validate.number(where, "momentum", momentum, least=0, below=1)
        self.epsilon = validate.number(where, "epsilon", epsilon, least=1e-30)

    def update(
        self,
        theta: Array,
        dtheta: Array,
        square: Array,
        velocity: Array,
        schedule: Array,
    ) -> None:
        primitives.rmsprop_update(
            theta,
            dtheta,
            square,
            velocity,
            schedule,
            self.rho,
            self.momentum,
            self.epsilon,
            self.overflow,
        )


@OPTIMIZERS.register(
    Example({"learning_rate": 0.01}),
    Example({"learning_rate": 0.01, "epsilon_form": "pytorch"}, note="pytorch"),
)
class Adam(Optimizer):
    """Adaptive moment estimation.

        m = beta_1 m + (1 - beta_1) dtheta
        v = beta_2 v + (1 - beta_2) dtheta^2
        theta = theta - alpha m / (sqrt(v) + epsilon_t)
        alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)

    epsilon_form "keras": epsilon_t = epsilon, beside the uncorrected sqrt(v) (the
    paper's "epsilon hat").  "pytorch": epsilon_t = epsilon sqrt(1 - beta_2^t), which
    is Algorithm 1 of the paper and PyTorch's rule.

    learning_rate: > 0, default 1e-3.  beta_1, beta_2: in [0, 1), defaults 0.9, 0.999.
    epsilon: >= 1e-30; default 1e-7, or 1e-8 in the "pytorch" form.
    options: clips and weight_decay, see `Optimizer`.
    Source: Kingma & Ba 2015, Algorithm 1 and section 2.
    """

    vector_names: ClassVar[tuple[str, ...]] = ("m", "v")
    EPSILON_FORMS = ("keras", "pytorch")

    def __init__(
        self,
        learning_rate: float = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = None,
        epsilon_form: str = "keras",
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        where = type(self).__name__
        self.beta_1 = validate.number(where, "beta_1", beta_1, least=0, below=1)
        self.beta_2 = validate.number(where, "beta_2", beta_2, least=0, below=1)
        self.epsilon_form = validate.choice(
            where, "epsilon_form", epsilon_form, self.EPSILON_FORMS
        )
        if epsilon is None:
            epsilon = 1e-7 if epsilon_form == "keras" else 1e-8
        # far below 1e-30, epsilon sqrt(1 - beta_2) would vanish in float32: then 0 / 0
        self.epsilon = validate.number(where, "epsilon", epsilon, least=1e-30)

    def schedule(self) -> Array:
        """alpha and epsilon_t of this step."""
        return primitives.adam_schedule(
            self.t,
            self._rate,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            int(self.epsilon_form == "pytorch"),
        )

    def update(
        self, theta: Array, dtheta: Array, m: Array, v: Array, schedule: Array
    ) -> None:
        primitives.adam_update(
            theta, dtheta, m, v, schedule, self.beta_1, self.beta_2, self.overflow
        )


@OPTIMIZERS.register(Example({"learning_rate": 0.01}))
class OptimisticAdam(Adam):
    """Adam that expects the next gradient to be the last one, for games.

        m, v, alpha, epsilon_t as in `Adam`
        step_t = alpha m / (sqrt(v) + epsilon_t)
        theta  = theta - 2 step_t + step_{t-1}

    Twice the step, less the one before: where two players circle around their balance,
    as on theta psi, gradient descent moves away from it and this one towards it.

    Arguments as for `Adam`.  Source: Daskalakis et al. 2018, algorithm 1.
    """

    vector_names = ("m", "v", "last")

    def update(self, theta: Array, dtheta: Array, *rest: Array) -> None:
        m, v, last, schedule = rest
        betas = self.beta_1, self.beta_2
        primitives.optimistic_adam_update(
            theta, dtheta, m, v, last, schedule, *betas, self.overflow
        )


@OPTIMIZERS.register(Example({"learning_rate": 0.01}))
class AMSGrad(Adam):
    """Adam whose steps never grow because v has become smaller.

        m, v, alpha, epsilon_t as in `Adam`
        most  = max(most, v)
        theta = theta - alpha m / (sqrt(most) + epsilon_t)

    Arguments as for `Adam`.  Source: Reddi et al. 2018, algorithm 2, with the
    corrections of `Adam`, as Keras has it.
    """

    vector_names = ("m", "v", "most")

    def update(self, theta: Array, dtheta: Array, *rest: Array) -> None:
        m, v, most, schedule = rest
        betas = self.beta_1, self.beta_2
        primitives.amsgrad_update(
            theta, dtheta, m, v, most, schedule, *betas, self.overflow
        )


@OPTIMIZERS.register(
    Example({"learning_rate": 0.01}),
    Example({"learning_rate": 0.01, "epsilon_form": "pytorch"}, note="pytorch"),
)
class AdamW(Adam):
    """Adam with weight decay beside the gradient, not as a part of it.

        theta = theta - learning_rate weight_decay theta, then a step of `Adam`

    weight_decay: > 0, default 0.004 as in Keras (PyTorch: 0.01), or None.
    Other arguments as for `Adam`.  Source: Loshchilov & Hutter 2019, algorithm 2.
    """

    def __init__(
        self,
        learning_rate: float = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = None,
        epsilon_form: str = "keras",
        *,
        weight_decay: float | None = 0.004,
        **options: Any,
    ) -> None:
        options["weight_decay"] = weight_decay
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, epsilon_form, **options
        )


class _OfMoments(Optimizer):
    """Base of those with Adam's arguments and one place for epsilon."""

    def __init__(
        self,
        learning_rate: float = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        where = type(self).__name__
        self.beta_1 = validate.number(where, "beta_1", beta_1, above=0, below=1)
        self.beta_2 = validate.number(where, "beta_2", beta_2, least=0, below=1)
        self.epsilon = validate.number(where, "epsilon", epsilon, least=1e-30)


@OPTIMIZERS.register(Example({"learning_rate": 0.01}))
class Adamax(_OfMoments):
    """Adam with the largest gradient in the place of the mean of squares.

        m = beta_1 m + (1 - beta_1) dtheta
        u = max(beta_2 u, |dtheta|)
        theta = theta - learning_rate / (1 - beta_1^t) m / (u + epsilon)

    learning_rate: > 0, default 1e-3.  beta_1: in (0, 1), default 0.9.  beta_2: in
    [0, 1), default 0.999.  epsilon: >= 1e-30, default 1e-7.
    options: clips and weight_decay, see `Optimizer`.
    Source: Kingma & Ba 2015, Algorithm 2.
    """

    vector_names = ("m", "u")

    def schedule(self) -> Array:
        """learning_rate / (1 - beta_1^t)"""
        return primitives.adamax_schedule(self.t, self._rate, self.beta_1)

    def update(
        self, theta: Array, dtheta: Array, m: Array, u: Array, schedule: Array
    ) -> None:
        numbers = self.beta_1, self.beta_2, self.epsilon
        primitives.adamax_update(theta, dtheta, m, u, schedule, *numbers, self.overflow)


@OPTIMIZERS.register(Example({"learning_rate": 0.01}))
class Nadam(_OfMoments):
    """Adam that looks ahead, with Nesterov's momentum.

        m, v as in `Adam`;   mu_t = beta_1 (1 - 0.96^t / 2), M_t = mu_1 ... mu_t
        mhat = mu_{t+1} m / (1 - M_{t+1}) + (1 - mu_t) dtheta / (1 - M_t)
        theta = theta - learning_rate mhat / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Arguments as for `Adamax`.  Source: Dozat 2016, with Keras' constants.
    """

    vector_names = ("m", "v")

    def __init__(
        self,
        learning_rate: float = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.product = np.zeros((), np.float64)  # mu_1 ... mu_t, less one

    def cells(self) -> Arrays:
        return {**super().cells(), "product": self.product}

    def check(self, state: Arrays) -> None:
        super().check(state)
        product = float(state["product"])
        validate.number(type(self).__name__, "product", product, least=-1, most=0)

    def schedule(self) -> Array:
        """What m and dtheta count, and 1 - beta_2^t."""
        betas = self.beta_1, self.beta_2
        return primitives.nadam_schedule(self.t, self.product, self._rate, *betas)

    def update(
        self, theta: Array, dtheta: Array, m: Array, v: Array, schedule: Array
    ) -> None:
        numbers = self.beta_1, self.beta_2, self.epsilon
        primitives.nadam_update(theta, dtheta, m, v, schedule, *numbers, self.overflow)


@OPTIMIZERS.register(Example({"learning_rate": 0.1}))
class Adagrad(Optimizer):
    """Gradient descent whose steps become smaller where there was much to learn.

        square = square + dtheta^2
        theta  = theta - learning_rate dtheta / sqrt(initial + square + epsilon)

    learning_rate: > 0, default 1e-3.  epsilon: >= 1e-30, default 1e-7.
    initial_accumulator_value: `initial`, >= 0, default 0.1.  (Keras counts it to the
    square from the start.)
    options: clips and weight_decay, see `Optimizer`.  Source: Duchi et al. 2011.
    """

    vector_names = ("square",)

    def __init__(
        self,
        learning_rate: float = 1e-3,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = validate.number(
            "Adagrad", "initial_accumulator_value", initial_accumulator_value, least=0
        )
        self.epsilon = validate.number("Adagrad", "epsilon", epsilon, least=1e-30)

    def update(
        self, theta: Array, dtheta: Array, square: Array, schedule: Array
    ) -> None:
        offset = self.initial_accumulator_value + self.epsilon
        primitives.adagrad_update(
            theta, dtheta, square, schedule, offset, self.overflow
        )


@OPTIMIZERS.register(Example({"learning_rate": 1.0}))
class Adadelta(Optimizer):
    """Steps in the unit of theta: as long as the last ones, by how the gradient grew.

        square = rho square + (1 - rho) dtheta^2
        step   = dtheta sqrt(moved + epsilon) / sqrt(square + epsilon)
        moved  = rho moved + (1 - rho) step^2
        theta  = theta - learning_rate step

    learning_rate: > 0, default 1e-3 as in Keras; 1 in the paper.  rho: in [0, 1),
    default 0.95.  epsilon: >= 1e-30, default 1e-7.
    options: clips and weight_decay, see `Optimizer`.  Source: Zeiler 2012, algorithm 1.
    """

    vector_names = ("square", "moved")

    def __init__(
        self,
        learning_rate: float = 1e-3,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = validate.number("Adadelta", "rho", rho, least=0, below=1)
        self.epsilon = validate.number("Adadelta", "epsilon", epsilon, least=1e-30)

    def update(
        self, theta: Array, dtheta: Array, square: Array, moved: Array, schedule: Array
    ) -> None:
        numbers = self.rho, self.epsilon
        primitives.adadelta_update(
            theta, dtheta, square, moved, schedule, *numbers, self.overflow
        )
