"""The three products: right, exact, the same everywhere, and inside their arrays."""

import os
import subprocess
import sys
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan.gemm import gemm_nn, gemm_nt, gemm_tn, rectangle, vectors
from minigan.gemm import product as products
from minigan.jit.compiling import JIT_DISABLED
from minigan.jit.tasks import share_out

from ..helpers import ROOT, threads

DTYPES = [np.float32, np.float64]
compiled_only = pytest.mark.skipif(JIT_DISABLED, reason="bits are the kernels'")
numba = pytest.importorskip("numba")

# Sides below, at and above the tile's, several blocks of k, several panels.
SIDES = st.one_of(st.integers(1, 20), st.sampled_from([31, 33, 48, 49, 64, 97, 130]))
DEPTHS = st.one_of(SIDES, st.sampled_from([rectangle.DEPTH, rectangle.DEPTH + 1, 2100]))
# Rows of one or two tiles are multiplied as they lie (`slim`), wider ones packed.
SLIM = [(3, 40, 5), (9, 7, 18), (2, rectangle.DEPTH + 30, 3), (6, 25, 25), (5, 9, 47)]
PACKED = [(3, 60, 100), (1, rectangle.DEPTH + 2, 97), (1, 97, rectangle.DEPTH + 2)]
# Shared by threads: by rows and columns; what a task packed serves the next one (dW and
# dx in three parts of the columns); more than `DEPTH` rows in dW.
SHARED = [(300, 200, 250), (300, 260, 900), (600, 700, 900)]
SHAPES = [(1, 1, 1), (64, 5, 15), (7, 9, 17), (9, 1030, 50), (130, 70, 350)]


def draw(seed, *shape, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def guarded(values):
    """A contiguous copy of `values` inside NaN bands, and a check of the bands."""
    band = 40
    whole = np.full(values.size + 2 * band, np.nan, values.dtype)
    view = whole[band : band + values.size].reshape(values.shape)
    view[...] = values

    def untouched():
        return np.isnan(whole[:band]).all() and np.isnan(whole[-band:]).all()

    return view, untouched


def close(got, want, depth):
    # |error| of a chain of n sums of products of standard normals: n eps at the most,
    # sqrt(n) eps in practice; 20 leaves room for the tails.
    scale = np.sqrt(depth) + np.abs(want)
    limit = 20 * np.finfo(got.dtype).eps * np.sqrt(depth) * scale
    assert (np.abs(got - want) <= limit).all()


def forward(A, B, bias, mode, slope):
    """Oracle of gemm_nn in float64."""
    y = A.astype(float) @ B.astype(float)
    y = y + bias if mode else y
    return [y, y, np.maximum(y, 0), np.where(y > 0, y, slope * y)][mode]


def outputs(N, K, M, dtype, seed=0):
    """Every product and mode for one set of operands: {name: array}."""
    shapes = enumerate([(N, K), (K, M), (N, M)])
    A, B, D = (draw(seed + i, *s, dtype=dtype) for i, s in shapes)
    bias, Y = draw(seed + 3, M, dtype=dtype), draw(seed + 4, N, K, dtype=dtype)
    result = {}
    for mode in range(4):
        result[f"nn{mode}"] = np.empty((N, M), dtype)
        gemm_nn(A, B, result[f"nn{mode}"], bias, mode, 0.2)
    for accumulate in (False, True):
        result[f"tn{accumulate:d}"] = draw(seed + 5, K, M, dtype=dtype)
        gemm_tn(A, D, result[f"tn{accumulate:d}"], accumulate)
    for mode in (0, 1):
        result[f"nt{mode}"] = np.empty((N, K), dtype)
        gemm_nt(D, B, result[f"nt{mode}"], mode, Y, 0.2)
    return result


# ---- right ----


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=30, deadline=None)
@given(N=SIDES, K=DEPTHS, M=SIDES, mode=st.integers(0, 3), seed=st.integers(0, 99))
def test_nn_is_the_forward_product(dtype, N, K, M, mode, seed):
    A, B, bias = draw(seed, N, K), draw(seed + 1, K, M), draw(seed + 2, M)
    A, B, bias = (guarded(a.astype(dtype))[0] for a in (A, B, bias))
    C, untouched = guarded(np.empty((N, M), dtype))
    gemm_nn(A, B, C, bias, mode, 0.2)
    close(C, forward(A, B, bias, mode, 0.2), K)
    assert untouched()


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=30, deadline=None)
@given(N=DEPTHS, K=SIDES, M=SIDES, accumulate=st.booleans(), seed=st.integers(0, 99))
def test_tn_is_the_gradient_of_the_weights(dtype, N, K, M, accumulate, seed):
    A, B = draw(seed, N, K).astype(dtype), draw(seed + 1, N, M).astype(dtype)
    A, B = guarded(A)[0], guarded(B)[0]
    before = draw(seed + 2, K, M).astype(dtype)
    C, untouched = guarded(before)
    gemm_tn(A, B, C, accumulate)
    close(C, A.T.astype(float) @ B + accumulate * before, N)
    assert untouched()


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=30, deadline=None)
@given(N=SIDES, K=SIDES, M=DEPTHS, mode=st.integers(0, 1), seed=st.integers(0, 99))
def test_nt_is_the_gradient_of_the_input(dtype, N, K, M, mode, seed):
    A, B, Y = draw(seed, N, M), draw(seed + 1, K, M), draw(seed + 2, N, K)
    A, B, Y = (guarded(a.astype(dtype))[0] for a in (A, B, Y))
    C, untouched = guarded(np.empty((N, K), dtype))
    gemm_nt(A, B, C, mode, Y, 0.2)
    product = A.astype(float) @ B.T
    close(C, np.where(Y > 0, product, 0.2 * product) if mode else product, M)
    assert untouched()


@pytest.mark.parametrize("shape", [(300, 40, 700), (700, 300, 20), (40, 2100, 300)])
def test_large_products_with_several_tasks(shape):
    N, K, M = shape
    A, B, D = draw(0, N, K), draw(1, K, M), draw(2, N, M)
    got = outputs(N, K, M, np.float64)
    close(got["nn0"], A @ B, K)
    close(got["tn0"], A.T @ D, N)
    close(got["nt0"], D @ B.T, M)


# ---- exact ----


UNIT = 1 << 200  # exact arithmetic is that of whole multiples of 1 / UNIT


def multiples(x):
    """Floats as whole multiples of 1 / UNIT, row by row; exactly."""
    parts = [[float(a).as_integer_ratio() for a in row] for row in x]
    assert all(below <= UNIT for row in parts for _, below in row)
    return [[above * (UNIT // below) for above, below in row] for row in parts]


def rounded(x, bits):
    """The whole number with `bits` binary digits that is nearest to x, ties to even."""
    places = abs(x).bit_length() - bits
    if places <= 0:
        return x
    half, kept, rest = 1 << places - 1, x >> places, x & (1 << places) - 1
    return kept + (rest > half or (rest == half and kept & 1)) << places


def chain(A, B, dtype):
    """A @ B, one rounding per k (two without FMA hardware), in exact arithmetic."""
    bits = np.finfo(dtype).nmant + 1
    C = np.empty((A.shape[0], B.shape[1]), dtype)
    rows, columns = multiples(A), multiples(B.T)
    for i, j in np.ndindex(C.shape):
        total = 0
        for a, b in zip(rows[i], columns[j], strict=True):
            term = a * b if vectors.FUSED else rounded(a * b, bits)
            total = rounded(total + term, bits)
        C[i, j] = total / UNIT**2
    return C


@compiled_only
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SLIM + PACKED)
def test_every_element_is_one_chain(shape, dtype):
    N, K, M = shape
    A, B, D = (draw(i, *s, dtype=dtype) for i, s in enumerate([(N, K), (K, M), (N, M)]))
    bias, Y = draw(3, M, dtype=dtype), draw(4, N, K, dtype=dtype)
    got, slope = outputs(N, K, M, dtype), dtype(0.2)
    product = chain(A, B, dtype)
    y = product + bias
    np.testing.assert_array_equal(got["nn0"], product)
    np.testing.assert_array_equal(got["nn1"], y)
    np.testing.assert_array_equal(got["nn2"], np.where(y <= 0, dtype(0), y))
    np.testing.assert_array_equal(got["nn3"], np.where(y > 0, y, slope * y))
    dW = chain(A.T, D, dtype)
    np.testing.assert_array_equal(got["tn0"], dW)
    np.testing.assert_array_equal(got["tn1"], draw(5, K, M, dtype=dtype) + dW)
    dx = chain(D, B.T, dtype)
    np.testing.assert_array_equal(got["nt0"], dx)
    np.testing.assert_array_equal(got["nt1"], np.where(Y > 0, dx, slope * dx))


@pytest.mark.parametrize("dtype", DTYPES)
def test_relu_derivative_keeps_the_sign_of_zero(dtype):
    """slope * product with slope 0: -0 for a negative product, as dy * 0 gives."""
    C = np.empty((2, 3), dtype)
    A, B = np.array([[1.0], [-1.0]], dtype), np.ones((3, 1), dtype)
    gemm_nt(A, B, C, 1, np.array([[1, 0, -1], [1, 0, -1]], dtype), 0.0)
    np.testing.assert_array_equal(C, [[1, 0, 0], [-1, 0, 0]])
    np.testing.assert_array_equal(np.signbit(C), [[0, 0, 0], [1, 1, 1]])


@compiled_only
@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_do_not_depend_on_the_neighbours(dtype):
    """A corner of a large (blocked, parallel) product = the small product of it."""
    N, K, M = 200, 1100, 150
    A, B = draw(0, N, K, dtype=dtype), draw(1, K, M, dtype=dtype)
    whole, part = np.empty((N, M), dtype), np.empty((5, 7), dtype)
    gemm_nn(A, B, whole, B[0].copy(), 0, 0.0)
    gemm_nn(A[3:8].copy(), B[:, 20:27].copy(), part, B[0, :7].copy(), 0, 0.0)
    np.testing.assert_array_equal(whole[3:8, 20:27], part)
    gemm_tn(A.T.copy(), B, whole, False)
    np.testing.assert_array_equal(whole[3:8, 20:27], part)
    gemm_nt(A, B.T.copy(), whole, 0, whole.copy(), 0.0)
    np.testing.assert_array_equal(whole[3:8, 20:27], part)


@compiled_only
@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_do_not_depend_on_the_number_of_threads(dtype):
    bits = []
    for n in (1, 2, 5):
        with threads(n):
            bits.append([outputs(*s, dtype) for s in [*SHAPES, *SHARED]])
    for other in bits[1:]:
        for one, two in zip(bits[0], other, strict=True):
            for name in one:
                np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("form", [rectangle.NN, rectangle.TN, rectangle.NT])
def test_no_share_is_empty(form, workers):
    shares = getattr(products.shares, "py_func", products.shares)
    sides = [1, 5, 8, 60, 256, 700, 5_000, 40_000]
    for rows, cols, depth in product(sides, sides, sides):
        parts_r, parts_c = shares((form, depth), rows, cols, 4, workers)
        lanes = vectors.VECTOR_BYTES // 4
        assert 1 <= parts_r <= -(-rows // vectors.ROWS)
        assert 1 <= parts_c <= -(-cols // lanes)


@cache
def dx_by_workers():
    """dx as `gemm_nt` computes it, by so many workers; compiled."""

    @numba.njit
    def dx_by(workers, dy, W, dx):
        (N, M), K = dy.shape, W.shape[0]
        plan = np.int64(rectangle.NT), M, M, np.int64(1), M, K, np.int64(0)
        parts = products.shares(plan, K, N, dy.itemsize, workers)
        left, right, flat = W.reshape(-1), dy.reshape(-1), dx.reshape(-1)
        operands = (K, N, *parts), plan, left, right, flat, flat, flat, dy.dtype.type(0)
        share_out(products.work_on, workers, parts[0] * parts[1], operands)

    return dx_by


@compiled_only
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("shape", SHARED)
def test_any_number_of_workers_does_all_tasks(shape, workers):
    N, K, M = shape
    dy, W = draw(0, N, M, dtype=np.float32), draw(1, K, M, dtype=np.float32)
    once, again = np.empty((2, N, K), np.float32)
    gemm_nt(dy, W, once, 0, once, 0.0)
    dx_by_workers()(workers, dy, W, again)
    np.testing.assert_array_equal(once, again)


PROBE = """
import hashlib, tests.gemm.test_product as t
sha = hashlib.sha256()
for dtype in t.DTYPES:
    for shape in t.SHAPES:
        for array in t.outputs(*shape, dtype).values():
            sha.update(array.tobytes())
print(t.vectors.FUSED, t.vectors.VECTOR_BYTES, sha.hexdigest())
"""


AVX2 = "+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2"


def probe(program, tmp_path, **variables):
    """Words that a program prints, with kernels compiled for these variables."""
    environment = {**os.environ, "MINIGAN_CACHE_DIR": str(tmp_path), **variables}
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@compiled_only
@pytest.mark.skipif(vectors.VECTOR_BYTES < 64, reason="needs an AVX-512 host")
@pytest.mark.soak
def test_bits_do_not_depend_on_the_vector_length(tmp_path):
    here = probe(PROBE, tmp_path)
    avx2 = probe(PROBE, tmp_path, NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES=AVX2)
    assert here[:2] == ["True", "64"] and avx2[:2] == ["True", "32"]
    assert here[2] == avx2[2]


@compiled_only
@pytest.mark.soak
def test_the_generic_form_runs(tmp_path):
    assert len(probe(PROBE, tmp_path, NUMBA_CPU_NAME="generic")) == 3


# ---- special values ----


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_bad_input_reaches_its_row_and_nothing_else(dtype, bad):
    N, K, M = 11, 6, 19
    A = np.abs(draw(0, N, K, dtype=dtype)) + 1
    B, bias = np.ones((K, M), dtype), np.ones(M, dtype)
    A[4, 2] = bad
    for mode in range(4):
        C = np.empty((N, M), dtype)
        gemm_nn(A, B, C, bias, mode, 0.2)
        np.testing.assert_array_equal(C[4], np.full(M, bad, dtype))
        assert np.isfinite(np.delete(C, 4, axis=0)).all()
    dW = np.zeros((K, M), dtype)
    gemm_tn(A, np.ones((N, M), dtype), dW, True)
    np.testing.assert_array_equal(dW[2], np.full(M, bad, dtype))
    assert np.isfinite(np.delete(dW, 2, axis=0)).all()
    dx, Y = np.empty((N, M), dtype), np.ones((N, M), dtype)
    gemm_nt(A, np.ones((M, K), dtype), dx, 1, Y, 0.0)
    np.testing.assert_array_equal(dx[4], np.full(M, bad, dtype))
    assert np.isfinite(np.delete(dx, 4, axis=0)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_minus_infinity_through_the_activations(dtype):
    A, B = np.array([[-np.inf]], dtype), np.ones((1, 1), dtype)
    bias = np.zeros(1, dtype)
    C = np.empty((1, 1), dtype)
    gemm_nn(A, B, C, bias, 2, 0.0)
    assert C[0, 0] == 0 and not np.signbit(C[0, 0])
    gemm_nn(A, B, C, bias, 3, 0.5)
    assert C[0, 0] == -np.inf


# ---- use ----


@compiled_only
def test_one_compilation_below_the_three_names():
    """Literals must not become types of their own: one variant a dtype, no more.

    This shows with an empty cache: what is read from it brings its callees along.
    """
    for dtype in DTYPES:
        outputs(3, 60, 100, dtype)  # too wide for `slim`
    assert len(products.product.signatures) <= len(DTYPES)
    assert len(rectangle.one_task.signatures) <= len(DTYPES)
    assert len(products.work_on.signatures) <= len(DTYPES)
