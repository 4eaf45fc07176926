"""`keras.datasets`: mnist and fashion_mnist, from `minigan.data`."""

import sys
from types import ModuleType

from .. import data, validate
from ..errors import ArgumentError

DEFAULT = {"mnist": "mnist.npz", "fashion_mnist": None}


def _module(name):
    """A module with `load_data`, so that it can be imported by its name."""
    module = ModuleType(f"{__name__}.{name}", f"`keras.datasets.{name}`.")

    def load_data(path=None):
        """`(x_train, y_train), (x_test, y_test)`: uint8, images (n, 28, 28).

        path: only Keras' default; see `minigan.data.load` for where files are found.
        """
        if path not in (None, DEFAULT[name]):
            expected = "no path (minigan.data.load takes one)"
            where = f"{name}.load_data"
            validate.complain(ArgumentError, where, "path", expected, repr(path))
        return data.load(name)

    module.load_data = load_data
    sys.modules[module.__name__] = module
    return module


mnist, fashion_mnist = map(_module, DEFAULT)
