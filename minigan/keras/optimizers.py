"""`keras.optimizers`: Keras' arguments, the engine's steps.

One optimizer may be handed to several models, as Keras 2 allowed before 2.11: each
weight has its own memory, and the step count is shared.
"""

from typing import Any

from .. import optimizers as engine
from .. import validate
from ..errors import ArgumentError
from ..registry import arguments_of
from . import arguments, naming
from .serial import Remembers

_SETTABLE = ("learning_rate", "lr", "name")
_SUPPORTED = ("learning_rate (old name lr)", "name")


class Optimizer(Remembers):
    """Base class: `engine` is the optimizer that does the work."""

    _instead = "an optimizer of keras.optimizers"
    # What Keras knows beside, with the only values that are supported.
    ONLY = {
        "weight_decay": None,
        "clipnorm": None,
        "clipvalue": None,
        "global_clipnorm": None,
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
    }
    engine: engine.Optimizer  # set first

    def __init__(self, name: str | None = None, **rest: Any) -> None:
        where = type(self).__name__
        self.name = name or naming.snake_case(where)
        if "decay" in rest:  # of Keras 2; 0 is "none"
            arguments.only(where, "decay", rest.pop("decay"), 0, 0.0, None)
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
    def learning_rate(self) -> float:
        """The step size; may be set at any time."""
        return self.engine.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.engine.learning_rate = value

    lr = learning_rate

    @property
    def iterations(self) -> int:
        """How many steps were made, all models together."""
        return int(self.engine.t)

    def get_config(self) -> dict[str, Any]:
        """The arguments, as a dict."""
        return {"name": self.name, **self.engine.config()}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.engine.config()}>"


def _rate(
    where: str, rest: dict[str, Any], learning_rate: float, default: float
) -> float:
    rate = arguments.renamed(where, rest, "lr", "learning_rate", learning_rate, default)
    return validate.number(where, "learning_rate", rate, above=0)


class Adam(Optimizer):
    """Adam with Keras' defaults and Keras' place for epsilon.

    learning_rate: > 0, or `lr`.  beta_1, beta_2: in [0, 1).  epsilon: default 1e-7.
    amsgrad: only False.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **rest: Any,
    ) -> None:
        rate = _rate("Adam", rest, learning_rate, 0.001)
        arguments.only("Adam", "amsgrad", amsgrad, False)
        self.engine = engine.Adam(rate, beta_1, beta_2, epsilon)
        super().__init__(**rest)


class SGD(Optimizer):
    """Gradient descent.

    learning_rate: > 0, default 0.01, or `lr`.  momentum: in [0, 1).  nesterov: only
    False.
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **rest: Any,
    ) -> None:
        rate = _rate("SGD", rest, learning_rate, 0.01)
        arguments.only("SGD", "nesterov", nesterov, False)
        self.engine = engine.SGD(rate, momentum)
        super().__init__(**rest)


class RMSprop(Optimizer):
    """Steps of about one size, whatever the size of the gradient.

    learning_rate: > 0, default 0.001, or `lr`.  rho: in [0, 1), default 0.9.
    momentum: in [0, 1).  epsilon: default 1e-7, inside the root.  centered: only False.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **rest: Any,
    ) -> None:
        rate = _rate("RMSprop", rest, learning_rate, 0.001)
        arguments.only("RMSprop", "centered", centered, False)
        self.engine = engine.RMSprop(rate, rho, momentum, epsilon)
        super().__init__(**rest)


KINDS = {kind.__name__: kind for kind in Optimizer.__subclasses__()}
KINDS = dict(sorted(KINDS.items()))
NAMES = {name.lower(): kind for name, kind in KINDS.items()} | KINDS

__all__ = [*KINDS, "Optimizer", "get"]


def get(
    identifier: object, where: str = "optimizers.get", argument: str = "identifier"
) -> Optimizer:
    """An `Optimizer` from its name in any case, its class or object."""
    if isinstance(identifier, str) and identifier.lower() in NAMES:
        identifier = identifier.lower()
    return arguments.lookup(where, argument, identifier, NAMES, Optimizer)
