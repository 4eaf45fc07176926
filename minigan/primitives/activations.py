"""Activations: each output depends on the one input at its place."""

import numpy as np

from .declare import TRANSCENDENTAL, primitive, wide


@primitive("x[*] -> y[*]", flops=lambda S: S, rows="S")
def relu_forward(x, y):
    """y = max(x, 0), where NaN stays NaN."""
    y[...] = np.where(x.real <= 0, 0, x)


@primitive("dy[*] y[*] -> dx[*]", flops=lambda S: S, rows="S")
def relu_backward(dy, y, dx):
    """dx = dy where y > 0, else 0: at the kink the derivative is 0."""
    dx[...] = np.where(y.real > 0, dy, 0)


@primitive("x[*] slope=f -> y[*]", flops=lambda S: S, rows="S")
def leaky_relu_forward(x, slope, y):
    """y = x where x > 0, else slope x."""
    y[...] = np.where(x.real > 0, x, slope * x)


@primitive("dy[*] y[*] slope=f -> dx[*]", flops=lambda S: S, rows="S")
def leaky_relu_backward(dy, y, slope, dx):
    """dx = dy where y > 0, else slope dy: at the kink the derivative is `slope`.

    With slope >= 0 the output has the sign of the input, so y serves for x.
    """
    dx[...] = np.where(y.real > 0, dy, slope * dy)


@primitive("x[*] slope=f threshold=f limit=f -> y[*]", flops=lambda S: 2 * S, rows="S")
def clipped_relu_forward(x, slope, threshold, limit, y):
    """y = min(x, limit) where x > threshold, else slope (x - threshold)."""
    above = np.where(x.real < limit, x, limit)
    y[...] = np.where(x.real > threshold, above, slope * (x - threshold))


@primitive(
    "dy[*] x[*] slope=f threshold=f limit=f -> dx[*]", flops=lambda S: S, rows="S"
)
def clipped_relu_backward(dy, x, slope, threshold, limit, dx):
    """dx = dy where threshold < x < limit, 0 from limit on, else slope dy."""
    above = np.where(x.real < limit, dy, 0)
    dx[...] = np.where(x.real > threshold, above, slope * dy)


@primitive("x[*] -> y[*]", flops=lambda S: (TRANSCENDENTAL + 2) * S, rows="S")
def sigmoid_forward(x, y):
    """y = 1 / (1 + exp(-x)), written with exp(-|x|), which cannot overflow."""
    e = np.exp(np.where(x.real > 0, -x, x))  # exp(-|x|)
    y[...] = np.where(x.real > 0, 1, e) / (1 + e)


@primitive("dy[*] y[*] -> dx[*]", flops=lambda S: 3 * S, rows="S")
def sigmoid_backward(dy, y, dx):
    """dx = dy y (1 - y)."""
    dx[...] = dy * (y * (1 - y))


@primitive("dy[*] t[*] y[*] -> dx[*]", flops=lambda S: 5 * S, rows="S")
def sigmoid_curvature(dy, t, y, dx):
    """dx = dy t y'', y'' = y (1 - y) (1 - 2 y): how the slope that t meets bends."""
    dx[...] = dy * t * (y * (1 - y)) * (1 - 2 * y)


@primitive("x[*] -> y[*]", flops=lambda S: TRANSCENDENTAL * S)
def tanh_forward(x, y):
    """y = tanh x."""
    y[...] = np.tanh(x)


@primitive("dy[*] y[*] -> dx[*]", flops=lambda S: 3 * S, rows="S")
def tanh_backward(dy, y, dx):
    """dx = dy (1 - y^2)."""
    dx[...] = dy * (1 - y * y)


@primitive("dy[*] t[*] y[*] -> dx[*]", flops=lambda S: 5 * S, rows="S")
def tanh_curvature(dy, t, y, dx):
    """dx = dy t y'', y'' = -2 y (1 - y^2): how the slope that t meets bends."""
    dx[...] = dy * t * (1 - y * y) * (-2 * y)


@primitive("x[N,D] alpha[D] -> y[N,D]", flops=lambda N, D: N * D, rows="N")
def prelu_forward(x, alpha, y):
    """y = x where x > 0, else alpha x.   x, y: (N, D)   alpha: (D,)"""
    y[:] = np.where(x.real > 0, x, alpha * x)


@primitive("dy[N,D] x[N,D] alpha[D] -> dx[N,D]", flops=lambda N, D: N * D, rows="N")
def prelu_backward(dy, x, alpha, dx):
    """dx = dy where x > 0, else alpha dy.   dy, x, dx: (N, D)   alpha: (D,)"""
    dx[:] = np.where(x.real > 0, dy, alpha * dy)


@primitive("dy[N,D] t[N,D] x[N,D] -> dalpha[D]:f", flops=lambda N, D: 2 * N * D)
def prelu_dalpha(dy, t, x, dalpha):
    """dalpha = sum over the batch of dy t, where x <= 0.   dalpha: (D,) float64"""
    dalpha[:] = np.where(x.real > 0, 0, dy * t).sum(axis=0, dtype=wide(x))
