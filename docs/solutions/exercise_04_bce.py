"""Solution of exercise 4: binary cross-entropy from logits."""

import numpy as np


def bce_logits(score, label):
    """(loss, dscore) of the binary cross-entropy, from logits."""
    s, t = score, label
    rows = np.maximum(s, 0) - t * s + np.log1p(np.exp(-np.abs(s)))
    p = 0.5 + 0.5 * np.tanh(0.5 * s)
    return rows.mean(), (p - t) / len(s)
