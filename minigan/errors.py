"""Every error that minigan raises on purpose.

All derive from `MiniganError` and from the built-in class that callers expect.
A message names the callable, the argument, what was expected and what was given:

    Dense.forward: argument 'x': expected shape (batch, 784), got (64, 783)

and it is raised before anything has changed.
"""


class MiniganError(Exception):
    """Base class of all errors of this package."""


class ArgumentError(MiniganError, ValueError):
    """A value out of its range, or not one of the choices."""


class ShapeError(MiniganError, ValueError):
    """An array whose shape does not fit."""


class DTypeError(MiniganError, TypeError):
    """An array or argument of the wrong type."""


class StateError(MiniganError, ValueError):
    """A call out of order: backward without forward, a step on a frozen network."""


class NonFiniteError(MiniganError, ValueError):
    """NaN or infinity where numbers are needed."""


class GradientError(MiniganError, AssertionError):
    """A backward pass that is not the derivative of its forward pass."""


class CheckpointError(MiniganError, ValueError):
    """A checkpoint that is damaged, foreign, or does not fit."""


class CaptureError(MiniganError, ValueError):
    """A step that cannot be recorded as a program."""


class DatasetError(MiniganError, OSError):
    """A data file that is missing or broken."""


class OutputError(MiniganError, OSError):
    """A file or folder that cannot be written."""
