"""Prove a backward pass: `print(gradcheck(layer))`; see `gradcheck`."""

from .check import gradcheck
from .report import Report, Row

__all__ = ["Report", "Row", "gradcheck"]
