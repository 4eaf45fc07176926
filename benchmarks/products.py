"""The matrix products of a GAN, as a list: what the recipes do, in the order of a step.

A product is (form, N, D, M, place): batch N, D inputs, M units, and the layer that it
belongs to, so that products of one layer work on the same weights.

    forward    y (N, M)  = x W + b
    dW         dW (D, M) = x^T dy
    dx         dx (N, D) = dy W^T
"""

from dataclasses import dataclass

FORMS = ("forward", "dW", "dx")
SHAPES = (
    (128, 784, 512),
    (128, 512, 1024),
    (128, 1024, 784),
    (128, 512, 256),
    (256, 784, 512),
    (64, 784, 512),
    (1024, 1024, 1024),
    (4096, 512, 512),
)


@dataclass(frozen=True)
class Product:
    form: str
    N: int
    D: int
    M: int
    place: str = ""

    @property
    def flops(self):
        return 2 * self.N * self.D * self.M


def in_step_order(game):
    """The products of one step: none for frozen weights, no dx of a first layer."""
    generator, discriminator = (_sizes(network) for network in game.networks())
    n, found = game.rows, []
    found += _forward("G", generator, n)
    for rows in (2 * n,) if game.mixed else (n, n):
        found += _forward("D", discriminator, rows)
        found += _backward("D", discriminator, rows)
    n = game.batch
    found += _forward("G", generator, n)
    found += _forward("D", discriminator, n)
    found += _backward("D", discriminator, n, weights=False, first_dx=True)
    found += _backward("G", generator, n)
    return found


def _sizes(network):
    """(D, M) of every Dense."""
    return [p.value.shape for p in network.parameters if p.name == "W"]


def _forward(name, sizes, n):
    return [Product("forward", n, *s, f"{name}{k}") for k, s in enumerate(sizes)]


def _backward(name, sizes, n, weights=True, first_dx=False):
    found = []
    for k, size in reversed(list(enumerate(sizes))):
        if weights:
            found.append(Product("dW", n, *size, f"{name}{k}"))
        if k or first_dx:
            found.append(Product("dx", n, *size, f"{name}{k}"))
    return found
