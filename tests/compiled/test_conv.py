"""Convolutions: each kernel against the formula and against the others."""

import numpy as np
import pytest

from minigan import Conv2D, primitives
from minigan.compiled import conv, direct, images, patches
from minigan.gemm.vectors import VECTOR_BYTES
from minigan.jit.compiling import JIT_DISABLED

from ..gemm.test_product import AVX2, probe
from ..helpers import threads

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="only without the JIT")

# image, columns of W, kernel, stride
SHAPES = [
    *[((5, 6, channels), 5, 3, 1) for channels in (1, 3, 7, 8, 9, 16, 20, 50)],
    *[((6, 5, 12), columns, 2, 2) for columns in (1, 2, 3, 4, 5, 16, 37, 64, 97)],
    *[((4, 4, 2), columns, 3, 2) for columns in (1, 4, 5, 33)],
    ((3, 3, 130), 2, 3, 1),  # more vectors of channels than are summed at once
    ((1, 1, 8), 8, 1, 1),
    ((9, 9, 8), 6, 4, 3),
    ((2, 2, 1030), 5, 2, 1),  # a deep W
]


# shape, batch: rows of patches that are several blocks of dW
BLOCKS = [
    *[(((9, 9, 64), columns, 3, 1), 13) for columns in (1, 3, 5, 37)],
    (((30, 30, 7), 7, 6, 1), 3),
    (((12, 12, 20), 6, 5, 1), 9),
]


def case(shape, dtype, n=7):
    """Operands of the three primitives: (x, index, W, b, dy), and Y and D."""
    image, columns, kernel, stride = shape
    rng = np.random.default_rng(sum(image) + columns)
    layer = Conv2D(image, columns, kernel, stride, "same", rng=rng, dtype=dtype)
    index, W = layer.table, layer.W.value.reshape(-1, columns)
    D, Y = int(np.prod(image)), int(np.prod(layer.output_image))
    draws = (rng.standard_normal(s).astype(dtype) for s in ((n, D), columns, (n, Y)))
    x, b, dy = draws
    return x, index, W, b, dy, Y, D


def by_kernels(forward, dW, dx, operands):
    """(y, dW, dx) of these kernels; dW is added to ones."""
    x, index, W, b, dy, Y, D = operands
    y, grad, back = np.empty((len(x), Y), x.dtype), np.ones_like(W), np.empty_like(x)
    forward(x, index, W, b, Y, y)
    dW(x, index, dy, grad)
    dx(dy, index, W, D, back)
    return y, grad, back


def chosen(operands):
    """The three kernels that are run for these operands."""
    x, _, W, _, dy, Y, D = operands
    sizes = dict(N=len(x), D=D, K=W.shape[0], M=W.shape[1], Y=Y, Q=operands[1].size)
    twins = conv.conv_forward, conv.conv_dW, conv.conv_dx
    return [twin.chosen(sizes, x.dtype, "auto") for twin in twins]


def test_every_kernel_is_chosen_somewhere():
    found = {kernel for shape in SHAPES for kernel in chosen(case(shape, np.float32))}
    kernels = {getattr(m, name) for m in (direct, patches) for name in ("dW", "dx")}
    more = direct.forward, direct.few_forward, direct.few_dW, direct.mixed_dW
    assert found == {*kernels, *more, patches.forward}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_kernels_are_the_formulas(shape, dtype):
    operands = case(shape, dtype)
    x, index, W, b, dy, Y, D = operands
    exact = [np.asarray(a, np.float64) for a in (x, W, b, dy)]
    y, grad, back = np.empty((len(x), Y)), np.ones(W.shape), np.empty(x.shape)
    primitives.conv_forward.formula(exact[0], index, exact[1], exact[2], Y, y)
    primitives.conv_dW.formula(exact[0], index, exact[3], grad)
    primitives.conv_dx.formula(exact[3], index, exact[1], D, back)
    for result, expected in zip(
        by_kernels(*chosen(operands), operands), (y, grad, back), strict=True
    ):
        size = 200 * np.finfo(dtype).eps * np.abs(expected).max()
        np.testing.assert_allclose(result, expected, rtol=0, atol=size)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_and_weights_have_the_bits_of_those_by_patches(shape, dtype):
    """Which kernel is chosen is a question of time; dx adds up in another order."""
    _compare_with_patches(case(shape, dtype), dtype)


@pytest.mark.parametrize(("shape", "n"), BLOCKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_begin_and_end_inside_an_example(shape, n, dtype):
    operands = case(shape, dtype, n)
    W, Y = operands[2], operands[5]
    rows = n * Y // W.shape[1]
    block = images.block_rows.py_func(len(W))
    assert rows > block and block % (Y // W.shape[1])
    _compare_with_patches(operands, dtype)


def _compare_with_patches(operands, dtype):
    y, grad, back = by_kernels(*chosen(operands), operands)
    also = by_kernels(patches.forward, patches.dW, patches.dx, operands)
    np.testing.assert_array_equal(y, also[0])
    np.testing.assert_array_equal(grad, also[1])
    near = 50 * np.finfo(dtype).eps
    np.testing.assert_allclose(back, also[2], rtol=0, atol=near * np.abs(back).max())


@pytest.mark.parametrize("image", [(9, 8, 16), (30, 30, 2)])
@pytest.mark.parametrize("columns", [1, 40])
def test_threads_change_no_bit(image, columns):
    operands = case((image, columns, 3, 1), np.float32, n=60)
    found = []
    for count in (1, 3):
        with threads(count):
            found.append(by_kernels(*chosen(operands), operands))
    for one, three in zip(*found, strict=True):
        np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("channels", [1, 8, 20])
@pytest.mark.parametrize("columns", [1, 5])
def test_a_batch_of_none(channels, columns):
    operands = case(((4, 4, channels), columns, 3, 1), np.float32, n=0)
    for kernels in (chosen(operands), (patches.forward, patches.dW, patches.dx)):
        y, grad, back = by_kernels(*kernels, operands)
        assert y.size == back.size == 0
        np.testing.assert_array_equal(grad, 1)


@pytest.mark.parametrize("columns", [1, 3, 20])
def test_an_example_does_not_depend_on_its_neighbours(columns):
    """A tile of rows of patches goes on from one example to the next."""
    operands = case(((3, 3, 8), columns, 2, 1), np.float32, n=11)
    x, index, W, b, dy, Y, D = operands
    y, _, back = by_kernels(*chosen(operands), operands)
    for i in range(len(x)):
        one = x[i : i + 1], index, W, b, dy[i : i + 1], Y, D
        alone = by_kernels(*chosen(one), one)
        np.testing.assert_array_equal(alone[0], y[i : i + 1])
        np.testing.assert_array_equal(alone[2], back[i : i + 1])


@pytest.mark.parametrize("channels", [1, 8, 24])
@pytest.mark.parametrize("columns", [1, 4, 5, 33])
def test_nothing_outside_comes_in_or_is_overwritten(channels, columns):
    """Arrays between NaN: none comes in, and none is overwritten."""
    operands = case(((4, 3, channels), columns, 3, 1), np.float32, n=5)
    x, index, W, b, dy, Y, D = operands

    def fenced(a):
        around = np.full(a.size + 128, np.nan, a.dtype)
        inside = around[64:-64].reshape(a.shape)
        inside[...] = a
        return around, inside

    (_, x1), (_, W1), (_, b1), (_, dy1) = map(fenced, (x, W, b, dy))
    results = [fenced(np.zeros((len(x), Y), np.float32)), fenced(np.ones_like(W))]
    results.append(fenced(np.zeros_like(x)))
    (_, y), (_, grad), (_, back) = results
    forward, dW, dx = chosen(operands)
    forward(x1, index, W1, b1, Y, y)
    dW(x1, index, dy1, grad)
    dx(dy1, index, W1, D, back)
    for around, inside in results:
        assert np.isfinite(inside).all()
        assert np.isnan(around[:64]).all() and np.isnan(around[-64:]).all()


PROBE = """
import hashlib, numpy as np, tests.compiled.test_conv as t
sha = hashlib.sha256()
for dtype in (np.float32, np.float64):
    for shape in t.SHAPES:
        operands = t.case(shape, dtype)
        for array in t.by_kernels(*t.chosen(operands), operands):
            sha.update(array.tobytes())
print(t.VECTOR_BYTES, sha.hexdigest())
"""


@pytest.mark.skipif(VECTOR_BYTES < 64, reason="needs an AVX-512 host")
@pytest.mark.soak
def test_bits_do_not_depend_on_the_vector_length(tmp_path):
    avx2 = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": AVX2}
    assert probe(PROBE, tmp_path)[1] == probe(PROBE, tmp_path, **avx2)[1]
