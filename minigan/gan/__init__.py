"""Generative adversarial networks: trainer, objectives, recipes, monitor, metrics."""

from . import metrics, recipes
from .callbacks import Callback, Report
from .classifier import Classifier
from .diagnosis import Diagnosis
from .generator import Generator
from .history import History
from .monitor import Monitor, diagnose
from .objectives import (
    OBJECTIVES,
    Equilibrium,
    Hinge,
    Labelled,
    LeastSquares,
    Minimax,
    NonSaturating,
    Objective,
    Wasserstein,
)
from .recipes import RECIPES, Recipe
from .sampling import SOURCES, Parabola, Rows, Source
from .trainer import Trainer

__all__ = [
    "OBJECTIVES",
    "RECIPES",
    "SOURCES",
    "Callback",
    "Classifier",
    "Diagnosis",
    "Equilibrium",
    "Generator",
    "Hinge",
    "History",
    "Labelled",
    "LeastSquares",
    "Minimax",
    "Monitor",
    "NonSaturating",
    "Objective",
    "Parabola",
    "Recipe",
    "Report",
    "Rows",
    "Source",
    "Trainer",
    "Wasserstein",
    "diagnose",
    "metrics",
    "recipes",
]
