"""Products with weights from the caches and from memory: microseconds, as a table.

    python -m benchmarks.cold_products

Each product is done with one W again and again, and with many in turn, as the layers of
a step do.  minigan and NumPy take turns, in blocks; medians.
"""

import time
from statistics import median

import numpy as np

from minigan import gemm
from minigan.jit.threads import start

SHAPES = (64, 784, 512), (128, 1024, 784)  # batch, inputs, units
MEMORY = 25e6  # bytes of the weights that take turns
ROUNDS, BLOCK = 5, 0.3  # seconds of a block; its second half counts
REST = 0.1  # seconds; threads of NumPy's products wait for more work, and keep a core


def operations(N, D, M, weights):
    """{product: {library: function of the weights' number}}"""
    rng = np.random.default_rng(0)
    x, dy = (rng.standard_normal((N, k)).astype(np.float32) for k in (D, M))
    bias, y, dx = np.zeros(M, np.float32), np.empty_like(dy), np.empty_like(x)
    return {
        "forward": {
            "minigan": lambda i: gemm.gemm_nn(x, weights[i], y, bias, 0, 0.0),
            "NumPy": lambda i: np.matmul(x, weights[i], out=y),
        },
        "dW": {
            "minigan": lambda i: gemm.gemm_tn(x, dy, weights[i], 0),
            "NumPy": lambda i: np.matmul(x.T, dy, out=weights[i]),
        },
        "dx": {
            "minigan": lambda i: gemm.gemm_nt(dy, weights[i], dx, 0, dx, 0.0),
            "NumPy": lambda i: np.matmul(dy, weights[i].T, out=dx),
        },
    }


def microseconds(N, D, M, count):
    """{(product, library): us a product} with `count` weights in turn."""
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal((D, M)).astype(np.float32) for _ in range(count)]
    found = {}
    for product, libraries in operations(N, D, M, weights).items():
        for _ in range(ROUNDS):
            for library, call in libraries.items():
                time.sleep(REST)
                end = time.perf_counter() + BLOCK
                passes = [_pass(call, count) for _ in _until(end)]
                found.setdefault((product, library), []).extend(
                    passes[len(passes) // 2 :]
                )
    return {key: 1e6 * median(times) for key, times in found.items()}


def _pass(call, count):
    """Seconds of a product, over all weights once."""
    begin = time.perf_counter()
    for i in range(count):
        call(i)
    return (time.perf_counter() - begin) / count


def _until(end):
    """Goes round until then."""
    while time.perf_counter() < end:
        yield


def main():
    start()
    print("| product | minigan, one W | NumPy | minigan, many W in turn | NumPy |")
    print("|---|---|---|---|---|")
    for N, D, M in SHAPES:
        many = round(MEMORY / (4 * D * M))
        near, far = (microseconds(N, D, M, count) for count in (1, many))
        for product in ("forward", "dW", "dx"):
            row = [t[product, who] for t in (near, far) for who in ("minigan", "NumPy")]
            cells = " | ".join(f"{value:,.0f}" for value in row)
            print(f"| {product} of {N} x {D} x {M} | {cells} |")


if __name__ == "__main__":
    main()
