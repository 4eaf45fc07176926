"""An activation, a loss, an optimizer, an objective and a recipe in one file.

This is all that there is to write: formulas in NumPy, and classes that register
themselves.  After `import extension` they are as good as built-in ones: trained, saved,
profiled, chosen by name, and proven by `minigan check` and `minigan.checks`.
`extension_twins.py` beside it makes them as fast.
"""

import numpy as np

from minigan import Dense, Layer, Loss, Sequential, primitives, validate
from minigan.gan.objectives import OBJECTIVES, Objective
from minigan.gan.recipes import RECIPES, Recipe
from minigan.layers import LAYERS
from minigan.losses import LOSSES
from minigan.optimizers import OPTIMIZERS, Optimizer
from minigan.primitives import primitive
from minigan.registry import Example

# ---- an activation -----------------------------------------------------------------

SCALE, CUBE = (2 / np.pi) ** 0.5, 0.044715


@primitive("x[*] -> y[*] t[*]", flops=lambda S: 18 * S, rows="S")
def gelu_forward(x, y, t):
    """y = x/2 (1 + t), t = tanh u, u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    t[...] = np.tanh(SCALE * (x + CUBE * (x * x * x)))
    y[...] = 0.5 * x * (1 + t)


@primitive("dy[*] x[*] t[*] -> dx[*]", flops=lambda S: 13 * S, rows="S")
def gelu_backward(dy, x, t, dx):
    """dx = dy (1/2 (1 + t) + x/2 (1 - t^2) du/dx), t of the forward pass."""
    slope = SCALE * (1 + 3 * CUBE * (x * x))
    dx[...] = dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)


@LAYERS.register(Example(shape=(5, 6)))
class TanhGELU(Layer):
    """The Gaussian error linear unit, by tanh (Hendrycks & Gimpel 2016)."""

    def forward_pass(self, x, training):
        y, t = gelu_forward(x)
        return y, (x, t)

    def backward_pass(self, dy, cache, need_dx):
        return gelu_backward(dy, *cache) if need_dx else None


# ---- a loss ------------------------------------------------------------------------


@primitive("p[*] t[*] -> loss[]:f", flops=lambda S: 5 * S)
def squared_hinge_forward(p, t, loss):
    """loss = mean(max(0, 1 - t p)^2)."""
    short = np.where((1 - t * p).real > 0, 1 - t * p, 0)
    loss[...] = np.mean(short * short, dtype=np.result_type(p, np.float64))


@primitive("p[*] t[*] -> dp[*]", flops=lambda S: 5 * S)
def squared_hinge_backward(p, t, dp):
    """dp = -2 t max(0, 1 - t p) / N."""
    short = np.where((1 - t * p).real > 0, 1 - t * p, 0)
    dp[...] = -2 / p.size * (t * short)


@LOSSES.register(Example(shape=(8, 1)))
class SquaredMargin(Loss):
    """L = mean(max(0, 1 - t p)^2) for labels t in [-1, 1]."""

    target_range = (-1.0, 1.0)

    def forward_pass(self, pred, target):
        return squared_hinge_forward(pred, target), (pred, target)

    def backward_pass(self, cache):
        return squared_hinge_backward(*cache)


# ---- an objective ------------------------------------------------------------------


@OBJECTIVES.register()
class SquaredHingeGAN(Objective):
    """L_D = mean max(0, 1 -+ s)^2, - on real, + on fake rows; L_G = mean (s - 1)^2 / 2.

    D's scores are its answers, beyond +-1 nothing is asked of it.
    """

    name = "squared-hinge"
    critic = True

    def discriminator(self, score, real):
        label = primitives.full(*score.shape, 1.0 if real else -1.0, dtype=score.dtype)
        loss = squared_hinge_forward(score, label)
        return self.keep(loss, lambda: squared_hinge_backward(score, label))

    def generator(self, score):
        score = self.checked("generator", score)
        label = primitives.full(*score.shape, 1.0, dtype=score.dtype)
        loss = primitives.squared_forward(score, label)
        return self.keep(loss, lambda: primitives.squared_backward(score, label))


# ---- an optimizer ------------------------------------------------------------------


@primitive(
    "theta[P]! dtheta[P] m[P]! v[P]! schedule[2]:f rate[]:f beta_1=f beta_2=f decay=f"
    " overflow[]!:i",
    flops=lambda P: 14 * P,
    kind="update",
)
def adamw_update(theta, dtheta, m, v, schedule, rate, beta_1, beta_2, decay, overflow):
    """theta = theta - rate decay theta, then a step of Adam; see `adam_update`."""
    theta -= theta.dtype.type(rate * decay) * theta
    primitives.adam_update.formula(
        theta, dtheta, m, v, schedule, beta_1, beta_2, overflow
    )


@OPTIMIZERS.register()
class DecayingAdam(Optimizer):
    """Adam with weight decay beside the gradient (Loshchilov & Hutter 2019)."""

    vector_names = ("m", "v")

    def __init__(
        self, learning_rate=1e-3, weight_decay=0.004, beta_1=0.9, beta_2=0.999
    ):
        super().__init__(learning_rate)
        where, share = "DecayingAdam", {"least": 0, "below": 1}
        self.weight_decay = validate.number(
            where, "weight_decay", weight_decay, **share
        )
        self.beta_1 = validate.number(where, "beta_1", beta_1, **share)
        self.beta_2 = validate.number(where, "beta_2", beta_2, **share)

    def schedule(self):
        rate = self.cells()["learning_rate"]
        return primitives.adam_schedule(self.t, rate, self.beta_1, self.beta_2, 1e-7, 0)

    def update(self, theta, dtheta, m, v, schedule):
        rate, betas = self.cells()["learning_rate"], (self.beta_1, self.beta_2)
        decay = self.weight_decay
        adamw_update(theta, dtheta, m, v, schedule, rate, *betas, decay, self.overflow)


# ---- a recipe ----------------------------------------------------------------------


def generator(rng, dtype, shape):
    """5 -> 16 TanhGELU -> 2"""
    first, last = Dense(5, 16, rng=rng, dtype=dtype), Dense(16, 2, rng=rng, dtype=dtype)
    return Sequential([first, TanhGELU(), last])


def discriminator(rng, dtype, shape):
    """2 -> 24 TanhGELU -> 1"""
    first, last = Dense(2, 24, rng=rng, dtype=dtype), Dense(24, 1, rng=rng, dtype=dtype)
    return Sequential([first, TanhGELU(), last])


RECIPES.register()(
    Recipe(
        "parabola-gelu",
        description="points on y = x^2, by smooth networks and DecayingAdam",
        generator=generator,
        discriminator=discriminator,
        steps=10_000,
        report_every=2_000,
        optimizer=(DecayingAdam, {"weight_decay": 0.001}),
    )
)
