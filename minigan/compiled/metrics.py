"""What is measured at each step; formulas in `primitives.metrics`.

Sums go through lanes in a fixed order and in float64, as in `losses`.
"""

import math

import numpy as np

from ..jit import memory
from ..jit.bysize import BySize
from ..jit.compiling import kernel
from ..jit.mathfun import sigmoid
from ..jit.memory import LANES, add_block, fold, lanes
from ..jit.tasks import next_task, share_out, threads

PARALLEL = 65_536  # elements from which two threads beat one
BLOCK = 16_384  # elements a task


@kernel
def sigmoid_moments(z, mean, std):
    sums, squares, answers = lanes(), lanes(), memory.block(z)
    for start in range(0, z.size, memory.BLOCK):
        count = min(memory.BLOCK, z.size - start)
        for i in range(count):
            answers[i] = sigmoid(z[start + i])
        add_block(answers, count, sums)
    centre = fold(sums) / z.size
    for start in range(0, z.size, memory.BLOCK):
        count = min(memory.BLOCK, z.size - start)
        for i in range(count):
            answers[i] = sigmoid(z[start + i])
        for i in range(count):
            distance = np.float64(answers[i]) - centre
            squares[i % LANES] += distance * distance
    mean[0] = centre
    std[0] = math.sqrt(fold(squares) / z.size)


@kernel
def moments(z, mean, std):
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            sums[lane] += np.float64(z[start + lane])
    mean[0] = fold(sums) / z.size
    squares = lanes()
    centre = mean[0]
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            distance = np.float64(z[start + lane]) - centre
            squares[lane] += distance * distance
    std[0] = math.sqrt(fold(squares) / z.size)


@kernel
def accuracy(z, threshold, label, share):
    border = z.dtype.type(threshold)
    right = 0
    for i in range(z.size):
        right += (z[i] > border) == (label == 1)
    share[0] = right / z.size


@kernel
def average(a, b, mean):
    mean[0] = (a[0] + b[0]) / 2


@kernel(inside=True)
def sum_of_squares(x):
    """256 lanes in the type of x, then one float64 sum: this is memory's speed."""
    total, whole = 0.0, x.size - x.size % 256
    if whole > 0:
        partial = np.zeros(256, x.dtype)
        for start in range(0, whole, 256):
            row = x[start : start + 256]
            for lane in range(256):
                partial[lane] += row[lane] * row[lane]
        for lane in range(256):
            total += np.float64(partial[lane])
    for i in range(whole, x.size):
        total += np.float64(x[i] * x[i])
    return total


@kernel(inside=True)
def norm_alone(x):
    """The length of a vector, block by block."""
    total = 0.0
    for start in range(0, x.size, BLOCK):
        total += sum_of_squares(x[start : start + BLOCK])
    return math.sqrt(total)


@kernel(inside=True)
def norm_of(blocks):
    """The same from the sums of squares of the blocks."""
    total = 0.0
    for block in range(blocks.size):
        total += blocks[block]
    return math.sqrt(total)


@kernel(inside=True)
def _square_blocks(share, x, squares):
    """Sums of squares, block by block, until no block is left."""
    block = next_task(share)
    while block >= 0:
        squares[block] = sum_of_squares(x[block * BLOCK : (block + 1) * BLOCK])
        block = next_task(share)


@kernel
def _norm(x, norm):
    norm[0] = norm_alone(x)


@kernel
def _shared_norm(x, norm):
    squares = np.empty((x.size + BLOCK - 1) // BLOCK)
    share_out(_square_blocks, threads(), squares.size, (x, squares))
    norm[0] = norm_of(squares)


norm = BySize(_norm, _shared_norm, "P", PARALLEL)


@kernel
def record(value, column, cursor, table):
    table[cursor[0] % table.shape[0], column] = value[0]


@kernel
def advance(cursor):
    cursor[0] += 1
