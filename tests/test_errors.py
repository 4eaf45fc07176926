"""One base class; each error is also the built-in one that callers expect."""

import inspect

import pytest

from minigan import MiniganError, errors

EXPECTED = {
    "ArgumentError": ValueError,
    "ShapeError": ValueError,
    "DTypeError": TypeError,
    "StateError": ValueError,
    "NonFiniteError": ValueError,
    "CheckpointError": ValueError,
    "CaptureError": ValueError,
    "DatasetError": OSError,
    "OutputError": OSError,
}
OURS = [c for _, c in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("name, builtin", EXPECTED.items())
def test_a_built_in_relative(name, builtin):
    error = getattr(errors, name)
    assert issubclass(error, MiniganError) and issubclass(error, builtin)
    with pytest.raises(builtin, match="^words$"):
        raise error("words")


@pytest.mark.parametrize("error", OURS, ids=lambda c: c.__name__)
def test_every_error_has_the_base_class_and_a_docstring(error):
    assert issubclass(error, MiniganError) and error.__doc__
