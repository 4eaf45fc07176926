"""The player: a recorded step, run n times inside one compiled call.

Written by `python -m minigan.kernels.generate` from `table.py`; do not edit.

A step is a matrix of instructions.  Row by row it says which primitive (column 0),
where its operands are (addresses; for a generator its place in `rngs`) and how large
they are.  Each branch rebuilds the arrays from addresses and calls the very kernel that
the eager step calls, so the bits are the same.  The program owns all arrays and keeps
them alive while this runs.  `like` is an empty array of the network's type.
"""

import numpy as np

from . import jit
from .compiling import kernel
from .memory import matrix, ticks_now, vector


@kernel
def play(code, constants, rngs, like, count, ticks):
    """Run all rows of `code` in order, `count` times.

    code: (rows, 16) int64   constants: (rows, 4) float64
    ticks: (rows,) int64, to which the clock ticks of each row are added; or empty
    """
    cells, counts = np.empty(0, np.float64), np.empty(0, np.int64)
    timed = ticks.size > 0
    before = 0
    for _ in range(count):
        for i in range(code.shape[0]):
            c = code[i]
            op = c[0]
            if timed:
                before = ticks_now()
            if op == 0:
                jit.standard_normal(
                    rngs[c[1]],
                    c[3],
                    c[4],
                    matrix(c[2], c[3], c[4], like),
                )
            elif op == 1:
                jit.uniform(
                    rngs[c[1]],
                    c[3],
                    c[4],
                    matrix(c[2], c[3], c[4], like),
                )
            elif op == 2:
                jit.integers(
                    rngs[c[1]],
                    c[3],
                    c[4],
                    vector(c[2], c[4], counts),
                )
            elif op == 3:
                jit.parabola(
                    matrix(c[1], c[3], 1, like),
                    matrix(c[2], c[3], 2, like),
                )
            elif op == 4:
                jit.gather(
                    matrix(c[1], c[4], c[5], like),
                    vector(c[2], c[6], counts),
                    matrix(c[3], c[6], c[5], like),
                )
            elif op == 5:
                jit.concatenate(
                    matrix(c[1], c[4], c[5], like),
                    matrix(c[2], c[6], c[5], like),
                    matrix(c[3], c[4] + c[6], c[5], like),
                )
            elif op == 6:
                jit.copy(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                )
            elif op == 7:
                jit.add_scaled(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], c[4], like),
                )
            elif op == 8:
                jit.scale(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    vector(c[2], c[3], like),
                )
            elif op == 9:
                jit.fill(
                    vector(c[1], c[2], like),
                    constants[i, 0],
                )
            elif op == 10:
                jit.full(
                    c[2],
                    c[3],
                    constants[i, 0],
                    matrix(c[1], c[2], c[3], like),
                )
            elif op == 11:
                jit.epoch_indices(
                    rngs[c[1]],
                    vector(c[2], c[5], counts),
                    vector(c[3], 1, counts),
                    c[6],
                    c[7],
                    vector(c[4], c[7], counts),
                )
            elif op == 12:
                jit.dense_forward(
                    matrix(c[1], c[5], c[6], like),
                    matrix(c[2], c[6], c[7], like),
                    vector(c[3], c[7], like),
                    matrix(c[4], c[5], c[7], like),
                )
            elif op == 13:
                jit.dense_dW(
                    matrix(c[1], c[4], c[5], like),
                    matrix(c[2], c[4], c[6], like),
                    matrix(c[3], c[5], c[6], like),
                )
            elif op == 14:
                jit.dense_db(
                    matrix(c[1], c[3], c[4], like),
                    vector(c[2], c[4], cells),
                )
            elif op == 15:
                jit.accumulate(
                    vector(c[1], c[3], cells),
                    vector(c[2], c[3], like),
                )
            elif op == 16:
                jit.dense_dx(
                    matrix(c[1], c[4], c[5], like),
                    matrix(c[2], c[6], c[5], like),
                    matrix(c[3], c[4], c[6], like),
                )
            elif op == 17:
                jit.dense_relu_forward(
                    matrix(c[1], c[5], c[6], like),
                    matrix(c[2], c[6], c[7], like),
                    vector(c[3], c[7], like),
                    matrix(c[4], c[5], c[7], like),
                )
            elif op == 18:
                jit.dense_leaky_relu_forward(
                    matrix(c[1], c[5], c[6], like),
                    matrix(c[2], c[6], c[7], like),
                    vector(c[3], c[7], like),
                    constants[i, 0],
                    matrix(c[4], c[5], c[7], like),
                )
            elif op == 19:
                jit.dense_leaky_relu_dx(
                    matrix(c[1], c[5], c[6], like),
                    matrix(c[2], c[7], c[6], like),
                    matrix(c[3], c[5], c[7], like),
                    constants[i, 0],
                    matrix(c[4], c[5], c[7], like),
                )
            elif op == 20:
                jit.dense_dW_first(
                    matrix(c[1], c[4], c[5], like),
                    matrix(c[2], c[4], c[6], like),
                    matrix(c[3], c[5], c[6], like),
                )
            elif op == 21:
                jit.accumulate_first(
                    vector(c[1], c[3], cells),
                    vector(c[2], c[3], like),
                )
            elif op == 22:
                jit.relu_forward(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                )
            elif op == 23:
                jit.relu_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 24:
                jit.leaky_relu_forward(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    vector(c[2], c[3], like),
                )
            elif op == 25:
                jit.leaky_relu_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], c[4], like),
                )
            elif op == 26:
                jit.sigmoid_forward(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                )
            elif op == 27:
                jit.sigmoid_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 28:
                jit.tanh_forward(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                )
            elif op == 29:
                jit.tanh_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 30:
                jit.batchnorm_forward(
                    matrix(c[1], c[9], c[10], like),
                    vector(c[2], c[10], like),
                    vector(c[3], c[10], like),
                    constants[i, 0],
                    matrix(c[4], c[9], c[10], like),
                    matrix(c[5], c[9], c[10], like),
                    vector(c[6], c[10], cells),
                    vector(c[7], c[10], cells),
                    vector(c[8], c[10], like),
                )
            elif op == 31:
                jit.batchnorm_update(
                    vector(c[1], c[5], cells),
                    vector(c[2], c[5], cells),
                    vector(c[3], c[5], like),
                    vector(c[4], c[5], like),
                    constants[i, 0],
                )
            elif op == 32:
                jit.batchnorm_inference(
                    matrix(c[1], c[9], c[10], like),
                    vector(c[2], c[10], like),
                    vector(c[3], c[10], like),
                    vector(c[4], c[10], like),
                    vector(c[5], c[10], like),
                    constants[i, 0],
                    matrix(c[6], c[9], c[10], like),
                    matrix(c[7], c[9], c[10], like),
                    vector(c[8], c[10], like),
                )
            elif op == 33:
                jit.batchnorm_sums(
                    matrix(c[1], c[5], c[6], like),
                    matrix(c[2], c[5], c[6], like),
                    vector(c[3], c[6], cells),
                    vector(c[4], c[6], cells),
                )
            elif op == 34:
                jit.batchnorm_backward(
                    matrix(c[1], c[8], c[9], like),
                    matrix(c[2], c[8], c[9], like),
                    vector(c[3], c[9], like),
                    vector(c[4], c[9], like),
                    vector(c[5], c[9], cells),
                    vector(c[6], c[9], cells),
                    matrix(c[7], c[8], c[9], like),
                )
            elif op == 35:
                jit.batchnorm_inference_backward(
                    matrix(c[1], c[5], c[6], like),
                    vector(c[2], c[6], like),
                    vector(c[3], c[6], like),
                    matrix(c[4], c[5], c[6], like),
                )
            elif op == 36:
                jit.dropout_forward(
                    vector(c[1], c[5], like),
                    rngs[c[2]],
                    constants[i, 0],
                    vector(c[3], c[5], like),
                    vector(c[4], c[5], like),
                )
            elif op == 37:
                jit.dropout_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 38:
                jit.bce_forward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], 1, cells),
                )
            elif op == 39:
                jit.bce_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], c[4], like),
                )
            elif op == 40:
                jit.bce_logits_forward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], 1, cells),
                )
            elif op == 41:
                jit.bce_logits_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], c[4], like),
                )
            elif op == 42:
                jit.squared_forward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], 1, cells),
                )
            elif op == 43:
                jit.squared_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 44:
                jit.hinge_forward(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    vector(c[2], 1, cells),
                )
            elif op == 45:
                jit.hinge_backward(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    vector(c[2], c[3], like),
                )
            elif op == 46:
                jit.linear_forward(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    vector(c[2], 1, cells),
                )
            elif op == 47:
                jit.linear_backward(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    vector(c[2], c[3], like),
                )
            elif op == 48:
                jit.softmax_forward(
                    matrix(c[1], c[5], c[6], like),
                    vector(c[2], c[5], counts),
                    vector(c[3], 1, cells),
                    matrix(c[4], c[5], c[6], like),
                )
            elif op == 49:
                jit.softmax_backward(
                    matrix(c[1], c[4], c[5], like),
                    vector(c[2], c[4], counts),
                    matrix(c[3], c[4], c[5], like),
                )
            elif op == 50:
                jit.sigmoid_moments(
                    vector(c[1], c[4], like),
                    vector(c[2], 1, cells),
                    vector(c[3], 1, cells),
                )
            elif op == 51:
                jit.moments(
                    vector(c[1], c[4], like),
                    vector(c[2], 1, cells),
                    vector(c[3], 1, cells),
                )
            elif op == 52:
                jit.accuracy(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    c[4],
                    vector(c[2], 1, cells),
                )
            elif op == 53:
                jit.average(
                    vector(c[1], 1, cells),
                    vector(c[2], 1, cells),
                    vector(c[3], 1, cells),
                )
            elif op == 54:
                jit.record(
                    vector(c[1], 1, cells),
                    c[4],
                    vector(c[2], 1, counts),
                    matrix(c[3], c[5], c[6], cells),
                )
            elif op == 55:
                jit.advance(
                    vector(c[1], 1, counts),
                )
            elif op == 56:
                jit.norm(
                    vector(c[1], c[3], like),
                    vector(c[2], 1, cells),
                )
            elif op == 57:
                jit.adam_schedule(
                    vector(c[1], 1, counts),
                    vector(c[2], 1, cells),
                    constants[i, 0],
                    constants[i, 1],
                    constants[i, 2],
                    c[4],
                    vector(c[3], 2, cells),
                )
            elif op == 58:
                jit.adam_update(
                    vector(c[1], c[7], like),
                    vector(c[2], c[7], like),
                    vector(c[3], c[7], like),
                    vector(c[4], c[7], like),
                    vector(c[5], 2, cells),
                    constants[i, 0],
                    constants[i, 1],
                    vector(c[6], 1, counts),
                )
            elif op == 59:
                jit.sgd_update(
                    vector(c[1], c[6], like),
                    vector(c[2], c[6], like),
                    vector(c[3], c[6], like),
                    vector(c[4], 1, cells),
                    constants[i, 0],
                    vector(c[5], 1, counts),
                )
            elif op == 60:
                jit.clip(
                    vector(c[1], c[2], like),
                    constants[i, 0],
                )
            elif op == 61:
                jit.average_update(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                    constants[i, 0],
                )
            if timed:
                ticks[i] += ticks_now() - before
