"""Solution of exercise 6: Adam."""

import numpy as np


def adam(
    theta, gradient, m, v, t,
    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of Adam: theta, m and v change in place."""
    m[...] = beta_1 * m + (1 - beta_1) * gradient
    v[...] = beta_2 * v + (1 - beta_2) * gradient**2
    mhat = m / (1 - beta_1**t)
    vhat = v / (1 - beta_2**t)
    theta -= learning_rate * mhat / (np.sqrt(vhat) + epsilon)
