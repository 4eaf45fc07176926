"""What users give as data: converted, or refused by name in a bounded line."""

import time

import numpy as np
import pytest

from minigan import data
from minigan.data.given import as_array
from minigan.errors import DTypeError, MiniganError, NonFiniteError
from minigan.gan import Rows, recipes

ROWS = np.random.default_rng(0).uniform(-1, 1, (20, 64)).astype(np.float32)


class Tensor:
    """As tensors of other libraries have it."""

    def __init__(self, array, fault=None):
        self.shape, self.dtype = array.shape, array.dtype
        self.array, self.fault = array, fault

    def __array__(self, dtype=None, copy=None):
        if self.fault:
            raise self.fault
        return self.array

    def __repr__(self):
        return "a page\n" * 1000


class OnlyPacked:
    """A tensor that knows no more than DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_arrays_are_themselves():
    assert as_array("f", "data", ROWS) is ROWS


@pytest.mark.parametrize("kind", [Tensor, OnlyPacked])
def test_tensors_are_converted(kind):
    np.testing.assert_array_equal(as_array("f", "data", kind(ROWS)), ROWS)
    trainer = recipes.load("digits", data=kind(ROWS), batch_size=4)
    np.testing.assert_array_equal(trainer.data.data, ROWS)
    np.testing.assert_array_equal(Rows(kind(ROWS)).data, ROWS)


def test_tensors_of_torch():
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(ROWS.copy())
    np.testing.assert_array_equal(as_array("f", "data", tensor), ROWS)
    with pytest.raises(DTypeError, match="Tensor of shape .*detach"):
        as_array("f", "data", tensor.requires_grad_())


REFUSED = {
    "a list": (ROWS[:2].tolist(), "got list .*of which numpy.asarray makes one"),
    "a pair": (
        (ROWS, np.arange(20)),
        r"a pair \(x, y\) of shapes \(20, 64\) and \(20,",
    ),
    "what load returns": (data.load("digits"), "as data.load returns them: give x_tr"),
    "several sizes": (
        [np.zeros((8, 8)), np.zeros((6, 6))],
        r"shapes, \(8, 8\) and \(6",
    ),
    "ragged": ([[1.0], [1.0, 2.0]], r"items of several shapes, \(1,\) and \(2,\)"),
    "nothing": (None, "got NoneType None"),
    "a number": (3, "got int 3"),
    "a class": (Tensor, "got type"),
    "a set": ({1, 2}, "got set"),
    "on a device": (
        Tensor(ROWS, RuntimeError("on cuda\nmore")),
        r"conve.*\(on cuda\)$",
    ),
    "an iterator": (iter([1]), "got list_iterator"),
}


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused_by_name(given, words):
    with pytest.raises(
        DTypeError, match=f"expected a numpy array, .*{words}"
    ) as caught:
        recipes.load("digits", data=given) if given is not None else Rows(given)
    message = str(caught.value)
    assert message.startswith(("recipes.load: argument 'data'", "Rows: argument"))
    assert len(message) < 300 and "\n" not in message


def test_masked_values_are_refused_and_a_mask_of_none_is_not():
    masked = np.ma.masked_greater(ROWS, 0.9)
    count = int(masked.mask.sum())
    for use in (Rows, lambda rows: recipes.load("digits", data=rows)):
        with pytest.raises(
            NonFiniteError, match=f"without masked.*got {count} of 1,28"
        ):
            use(masked)
    whole = np.ma.masked_greater(ROWS, 2)
    np.testing.assert_array_equal(Rows(whole).data, ROWS)


def test_messages_take_no_time():
    rows = [[0.5 * k for k in range(784)] for _ in range(500)] * 100
    started = time.perf_counter()
    with pytest.raises(MiniganError):
        recipes.load("digits", data=rows)
    assert time.perf_counter() - started < 1
