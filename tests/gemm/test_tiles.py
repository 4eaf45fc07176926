"""Products by tiles: the bits of the model, any shape, and as exact as the chain."""

import numpy as np
import pytest

from minigan.gemm import choice, gemm_nn, model, tiles
from minigan.gemm.machine import EMULATED
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import assert_same_bits, normal, threads
from .test_product import guarded

numba = pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="bits are the kernels'")

# One tile, less, a block of 2 x 2 and parts of one, several tasks and blocks of k.
SHAPES = [(1, 1, 1), (5, 40, 17), (16, 32, 16), (33, 33, 64), (64, 31, 48)]
LARGE = [(300, 200, 90), (40, 1030, 33), (600, 70, 40)]


def outputs(N, K, M, machine=EMULATED):
    """Every product and mode for one set of operands, and what it is to be."""
    A, B, D = normal(N, K), normal(K, M, seed=1), normal(N, M, seed=2)
    bias, Y = normal(M, seed=3), normal(N, K, seed=4)
    slope, found = np.float32(0.2), {}
    x = model.product(A, B)
    y = x + bias
    for mode, expected in enumerate(
        (x, y, np.where(y <= 0, np.float32(0), y), np.where(y > 0, y, slope * y))
    ):
        C, untouched = guarded(np.empty((N, M), np.float32))
        tiles.tiles_nn(A, B, C, bias, mode, 0.2, machine)
        assert untouched()
        found[f"nn{mode}"] = C, expected
    x = model.product(np.ascontiguousarray(A.T), D)
    for accumulate in (0, 1):
        C, untouched = guarded(normal(K, M, seed=5))
        expected = C + x if accumulate else x
        tiles.tiles_tn(A, D, C, accumulate, machine)
        assert untouched()
        found[f"tn{accumulate}"] = C, expected
    x = model.product(D, np.ascontiguousarray(B.T))
    for mode, expected in enumerate((x, np.where(Y > 0, x, slope * x))):
        C, untouched = guarded(np.empty((N, K), np.float32))
        tiles.tiles_nt(D, B, C, mode, Y, 0.2, machine)
        assert untouched()
        found[f"nt{mode}"] = C, expected
    return found


@pytest.mark.parametrize("shape", SHAPES + LARGE)
def test_all_products_have_the_bits_of_the_model(shape):
    for name, (C, expected) in outputs(*shape).items():
        assert_same_bits(C, expected), name


def test_bits_depend_on_neither_threads_nor_neighbours():
    N, K, M = 300, 200, 90
    A, B = normal(N, K), normal(K, M, seed=1)
    whole, once, part = *np.empty((2, N, M), np.float32), np.empty((5, 7), np.float32)
    for n, C in ((3, whole), (1, once)):
        with threads(n):
            tiles.tiles_nn(A, B, C, B[0].copy(), 0, 0.0, EMULATED)
    assert_same_bits(once, whole)
    corner = A[103:108].copy(), B[:, 20:27].copy()
    tiles.tiles_nn(*corner, part, B[0, :7].copy(), 0, 0.0, EMULATED)
    assert_same_bits(part, whole[103:108, 20:27])


@pytest.mark.parametrize("turned", [0, 1])
def test_weights_are_split_as_the_model_says(turned):
    """Strip after strip of 16 columns, step after step of 32; zeros at the edges."""
    W = normal(70, 40)
    right = W.T if turned else W
    found = np.full(tiles.room(right.shape[1], right.shape[0]), np.nan, np.float32)
    tiles.split_weights(W, turned, found)
    padded = np.pad(
        right, [(0, -n % m) for n, m in zip(right.shape, (32, 16), strict=True)]
    )
    expected = [
        model.right_tiles(padded[k : k + 32, j : j + 16].copy())
        for j in range(0, padded.shape[1], 16)
        for k in range(0, padded.shape[0], 32)
    ]
    assert found.tobytes() == np.concatenate(expected).tobytes()


def test_products_that_are_handed_tiles():
    A, W, D, bias = normal(33, 70), normal(70, 40), normal(33, 40), normal(40)
    once, again = np.empty((2, 33, 40), np.float32)
    forward, turned = (
        np.empty(tiles.room(*s), np.float32) for s in ((40, 70), (70, 40))
    )
    tiles.split_weights(W, 0, forward)
    tiles.split_weights(W, 1, turned)
    tiles.tiles_nn(A, W, once, bias, 2, 0.0, EMULATED)
    tiles.split_nn(A, forward.reshape(1, -1), again, bias, 2, 0.0, EMULATED)
    assert_same_bits(again, once)
    once, again = np.empty((2, 33, 70), np.float32)
    tiles.tiles_nt(D, W, once, 1, A, 0.2, EMULATED)
    tiles.split_nt(D, turned.reshape(1, -1), again, 1, A, 0.2, EMULATED)
    assert_same_bits(again, once)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_input_reaches_its_row_and_nothing_else(bad):
    """An infinite one as NaN: its parts are inf and inf - inf."""
    A, B = normal(40, 33), normal(33, 20, seed=1)
    A[4, 2] = bad
    C = np.empty((40, 20), np.float32)
    tiles.tiles_nn(A, B, C, B[0], 0, 0.0, EMULATED)
    assert np.isnan(C[4]).all()
    assert np.isfinite(np.delete(C, 4, axis=0)).all()
    for mode in (1, 2, 3):
        tiles.tiles_nn(A, B, C, B[0], mode, 0.2, EMULATED)
        assert np.isnan(C[4]).all()


# ---- as exact as the chain ----


def draw(kind, shape, scale, rng):
    """Operands whose products have signs that cancel, equal signs, or many sizes."""
    x = rng.standard_normal(shape)
    if kind == "equal signs":
        x = abs(x)
    if kind == "near one":
        x = rng.uniform(0.5, 1.5, shape)
    if kind == "twelve decades":
        x *= 10.0 ** rng.uniform(-3, 3, shape)
    return (x * scale).astype(np.float32)


def operands(kind, depth, scale, n=128):
    rng = np.random.default_rng(depth)
    A = draw(kind, (n, depth), scale, rng)
    B = draw(kind, (depth, n), 1 / scale, rng)
    if kind == "cancelling":  # every product comes twice, with both signs, nearly
        half = depth // 2
        A[:, half : 2 * half] = A[:, :half]
        nearly = 1 + 1e-3 * rng.standard_normal((half, n))
        B[half : 2 * half] = -B[:half] * nearly
    return A, B


def errors(A, B, C):
    """|C - A B| / (|A| |B|), where a product is exact and a sum has 64 digits."""
    a, b = A.astype(np.longdouble), B.astype(np.longdouble)
    return abs(C - a @ b) / (abs(a) @ abs(b))


KINDS = "normal", "equal signs", "near one", "twelve decades", "cancelling"


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="needs exact sums")
@pytest.mark.parametrize("scale", [1.0, 1e-15, 1e15, 1e30])
@pytest.mark.parametrize("depth", [choice.DEEP, 70, 256])
@pytest.mark.parametrize("kind", KINDS)
def test_mean_and_worst_error_are_not_above_those_of_the_chain(kind, depth, scale):
    A, B = operands(kind, depth, scale)
    chain, found = np.empty((2, len(A), len(A)), np.float32)
    gemm_nn(A, B, chain, chain[0], 0, 0.0)
    tiles.tiles_nn(A, B, found, chain[0].copy(), 0, 0.0, EMULATED)
    of_chain, of_tiles = errors(A, B, chain), errors(A, B, found)
    assert of_tiles.mean() <= of_chain.mean()
    assert of_tiles.max() <= of_chain.max()
    assert of_tiles.max() < 1e-6
