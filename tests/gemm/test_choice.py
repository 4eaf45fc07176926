"""Which arithmetic is chosen, and what is said about it."""

import numpy as np
import pytest

from minigan import primitives, use_products
from minigan.errors import ArgumentError
from minigan.gemm import choice, machine, model
from minigan.jit.compiling import JIT_DISABLED
from minigan.primitives.backend import default_products

from ..helpers import assert_same_bits, normal

compiled_only = pytest.mark.skipif(JIT_DISABLED, reason="NumPy multiplies")
slowly = pytest.mark.filterwarnings("ignore:minigan. products by tiles:RuntimeWarning")
N, D, M = 128, 100, 90


@pytest.fixture(autouse=True)
def forgets():
    """What is found once in a process is found again in each test."""
    found = choice.refused, choice._say_slow, default_products
    for once in found:
        once.cache_clear()
    with primitives.use_backend("jit"):
        yield
    for once in found:
        once.cache_clear()


@pytest.fixture
def without_unit(monkeypatch):
    monkeypatch.setattr(choice, "refusal", lambda: "this CPU has no AMX")
    choice.refused.cache_clear()


def test_small_shallow_and_narrow_products_are_chains():
    sizes = {"N": 128, "D": 784, "M": 512}
    assert all(choice.fits(sizes, depth) for depth in sizes)
    assert not choice.fits(sizes | {"N": 1}, "D")
    assert not choice.fits(sizes | {"M": 15}, "D")
    assert not choice.fits({"N": 128, "D": 31, "M": 512}, "D")
    assert choice.fits({"N": 128, "D": 31, "M": 512}, "N")
    assert not choice.fits({"N": 64, "D": 64, "M": 64}, "D")


@compiled_only
@slowly
def test_a_large_product_is_done_by_tiles(without_unit):
    x, W, b = normal(N, D), normal(D, M, seed=1), normal(M, seed=2)
    y = normal(N, M, seed=3)
    with use_products("tiles"):
        assert primitives.products() == "tiles"
        assert_same_bits(primitives.dense_forward(x, W, b), model.product(x, W) + b)
        dW = np.zeros_like(W)
        primitives.dense_dW(x, y, dW)
        assert_same_bits(dW, model.product(np.ascontiguousarray(x.T), y))
        dx = primitives.dense_dx(y, W)
        assert_same_bits(dx, model.product(y, np.ascontiguousarray(W.T)))
    with use_products("chain"):
        assert primitives.products() == "chain"
        assert (primitives.dense_dx(y, W) != dx).any()


@compiled_only
def test_float64_knows_no_tiles(without_unit):
    x, W, b = (a.astype(float) for a in (normal(N, D), normal(D, M), normal(M)))
    with use_products("tiles"):
        found = primitives.dense_forward(x, W, b)
    with use_products("chain"):
        assert_same_bits(found, primitives.dense_forward(x, W, b))


@compiled_only
def test_emulation_is_said_once(without_unit):
    with pytest.warns(RuntimeWarning, match="emulated, .* slowly: this CPU has no AMX"):
        assert choice.machine_in_use() == machine.EMULATED
    assert choice.machine_in_use() == machine.EMULATED


@compiled_only
def test_auto_follows_the_cpu(monkeypatch, without_unit):
    with use_products("auto"):
        assert primitives.products() == "chain"
    assert choice.explained("auto") == "Products: chain (this CPU has no AMX)"
    assert choice.explained("chain") == "Products: chain (asked for)"
    assert choice.explained("tiles") == (
        "Products: tiles, where they are large "
        "(asked for, and emulated: this CPU has no AMX)"
    )
    assert choice.explained("tiles", float) == (
        "Products: chain (tiles are for float32, not float64)"
    )
    monkeypatch.setattr(choice, "refusal", lambda: "")
    monkeypatch.setattr(choice, "HARDWARE", machine.EMULATED)  # stands in for it
    choice.refused.cache_clear()
    with use_products("auto"):
        assert primitives.products() == "tiles"
    assert choice.machine_in_use() == machine.EMULATED
    assert choice.explained("auto").endswith(
        "(this CPU has AMX, and its bits are right)"
    )


@compiled_only
def test_a_unit_with_other_bits_is_not_used(monkeypatch):
    """The model does not change; so the model is made to."""
    monkeypatch.setattr(choice, "refusal", lambda: "")
    monkeypatch.setattr(choice, "HARDWARE", machine.EMULATED)
    right = model.product
    monkeypatch.setattr(model, "product", lambda A, B: right(A, B) * np.float32(1.5))
    choice.refused.cache_clear()
    with pytest.warns(RuntimeWarning, match="matrix units are not used: expected the"):
        assert choice.in_force("auto") == "chain"
    assert "expected the bits of the model, got" in choice.explained("auto")


@compiled_only
def test_the_emulation_passes_the_test():
    assert choice.difference(machine.EMULATED) == ""


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("MINIGAN_PRODUCTS", "chain")
    default_products.cache_clear()
    assert primitives.asked_products() == primitives.products() == "chain"
    monkeypatch.setenv("MINIGAN_PRODUCTS", "amx")
    default_products.cache_clear()
    with pytest.raises(ArgumentError, match="minigan: argument 'MINIGAN_PRODUCTS': "):
        primitives.products()


def test_another_word_is_refused():
    with pytest.raises(ArgumentError, match="use_products: argument 'name': expected"):
        with use_products("amx"):
            pass
    with use_products("chain"), use_products(None):
        assert primitives.asked_products() == "chain"
