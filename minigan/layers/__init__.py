"""The layers: small pairs of a forward and a backward function."""

from .activations import ClippedReLU, LeakyReLU, ReLU, Sigmoid, Tanh
from .base import LAYERS, Layer, Parameter
from .batchnorm import BatchNorm
from .convolution import Conv2D
from .dense import Dense
from .dropout import Dropout
from .resizing import UpSampling2D, ZeroPadding2D
from .shaping import Flatten, Reshape
from .softmax import Softmax

__all__ = [
    "LAYERS",
    "BatchNorm",
    "Conv2D",
    "ClippedReLU",
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
    "UpSampling2D",
    "ZeroPadding2D",
]
