"""How the signature of a primitive is read.

For example `x[N,D] W[D,M] b[M] -> y[N,M]`:

    x[N,D]      an array of the network's type; letters bind sizes, equal letters
                must agree; behind `->` stand the results, freshly allocated
    x[*]        any shape; all `[*]` operands of a signature have the same one
    t[]:f       a memory cell (shape ()); `:f` float64, `:i` int64
    theta[P]!   updated in place
    rng         a numpy.random.Generator; draws advance it
    slope=f     a Python float; `n=i` a Python int, which also binds the size `n`
    c[N+M,D]    a size of a result may be a sum of sizes
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ArgumentError

_OPERAND = re.compile(
    r"(?P<name>\w+)"
    r"(?:\[(?P<dims>[^\]]*)\])?(?P<update>!)?"
    r"(?::(?P<type>[fi]))?(?:=(?P<constant>[fi]))?$"
)


@dataclass(frozen=True)
class Operand:
    """One argument of a primitive.

    kind: "array", "rng", "float" or "int".   dims: size letters, sums of them, or "*".
    dtype: "T" the network's, "f" float64, "i" int64.   update: changed in place.
    """

    name: str
    kind: str
    dims: tuple[str, ...] = ()
    dtype: str = "T"
    update: bool = False

    @property
    def any_shape(self) -> bool:
        """True for `[*]`."""
        return self.dims == ("*",)

    @property
    def row_letter(self) -> str:
        """The size letter that counts the rows of an array, or ""."""
        return "S" if self.any_shape else (self.dims or ("",))[0]


@dataclass(frozen=True)
class Signature:
    """Operands, results, and the size letters in the order in which they appear."""

    inputs: tuple[Operand, ...]
    outputs: tuple[Operand, ...]
    sizes: tuple[str, ...]

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Inputs, then results: the arguments of the formula."""
        return self.inputs + self.outputs


def parse(text: str) -> Signature:
    """The `Signature` that a text describes.  Errors: ArgumentError."""
    left, _, right = text.partition("->")
    inputs = tuple(_operand(word, text) for word in left.split())
    outputs = tuple(_operand(word, text) for word in right.split())
    sizes: dict[str, None] = {}
    for operand in inputs + outputs:
        if operand.kind == "int":
            sizes[operand.name] = None
        for dim in operand.dims:
            if "+" not in dim and not dim.isdigit():
                sizes["S" if dim == "*" else dim] = None
    return Signature(inputs, outputs, tuple(sizes))


def _operand(word: str, text: str) -> Operand:
    """One word of a signature, as an `Operand`."""
    match = _OPERAND.match(word)
    if not match:
        raise ArgumentError(
            f"primitive: argument 'signature': expected operands such as x[N,D], "
            f"t[]:i, theta[P]!, rng or slope=f, got {word!r} in {text!r}"
        )
    name, dims = match["name"], match["dims"]
    if match["constant"]:
        return Operand(name, {"f": "float", "i": "int"}[match["constant"]])
    if dims is None:
        return Operand(name, "rng")
    letters = tuple(dims.split(",")) if dims else ()
    return Operand(name, "array", letters, match["type"] or "T", bool(match["update"]))


def extents(dims: tuple[str, ...], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers behind size letters: ("N+M", "D") -> (192, 2)."""
    if dims == ("*",):
        return (sizes["S"],)
    return tuple(
        sum(int(part) if part.isdigit() else sizes[part] for part in dim.split("+"))
        for dim in dims
    )
