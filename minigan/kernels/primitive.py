"""What an entry of `table` is: its operands, sizes, FLOPs and bytes.

The signature of an entry is one line of text; `table` says how to read it.
"""

import re
from dataclasses import dataclass, field
from math import prod

TRANSCENDENTAL = 10  # what one exp, log or tanh counts in FLOPs

_OPERAND = re.compile(
    r"(?P<name>\w+)"
    r"(?:\[(?P<dims>[^\]]*)\])?(?P<update>!)?"
    r"(?::(?P<kind>[fi]))?(?:=(?P<constant>[fi]))?$"
)


@dataclass(frozen=True)
class Operand:
    """One argument of a primitive.  kind: 'array', 'rng', 'float' or 'int'."""

    name: str
    kind: str
    dims: tuple[str, ...] | None = None  # ("*",) for any shape
    dtype: str = "T"  # "T" the network's, "f" float64, "i" int64
    update: bool = False

    @property
    def any_shape(self):
        return self.dims == ("*",)


@dataclass(frozen=True)
class Primitive:
    """One entry of the table; see there for `signature`."""

    name: str
    signature: str
    flops_formula: str = "0"
    elements_formula: str = ""  # read and written, where it is not every operand once
    rows: str = ""  # the size letter along which parts of the work are independent
    inputs: tuple[Operand, ...] = field(init=False)
    outputs: tuple[Operand, ...] = field(init=False)
    sizes: tuple[str, ...] = field(init=False)  # the size letters, in order

    def __post_init__(self):
        left, _, right = self.signature.partition("->")
        inputs = tuple(_parse(word) for word in left.split())
        outputs = tuple(_parse(word) for word in right.split())
        sizes = {}
        for operand in inputs + outputs:
            if operand.kind == "int":
                sizes[operand.name] = None
            for dim in operand.dims or ():
                if "+" not in dim and not dim.isdigit():
                    sizes["S" if dim == "*" else dim] = None
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "outputs", outputs)
        object.__setattr__(self, "sizes", tuple(sizes))

    @property
    def operands(self):
        return self.inputs + self.outputs

    def flops(self, sizes):
        """Floating-point operations for `sizes`, a dict of the size letters."""
        return _evaluate(self.flops_formula, sizes)

    def bytes(self, sizes, itemsize):
        """Bytes read and written: each operand once, an updated one twice."""
        if self.elements_formula:
            return itemsize * _evaluate(self.elements_formula, sizes)
        total = 0
        for operand in self.operands:
            if operand.kind == "array":
                width = itemsize if operand.dtype == "T" else 8
                count = prod(extents(operand.dims, sizes)) * width
                total += 2 * count if operand.update else count
        return total


def _evaluate(formula, sizes):
    """A formula of this table for given sizes."""
    scope = {"TRANSCENDENTAL": TRANSCENDENTAL, **sizes}
    return int(eval(formula, {"__builtins__": {}}, scope))


def extents(dims, sizes):
    """The numbers behind size letters: ("N+M", "D") -> (192, 2)."""
    if dims == ("*",):
        return (sizes["S"],)
    return tuple(
        sum(int(p) if p.isdigit() else sizes[p] for p in dim.split("+")) for dim in dims
    )


def _parse(word):
    match = _OPERAND.match(word)
    assert match, word
    name, dims = match["name"], match["dims"]
    if match["constant"]:
        return Operand(name, {"f": "float", "i": "int"}[match["constant"]])
    if dims is None:
        return Operand(name, "rng")
    letters = tuple(dims.split(",")) if dims else ()
    return Operand(name, "array", letters, match["kind"] or "T", bool(match["update"]))
