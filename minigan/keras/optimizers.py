"""`keras.optimizers`: Keras' arguments, the engine's steps.

One optimizer may be handed to several models, as Keras 2 allowed before 2.11: each
weight has its own memory, and the step count is shared.
"""

from .. import optimizers as engine
from .. import validate
from ..errors import ArgumentError
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
    supported: tuple = ()
    engine: engine.Optimizer

    def __init__(self, name=None, **rest):
        where = type(self).__name__
        self.name = name or naming.snake_case(where)
        if "decay" in rest:  # of Keras 2; 0 is "none"
            arguments.only(where, "decay", rest.pop("decay"), 0, 0.0, None)
        for argument, value in self.ONLY.items():
            if argument in rest:
                arguments.only(where, argument, rest.pop(argument), value)
        arguments.no_more(where, rest, (*self.supported, *_SUPPORTED))

    def __getattr__(self, name):
        """beta_1 and the like, to read."""
        if name in self.supported:
            return self.engine.config()[name]
        kind = type(self).__name__
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")

    def __setattr__(self, name, value):
        if name not in (*_SETTABLE, "engine", "_made_with"):
            expected = f"one of {', '.join(_SETTABLE)}, all that can be set afterwards"
            where = type(self).__name__
            validate.complain(ArgumentError, where, name, expected, repr(value))
        super().__setattr__(name, value)

    @property
    def learning_rate(self):
        """The step size; may be set at any time."""
        return self.engine.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self.engine.learning_rate = value

    lr = learning_rate

    @property
    def iterations(self):
        """How many steps were made, all models together."""
        return int(self.engine.t)

    def get_config(self):
        """The arguments, as a dict."""
        return {"name": self.name, **self.engine.config()}

    def __repr__(self):
        return f"<{type(self).__name__} {self.engine.config()}>"


def _rate(where, rest, learning_rate, default):
    rate = arguments.renamed(where, rest, "lr", "learning_rate", learning_rate, default)
    return validate.number(where, "learning_rate", rate, above=0)


class Adam(Optimizer):
    """Adam with Keras' defaults and Keras' place for epsilon.

    learning_rate: > 0, or `lr`.  beta_1, beta_2: in [0, 1).  epsilon: default 1e-7.
    amsgrad: only False.
    """

    supported = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **rest,
    ):
        rate = _rate("Adam", rest, learning_rate, 0.001)
        arguments.only("Adam", "amsgrad", amsgrad, False)
        super().__init__(**rest)
        self.engine = engine.Adam(rate, beta_1, beta_2, epsilon)


class SGD(Optimizer):
    """Gradient descent.

    learning_rate: > 0, default 0.01, or `lr`.  momentum: in [0, 1).  nesterov: only
    False.
    """

    supported = ("momentum",)

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **rest):
        rate = _rate("SGD", rest, learning_rate, 0.01)
        arguments.only("SGD", "nesterov", nesterov, False)
        super().__init__(**rest)
        self.engine = engine.SGD(rate, momentum)


class RMSprop(Optimizer):
    """Steps of about one size, whatever the size of the gradient.

    learning_rate: > 0, default 0.001, or `lr`.  rho: in [0, 1), default 0.9.
    momentum: in [0, 1).  epsilon: default 1e-7, inside the root.  centered: only False.
    """

    supported = ("rho", "momentum", "epsilon")

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        momentum=0.0,
        epsilon=1e-7,
        centered=False,
        **rest,
    ):
        rate = _rate("RMSprop", rest, learning_rate, 0.001)
        arguments.only("RMSprop", "centered", centered, False)
        super().__init__(**rest)
        self.engine = engine.RMSprop(rate, rho, momentum, epsilon)


KINDS = Adam, RMSprop, SGD
NAMES = {kind.__name__.lower(): kind for kind in KINDS}
NAMES |= {kind.__name__: kind for kind in KINDS}


def get(identifier, where="optimizers.get", argument="identifier"):
    """An `Optimizer` from its name in any case, its class or object."""
    if isinstance(identifier, str) and identifier.lower() in NAMES:
        identifier = identifier.lower()
    return arguments.lookup(where, argument, identifier, NAMES, Optimizer)
