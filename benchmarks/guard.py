"""A guard against regressions: minigan's products beside NumPy's, in one process.

A ratio holds on any machine where a time would not.  The bound is generous: it is there
to catch a kernel that fell back to plain loops, not to praise one.
"""

import time

import numpy as np

from .contestants.products import Minigan, Numpy
from .games import NAMED
from .products import Product, in_step_order

LEAST = 0.2  # of NumPy's speed; one run on a busy machine can halve it
SECONDS = 1.0  # that one comparison takes; the best round counts
TRIES = 3  # other work on the machine can spoil one

LISTS = {
    "forward": [Product("forward", 128, 512, 1024)],
    "dW": [Product("dW", 128, 512, 1024)],
    "dx": [Product("dx", 128, 512, 1024)],
    "mnist-mixed step": in_step_order(NAMED["mnist-mixed"]),
}


def seconds(subject):
    """Of one run."""
    started = time.perf_counter()
    subject.run(1)
    return time.perf_counter() - started


def ratio(products, limit=SECONDS):
    """NumPy's time over minigan's, taken in turn, of each its best round."""
    ours, theirs = Minigan(products), Numpy(products)
    ours.run(1)  # compiles
    theirs.run(1)
    pairs, end = [], time.perf_counter() + limit
    while len(pairs) < 5 or time.perf_counter() < end:
        pairs.append((seconds(ours), seconds(theirs)))
    least = np.min(pairs, axis=0)
    return least[1] / least[0]


def main(ratio=ratio):
    """Print one line; the exit code."""
    found = {name: ratio(products) for name, products in LISTS.items()}
    for _ in range(1, TRIES):
        for name, value in found.items():
            if value < LEAST:
                found[name] = max(value, ratio(LISTS[name]))
    text = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
    failed = [name for name, value in found.items() if value < LEAST]
    verdict = f"below {LEAST}: {', '.join(failed)}" if failed else "ok"
    print(f"minigan / NumPy, speed of products: {text} (at least {LEAST}): {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
