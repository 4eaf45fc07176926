"""The table of primitives: parsing, sizes, costs."""

import inspect

import pytest

from minigan import primitives
from minigan.kernels.primitive import Primitive, extents
from minigan.kernels.table import PRIMITIVES

from .operands import ALL, SIZES


def test_an_entry_is_parsed():
    entry = Primitive("f", "x[N,D] t[]!:i rng slope=f n=i -> y[N+2,D] loss[]:f")
    kinds = [(o.name, o.kind, o.dims, o.dtype, o.update) for o in entry.operands]
    assert kinds == [
        ("x", "array", ("N", "D"), "T", False),
        ("t", "array", (), "i", True),
        ("rng", "rng", None, "T", False),
        ("slope", "float", None, "T", False),
        ("n", "int", None, "T", False),
        ("y", "array", ("N+2", "D"), "T", False),
        ("loss", "array", (), "f", False),
    ]
    assert entry.sizes == ("N", "D", "n")


def test_extents_of_sums_digits_and_any_shape():
    assert extents(("N+M", "2", "D"), {"N": 3, "M": 4, "D": 5}) == (7, 2, 5)
    assert extents(("*",), {"S": 12}) == (12,)


def test_names_are_the_keys():
    assert all(name == entry.name for name, entry in PRIMITIVES.items())


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
def test_costs_are_numbers_for_all_sizes(entry):
    for sizes in SIZES:
        sizes = {letter: sizes.get(letter, 2) for letter in entry.sizes}
        assert entry.flops(sizes) >= 0
        assert entry.bytes(sizes, 4) <= entry.bytes(sizes, 8)


def test_flops_and_bytes_of_a_matrix_product():
    entry = PRIMITIVES["dense_dW"]
    sizes = {"N": 128, "D": 784, "M": 512}
    assert entry.flops(sizes) == 2 * 128 * 784 * 512
    # x and dy are read, dW is read and written
    assert entry.bytes(sizes, 4) == 4 * (128 * 784 + 128 * 512 + 2 * 784 * 512)


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
def test_the_reference_has_the_operands_as_arguments(entry):
    names = list(inspect.signature(primitives.formula(entry.name)).parameters)
    assert names == [operand.name for operand in entry.operands]


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
def test_the_reference_explains_itself(entry):
    assert primitives.formula(entry.name).__doc__
