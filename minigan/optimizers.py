"""Optimizers: from a gradient to a step.  Each works on whole parameter vectors."""

import numpy as np

from . import primitives, validate
from .errors import NonFiniteError, StateError
from .network import Sequential, aligned_zeros


class Optimizer:
    """Base class: owns its state, is handed networks, steps in place.

    The state of a network is made when the network is first seen.  The step count t
    belongs to the optimizer and grows by one a `step`.

    learning_rate: > 0, may be set at any time.
    """

    _vectors: tuple = ()  # names of the state vectors, each as long as theta

    def __init__(self, learning_rate):
        self._rate = np.zeros((), np.float64)
        self.learning_rate = learning_rate
        self.t = np.zeros((), np.int64)
        self.overflow = np.zeros((), np.int64)  # 1 once an update was not finite
        self._state = {}

    @property
    def learning_rate(self):
        """The step size; a memory cell, so that recorded steps see changes."""
        return float(self._rate)

    @learning_rate.setter
    def learning_rate(self, value):
        where = type(self).__name__
        self._rate[...] = validate.number(
            where, "learning_rate", value, above=0, most=1e6
        )

    def cells(self):
        """name -> memory cell that steps read or change, whatever the network."""
        return {"t": self.t, "learning_rate": self._rate, "overflow": self.overflow}

    def state(self, network):
        """name -> vector of this optimizer's memory of `network`."""
        if network not in self._state:
            self._state[network] = {
                name: aligned_zeros(network.theta.size, network.theta.dtype)
                for name in self._vectors
            }
        return self._state[network]

    def step(self, *networks):
        """Move the parameters of the networks against their gradients, in place.

        Several networks make one step together: t grows by one.  An array that two of
        them share moves once.
        Errors: StateError for a frozen network; NonFiniteError for a gradient that is
        NaN or infinite.  Nothing has changed then.
        """
        where = f"{type(self).__name__}.step"
        for network in networks:
            if not isinstance(network, Sequential):
                validate.complain(
                    validate.DTypeError, where, "network", "a Sequential", repr(network)
                )
            if network.holds_frozen:
                raise StateError(
                    f"{where}: argument 'network': expected one that may "
                    "change, got one inside its frozen() scope"
                )
        every = dict.fromkeys(owner for n in networks for owner in n.owners())
        owners = [owner for owner in every if owner.theta.size]
        if not owners:
            validate.complain(
                validate.ArgumentError, where, "network", "parameters", "none"
            )
        for owner in owners:
            self._refuse_overflow(where, owner, self.state(owner))
        schedule = self._schedule()
        for owner in owners:
            self._update(owner, self.state(owner), schedule)

    def _refuse_overflow(self, where, network, state):
        if not np.isfinite(network.dtheta).all():
            name = next(
                f"layer {k} ({type(layer).__name__}) {p.name}"
                for k, layer in enumerate(network.layers)
                for p in layer.parameters
                if not np.isfinite(p.grad).all()
            )
            raise NonFiniteError(
                f"{where}: argument 'network': expected finite gradients, got NaN or "
                f"infinity in the gradient of {name}"
            )

    def _schedule(self):
        """What one step needs to know beside the vectors; advances t."""
        raise StateError(f"{type(self).__name__}: this optimizer defines no schedule")

    def _update(self, network, state, schedule):
        raise StateError(f"{type(self).__name__}: this optimizer defines no update")

    def config(self):
        """The constructor's arguments, as JSON can hold them."""
        return {"learning_rate": self.learning_rate}


def _refuse_unless(fits, where, g):
    """Errors: NonFiniteError where a step from the gradient g fits nowhere."""
    if not fits.all():
        raise NonFiniteError(
            f"{where}: argument 'network': expected a step that fits {g.dtype}, got a "
            f"gradient of size {np.abs(g).max():g}"
        )


class SGD(Optimizer):
    """Gradient descent with momentum.

        velocity = momentum velocity - learning_rate dtheta
        theta    = theta + velocity

    learning_rate: > 0.  momentum: 0 <= momentum < 1, default 0.
    """

    _vectors = ("velocity",)

    def __init__(self, learning_rate=0.01, momentum=0.0):
        super().__init__(learning_rate)
        self.momentum = validate.number("SGD", "momentum", momentum, least=0, below=1)

    def _refuse_overflow(self, where, network, state):
        super()._refuse_overflow(where, network, state)
        theta, g = network.theta, network.dtheta
        with np.errstate(over="ignore", invalid="ignore"):
            rate = g.dtype.type(self.learning_rate)
            velocity = self.momentum * state["velocity"] - rate * g
            fits = np.isfinite(theta + velocity)
        _refuse_unless(fits, where, g)

    def _schedule(self):
        primitives.advance(self.t)
        return self._rate

    def _update(self, network, state, schedule):
        primitives.sgd_update(
            network.theta,
            network.dtheta,
            state["velocity"],
            schedule,
            self.momentum,
            self.overflow,
        )

    def config(self):
        return {**super().config(), "momentum": self.momentum}


class RMSprop(Optimizer):
    """Gradient descent with steps of about one size, whatever the gradient's.

        square   = rho square + (1 - rho) dtheta^2
        velocity = momentum velocity + learning_rate dtheta / sqrt(square + epsilon)
        theta    = theta - velocity

    epsilon stands inside the root, as in Keras (PyTorch adds it behind).

    learning_rate: > 0, default 1e-3.  rho, momentum: in [0, 1), defaults 0.9 and 0.
    epsilon: >= 1e-30, default 1e-7.  Source: Hinton 2012, lecture 6e.
    """

    _vectors = ("square", "velocity")

    def __init__(self, learning_rate=1e-3, rho=0.9, momentum=0.0, epsilon=1e-7):
        super().__init__(learning_rate)
        where = "RMSprop"
        self.rho = validate.number(where, "rho", rho, least=0, below=1)
        self.momentum = validate.number(where, "momentum", momentum, least=0, below=1)
        self.epsilon = validate.number(where, "epsilon", epsilon, least=1e-30)

    def _refuse_overflow(self, where, network, state):
        super()._refuse_overflow(where, network, state)
        g = network.dtheta
        with np.errstate(over="ignore", invalid="ignore"):
            square = self.rho * state["square"] + (1 - self.rho) * (g * g)
            rate = g.dtype.type(self.learning_rate)
            step = rate * g / np.sqrt(square + self.epsilon)
            step = self.momentum * state["velocity"] + step
            fits = np.isfinite(square) & np.isfinite(step)
        _refuse_unless(fits, where, g)

    def _schedule(self):
        primitives.advance(self.t)
        return self._rate

    def _update(self, network, state, schedule):
        primitives.rmsprop_update(
            network.theta,
            network.dtheta,
            state["square"],
            state["velocity"],
            schedule,
            self.rho,
            self.momentum,
            self.epsilon,
            self.overflow,
        )

    def config(self):
        names = "rho", "momentum", "epsilon"
        return {**super().config(), **{name: getattr(self, name) for name in names}}


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
    Source: Kingma & Ba 2015, Algorithm 1 and section 2.
    """

    _vectors = ("m", "v")
    EPSILON_FORMS = ("keras", "pytorch")

    def __init__(
        self,
        learning_rate=1e-3,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=None,
        epsilon_form="keras",
    ):
        super().__init__(learning_rate)
        self.beta_1 = validate.number("Adam", "beta_1", beta_1, least=0, below=1)
        self.beta_2 = validate.number("Adam", "beta_2", beta_2, least=0, below=1)
        self.epsilon_form = validate.choice(
            "Adam", "epsilon_form", epsilon_form, self.EPSILON_FORMS
        )
        if epsilon is None:
            epsilon = 1e-7 if epsilon_form == "keras" else 1e-8
        # far below 1e-30, epsilon sqrt(1 - beta_2) would vanish in float32: then 0 / 0
        self.epsilon = validate.number("Adam", "epsilon", epsilon, least=1e-30)

    def _refuse_overflow(self, where, network, state):
        super()._refuse_overflow(where, network, state)
        g = network.dtheta
        with np.errstate(over="ignore"):
            fits = np.isfinite(self.beta_2 * state["v"] + (1 - self.beta_2) * (g * g))
        if not np.isfinite(state["m"]).all():
            raise NonFiniteError(
                f"{where}: argument 'network': expected a finite m, got NaN or infinity"
            )
        if not fits.all():
            raise NonFiniteError(
                f"{where}: argument 'network': expected gradients whose square fits "
                f"{g.dtype}, got one of size {np.abs(g).max():g}"
            )

    def _schedule(self):
        return primitives.adam_schedule(
            self.t,
            self._rate,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            int(self.epsilon_form == "pytorch"),
        )

    def _update(self, network, state, schedule):
        primitives.adam_update(
            network.theta,
            network.dtheta,
            state["m"],
            state["v"],
            schedule,
            self.beta_1,
            self.beta_2,
            self.overflow,
        )

    def config(self):
        return {
            **super().config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "epsilon_form": self.epsilon_form,
        }
