"""One layer, forward and backward, in each library: dx and all parameter gradients."""

import numpy as np

import minigan
from minigan import primitives
from minigan.capture import program

BATCH = 128


def operands(shape):
    """x and dy: fixed draws from N(0, 1)."""
    rng = np.random.default_rng(0)
    inputs, outputs = shape
    return tuple(rng.standard_normal((BATCH, n), "float32") for n in (inputs, outputs))


def minigan_layer(kind, shape):
    sizes = {"Dense": shape, "BatchNorm": shape[:1]}.get(kind, ())
    return getattr(minigan, kind)(*sizes)


class Captured:
    """minigan, captured."""

    shown = ("once", "run")

    def __init__(self, kind, shape):
        self.layer = minigan.Sequential([minigan_layer(kind, shape)])
        self.x, self.dy = operands(shape)
        network = self.layer
        workspace = {"x": self.x, "dy": self.dy, "dtheta": network.dtheta}
        with primitives.use_backend("jit"):
            self.program = program.capture(self.once, network, workspace)

    def once(self):
        _, cache = self.layer.forward_pass(self.x, True)
        self.layer.backward_pass(self.dy, cache, True)

    def run(self, times):
        self.program.play(times)


class Eager:
    """minigan, eager."""

    backend = "jit"

    def __init__(self, kind, shape):
        self.layer = minigan_layer(kind, shape)
        self.x, self.dy = operands(shape)

    def run(self, times):
        with primitives.use_backend(self.backend):
            for _ in range(times):
                self.layer.forward(self.x, training=True)
                self.layer.backward(self.dy)


class Numpy(Eager):
    """minigan on its NumPy backend."""

    backend = "numpy"


class Torch:
    """PyTorch, eager."""

    def __init__(self, kind, shape):
        import torch

        from .gan_torch import layer_of

        layer = minigan_layer(kind, shape)
        self.layer = torch.nn.Sigmoid() if kind == "Sigmoid" else layer_of(layer)
        self.x, self.dy = map(torch.from_numpy, operands(shape))
        self.x.requires_grad_()

    def run(self, times):
        for _ in range(times):
            self.layer(self.x).backward(self.dy)


class Jax:
    """JAX, jitted, its gradient as its transform makes it."""

    def __init__(self, kind, shape):
        import jax

        from .gan_jax import apply

        layer = minigan_layer(kind, shape)
        self.block = jax.block_until_ready
        weights = {p.name: jax.numpy.asarray(p.value) for p in layer.parameters}
        moving = tuple(jax.numpy.asarray(s.value) for s in layer.statistics)
        x, dy = map(jax.numpy.asarray, operands(shape))

        def once(weights, x, dy):
            def forward(weights, x):
                if kind == "Sigmoid":
                    return jax.nn.sigmoid(x), ()
                y, moved = apply([layer], [weights], [moving], x)
                return y, moved[0]

            y, backward, moved = jax.vjp(forward, weights, x, has_aux=True)
            return y, moved, backward(dy)

        self.once, self.given = jax.jit(once), (weights, x, dy)

    def run(self, times):
        for _ in range(times):
            found = self.once(*self.given)
        self.block(found)
