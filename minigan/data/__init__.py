"""Data sets: points on a parabola, handwritten digits, MNIST, Fashion-MNIST, and yours.

    (x_train, y_train), (x_test, y_test) = data.load("mnist")
    trainer = recipes.load("mnist-mixed", data=data.images("mnist"))

`from_file` reads an array of the user's own; `DATASETS` takes a function that makes or
reads one, see `catalog`.
"""

from .catalog import DATASETS
from .loading import images, load
from .scaling import from_file, scale

__all__ = ["DATASETS", "from_file", "images", "load", "scale"]
