"""How primitives are declared, what they cost, and how they are called."""

import inspect

import pytest

from minigan.primitives import PRIMITIVES

from .operands import ALL, SIZES


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
    names = list(inspect.signature(entry.formula).parameters)
    assert names == [operand.name for operand in entry.operands]


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
def test_the_reference_explains_itself(entry):
    assert entry.formula.__doc__
