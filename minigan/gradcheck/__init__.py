"""Prove a backward pass or an optimizer: `print(gradcheck(layer))`, `stepcheck`."""

from .check import gradcheck
from .registered import Proof, proofs
from .report import Report, Row
from .steps import stepcheck

__all__ = ["Proof", "Report", "Row", "gradcheck", "proofs", "stepcheck"]
