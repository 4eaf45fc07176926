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
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Objective,
    Wasserstein,
)
from .sampling import Parabola, Rows
from .trainer import Trainer

__all__ = [
    "OBJECTIVES",
    "Callback",
    "Classifier",
    "Diagnosis",
    "Hinge",
    "Generator",
    "History",
    "LeastSquares",
    "Minimax",
    "Monitor",
    "NonSaturating",
    "Objective",
    "Parabola",
    "Report",
    "Rows",
    "Trainer",
    "Wasserstein",
    "diagnose",
    "metrics",
    "recipes",
]
