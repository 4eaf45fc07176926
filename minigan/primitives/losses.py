"""Losses, each with its gradient.  N counts all elements, since losses are means."""

import numpy as np

from ..jit.small import NEGLIGIBLE
from .activations import sigmoid_forward
from .declare import TRANSCENDENTAL, primitive, wide


@primitive(
    "p[*] t[*] epsilon=f -> loss[]:f", flops=lambda S: (2 * TRANSCENDENTAL + 6) * S
)
def bce_forward(p, t, epsilon, loss):
    """Binary cross-entropy of probabilities, clipped as Keras clips them.

    q = clip(p, epsilon, 1 - epsilon)
    loss = -mean(t log q + (1 - t) log(1 - q))
    """
    q = np.where(p.real < epsilon, epsilon, p).astype(p.dtype)
    q = np.where(q.real > 1 - epsilon, 1 - epsilon, q).astype(p.dtype)
    loss[...] = -np.mean(t * np.log(q) + (1 - t) * np.log(1 - q), dtype=wide(p))


@primitive("p[*] t[*] epsilon=f -> dp[*]", flops=lambda S: 6 * S)
def bce_backward(p, t, epsilon, dp):
    """dp = (p - t) / (p (1 - p)) / N, and 0 where the forward clipped.

    On the bound itself nothing is clipped and the gradient passes.  N counts all
    elements, since the loss is their mean.
    """
    upper = p.dtype.type(1 - epsilon)  # the bound as the forward rounded it
    inside = (p.real >= p.dtype.type(epsilon).real) & (p.real <= upper.real)
    q = np.where(inside, p, 0.5)
    dp[...] = np.where(inside, (q - t) / (q * (1 - q)) / p.size, 0)


@primitive(
    "z[*] t[*] weight=f -> loss[]:f", flops=lambda S: (2 * TRANSCENDENTAL + 5) * S
)
def bce_logits_forward(z, t, weight, loss):
    """Binary cross-entropy of logits, stable for every z.

        loss = weight mean(max(z, 0) - z t + log(1 + exp(-|z|)))

    which is -t log s(z) - (1 - t) log(1 - s(z)) with the sigmoid s, rearranged so
    that nothing overflows and nothing cancels.  weight: 1, or -1 for a loss that
    is to be maximised.
    """
    softplus_tail = np.log1p(np.exp(np.where(z.real > 0, -z, z)))
    terms = np.where(z.real > 0, z, 0) - z * t + softplus_tail
    loss[...] = weight * np.mean(terms, dtype=wide(z))


@primitive("z[*] t[*] weight=f -> dz[*]", flops=lambda S: (TRANSCENDENTAL + 4) * S)
def bce_logits_backward(z, t, weight, dz):
    """dz = weight (s(z) - t) / N with the sigmoid s; N counts all elements.

    0 where that is negligible, see `jit.small`.
    """
    sigmoid_forward.formula(z, dz)
    dz[...] = (dz - t) * (weight / z.size)
    dz[_is_negligible(dz)] = 0


@primitive("z[*] t[*] -> loss[]:f", flops=lambda S: 3 * S)
def squared_forward(z, t, loss):
    """loss = 1/2 mean((z - t)^2)."""
    loss[...] = np.mean((z - t) ** 2, dtype=wide(z)) / 2


@primitive("z[*] t[*] -> dz[*]", flops=lambda S: 2 * S)
def squared_backward(z, t, dz):
    """dz = (z - t) / N; N counts all elements."""
    dz[...] = (z - t) / z.size


@primitive("z[*] t[*] -> loss[]:f", flops=lambda S: 3 * S)
def absolute_forward(z, t, loss):
    """loss = mean(|z - t|)."""
    error = z - t
    loss[...] = np.mean(np.where(error.real < 0, -error, error), dtype=wide(z))


@primitive("z[*] t[*] -> dz[*]", flops=lambda S: 2 * S)
def absolute_backward(z, t, dz):
    """dz = sign(z - t) / N, and 0 where they are equal; N counts all elements."""
    error = (z - t).real
    dz[...] = np.where(error == 0, 0, np.where(error > 0, 1, -1) / z.size)


@primitive("z[*] t[*] weight=f -> loss[]:f", flops=lambda S: 2 * S)
def product_forward(z, t, weight, loss):
    """loss = weight mean(z t)."""
    loss[...] = weight * np.mean(z * t, dtype=wide(z))


@primitive("z[*] sign=f -> loss[]:f", flops=lambda S: 3 * S)
def hinge_forward(z, sign, loss):
    """loss = mean(max(0, 1 - sign z)), where NaN stays NaN."""
    margin = 1 - sign * z
    loss[...] = np.mean(np.where(margin.real <= 0, 0, margin), dtype=wide(z))


@primitive("z[*] sign=f -> dz[*]", flops=lambda S: 2 * S)
def hinge_backward(z, sign, dz):
    """dz = -sign / N where 1 - sign z > 0, else 0: at the kink the derivative is 0."""
    dz[...] = np.where((1 - sign * z).real > 0, -sign / z.size, 0)


@primitive("z[*] weight=f -> loss[]:f", flops=lambda S: S)
def linear_forward(z, weight, loss):
    """loss = weight mean(z)."""
    loss[...] = weight * np.mean(z, dtype=wide(z))


@primitive("z[*] weight=f -> dz[*]")
def linear_backward(z, weight, dz):
    """dz = weight / N."""
    dz[...] = weight / z.size


@primitive(
    "z[N,C] label[N]:i -> loss[]:f p[N,C]",
    flops=lambda N, C: (TRANSCENDENTAL + 4) * N * C,
)
def softmax_forward(z, label, loss, p):
    """Cross-entropy of classes: p = softmax(z), loss = -mean(log p[label]).

        log p = (z - m) - log sum exp(z - m),   m the largest z of each row

    z, p: (N, C) logits and probabilities   label: (N,) int64 in 0 ... C - 1
    """
    shifted = z - np.max(z.real, axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True, dtype=wide(z))
    p[:] = np.exp(shifted) / total
    chosen = shifted[np.arange(len(z)), label]
    loss[...] = np.mean(np.log(total[:, 0]) - chosen)


@primitive("p[N,C] label[N]:i -> dz[N,C]", flops=lambda N, C: 2 * N * C)
def softmax_backward(p, label, dz):
    """dz = (p - onehot(label)) / N.   p, dz: (N, C)   label: (N,)

    0 where that is negligible, see `jit.small`.
    """
    dz[:] = p / len(p)
    dz[np.arange(len(p)), label] -= 1 / len(p)
    dz[_is_negligible(dz)] = 0


def _is_negligible(dz):
    """Where a gradient is so small that it would become a subnormal number."""
    return np.abs(dz.real) < NEGLIGIBLE * np.finfo(dz.dtype).tiny
