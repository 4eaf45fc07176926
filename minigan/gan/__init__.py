"""Generative adversarial networks: trainer, objectives, recipes, history."""

from . import recipes
from .callbacks import Callback, Report
from .history import History
from .objectives import OBJECTIVES, Minimax, NonSaturating, Objective
from .sampling import Parabola, Rows
from .trainer import Trainer

__all__ = [
    "OBJECTIVES",
    "Callback",
    "History",
    "Minimax",
    "NonSaturating",
    "Objective",
    "Parabola",
    "Report",
    "Rows",
    "Trainer",
    "recipes",
]
