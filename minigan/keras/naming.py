"""Names of layers and models as Keras gives them: dense, dense_1, dense_2, ..."""

import re
from collections import Counter

_used: Counter = Counter()


def snake_case(name: str) -> str:
    """BatchNormalization -> batch_normalization, LeakyReLU -> leaky_re_lu."""
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def unique(class_name: str) -> str:
    """The next free name for an object of this class."""
    base = snake_case(class_name)
    number = _used[base]
    _used[base] += 1
    return f"{base}_{number}" if number else base


def forget() -> None:
    """Count from the start again (`keras.backend.clear_session`)."""
    _used.clear()
