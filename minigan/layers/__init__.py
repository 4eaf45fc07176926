"""The layers: small pairs of a forward and a backward function."""

from .activations import LeakyReLU, ReLU, Sigmoid, Tanh
from .base import Layer, Parameter
from .batchnorm import BatchNorm
from .dense import Dense
from .dropout import Dropout
from .shaping import Flatten, Reshape
from .softmax import Softmax

__all__ = [
    "BatchNorm",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Parameter",
    "ReLU",
    "Reshape",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
