"""The language in which the operands of a primitive are written."""

import pytest

from minigan.errors import ArgumentError
from minigan.primitives.signature import extents, parse


def test_a_signature_is_parsed():
    found = parse("x[N,D] t[]!:i rng slope=f n=i -> y[N+2,D] loss[]:f")
    kinds = [(o.name, o.kind, o.dims, o.dtype, o.update) for o in found.operands]
    assert kinds == [
        ("x", "array", ("N", "D"), "T", False),
        ("t", "array", (), "i", True),
        ("rng", "rng", (), "T", False),
        ("slope", "float", (), "T", False),
        ("n", "int", (), "T", False),
        ("y", "array", ("N+2", "D"), "T", False),
        ("loss", "array", (), "f", False),
    ]
    assert found.sizes == ("N", "D", "n")


@pytest.mark.parametrize("word", ["x[N,D", "a-b", "x[N]:q", "slope=s", "x!!"])
def test_other_words_are_refused(word):
    with pytest.raises(ArgumentError, match="signature.*expected operands such as"):
        parse(f"{word} -> y[N]")


def test_extents_of_sums_digits_and_any_shape():
    assert extents(("N+M", "2", "D"), {"N": 3, "M": 4, "D": 5}) == (7, 2, 5)
    assert extents(("*",), {"S": 12}) == (12,)
