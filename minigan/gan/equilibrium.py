"""Where the losses end when generator and discriminator are in balance.

Once the fakes are distributed as the data, the best discriminator answers the same
everywhere: with the mean of the two labels, s = (a + b) / 2 for real label a and fake
label b, where the objective has labels.

                        d_loss                              g_loss
    non-saturating      -s log s - (1 - s) log(1 - s)       -log s
    minimax             the same                            log(1 - s)
    least-squares       (a - b)^2 / 8                       (s - 1)^2 / 2
    hinge               1, whatever s in [-1, 1] is         -s: not determined
    wasserstein         0, whatever s is                    -s: not determined

With labels 1 and 0 that is s = 1/2 and, for the first two, ln 2 = 0.6931 (minimax
-0.6931); with one-sided smoothing, 0.9 and 0, s = 0.45, 0.6881 and 0.7985 (minimax
-0.5978).
"""

from dataclasses import dataclass
from math import inf, log, nan

from .objectives import Hinge, LeastSquares, Minimax, Wasserstein


@dataclass(frozen=True)
class Equilibrium:
    """score: what D answers, for real rows and fakes alike.  The losses there.

    NaN where balance does not determine a number.
    """

    score: float
    d_loss: float
    g_loss: float


def equilibrium(real_label=1.0, fake_label=0.0, objective="non-saturating"):
    """The `Equilibrium` of an objective with these labels, each in [0, 1]."""
    if objective in (Hinge.name, Wasserstein.name):
        return Equilibrium(nan, 1.0 if objective == Hinge.name else 0.0, nan)
    s = (real_label + fake_label) / 2
    if objective == LeastSquares.name:
        return Equilibrium(s, (real_label - fake_label) ** 2 / 8, (s - 1) ** 2 / 2)
    d_loss = s * _minus_log(s) + (1 - s) * _minus_log(1 - s) if 0 < s < 1 else 0.0
    g_loss = -_minus_log(1 - s) if objective == Minimax.name else _minus_log(s)
    return Equilibrium(s, d_loss, g_loss)


def of(trainer):
    """The `Equilibrium` of a trainer's game."""
    game = trainer.objective
    return equilibrium(game.real_label, game.fake_label, game.name)


def _minus_log(p):
    return -log(p) if p > 0 else inf
