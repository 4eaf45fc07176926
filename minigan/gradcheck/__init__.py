"""Prove a backward pass, a tangent or an optimizer: `print(gradcheck(layer))`."""

from .check import gradcheck
from .everything import Checks, check
from .registered import Proof, proofs
from .report import Report, Row
from .steps import stepcheck
from .tangents import tangentcheck

__all__ = [
    "Checks",
    "Proof",
    "Report",
    "Row",
    "check",
    "gradcheck",
    "proofs",
    "stepcheck",
    "tangentcheck",
]
