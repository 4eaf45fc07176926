"""The player: a recorded step, run n times inside one compiled call.

Written by `python -m minigan.kernels.generate` from `table.py`; do not edit.

A step is a matrix of instructions.  Row by row it says which primitive (column 0),
where its operands are (addresses; for a generator its place in `rngs`) and how large
they are.  Each branch rebuilds the arrays from addresses and calls the very kernel that
the eager step calls, so the bits are the same.  The program owns all arrays and keeps
them alive while this runs.  `like` is an empty array of the network's type.
"""

import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from . import jit
from .compiling import kernel


@intrinsic
def _pointer(typing_context, address):
    """An address as a pointer."""

    def build(context, builder, signature, arguments):
        return builder.inttoptr(
            arguments[0], context.get_value_type(signature.return_type)
        )

    return types.voidptr(types.int64), build


@kernel
def vector(address, n, like):
    return carray(_pointer(address), (n,), like.dtype)


@kernel
def matrix(address, n, d, like):
    return carray(_pointer(address), (n, d), like.dtype)


@kernel
def play(code, constants, rngs, like, count):
    """Run all rows of `code` in order, `count` times.

    code: (rows, 16) int64   constants: (rows, 4) float64
    """
    cells, counts = np.empty(0, np.float64), np.empty(0, np.int64)
    for _ in range(count):
        for i in range(code.shape[0]):
            c = code[i]
            op = c[0]
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
                jit.fill(
                    vector(c[1], c[2], like),
                    constants[i, 0],
                )
            elif op == 8:
                jit.dense_forward(
                    matrix(c[1], c[5], c[6], like),
                    matrix(c[2], c[6], c[7], like),
                    vector(c[3], c[7], like),
                    matrix(c[4], c[5], c[7], like),
                )
            elif op == 9:
                jit.dense_dW(
                    matrix(c[1], c[4], c[5], like),
                    matrix(c[2], c[4], c[6], like),
                    matrix(c[3], c[5], c[6], like),
                )
            elif op == 10:
                jit.dense_db(
                    matrix(c[1], c[3], c[4], like),
                    vector(c[2], c[4], like),
                )
            elif op == 11:
                jit.dense_dx(
                    matrix(c[1], c[4], c[5], like),
                    matrix(c[2], c[6], c[5], like),
                    matrix(c[3], c[4], c[6], like),
                )
            elif op == 12:
                jit.relu_forward(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                )
            elif op == 13:
                jit.relu_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 14:
                jit.leaky_relu_forward(
                    vector(c[1], c[3], like),
                    constants[i, 0],
                    vector(c[2], c[3], like),
                )
            elif op == 15:
                jit.leaky_relu_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], c[4], like),
                )
            elif op == 16:
                jit.sigmoid_forward(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                )
            elif op == 17:
                jit.sigmoid_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 18:
                jit.tanh_forward(
                    vector(c[1], c[3], like),
                    vector(c[2], c[3], like),
                )
            elif op == 19:
                jit.tanh_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 20:
                jit.batchnorm_forward(
                    matrix(c[1], c[9], c[10], like),
                    vector(c[2], c[10], like),
                    vector(c[3], c[10], like),
                    constants[i, 0],
                    matrix(c[4], c[9], c[10], like),
                    matrix(c[5], c[9], c[10], like),
                    vector(c[6], c[10], like),
                    vector(c[7], c[10], like),
                    vector(c[8], c[10], like),
                )
            elif op == 21:
                jit.batchnorm_update(
                    vector(c[1], c[5], like),
                    vector(c[2], c[5], like),
                    vector(c[3], c[5], like),
                    vector(c[4], c[5], like),
                    constants[i, 0],
                )
            elif op == 22:
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
            elif op == 23:
                jit.batchnorm_backward(
                    matrix(c[1], c[6], c[7], like),
                    matrix(c[2], c[6], c[7], like),
                    vector(c[3], c[7], like),
                    vector(c[4], c[7], like),
                    matrix(c[5], c[6], c[7], like),
                )
            elif op == 24:
                jit.batchnorm_inference_backward(
                    matrix(c[1], c[5], c[6], like),
                    vector(c[2], c[6], like),
                    vector(c[3], c[6], like),
                    matrix(c[4], c[5], c[6], like),
                )
            elif op == 25:
                jit.batchnorm_dgamma_dbeta(
                    matrix(c[1], c[5], c[6], like),
                    matrix(c[2], c[5], c[6], like),
                    vector(c[3], c[6], like),
                    vector(c[4], c[6], like),
                )
            elif op == 26:
                jit.dropout_forward(
                    vector(c[1], c[5], like),
                    rngs[c[2]],
                    constants[i, 0],
                    vector(c[3], c[5], like),
                    vector(c[4], c[5], like),
                )
            elif op == 27:
                jit.dropout_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    vector(c[3], c[4], like),
                )
            elif op == 28:
                jit.bce_forward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], 1, cells),
                )
            elif op == 29:
                jit.bce_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], c[4], like),
                )
            elif op == 30:
                jit.bce_logits_forward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], 1, cells),
                )
            elif op == 31:
                jit.bce_logits_backward(
                    vector(c[1], c[4], like),
                    vector(c[2], c[4], like),
                    constants[i, 0],
                    vector(c[3], c[4], like),
                )
            elif op == 32:
                jit.mean_sigmoid(
                    vector(c[1], c[3], like),
                    vector(c[2], 1, cells),
                )
            elif op == 33:
                jit.accuracy(
                    vector(c[1], c[3], like),
                    c[4],
                    vector(c[2], 1, cells),
                )
            elif op == 34:
                jit.average(
                    vector(c[1], 1, cells),
                    vector(c[2], 1, cells),
                    vector(c[3], 1, cells),
                )
            elif op == 35:
                jit.record(
                    vector(c[1], 1, cells),
                    c[4],
                    vector(c[2], 1, counts),
                    matrix(c[3], c[5], c[6], cells),
                )
            elif op == 36:
                jit.advance(
                    vector(c[1], 1, counts),
                )
            elif op == 37:
                jit.adam_schedule(
                    vector(c[1], 1, counts),
                    vector(c[2], 1, cells),
                    constants[i, 0],
                    constants[i, 1],
                    constants[i, 2],
                    c[4],
                    vector(c[3], 2, cells),
                )
            elif op == 38:
                jit.adam_update(
                    vector(c[1], c[6], like),
                    vector(c[2], c[6], like),
                    vector(c[3], c[6], like),
                    vector(c[4], c[6], like),
                    vector(c[5], 2, cells),
                    constants[i, 0],
                    constants[i, 1],
                )
            elif op == 39:
                jit.sgd_update(
                    vector(c[1], c[5], like),
                    vector(c[2], c[5], like),
                    vector(c[3], c[5], like),
                    vector(c[4], 1, cells),
                    constants[i, 0],
                )
