"""`keras.datasets`: mnist and fashion_mnist, from `minigan.data`."""

import sys
from types import ModuleType
from typing import Any

from .. import data, validate
from ..errors import ArgumentError

DEFAULT = {"fashion_mnist": None, "mnist": "mnist.npz"}  # what Keras takes as `path`

__all__ = ["fashion_mnist", "mnist"]


class Dataset(ModuleType):
    """A module with `load_data`, so that it can be imported by its name."""

    def load_data(self, path: str | None = None) -> Any:
        """`(x_train, y_train), (x_test, y_test)`: uint8, images (n, 28, 28).

        path: only Keras' default; see `minigan.data.load` for where files are found.
        """
        name = self.__name__.rpartition(".")[2]
        if path not in (None, DEFAULT[name]):
            expected = "no path (minigan.data.load takes one)"
            where = f"{name}.load_data"
            validate.complain(
                ArgumentError, where, "path", expected, validate.shown(path)
            )
        return data.load(name)


def _module(name: str) -> Dataset:
    module = Dataset(f"{__name__}.{name}", f"`keras.datasets.{name}`.")
    sys.modules[module.__name__] = module
    return module


fashion_mnist, mnist = map(_module, DEFAULT)
