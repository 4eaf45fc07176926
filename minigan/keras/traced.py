"""Losses that are Python functions: what can be understood of them.

The front has no autograd, so it cannot differentiate a function.  But it can call one
with symbols in place of `y_true` and `y_pred` and see what it computes:

    def wasserstein_loss(y_true, y_pred):
        return K.mean(y_true * y_pred)

A symbol is a polynomial in t = y_true and p = y_pred.  Where the result is one of the
losses that the engine has, that one is used; everything else is refused.
"""

from collections.abc import Callable
from numbers import Real
from typing import Any

from .. import losses, validate
from ..errors import ArgumentError

SUPPORTED = (
    "a function that comes to c * mean(y_true * y_pred), "
    "mean(square(y_true - y_pred)) or mean(abs(y_true - y_pred)), in +, -, *, ** and "
    "keras.backend's mean, square and abs (there is no autograd: no other function's "
    "gradient is known)"
)


class Symbol:
    """A polynomial in t and p, or `outer` (c times the absolute value) of one.

    terms: {(power of t, power of p): coefficient}, without zeros.
    """

    __array_ufunc__ = None  # NumPy's operators leave the work to those here
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, terms, outer=None, meant=False):
        self.terms = {powers: c for powers, c in terms.items() if c}
        self.outer, self.meant = outer, meant

    def _plain(self):
        if self.outer is not None:
            raise Unknown
        return self.terms

    def __add__(self, other):
        other = symbol(other)
        if self.meant != other.meant:
            raise Unknown
        total = dict(self._plain())
        for powers, c in other._plain().items():
            total[powers] = total.get(powers, 0.0) + c
        return Symbol(total, meant=self.meant)

    def __mul__(self, other):
        other = symbol(other)
        if set(other.terms) <= {(0, 0)} and other.outer is None:
            factor = other.terms.get((0, 0), 0.0)
            if self.outer is not None:
                return Symbol(self.terms, self.outer * factor, self.meant)
            terms = {powers: factor * c for powers, c in self.terms.items()}
            return Symbol(terms, meant=self.meant)
        if set(self.terms) <= {(0, 0)} and self.outer is None:
            return other * self
        if self.meant or other.meant:
            raise Unknown  # a product of means is no mean
        product: dict = {}
        for (t1, p1), c1 in self._plain().items():
            for (t2, p2), c2 in other._plain().items():
                powers = t1 + t2, p1 + p2
                product[powers] = product.get(powers, 0.0) + c1 * c2
        return Symbol(product)

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -symbol(other)

    def __rsub__(self, other):
        return symbol(other) + -self

    def __truediv__(self, other):
        if not isinstance(other, Real) or not other:
            raise Unknown
        return self * (1.0 / other)

    def __pow__(self, power):
        if power != 2:
            raise Unknown
        return self * self

    __radd__, __rmul__ = __add__, __mul__

    def __abs__(self):
        if self.meant:
            raise Unknown
        return Symbol(self._plain(), 1.0)

    def _unknown(self, *_, **__):
        raise Unknown

    # what Python, NumPy and scripts may try beside
    __array__ = __bool__ = __float__ = __iter__ = __getitem__ = __len__ = _unknown
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = _unknown
    __matmul__ = __rmatmul__ = __rtruediv__ = __rpow__ = _unknown

    def __getattr__(self, name):
        raise Unknown


class Unknown(AttributeError, TypeError, ValueError):
    """The function does something that the engine has no loss for."""


def symbol(value):
    """A symbol, or a number as one."""
    if isinstance(value, Symbol):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise Unknown
    return Symbol({(0, 0): float(value)})


def mean(value, axis=None):
    """The mean; one over the last axis is followed by one over the rest."""
    if axis not in (None, -1):
        raise Unknown
    return Symbol(value.terms, value.outer, True)


def engine_loss(
    function: Callable[..., Any], where: str = "compile"
) -> Callable[[], losses.Loss]:
    """() -> the engine's loss for a function (y_true, y_pred), given to `where`.

    Errors: ArgumentError where there is none.
    """
    name = getattr(function, "__name__", repr(function))
    try:
        result = function(Symbol({(1, 0): 1.0}), Symbol({(0, 1): 1.0}))
        make = _match(result) if isinstance(result, Symbol) else None
    except Unknown:
        make = None
    except Exception as error:  # the user's function may do anything
        given = f"{name}, which raised {type(error).__name__}: {error}"
        validate.complain(ArgumentError, where, "loss", SUPPORTED, given)
    if make is None:
        validate.complain(ArgumentError, where, "loss", SUPPORTED, name)
    return make


def _match(found: Symbol) -> Callable[[], losses.Loss] | None:
    """() -> the engine's loss that computes the mean of this, or None."""
    terms = found.terms
    if found.outer is not None:
        one = found.outer == 1.0 and terms in ({(1, 0): -1.0, (0, 1): 1.0}, _T_MINUS_P)
        return losses.MeanAbsoluteError if one else None
    if set(terms) == {(1, 1)}:
        return lambda: losses.Wasserstein(terms[1, 1])
    if terms == {(2, 0): 1.0, (1, 1): -2.0, (0, 2): 1.0}:
        return losses.MeanSquaredError
    return None


_T_MINUS_P = {(1, 0): 1.0, (0, 1): -1.0}
