"""The layers: small pairs of a forward and a backward function."""

from .activations import ClippedReLU, LeakyReLU, ReLU, Sigmoid, Tanh
from .arrays import Parameter
from .base import LAYERS, Layer
from .batchnorm import BatchNorm
from .constant import LearnedConstant
from .convolution import Conv2D, Conv2DTranspose
from .curves import (
    ELU,
    GELU,
    SELU,
    Exponential,
    HardSigmoid,
    Softplus,
    Softsign,
    Swish,
)
from .dense import Dense
from .dropout import Dropout
from .embedding import Embedding
from .functions import (
    Above,
    Absolute,
    Affine,
    BatchMean,
    Clip,
    Log,
    Noise,
    Power,
    Spread,
    Sum,
)
from .merge import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from .minibatch import MinibatchDiscrimination
from .noise import GaussianNoise
from .pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)
from .prelu import PReLU
from .resizing import UpSampling2D, ZeroPadding2D
from .shaping import Flatten, Reshape
from .softmax import Softmax
from .spectral import SpectralNorm

__all__ = [
    "LAYERS",
    "Above",
    "Absolute",
    "Affine",
    "BatchMean",
    "Clip",
    "Log",
    "Noise",
    "Power",
    "Spread",
    "Sum",
    "Add",
    "AveragePooling2D",
    "Average",
    "BatchNorm",
    "ClippedReLU",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Dense",
    "Dot",
    "Dropout",
    "ELU",
    "Embedding",
    "Exponential",
    "Flatten",
    "GELU",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "HardSigmoid",
    "Layer",
    "LeakyReLU",
    "LearnedConstant",
    "MaxPooling2D",
    "Maximum",
    "MinibatchDiscrimination",
    "Minimum",
    "Multiply",
    "PReLU",
    "Parameter",
    "ReLU",
    "Reshape",
    "SELU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpectralNorm",
    "Swish",
    "Subtract",
    "Tanh",
    "UpSampling2D",
    "ZeroPadding2D",
]
