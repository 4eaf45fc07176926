"""What must be true of every contestant, or its time means nothing."""

import hashlib
import math

import numpy as np


class BrokenContestant(AssertionError):
    """A contestant that trains what it must not, or does not train what it must."""


def moved(before, after):
    """True where any number of one network differs."""
    return any((a != b).any() for a, b in zip(before, after, strict=True))


def check(contestant):
    """D moves in D's step and stands still in G's; the reverse for G; losses finite.

    Errors: BrokenContestant, saying which.
    """
    start = contestant.state()
    contestant.discriminator_step()
    between = contestant.state()
    contestant.generator_step()
    end = contestant.state()
    contestant.run(1)
    later = contestant.state()
    G, D = 0, 1
    expected = {
        "D moves in the discriminator's step": moved(start[D], between[D]),
        "G stands still in the discriminator's step": not moved(start[G], between[G]),
        "D stands still in the generator's step": not moved(between[D], end[D]),
        "G moves in the generator's step": moved(between[G], end[G]),
        "both move in a whole step": moved(end[D], later[D])
        and moved(end[G], later[G]),
        "losses are finite": all(map(math.isfinite, contestant.losses())),
    }
    wrong = [text for text, holds in expected.items() if not holds]
    if wrong:
        raise BrokenContestant("not so: " + "; ".join(wrong))


def errors(found, x, W, b):
    """How far x W + b is from the exact result, for a sum of |x| |W| + |b| of 1.

    "mean" and "worst", and "bits": a digest, equal where all bits are.
    """
    x, W, b = (a.astype(np.float64) for a in (x, W, b))
    far = np.abs(found - (x @ W + b)) / (np.abs(x) @ np.abs(W) + np.abs(b))
    bits = hashlib.sha256(np.ascontiguousarray(found).tobytes()).hexdigest()
    return {"mean": float(far.mean()), "worst": float(far.max()), "bits": bits}
