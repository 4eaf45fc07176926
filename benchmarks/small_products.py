"""Small products as they lie, beside the same products packed: nanoseconds of each.

    python -m benchmarks.small_products

The shapes are those of the parabola GAN, whose steps made `slim` worth having.  Packed
and as they lie take turns inside compiled code; the best of many turns counts.
"""

import time

import numba
import numpy as np

from minigan import gemm
from minigan.gemm import product, rectangle

CALLS, TURNS = 5_000, 15
SHAPES = [(64, 5, 15), (64, 2, 25), (128, 5, 15), (128, 15, 2), (128, 2, 25)]
njit = numba.njit(error_model="numpy")


@njit
def forward(x, W, y, dy, dW, dx, count):
    for _ in range(count):
        gemm.gemm_nn(x, W, y, W[0], gemm.PLAIN, 0.0)


@njit
def gradient(x, W, y, dy, dW, dx, count):
    for _ in range(count):
        gemm.gemm_tn(x, dy, dW, 0)


@njit
def below(x, W, y, dy, dW, dx, count):
    for _ in range(count):
        gemm.gemm_nt(dy, W, dx, gemm.PLAIN, dx, 0.0)


@njit
def _packed(rows, cols, plan, left, right, C, count):
    for _ in range(count):
        product.product(rows, cols, plan, left, right, C, C, C, np.float64(0))


def forward_packed(x, W, y, dy, dW, dx, count):
    (N, K), M = x.shape, W.shape[1]
    plan = rectangle.NN, K, K, 1, M, M, gemm.PLAIN
    _packed(N, M, plan, x.ravel(), W.ravel(), y.ravel(), count)


def gradient_packed(x, W, y, dy, dW, dx, count):
    (N, K), M = x.shape, W.shape[1]
    plan = rectangle.TN, N, 1, K, M, M, gemm.PLAIN
    _packed(K, M, plan, x.ravel(), dy.ravel(), dW.ravel(), count)


def below_packed(x, W, y, dy, dW, dx, count):
    (N, K), M = x.shape, W.shape[1]
    plan = rectangle.NT, M, M, 1, M, K, gemm.PLAIN
    _packed(K, N, plan, W.ravel(), dy.ravel(), dx.ravel(), count)


PAIRS = {
    "y = x W": (forward_packed, forward),
    "dW = x^T dy": (gradient_packed, gradient),
    "dx = dy W^T": (below_packed, below),
}


def measure(shape, pair):
    """Nanoseconds a product: (packed, as it lies), the best of the turns."""
    N, K, M = shape
    rng = np.random.default_rng(0)
    sizes = (N, K), (K, M), (N, M), (N, M), (K, M), (N, K)
    arrays = [rng.standard_normal(size).astype(np.float32) for size in sizes]
    best = [np.inf, np.inf]
    for turn in range(TURNS):
        for k, function in enumerate(pair):
            begin = time.perf_counter()
            function(*arrays, 1 if turn == 0 else CALLS)
            if turn:
                best[k] = min(best[k], time.perf_counter() - begin)
    return [1e9 * seconds / CALLS for seconds in best]


def main():
    print(
        "| rows, in, out | product | packed, ns | as it lies, ns |\n|---|---|---|---|"
    )
    for shape in SHAPES:
        for name, pair in PAIRS.items():
            packed, direct = measure(shape, pair)
            sizes = " x ".join(map(str, shape))
            print(f"| {sizes} | `{name}` | {packed:,.0f} | {direct:,.0f} |")


if __name__ == "__main__":
    main()
