"""From three loops to the final kernel: GFLOP/s of each step, printed as a table.

    python -m benchmarks.gemm_steps

One product, 128 x 1024 @ 1024 x 768 in float32 (sides that are multiples of every tile,
so that the steps stay short).  The steps take turns; the best of many runs counts,
because other processes can only make a run slower.  Steps on one thread are measured
in processor time, the last one by the wall clock.
"""

import time

import numba
import numpy as np

from minigan import gemm
from minigan.gemm import microkernel as micro
from minigan.gemm.vectors import ROWS, VECTOR_BYTES, VECTORS
from minigan.jit.threads import set_threads, start

N, K, M = 128, 1024, 768
LANES = VECTOR_BYTES // 4
WIDE, WIDTH = VECTORS, VECTORS * LANES
SLOPE = np.float32(0)  # of no activation
njit = numba.njit(error_model="numpy")


@njit
def three_loops(A, B, C):
    for i in range(N):
        for j in range(M):
            total = np.float32(0)
            for k in range(K):
                total += A[i, k] * B[k, j]  # the next k is 3 KB away in B
            C[i, j] = total


@njit
def rows_of_b(A, B, C):
    C[:] = 0
    for i in range(N):
        for k in range(K):
            a = A[i, k]
            for j in range(M):
                C[i, j] += a * B[k, j]  # contiguous: LLVM makes vectors of it


@njit
def tiles_pack_each(A, B, C):
    """Register tiles, but every tile packs its panel for itself alone."""
    a, b, c = A.reshape(A.size), B.reshape(B.size), C.reshape(C.size)
    work = np.empty(K * WIDTH + ROWS * WIDTH, np.float32)
    for j in range(0, M, WIDTH):
        for i in range(0, N, ROWS):
            micro.pack(b, work, (j, M, K, WIDTH, 0, WIDTH, 0))
            micro.tile(a, b, work, c, c, SLOPE, (i * K, K, 1, ROWS, 0, 0, 0, K, WIDE,
                       0, 1, 1, K * WIDTH, i * M + j, M, LANES, 0, 0))  # fmt: skip


@njit
def tiles_pack_once(A, B, C):
    """The panel is packed once and serves all rows."""
    a, b, c = A.reshape(A.size), B.reshape(B.size), C.reshape(C.size)
    work = np.empty(K * WIDTH + ROWS * WIDTH, np.float32)
    for j in range(0, M, WIDTH):
        micro.pack(b, work, (j, M, K, WIDTH, 0, WIDTH, 0))
        for i in range(0, N, ROWS):
            micro.tile(a, b, work, c, c, SLOPE, (i * K, K, 1, ROWS, 0, 0, 0, K, WIDE,
                       0, 1, 1, K * WIDTH, i * M + j, M, LANES, 0, 0))  # fmt: skip


@njit
def packed_by_first_tile(A, B, C):
    """The first tile packs while it computes."""
    a, b, c = A.reshape(A.size), B.reshape(B.size), C.reshape(C.size)
    work = np.empty(K * WIDTH + ROWS * WIDTH, np.float32)
    for j in range(0, M, WIDTH):
        for i in range(0, N, ROWS):
            micro.tile(a, b, work, c, c, SLOPE, (i * K, K, 1, ROWS, j, M, 0, K, WIDE,
                       i == 0, 1, 1, K * WIDTH, i * M + j, M, LANES, 0, 0))  # fmt: skip


@njit
def tiles_without_packing(A, B, C):
    """The ceiling: one panel, packed beforehand, for all columns (a wrong result)."""
    a, b, c = A.reshape(A.size), B.reshape(B.size), C.reshape(C.size)
    work = np.zeros(K * WIDTH + ROWS * WIDTH, np.float32)
    for j in range(0, M, WIDTH):
        for i in range(0, N, ROWS):
            micro.tile(a, b, work, c, c, SLOPE, (i * K, K, 1, ROWS, 0, 0, 0, K, WIDE,
                       0, 1, 1, K * WIDTH, i * M + j, M, LANES, 0, 0))  # fmt: skip


def final(threads):
    bias = np.zeros(M, np.float32)

    def run(A, B, C):
        set_threads(threads)
        start()
        gemm.gemm_nn(A, B, C, bias, 3, 0.2)

    return run


STEPS = {
    "1 three loops, i j k": three_loops,
    "2 i k j: along the rows of B": rows_of_b,
    "3 register tiles, panel packed for each": tiles_pack_each,
    "4 panel packed once, used by all rows": tiles_pack_once,
    "5 packed by the first tile, on the way": packed_by_first_tile,
    "  (the tiles alone: the ceiling)": tiles_without_packing,
    "6 gemm_nn, with bias and LeakyReLU, 1 thread": final(1),
    "7 the same, 2 threads": final(2),
}


def main():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((N, K)).astype(np.float32)
    B = rng.standard_normal((K, M)).astype(np.float32)
    C = np.empty((N, M), np.float32)
    best = dict.fromkeys(STEPS, np.inf)
    for turn in range(60):
        for name, step in STEPS.items():
            if turn > 5 and best[name] > 0.1:
                continue  # the slow ones need no more runs
            clock = time.perf_counter if "2 threads" in name else time.thread_time
            begin = clock()
            step(A, B, C)
            seconds = clock() - begin
            if turn:
                best[name] = min(best[name], seconds)
    print("| step | GFLOP/s | times step 1 |\n|---|---|---|")
    first = next(iter(best.values()))
    for name, seconds in best.items():
        rate = 2e-9 * N * K * M / seconds
        print(f"| {name} | {rate:.1f} | {first / seconds:.0f} |")


if __name__ == "__main__":
    main()
