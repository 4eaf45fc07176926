"""Matrix products: the three of a Dense layer, near the speed of the machine.

    gemm_nn   y  = act(x W + b)      forward
    gemm_tn   dW = x^T dy            gradient of the weights (= or +=)
    gemm_nt   dx = dy W^T            gradient of the input (times act'(y) below)

**Why not three loops?**  A core can do 32 multiply-adds a cycle (two units of 16
float32 lanes), but load only two vectors.  The plain loop `c[j] += a * b[j]` moves
three vectors for one multiply-add and waits for memory.  Four ideas cure that:

1. *Tile.*  A block of C, `ROWS` rows by up to `VECTORS` vectors of columns, stays in
   registers while k runs from 0 to the end.  One step of k loads 3 vectors and 8
   scalars (each copied into all lanes) for 24 multiply-adds, all independent: enough
   to hide that each takes 4 cycles.  Numba cannot be told "keep these 24 vectors in
   registers", so `_tile` writes LLVM's intermediate representation (IR) itself.
2. *Pack.*  The tile walks along k.  Where the next k is a whole row away, every step
   would touch another cache line and soon another page.  So a *panel* (all k, one
   tile wide) is first copied into contiguous scratch, and used by many tiles.
3. *Block.*  A panel has at most `DEPTH` steps of k, and panels that are used together
   fit the second-level cache.  Unfinished sums wait in scratch, at full precision.
4. *Overlap.*  Memory and arithmetic work at the same time if the program lets them:
   the first tile copies its panel while it computes with it, and lines are asked for
   before they are needed (prefetch: 70 ns from level 3, twice that from memory).
   Asked for are rows of right that are copied soon; lines of y or dW whose sums are
   not ready yet; and, spread over the last tiles of a panel, the panel after it (nt:
   the next rows of W): a step's weights, gradients and moments do not fit the caches.

**One scheme for three products.**  Each is `C[i, j] = sum_k left[i, k] right[k, j]`;
`left` gives the scalars, `right` the vectors, and the scheme differs only in who
plays which part and in what has to be packed:

        left (scalars)             right (vectors, always packed)   C
    nn  x: rows run along k        W: copied by the first tile      as it is
    tn  x^T: packed                dy: copied by the first tile     as it is
    nt  W: rows run along k        dy^T: transposed while packing   transposed

In nt the large matrix W is read as it lies, once for each 1 MB of dy; only the small dy
and dx are transposed, 8 x 16 blocks of them in registers.

Small products, a discriminator's last layer and those of the parabola, need none of
this: see `few` (one column or two) and `slim` (one tile wide).

**Exactness.**  Every element is one chain of fused multiply-adds (one rounding each)
over k = 0, 1, 2, ... from +0, never a sum of partial sums; bias, activation and `+=`
are separate roundings afterwards.  So the bits do not depend on the tile, the
blocking, the number of threads, or AVX-512 against AVX2 or NEON.  One exception: an
x86 CPU without FMA (before 2013, or NUMBA_CPU_NAME=generic) multiplies and adds with
two roundings.  Emulating the fused form there is some 10 (float32) to 100 times slower,
so we do not: bits are equal among CPUs with FMA, and among those without.

With NUMBA_DISABLE_JIT=1 the same names are plain NumPy, equal up to rounding.
"""

import numpy as np

from ..jit.compiling import JIT_DISABLED, inlined, kernel
from ..jit.tasks import next_task, share_out, threads
from . import few, slim
from .microkernel import ADD, BIAS, DERIVATIVE, LEAKY, PLAIN, RELU
from .rectangle import DEPTH, NN, NT, RIGHT, TN, one_task, room, scratch
from .vectors import ROWS, VECTOR_BYTES, VECTORS

LEFT = 1 << 18  # elements of left that one task reads again and again: 1 MB
TASK = 1 << 22  # multiply-adds of a task, about: some 80 us
PARALLEL = slim.LARGEST  # multiply-adds (some 5 us) from which two threads pay


# ---- all of C: a row of tasks ----


@kernel(inside=True)
def shares(plan, rows, cols, itemsize, workers):
    """(parts of the rows, parts of the columns) for tasks that are taken one by one.

    More tasks than workers, so that a slower core does fewer; but each worth its start.
    """
    form, depth = plan[0], plan[1]
    lanes = VECTOR_BYTES // itemsize
    tiles, vectors = -(-rows // ROWS), -(-cols // lanes)
    parts_r = parts_c = 1
    by_rows = rows >= cols if form == NT else rows > cols
    if form == TN and depth > DEPTH and tiles >= workers:
        by_rows = True  # left would be packed again for each part of the columns
    most = 1
    if workers > 1:
        most = max(1, rows * cols * depth // (TASK * workers)) * workers
    if by_rows and form == NT:
        fit = RIGHT // (depth * lanes)  # vectors of right that stay packed
        if fit >= VECTORS:
            parts_c = -(-vectors // fit)
        parts_r = min(most, tiles // 8, 8 * workers)
    elif by_rows:
        walked = min(depth, DEPTH) if form == TN else depth
        pieces = min(rows * walked // LEFT, rows // 256)
        parts_r = max(min(most, tiles // 16, 8 * workers), pieces)
    else:
        parts_c = min(most, -(-vectors // VECTORS))
        if form != NT:  # left is read again for every panel: keep it in the cache
            parts_r = max(1, min(rows * depth // LEFT, rows // 256))
    if by_rows:
        parts_r = min(tiles, max(1, -(-parts_r // workers)) * workers)
    else:
        parts_c = min(vectors, -(-parts_c // workers) * workers)
    return parts_r, parts_c


@kernel(inside=True)
def work_on(share, cut, plan, left, right, C, bias, Y, slope):
    """Do tasks until there are no more.  cut: (rows, cols, parts of each)."""
    rows, cols, parts_r, parts_c = cut
    form, lanes = plan[0], VECTOR_BYTES // left.itemsize
    tiles, vectors = -(-rows // ROWS), -(-cols // lanes)
    most = -(-tiles // parts_r) * ROWS, -(-vectors // parts_c) * lanes
    sizes = room(plan, *most, left.itemsize, parts_r > 1)
    work = scratch(sizes, left)
    before = np.int64(-1)
    task = next_task(share)
    while task >= 0:
        if form == TN:
            r, c = task // parts_c, task % parts_c
        else:
            r, c = task % parts_r, task // parts_r
        row_a, row_b = r * tiles // parts_r * ROWS, (r + 1) * tiles // parts_r * ROWS
        col_a, col_b = c * vectors // parts_c, (c + 1) * vectors // parts_c
        area = row_a, min(rows, row_b), col_a * lanes, min(cols, col_b * lanes)
        same = r if form == TN else c
        ready = same == before
        one_task(plan, area, sizes, work, ready, left, right, C, bias, Y, slope)
        before = same
        task = next_task(share)


@kernel(inside=True)
def product(rows, cols, plan, left, right, C, bias, Y, slope):
    """All of C: one task if small, else a row of them for the threads."""
    workers, parts_r, parts_c = np.int64(0), np.int64(1), np.int64(1)
    if rows * cols * plan[1] >= PARALLEL:
        workers = threads()
        parts_r, parts_c = shares(plan, rows, cols, left.itemsize, workers)
    cut = rows, cols, parts_r, parts_c
    operands = cut, plan, left, right, C, bias, Y, left.dtype.type(slope)
    share_out(work_on, workers, parts_r * parts_c, operands)


# ---- small ones ----
# Kernels of their own: who has none but small products compiles nothing of the above.


@inlined
def is_small_nn(N, K, M, itemsize):
    """True for a `gemm_nn` that is done by `small_nn`; likewise below."""
    return M == 1 or slim.fits(N, M, K, itemsize)


@inlined
def is_small_tn(N, K, M, itemsize):
    return M == 1 or slim.fits(K, M, N, itemsize)


@inlined
def is_small_nt(N, K, M, itemsize):
    return M == 1 or (M <= slim.TURNED and slim.fits(N, K, M, itemsize))


@kernel
def small_nn(A, B, C, bias, mode, slope):
    """`gemm_nn` with one column, or few."""
    (N, K), M = A.shape, B.shape[1]
    if M <= few.MOST:
        sizes = N, M, K, M, np.int64(1), np.int64(mode)
        few.few(A, B, C, bias, A.dtype.type(slope), sizes)
    else:
        sizes = N, M, K, K, np.int64(1), np.int64(mode)
        slim.slim(A, B, C, bias, A.dtype.type(slope), sizes)


@kernel
def small_tn(A, B, C, accumulate):
    """`gemm_tn` with one column, or few."""
    (N, K), M = A.shape, B.shape[1]
    if M <= few.MOST:
        few.few_turned(A, B, C, (N, K, M, np.int64(accumulate)))
    else:
        sizes = K, M, N, np.int64(1), K, np.int64(ADD if accumulate else PLAIN)
        slim.slim(A, B, C, C, A.dtype.type(0), sizes)


@kernel
def small_nt(A, B, C, mode, Y, slope):
    """`gemm_nt` with one column in A, or few."""
    (N, M), K = A.shape, B.shape[0]
    if M == 1:
        few.outer(A, B, C, Y, A.dtype.type(slope), (N, K, np.int64(mode)))
    elif K <= few.MOST and mode == PLAIN:
        sizes = N, K, M, np.int64(1), M, np.int64(mode)
        few.few(A, B, C, C, A.dtype.type(0), sizes)
    else:
        sizes = N, K, M, np.int64(mode)
        slim.slim_turned(A, B, C, Y, A.dtype.type(slope), sizes)


# ---- the three products ----
# np.int64(...) and np.float64(...) around constants: a literal would be a type of its
# own to Numba, and everything above would be compiled once more.


@kernel
def gemm_nn(A, B, C, bias, mode, slope):
    """C = act(A @ B + bias).  A: (N, K), B: (K, M), C: (N, M), bias: (M,).

    mode 0: product alone (bias: any 1-D array of the dtype, not read); 1: + bias;
    2: then ReLU; 3: then LeakyReLU(slope).
    """
    if JIT_DISABLED:
        C[...] = A @ B
        if mode >= BIAS:
            C += bias
        if mode == RELU:
            C[C <= 0] = 0
        if mode == LEAKY:
            C[...] = np.where(C > 0, C, C.dtype.type(slope) * C)
        return
    (N, K), M = A.shape, B.shape[1]
    if is_small_nn(N, K, M, A.itemsize):
        small_nn(A, B, C, bias, mode, slope)
        return
    plan = np.int64(NN), K, K, np.int64(1), M, M, np.int64(mode)
    flat = C.reshape(C.size)
    left, right = A.reshape(A.size), B.reshape(B.size)
    product(N, M, plan, left, right, flat, bias, flat, np.float64(slope))


@kernel
def gemm_tn(A, B, C, accumulate):
    """C = A^T @ B, or C += if accumulate.  A: (N, K), B: (N, M), C: (K, M)."""
    if JIT_DISABLED:
        C[...] = A.T @ B + (C if accumulate else 0)
        return
    (N, K), M = A.shape, B.shape[1]
    if is_small_tn(N, K, M, A.itemsize):
        small_tn(A, B, C, accumulate)
        return
    plan = np.int64(TN), N, np.int64(1), K, M, M, np.int64(ADD if accumulate else PLAIN)
    flat = C.reshape(C.size)
    left, right = A.reshape(A.size), B.reshape(B.size)
    product(K, M, plan, left, right, flat, flat, flat, np.float64(0))


@kernel
def gemm_nt(A, B, C, mode, Y, slope):
    """C = A @ B^T.  A: (N, M), B: (K, M), C: (N, K).

    mode 0: Y is not read (pass C).  mode 1: where not Y > 0, C is multiplied by
    slope: the derivative of (Leaky)ReLU, taken from its output Y: (N, K).
    """
    if JIT_DISABLED:
        C[...] = A @ B.T
        if mode == DERIVATIVE:
            C[...] = np.where(Y > 0, C, C.dtype.type(slope) * C)
        return
    (N, M), K = A.shape, B.shape[0]
    if is_small_nt(N, K, M, A.itemsize):
        small_nt(A, B, C, mode, Y, slope)
        return
    plan = np.int64(NT), M, M, np.int64(1), M, K, np.int64(mode)
    flat = C.reshape(C.size)
    left, right = B.reshape(B.size), A.reshape(A.size)
    product(K, N, plan, left, right, flat, flat, Y.reshape(Y.size), np.float64(slope))
