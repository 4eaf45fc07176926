"""Names of Keras that this front does not have: using one says what there is instead.

Importing them is allowed, since tutorials import more than they use.
"""

from ..errors import ArgumentError


class AbsentError(ArgumentError, AttributeError):
    """A name of Keras that is not supported; `hasattr` is False for what it has."""


class Absent:
    """Stands for a name of Keras that is not supported; every use raises."""

    def __init__(self, where, name, supported, instead=None):
        there = instead or f"supported in {where} are {', '.join(supported)}"
        if not supported:
            there = f"nothing of {where} is"
        self._message = f"{where}.{name}: not supported; {there}"

    def __call__(self, *_, **__):
        raise AbsentError(self._message)

    def __getattr__(self, name):
        raise AbsentError(self._message)

    def __repr__(self):
        return f"<{self._message}>"


def guard(module, supported, known, instead=None):
    """Give a module a `__getattr__` that answers for what it does not have.

    module: its globals().  supported: its public names.  known: those Keras has.
    instead: name -> what to use in its place.
    """
    where, instead = module["__name__"], instead or {}

    def __getattr__(name):
        if name in known:
            return Absent(where, name, supported, instead.get(name))
        raise AttributeError(f"{where} has no {name!r}; it has {', '.join(supported)}")

    module["__getattr__"] = __getattr__
