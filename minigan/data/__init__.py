"""Data sets: points on a parabola, handwritten digits, MNIST and Fashion-MNIST.

    (x_train, y_train), (x_test, y_test) = data.load("mnist")
    trainer = recipes.load("mnist-mixed", data=data.images("mnist"))

`from_file` reads an array of the user's own.
"""

from .loading import NAMES, images, load
from .scaling import from_file, scale

__all__ = ["NAMES", "from_file", "images", "load", "scale"]
