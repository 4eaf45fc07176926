"""`keras.optimizers`: Keras' arguments, the engine's steps.

One optimizer may be handed to several models, as Keras 2 allowed before 2.11: each
weight has its own memory, and the step count is shared.
"""

from typing import Any, Self

from .. import optimizers as engine
from .. import validate
from ..errors import ArgumentError
from ..optimizers import Optimizer as EngineOptimizer
from ..optimizers.base import CLIPS
from ..registry import Registry, arguments_of
from . import arguments, naming, schedules
from .schedules import LearningRateSchedule
from .serial import Remembers

_SETTABLE = ("learning_rate", "lr", "name")
_SUPPORTED = ("learning_rate (old name lr)", "decay", "name", *CLIPS)
_OPTIONS = (*CLIPS, "weight_decay")
KINDS: Registry[type["Optimizer"]] = Registry("optimizer")
LEAST = 1e-300  # for a rate of 0: no step, in float32 and float64


class Rate(float):
    """A learning rate as a number that can be assigned to, as Keras' variable can."""

    def __new__(cls, value: float, optimizer: "Optimizer") -> Self:
        made = super().__new__(cls, value)
        made._optimizer = optimizer
        return made

    _optimizer: "Optimizer"

    def assign(self, value: float) -> None:
        """Set the learning rate of the optimizer."""
        self._optimizer.learning_rate = value

    def numpy(self) -> float:
        """The number."""
        return float(self)

    value = numpy

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        return float, (float(self),)


def _unless_zero(value: Any) -> Any:
    """None for the number 0, by which Keras means none as well."""
    return None if isinstance(value, (int, float)) and value == 0 else value


class Optimizer(Remembers):
    """Base class: `engine` is the optimizer that does the work.

    All of them take:  learning_rate (or `lr`): > 0, or a schedule.  decay: of Keras 2,
    the rate of step t is learning_rate / (1 + decay t).  clipvalue, clipnorm,
    global_clipnorm: at most one of them.  weight_decay: >= 0 or None.
    """

    _instead = "an optimizer of keras.optimizers"
    # What Keras knows beside, with the only values that are supported.
    ONLY = {
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
        "jit_compile": True,
        "is_legacy_optimizer": False,
    }
    engine: EngineOptimizer
    schedule: LearningRateSchedule | None = None
    decay = 0.0

    def __init__(
        self,
        kind: type[EngineOptimizer],
        learning_rate: Any,
        default: float,
        rest: dict[str, Any],
        *numbers: Any,
        **named: Any,
    ) -> None:
        """kind(rate, *numbers, **named) is the engine's.  rest: the other arguments."""
        where = type(self).__name__
        rate = arguments.renamed(
            where, rest, "lr", "learning_rate", learning_rate, default
        )
        own = vars(self)  # these are set once
        if isinstance(rate, LearningRateSchedule):
            own["schedule"] = rate
            rate = max(float(rate(0)), LEAST)
        rate = validate.number(where, "learning_rate", rate, above=0)
        decay = rest.pop("decay", None)
        if decay is not None:
            own["decay"] = validate.number(where, "decay", decay, least=0)
        options = {name: _unless_zero(rest.pop(name, None)) for name in _OPTIONS}
        self.engine = kind(rate, *numbers, **named, **options)
        own["_rate"] = rate
        self.name = rest.pop("name", None) or naming.snake_case(where)
        for argument, value in self.ONLY.items():
            if argument in rest:
                arguments.only(where, argument, rest.pop(argument), value)
        arguments.no_more(where, rest, (*self._own(), *_SUPPORTED))

    def _own(self) -> dict[str, Any]:
        """Those of the engine's arguments that its class here takes as well."""
        taken = arguments_of(type(self))
        given = self.engine.config().items()
        return {k: v for k, v in given if k in taken and k not in _SETTABLE}

    def __getattr__(self, name: str) -> Any:
        """beta_1 and the like, to read."""
        if "engine" in vars(self) and name in self._own():
            return self._own()[name]
        if "engine" in vars(self) and name in _OPTIONS:
            return getattr(self.engine, name)
        kind = type(self).__name__
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in (*_SETTABLE, "engine", "_made_with"):
            expected = f"one of {', '.join(_SETTABLE)}, all that can be set afterwards"
            where = type(self).__name__
            validate.complain(
                ArgumentError, where, name, expected, validate.shown(value)
            )
        super().__setattr__(name, value)

    @property
    def learning_rate(self) -> Rate:
        """The step size; may be set at any time, unless there is a schedule."""
        rate = self._rate if self.schedule is None else self.schedule(self.iterations)
        return Rate(rate, self)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        where = type(self).__name__
        if self.schedule is not None:
            expected = "nothing: this optimizer has a schedule"
            given = validate.shown(value)
            validate.complain(ArgumentError, where, "learning_rate", expected, given)
        self.engine.learning_rate = float(value)
        vars(self)["_rate"] = self.engine.learning_rate

    lr = learning_rate

    def prepare(self) -> None:
        """Give the engine the rate of the step that comes now."""
        if self.schedule is not None:
            rate = float(self.schedule(self.iterations))
        elif self.decay:
            rate = self._rate / (1 + self.decay * self.iterations)
        else:
            return
        self.engine.learning_rate = max(rate, LEAST)

    @property
    def iterations(self) -> int:
        """How many steps were made, all models together."""
        return int(self.engine.t)

    def get_config(self) -> dict[str, Any]:
        """The arguments, as a dict."""
        found = {"name": self.name, **self.engine.config()}
        if self.schedule is not None:
            found["learning_rate"] = self.schedule
        elif self.decay:
            found |= {"learning_rate": self._rate, "decay": self.decay}
        return found

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.engine.config()}>"


@KINDS.register()
class Adam(Optimizer):
    """Adam with Keras' defaults and Keras' place for epsilon.

    learning_rate: > 0, a schedule, or `lr`.  beta_1, beta_2: in [0, 1).  epsilon:
    default 1e-7.  amsgrad: True never lets a step grow because gradients became
    smaller, see `minigan.AMSGrad`.  More: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **rest: Any,
    ) -> None:
        kind = self._engine_kind(amsgrad)
        numbers = beta_1, beta_2, epsilon  # None: the engine's default, Keras' too
        super().__init__(kind, learning_rate, 0.001, rest, *numbers)

    def _engine_kind(self, amsgrad: bool) -> type[engine.Adam]:
        amsgrad = validate.flag(type(self).__name__, "amsgrad", amsgrad)
        return engine.AMSGrad if amsgrad else engine.Adam


@KINDS.register()
class AdamW(Adam):
    """Adam with weight decay beside the gradient.

    weight_decay: >= 0, default 0.004.  amsgrad: only False.  Others: see `Adam`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **rest: Any,
    ) -> None:
        rest["weight_decay"] = weight_decay
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, **rest)

    def _engine_kind(self, amsgrad: bool) -> type[engine.Adam]:
        arguments.only("AdamW", "amsgrad", amsgrad, False)
        return engine.AdamW


@KINDS.register()
class Adamax(Optimizer):
    """Adam with the largest gradient in the place of the mean of squares.

    learning_rate, beta_1, beta_2, epsilon: see `Adam`.  More: see `Optimizer`.
    """

    kind: type[EngineOptimizer] = engine.Adamax

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **rest: Any,
    ) -> None:
        numbers = beta_1, beta_2, 1e-7 if epsilon is None else epsilon
        super().__init__(self.kind, learning_rate, 0.001, rest, *numbers)


@KINDS.register()
class Nadam(Adamax):
    """Adam with Nesterov's momentum; arguments as for `Adamax`."""

    kind = engine.Nadam


@KINDS.register()
class Adadelta(Optimizer):
    """Steps in the unit of the weights, see `minigan.Adadelta`.

    learning_rate: default 0.001, or `lr` (Keras before 2.4: 1).  rho: in [0, 1),
    default 0.95.  epsilon: default 1e-7.  More: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float | None = 1e-7,
        **rest: Any,
    ) -> None:
        numbers = rho, 1e-7 if epsilon is None else epsilon
        super().__init__(engine.Adadelta, learning_rate, 0.001, rest, *numbers)


@KINDS.register()
class Adagrad(Optimizer):
    """Steps that become smaller where there was much to learn.

    learning_rate: default 0.001.  initial_accumulator_value: >= 0, default 0.1.
    epsilon: default 1e-7, inside the root.  More: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float | None = 1e-7,
        **rest: Any,
    ) -> None:
        numbers = initial_accumulator_value, 1e-7 if epsilon is None else epsilon
        super().__init__(engine.Adagrad, learning_rate, 0.001, rest, *numbers)


@KINDS.register()
class SGD(Optimizer):
    """Gradient descent.

    learning_rate: > 0, default 0.01, or `lr`.  momentum: in [0, 1).  nesterov: True
    looks ahead by one more step, see `minigan.Nesterov`.  More: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **rest: Any,
    ) -> None:
        nesterov = validate.flag("SGD", "nesterov", nesterov)
        kind = engine.Nesterov if nesterov else engine.SGD
        super().__init__(kind, learning_rate, 0.01, rest, momentum)


@KINDS.register()
class RMSprop(Optimizer):
    """Steps of about one size, whatever the size of the gradient.

    learning_rate: > 0, default 0.001, or `lr`.  rho: in [0, 1), default 0.9.
    momentum: in [0, 1).  epsilon: default 1e-7, inside the root.  centered: only False.
    More: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float | None = 1e-7,
        centered: bool = False,
        **rest: Any,
    ) -> None:
        arguments.only("RMSprop", "centered", centered, False)
        numbers = rho, momentum, 1e-7 if epsilon is None else epsilon
        super().__init__(engine.RMSprop, learning_rate, 0.001, rest, *numbers)


NAMES = {name.lower(): KINDS[name] for name in sorted(KINDS)} | dict(KINDS)

__all__ = [*sorted(KINDS), "Optimizer", "get", "schedules"]


def get(
    identifier: object, where: str = "optimizers.get", argument: str = "identifier"
) -> Optimizer:
    """An `Optimizer` from its name in any case, its class or object."""
    if isinstance(identifier, str) and identifier.lower() in NAMES:
        identifier = identifier.lower()
    return arguments.lookup(where, argument, identifier, NAMES, Optimizer)
