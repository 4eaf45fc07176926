"""Twins that are two kernels: which one runs, and that both have the same bits."""

import numpy as np
import pytest

from minigan.compiled import activations, metrics, optimizers
from minigan.jit.bysize import BySize

from ..helpers import assert_same_bits, normal

TWINS = {
    "tanh_forward": (activations.tanh_forward, "S"),
    "norm": (metrics.norm, "P"),
    "adam_update": (optimizers.adam_update, "P"),
    "adam_update_norm": (optimizers.adam_update_norm, "P"),
}


def called():
    """A `BySize` for less than 4 numbers, and the list of what it called."""
    names = []
    twin = BySize(
        lambda x, y: names.append("alone"), lambda x, y: names.append("shared"), "S", 4
    )
    return twin, names


def test_little_work_is_done_alone_and_much_is_shared():
    twin, names = called()
    twin(np.zeros(3), None)
    twin(np.zeros(4), None)
    assert names == ["alone", "shared"]


@pytest.mark.parametrize("name", TWINS)
def test_the_size_letter_is_that_of_the_primitive(name):
    from minigan import primitives

    twin, letter = TWINS[name]
    assert twin.size == letter and letter in getattr(primitives, name).sizes
    few, many = {letter: twin.limit - 1}, {letter: twin.limit}
    assert twin.chosen(few, None, "auto") is twin.alone
    assert twin.chosen(many, None, "auto") is twin.shared


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_kernels_have_the_same_bits(dtype):
    x = normal(2 * metrics.BLOCK + 7, dtype=dtype)
    for twin, results in ((activations.tanh_forward, x.size), (metrics.norm, 1)):
        kind = dtype if results > 1 else float
        one, two = np.empty(results, kind), np.empty(results, kind)
        twin.alone(x, one)
        twin.shared(x, two)
        assert_same_bits(one, two)
