"""The table of primitives: the one list that everything else is driven by.

Each entry gives a name, the operands with their shapes, and the floating-point
operations.  `reference.py`, or one of its two siblings, holds a NumPy function and
`jit.py` a Numba function of that name, both with the operands of the entry as
arguments, in that order.

How to read an entry, for example `x[N,D] W[D,M] b[M] -> y[N,M]`:

    x[N,D]      an array of the network's dtype; letters bind sizes, equal letters
                must agree; behind `->` stand the results, freshly allocated
    x[*]        any shape; all `[*]` operands of the entry have the same one
    t[]:f       a memory cell (shape ()); `:f` float64, `:i` int64
    theta[P]!   updated in place
    rng         a numpy.random.Generator; draws advance it
    slope=f     a Python float; `n=i` a Python int, which also binds the size `n`
    c[N+M,D]    a size may be a sum of sizes

FLOPs count one per addition, multiplication, division or square root, and
`primitive.TRANSCENDENTAL` for exp, log and tanh; they are formulas in the sizes (`S` is
the number of elements of a `[*]` operand).

`rows="N"` says that row n of each result depends on nothing but row n of the operands
that begin with an N, and on all of the others: such work may be cut into parts that run
side by side.  `rows="S"` says it of single elements.  It does not hold where a formula
divides by N, as a mean does.  Kernels that share out their work themselves (`tanh`, and
products with more than one column) are not cut again.
"""

from .primitive import Primitive

PRIMITIVES = {
    entry.name: entry
    for entry in (
        # ---- data and random draws -------------------------------------------------
        Primitive("standard_normal", "rng n=i d=i -> z[n,d]", "TRANSCENDENTAL*n*d"),
        Primitive("uniform", "rng n=i d=i -> u[n,d]", "n*d"),
        Primitive("integers", "rng high=i n=i -> index[n]:i"),
        Primitive("parabola", "u[N,1] -> points[N,2]", "2*N"),
        Primitive(
            "gather", "data[R,D] index[N]:i -> batch[N,D]", "0", "2*N*D+N", rows="N"
        ),
        Primitive("concatenate", "a[N,D] b[M,D] -> c[N+M,D]"),
        Primitive("copy", "x[*] -> y[*]", rows="S"),
        Primitive("add_scaled", "x[*] noise[*] scale=f -> y[*]", "2*S", rows="S"),
        Primitive("scale", "x[*] factor=f -> y[*]", "S", rows="S"),
        Primitive("fill", "x[*]! value=f"),
        Primitive("full", "n=i d=i value=f -> x[n,d]"),
        Primitive(
            "epoch_indices",
            "rng order[R]!:i cursor[]!:i shuffle=i n=i -> index[n]:i",
            "0",
            "2*n",
        ),
        # ---- layers ----------------------------------------------------------------
        Primitive(
            "dense_forward", "x[N,D] W[D,M] b[M] -> y[N,M]", "2*N*D*M+N*M", rows="N"
        ),
        Primitive("dense_dW", "x[N,D] dy[N,M] dW[D,M]!", "2*N*D*M"),
        Primitive("dense_db", "dy[N,M] -> db[M]:f", "N*M"),
        Primitive("accumulate", "total[D]:f grad[D]!", "D"),
        Primitive("dense_dx", "dy[N,M] W[D,M] -> dx[N,D]", "2*N*D*M", rows="N"),
        # ... and the same with what surrounds them, for `fusion`
        Primitive(
            "dense_relu_forward",
            "x[N,D] W[D,M] b[M] -> y[N,M]",
            "2*N*D*M+2*N*M",
            rows="N",
        ),
        Primitive(
            "dense_leaky_relu_forward",
            "x[N,D] W[D,M] b[M] slope=f -> y[N,M]",
            "2*N*D*M+2*N*M",
            rows="N",
        ),
        Primitive(
            "dense_leaky_relu_dx",
            "dy[N,M] W[D,M] y[N,D] slope=f -> dx[N,D]",
            "2*N*D*M+N*D",
            rows="N",
        ),
        Primitive(
            "dense_dW_first", "x[N,D] dy[N,M] dW[D,M]!", "2*N*D*M", "N*D+N*M+D*M"
        ),
        Primitive("accumulate_first", "total[D]:f grad[D]!", "D", "3*D"),
        Primitive("relu_forward", "x[*] -> y[*]", "S", rows="S"),
        Primitive("relu_backward", "dy[*] y[*] -> dx[*]", "S", rows="S"),
        Primitive("leaky_relu_forward", "x[*] slope=f -> y[*]", "S", rows="S"),
        Primitive("leaky_relu_backward", "dy[*] y[*] slope=f -> dx[*]", "S", rows="S"),
        Primitive(
            "clipped_relu_forward",
            "x[*] slope=f threshold=f limit=f -> y[*]",
            "2*S",
            rows="S",
        ),
        Primitive(
            "clipped_relu_backward",
            "dy[*] x[*] slope=f threshold=f limit=f -> dx[*]",
            "S",
            rows="S",
        ),
        Primitive("sigmoid_forward", "x[*] -> y[*]", "(TRANSCENDENTAL+2)*S", rows="S"),
        Primitive("sigmoid_backward", "dy[*] y[*] -> dx[*]", "3*S", rows="S"),
        Primitive("tanh_forward", "x[*] -> y[*]", "TRANSCENDENTAL*S"),
        Primitive("tanh_backward", "dy[*] y[*] -> dx[*]", "3*S", rows="S"),
        Primitive(
            "batchnorm_forward",
            "x[N,D] gamma[D] beta[D] epsilon=f"
            " -> y[N,D] xhat[N,D] mean[D]:f var[D]:f rstd[D]",
            "8*N*D+3*D",
        ),
        Primitive(
            "batchnorm_update",
            "mean[D]:f var[D]:f moving_mean[D]! moving_var[D]! momentum=f",
            "6*D",
        ),
        Primitive(
            "batchnorm_inference",
            "x[N,D] gamma[D] beta[D] moving_mean[D] moving_var[D] epsilon=f"
            " -> y[N,D] xhat[N,D] rstd[D]",
            "4*N*D+3*D",
        ),
        Primitive(
            "batchnorm_sums",
            "dy[N,D] xhat[N,D] -> sum_dy[D]:f sum_dy_xhat[D]:f",
            "3*N*D",
        ),
        Primitive(
            "batchnorm_backward",
            "dy[N,D] xhat[N,D] gamma[D] rstd[D] sum_dy[D]:f sum_dy_xhat[D]:f"
            " -> dx[N,D]",
            "5*N*D+3*D",
        ),
        Primitive(
            "batchnorm_inference_backward",
            "dy[N,D] gamma[D] rstd[D] -> dx[N,D]",
            "N*D+D",
            rows="N",
        ),
        Primitive("gather_pixels", "x[N,D] index[Q]:i Z=i -> y[N,Z]"),
        Primitive("scatter_pixels", "dy[N,Z] index[Q]:i D=i -> dx[N,D]", "N*Z"),
        Primitive(
            "conv_forward",
            "x[N,D] index[Q]:i W[K,M] b[M] Y=i -> y[N,Y]",
            "2*N*Y*K+N*Y",
        ),
        Primitive("conv_dW", "x[N,D] index[Q]:i dy[N,Y] dW[K,M]!", "2*N*Y*K"),
        Primitive("conv_dx", "dy[N,Y] index[Q]:i W[K,M] D=i -> dx[N,D]", "2*N*Y*K"),
        Primitive("dropout_forward", "x[*] rng rate=f -> y[*] mask[*]", "3*S"),
        Primitive("dropout_backward", "dy[*] mask[*] -> dx[*]", "S", rows="S"),
        # ---- losses and metrics ----------------------------------------------------
        Primitive(
            "bce_forward", "p[*] t[*] epsilon=f -> loss[]:f", "(2*TRANSCENDENTAL+6)*S"
        ),
        Primitive("bce_backward", "p[*] t[*] epsilon=f -> dp[*]", "6*S"),
        Primitive(
            "bce_logits_forward",
            "z[*] t[*] weight=f -> loss[]:f",
            "(2*TRANSCENDENTAL+5)*S",
        ),
        Primitive(
            "bce_logits_backward",
            "z[*] t[*] weight=f -> dz[*]",
            "(TRANSCENDENTAL+4)*S",
        ),
        Primitive("squared_forward", "z[*] t[*] -> loss[]:f", "3*S"),
        Primitive("squared_backward", "z[*] t[*] -> dz[*]", "2*S"),
        Primitive("absolute_forward", "z[*] t[*] -> loss[]:f", "3*S"),
        Primitive("absolute_backward", "z[*] t[*] -> dz[*]", "2*S"),
        Primitive("product_forward", "z[*] t[*] weight=f -> loss[]:f", "2*S"),
        Primitive("hinge_forward", "z[*] sign=f -> loss[]:f", "3*S"),
        Primitive("hinge_backward", "z[*] sign=f -> dz[*]", "2*S"),
        Primitive("linear_forward", "z[*] weight=f -> loss[]:f", "S"),
        Primitive("linear_backward", "z[*] weight=f -> dz[*]"),
        Primitive(
            "softmax_forward",
            "z[N,C] label[N]:i -> loss[]:f p[N,C]",
            "(TRANSCENDENTAL+4)*N*C",
        ),
        Primitive("softmax_backward", "p[N,C] label[N]:i -> dz[N,C]", "2*N*C"),
        Primitive(
            "sigmoid_moments", "z[*] -> mean[]:f std[]:f", "(TRANSCENDENTAL+5)*S"
        ),
        Primitive("moments", "z[*] -> mean[]:f std[]:f", "4*S"),
        Primitive("accuracy", "z[*] threshold=f label=i -> share[]:f", "S"),
        Primitive("average", "a[]:f b[]:f -> mean[]:f", "2"),
        Primitive("record", "value[]:f column=i cursor[]:i table[R,C]!:f", "0", "3"),
        Primitive("advance", "cursor[]!:i"),
        Primitive("norm", "x[P] -> norm[]:f", "2*P"),
        # ---- optimizers ------------------------------------------------------------
        Primitive(
            "adam_schedule",
            "t[]!:i learning_rate[]:f beta_1=f beta_2=f epsilon=f corrected=i"
            " -> schedule[2]:f",
            "4*TRANSCENDENTAL+6",
        ),
        Primitive(
            "adam_update",
            "theta[P]! dtheta[P] m[P]! v[P]! schedule[2]:f beta_1=f beta_2=f"
            " overflow[]!:i",
            "11*P",
        ),
        Primitive(  # with the length of the gradient, for `fusion`
            "adam_update_norm",
            "theta[P]! dtheta[P] m[P]! v[P]! schedule[2]:f beta_1=f beta_2=f"
            " overflow[]!:i -> length[]:f",
            "13*P",
        ),
        Primitive(
            "sgd_update",
            "theta[P]! dtheta[P] velocity[P]! learning_rate[]:f momentum=f"
            " overflow[]!:i",
            "4*P",
        ),
        Primitive(
            "rmsprop_update",
            "theta[P]! dtheta[P] square[P]! velocity[P]! learning_rate[]:f rho=f"
            " momentum=f epsilon=f overflow[]!:i",
            "11*P",
        ),
        Primitive("clip", "theta[P]! limit=f", "2*P"),
        Primitive("average_update", "average[P]! theta[P] decay=f", "3*P"),
    )
}
