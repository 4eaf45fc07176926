"""The state of the front: float type, names, and its generator."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import validate
from . import naming

_state: dict[str, Any] = {
    "floatx": "float32",
    "rng": np.random.default_rng(0),
    "data_format": "channels_last",
}


def floatx() -> str:
    """The type of the weights of new layers: "float32" or "float64"."""
    return _state["floatx"]


def set_floatx(value: str) -> None:
    """Give layers made from now on weights of type "float32" or "float64"."""
    choices = ("float32", "float64")
    _state["floatx"] = validate.choice("set_floatx", "value", value, choices)


@contextmanager
def of_type(value: str) -> Iterator[None]:
    """A scope in which new layers have weights of this type."""
    before = floatx()
    set_floatx(value)
    try:
        yield
    finally:
        set_floatx(before)


def clear_session() -> None:
    """Name layers from the start again: dense, dense_1, ..."""
    naming.forget()


def image_data_format() -> str:
    """What `set_image_data_format` was given, at first "channels_last"."""
    return _state["data_format"]


def set_image_data_format(data_format: str) -> None:
    """ "channels_last", or "channels_first": with that, layers of images refuse."""
    choices = ("channels_last", "channels_first")
    _state["data_format"] = validate.choice(
        "set_image_data_format", "data_format", data_format, choices
    )


def epsilon() -> float:
    """1e-7, what Keras adds in some denominators."""
    return 1e-7


def generator() -> np.random.Generator:
    """The numpy Generator behind initial weights, dropout and shuffling."""
    return _state["rng"]


def seed_generator(seed: int) -> None:
    """Start the generator of the front anew; see `utils.set_random_seed`."""
    _state["rng"] = validate.random_generator("set_random_seed", seed)
