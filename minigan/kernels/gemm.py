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
   before they are needed (prefetch: 70 ns from level 3): rows of right that are copied
   soon, lines of dW whose sums are not ready yet.

**One scheme for three products.**  Each is `C[i, j] = sum_k left[i, k] right[k, j]`;
`left` gives the scalars, `right` the vectors, and the scheme differs only in who
plays which part and in what has to be packed:

        left (scalars)             right (vectors, always packed)   C
    nn  x: rows run along k        W: copied by the first tile      as it is
    tn  x^T: packed                dy: copied by the first tile     as it is
    nt  W: rows run along k        dy^T: transposed while packing   transposed

In nt the large matrix W is read once, as it lies; only the small dy and dx are
transposed, 8 x 16 blocks of them in registers.

Small products, a discriminator's last layer and those of the parabola, need none of
this: see `narrow` (one column) and `slim` (one tile wide).

**Exactness.**  Every element is one chain of fused multiply-adds (one rounding each)
over k = 0, 1, 2, ... from +0, never a sum of partial sums; bias, activation and `+=`
are separate roundings afterwards.  So the bits do not depend on the tile, the
blocking, the number of threads, or AVX-512 against AVX2 or NEON.  One exception: an
x86 CPU without FMA (before 2013, or NUMBA_CPU_NAME=generic) multiplies and adds with
two roundings.  Emulating the fused form there is some 10 (float32) to 100 times slower,
so we do not: bits are equal among CPUs with FMA, and among those without.

With NUMBA_DISABLE_JIT=1 the same names are plain NumPy, equal up to rounding.
"""

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

from . import narrow, slim
from .compiling import JIT_DISABLED, kernel
from .tasks import next_task, none_taken, threads
from .tiles import (
    ADD,
    BIAS,
    DERIVATIVE,
    LEAKY,
    PLAIN,
    RELU,
    ask_for,
    finish_turned,
    pack,
    pack_turned,
    tile,
)
from .vectors import I64, ROWS, VECTOR_BYTES, VECTORS

DEPTH = 512  # steps of k in a packed panel: 3 vectors x 512 are 96 KB
GROUP = 18  # nt: vectors of right packed together (288 float32 rows of dy)
LEFT = 1 << 18  # elements of left that one task reads again and again: 1 MB
RIGHT = 1 << 18  # nt: elements of right that stay packed from task to task
TASK = 1 << 22  # multiply-adds of a task, at least: some 80 us
PARALLEL = slim.LARGEST  # multiply-adds (some 5 us) from which two threads pay
NN, TN, NT = 0, 1, 2  # forms


@intrinsic
def _address(context, array):
    """The address of the first element; the calling kernel is never inlined."""

    def codegen(context, builder, signature, args):
        builder.function.attributes.add("noinline")
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, I64)

    return types.int64(array), codegen


# ---- one task: a rectangle of C ----


@kernel(inside=True)
def room(plan, rows, cols, itemsize):
    """How scratch is used by tasks of at most rows x cols.

    (vectors of right packed together, whether all of right stays packed, how many
    numbers left, right and the tiles on hold take)
    """
    form, depth = plan[0], plan[1]
    lanes = VECTOR_BYTES // itemsize
    tiles, vectors = -(-rows // ROWS), -(-cols // lanes)
    whole = form == NT and depth * vectors * lanes <= RIGHT
    steps = min(depth, DEPTH)
    group = min(vectors, GROUP if form == NT else VECTORS)
    right_size = (depth * vectors if whole else steps * group) * lanes
    left_size = tiles * ROWS * depth if form == TN else 0
    held_size = ROWS * group * lanes * (tiles if depth > steps else 1)
    return group, whole, left_size, right_size, held_size


@kernel(inside=True)
def scratch(sizes, like):
    """Memory for a `room`: [left, packed] [panels of right] [tiles on hold]."""
    lanes = VECTOR_BYTES // like.itemsize
    return np.empty(sizes[2] + sizes[3] + sizes[4] + lanes, like.dtype)


@kernel(inside=True)
def one_task(plan, area, sizes, work, ready, left, right, C, bias, Y, slope):
    """C[row_a:row_b, col_a:col_b]: for some panels and some k: pack, then all tiles.

    sizes, work: a `room` and its `scratch`.  ready: the task before had the same
    columns (nt) or rows (tn), and what it packed is still there.
    """
    form, depth, l_row, l_k, r_step, c_step, mode = plan
    row_a, row_b, col_a, col_b = area
    lanes = VECTOR_BYTES // left.itemsize
    tiles = -(-(row_b - row_a) // ROWS)
    vectors = -(-(col_b - col_a) // lanes)
    steps = min(depth, DEPTH)
    group, whole, left_size, right_size, _ = sizes
    l0 = -_address(work) % VECTOR_BYTES // left.itemsize
    panels0 = l0 + left_size
    held0 = panels0 + right_size

    walked, start, tile_step = left, row_a * l_row, ROWS * l_row
    if form == TN:
        walked, start, tile_step = work, l0, ROWS * depth
        for t in range(0 if ready else tiles):
            i = row_a + t * ROWS
            here = l0 + t * tile_step
            pack(left, work, (i, l_k, depth, min(ROWS, row_b - i), here, ROWS, 1))
        l_row, l_k = 1, ROWS

    for v0 in range(0, vectors, group):
        size = min(group, vectors - v0)
        panels = -(-size // VECTORS)
        for k0 in range(0, depth, steps):
            n = min(steps, depth - k0)
            final = k0 + n == depth
            here = panels0 + (v0 * depth + k0 * size) * lanes if whole else panels0
            packed = ready and whole
            for t in range(0 if packed else -1, tiles):  # -1: what t = 0 cannot pack
                i = row_a + t * ROWS
                rows = min(ROWS, row_b - i)
                for p in range(panels):
                    v = p * size // panels  # the panel: `wide` vectors from v0 + v
                    wide = (p + 1) * size // panels - v
                    j = col_a + (v0 + v) * lanes
                    cols = min(wide * lanes, col_b - j)
                    panel = here + v * lanes * n
                    step = wide * lanes
                    r0 = k0 * r_step + j
                    if t < 0 and form == NT:
                        for r in range(0, cols, ROWS):
                            first, some = (j + r) * r_step + k0, min(ROWS, cols - r)
                            where = first, r_step, some, n, panel + r, step
                            pack_turned(right, work, where)
                    elif t < 0 and cols < step:
                        pack(right, work, (r0, r_step, n, cols, panel, step, 0))
                    if t < 0:
                        continue

                    last = cols - step + lanes
                    held = held0
                    if depth > steps:
                        held += (t * group + v) * ROWS * lanes
                    c = j * c_step + i if form == NT else i * c_step + j
                    direct = final and form != NT
                    if form == TN:  # k is short, C is large and not in the cache
                        ask_for(C, (c, c_step, rows, cols))
                    corner = start + t * tile_step + k0 * l_k
                    packing = t == 0 and form != NT and cols == step
                    where = held, c, c_step, last, j if mode != ADD else 0, mode
                    tile(walked, right, work, C, bias, slope, (corner, l_row, l_k,
                          rows, r0, r_step, panel, n, wide, packing, k0 == 0, direct,
                          *where))  # fmt: skip
                    if final and form == NT:
                        where = held, rows, wide, cols, c, c_step, mode
                        finish_turned(work, C, Y, slope, where)


# ---- all of C: a queue of tasks ----


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
    most = max(1, rows * cols * depth // (TASK * workers)) * workers
    if by_rows and form == NT:
        parts_c = -(-depth * vectors * lanes // RIGHT)
        parts_r = min(most, tiles // 8)
    elif by_rows:
        parts_r = max(min(most, tiles // 8), rows * depth // LEFT)
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
def work_on(share, whole, plan, left, right, C, bias, Y, slope):
    """Do tasks until there are no more."""
    rows, cols, parts_r, parts_c = whole
    form, lanes = plan[0], VECTOR_BYTES // left.itemsize
    tiles, vectors = -(-rows // ROWS), -(-cols // lanes)
    most = -(-tiles // parts_r) * ROWS, -(-vectors // parts_c) * lanes
    sizes = room(plan, *most, left.itemsize)
    work = scratch(sizes, left)
    before, done = np.int64(-1), 0
    task = next_task(share, done)
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
        before, done = same, done + 1
        task = next_task(share, done)


@kernel(parallel=True, inside=True)
def product(rows, cols, plan, left, right, C, bias, Y, slope):
    """All of C: one task if small, else several that the threads take in turn."""
    slope = left.dtype.type(slope)
    if rows * cols * plan[1] < PARALLEL:
        area = np.int64(0), rows, np.int64(0), cols
        sizes = room(plan, rows, cols, left.itemsize)
        work, ready = scratch(sizes, left), np.bool_(False)
        one_task(plan, area, sizes, work, ready, left, right, C, bias, Y, slope)
    else:
        workers = threads()
        parts = shares(plan, rows, cols, left.itemsize, workers)
        whole = rows, cols, *parts
        taken, count = none_taken(workers), parts[0] * parts[1]
        for worker in numba.prange(workers):
            share = taken, worker, workers, count
            work_on(share, whole, plan, left, right, C, bias, Y, slope)


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
    if M == 1:
        narrow.forward(A, B, C, bias, mode, slope)
        return
    if slim.fits(N, M, K, A.itemsize):
        sizes = N, M, K, K, np.int64(1), np.int64(mode)
        slim.slim(A, B, C, bias, A.dtype.type(slope), sizes)
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
    if M == 1:
        narrow.dW(A, B, C, accumulate)
        return
    if slim.fits(K, M, N, A.itemsize):
        sizes = K, M, N, np.int64(1), K, np.int64(ADD if accumulate else PLAIN)
        slim.slim(A, B, C, C, A.dtype.type(0), sizes)
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
    if M == 1:
        narrow.dx(A, B, C, mode, Y, slope)
        return
    if M <= slim.TURNED and slim.fits(N, K, M, A.itemsize):
        sizes = N, K, M, np.int64(mode)
        slim.slim_turned(A, B, C, Y, A.dtype.type(slope), sizes)
        return
    plan = np.int64(NT), M, M, np.int64(1), M, K, np.int64(mode)
    flat = C.reshape(C.size)
    left, right = B.reshape(B.size), A.reshape(A.size)
    product(K, N, plan, left, right, flat, flat, Y.reshape(Y.size), np.float64(slope))
