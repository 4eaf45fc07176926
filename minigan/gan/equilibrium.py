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

from typing import TYPE_CHECKING

from .objectives import OBJECTIVES, Equilibrium

if TYPE_CHECKING:
    from .trainer import Trainer


def equilibrium(
    real_label: float = 1.0,
    fake_label: float = 0.0,
    objective: str = "non-saturating",
) -> Equilibrium:
    """The `Equilibrium` of an objective with these labels, each in [0, 1].

    Errors: ArgumentError for an unknown objective, or labels that it does not take.
    """
    kind = OBJECTIVES.chosen("equilibrium", "objective", objective)
    return kind(real_label, fake_label).equilibrium()


def of(trainer: "Trainer") -> Equilibrium:
    """The `Equilibrium` of a trainer's game."""
    return trainer.objective.equilibrium()
