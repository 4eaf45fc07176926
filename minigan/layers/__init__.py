"""The layers: small pairs of a forward and a backward function."""

from .activations import ClippedReLU, LeakyReLU, ReLU, Sigmoid, Tanh
from .base import LAYERS, Layer, Parameter
from .batchnorm import BatchNorm
from .constant import LearnedConstant
from .convolution import Conv2D, Conv2DTranspose
from .dense import Dense
from .dropout import Dropout
from .embedding import Embedding
from .merge import Add, Concatenate, Dot, Multiply
from .minibatch import MinibatchDiscrimination
from .resizing import UpSampling2D, ZeroPadding2D
from .shaping import Flatten, Reshape
from .softmax import Softmax
from .spectral import SpectralNorm

__all__ = [
    "LAYERS",
    "Add",
    "BatchNorm",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "ClippedReLU",
    "Dense",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "LearnedConstant",
    "MinibatchDiscrimination",
    "Multiply",
    "Parameter",
    "ReLU",
    "Reshape",
    "Sigmoid",
    "Softmax",
    "SpectralNorm",
    "Tanh",
    "UpSampling2D",
    "ZeroPadding2D",
]
