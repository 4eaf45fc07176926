"""Adam and its kin: a mean of gradients, divided by the root of a mean of squares."""

from typing import Any, ClassVar

import numpy as np

from .. import primitives, validate
from ..registry import Example
from ..state import Arrays
from .base import OPTIMIZERS, Array, Optimizer


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
