"""Generative adversarial networks: trainer, objectives, recipes, monitor, metrics."""

from . import conditional, metrics, recipes
from .callbacks import Callback, Report
from .classifier import Classifier
from .conditional import CONDITIONS
from .diagnosis import Diagnosis
from .generator import Generator
from .history import History
from .monitor import Monitor, diagnose
from .objectives import (
    OBJECTIVES,
    Comparing,
    Equilibrium,
    Hinge,
    Labelled,
    LeastSquares,
    Minimax,
    NonSaturating,
    Objective,
    Relativistic,
    RelativisticAverage,
    Wasserstein,
)
from .penalties import PENALTIES, Penalty
from .points import Mixture, Origin, Parabola
from .recipes import RECIPES, Recipe
from .rows import Rows
from .sampling import SOURCES, Source
from .schedules import SCHEDULES
from .trainer import Trainer

__all__ = [
    "CONDITIONS",
    "OBJECTIVES",
    "PENALTIES",
    "RECIPES",
    "SCHEDULES",
    "SOURCES",
    "Callback",
    "Classifier",
    "Comparing",
    "Diagnosis",
    "Equilibrium",
    "Generator",
    "Hinge",
    "History",
    "Labelled",
    "LeastSquares",
    "Minimax",
    "Mixture",
    "Monitor",
    "NonSaturating",
    "Objective",
    "Origin",
    "Parabola",
    "Penalty",
    "Recipe",
    "Relativistic",
    "RelativisticAverage",
    "Report",
    "Rows",
    "Source",
    "Trainer",
    "Wasserstein",
    "conditional",
    "diagnose",
    "metrics",
    "recipes",
]
