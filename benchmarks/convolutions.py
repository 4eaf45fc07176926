"""Convolutions as they are chosen, beside the same by patches: microseconds, a table.

    python -m benchmarks.convolutions

The layers are those of the `dcgan` workload.  Both ways take turns, in blocks; medians.
"""

import time
from functools import partial
from statistics import median

import numpy as np

from minigan import Conv2D
from minigan.compiled import conv, patches
from minigan.jit.threads import start

BATCH = 32
LAYERS = {  # what it is: image, filters, kernel, stride
    "G, hidden": ((14, 14, 64), 32, 3, 1),
    "G, last": ((28, 28, 32), 1, 3, 1),
    "D, first": ((28, 28, 1), 32, 4, 2),
    "D, second": ((14, 14, 32), 64, 4, 2),
}
ROUNDS, BLOCK = 7, 0.1  # seconds of a block; its second half counts


def operations(image, filters, kernel, stride):
    """{product: {way: function}}"""
    rng = np.random.default_rng(0)
    layer = Conv2D(image, filters, kernel, stride, "same", rng=rng)
    W, index = layer.W.value.reshape(-1, filters), layer.table
    D, Y = int(np.prod(image)), int(np.prod(layer.output_image))
    draws = (rng.standard_normal((BATCH, k), np.float32) for k in (D, Y))
    (x, dy), b = draws, layer.b.value
    y, dW, dx = np.empty_like(dy), np.zeros_like(W), np.empty_like(x)
    sizes = {"N": BATCH, "K": len(W), "M": filters, "Y": Y, "Q": index.size}
    given = {
        "forward": (conv.conv_forward, patches.forward, (x, index, W, b, Y, y)),
        "dW": (conv.conv_dW, patches.dW, (x, index, dy, dW)),
        "dx": (conv.conv_dx, patches.dx, (dy, index, W, D, dx)),
    }
    found = {}
    for product, (twin, by_patches, operands) in given.items():
        ways = {"patches": by_patches, "chosen": twin.chosen(sizes, x.dtype, "chain")}
        found[product] = {way: partial(f, *operands) for way, f in ways.items()}
    return found


def microseconds(ways):
    """{way: us of a call}"""
    found = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, call in ways.items():
            times, end = [], time.perf_counter() + BLOCK
            while time.perf_counter() < end:
                begin = time.perf_counter()
                call()
                times.append(time.perf_counter() - begin)
            found[way] += times[len(times) // 2 :]
    return {way: 1e6 * median(times) for way, times in found.items()}


def main():
    start()
    print(
        "| layer | image, filters, kernel, stride | product | by patches | as chosen |"
    )
    print("|---|---|---|---|---|")
    for name, shape in LAYERS.items():
        (height, width, channels), filters, kernel, stride = shape
        text = f"{height} x {width} x {channels}, {filters}, {kernel}, {stride}"
        for product, ways in operations(*shape).items():
            for call in ways.values():
                call()  # compiled
            us = microseconds(ways)
            cells = f"{us['patches']:,.0f} | {us['chosen']:,.0f}"
            print(f"| {name} | {text} | {product} | {cells} |")


if __name__ == "__main__":
    main()
