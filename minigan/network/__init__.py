"""Networks: all parameters in one vector; layers in a row, or connected as a graph."""

from ..layers.nodes import Input
from .base import ALIGNMENT, NETWORKS, Network, aligned_zeros
from .graph import Graph, alone
from .sequential import Sequential
from .summary import Summary

__all__ = [
    "ALIGNMENT",
    "Graph",
    "Input",
    "NETWORKS",
    "Network",
    "Sequential",
    "Summary",
    "aligned_zeros",
    "alone",
]
