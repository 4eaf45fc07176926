"""Does a contestant compute the same step?  The answer, in float64.

minigan's NumPy backend trains a few steps and what it draws is written down; the
contestant starts from the same weights, is handed the same draws, and must report the
same losses.  A loss of step 3 depends on every update before it.
"""

import os

import numpy as np

from .contestants import gan_minigan
from .games import GAMES

STEPS = 3
CLOSE = 1e-6
ROWS = 400


def expected(game, steps=STEPS, **adam):
    """Losses [(d, g)] of minigan, and {"z": [...], "rows": [...]} that it drew."""
    subject = gan_minigan.Numpy(game, game.data("float64", ROWS), "float64", **adam)
    trainer, drawn = subject.trainer, {"z": [], "rows": []}
    draws = trainer.game.draws
    draws.latent = _written_down(draws.latent, drawn["z"])
    trainer.data.batch = _written_down(trainer.data.batch, drawn["rows"])
    losses = []
    for _ in range(steps):
        subject.run(1)
        losses.append(subject.losses())
    return losses, drawn


def _written_down(draw, into):
    def drawn(n):
        into.append(draw(n))
        return into[-1]

    return drawn


def difference(name, contestant):
    """The largest difference of any loss.  contestant: of kind "gan"."""
    library, _, variant = contestant.classes["gan"].partition(":")
    game = GAMES[name]
    if library == "gan_torch":
        # Its rule puts epsilon beside the corrected root: compare with minigan's form.
        wanted, drawn = expected(game, epsilon_form="pytorch", epsilon=1e-7)
    else:
        wanted, drawn = expected(game)
    make = contestant.load("gan")
    found = REPLAYS[library](make, game, drawn)
    return float(np.abs(np.subtract(found, wanted)).max())


def close(name, contestant):
    """As `difference`.  Errors: AssertionError where it is not small."""
    largest = difference(name, contestant)
    assert largest < CLOSE, f"{contestant.name}: losses differ by {largest:.2g}"
    return largest


# ---- how each library is handed the draws ------------------------------------------


def _minigan(make, game, drawn):
    subject = make(game, game.data("float64", ROWS), "float64")
    return _losses(subject, lambda: subject.run(1))


def _torch(make, game, drawn):
    import torch

    torch.set_num_threads(1)  # nobody waits for a thread that gets no core
    subject = make(game, game.data("float64", ROWS), "float64")
    z, rows = (map(torch.from_numpy, drawn[key]) for key in ("z", "rows"))
    subject.latent = lambda n: next(z)
    subject.real_rows = lambda n: next(rows)
    for module in subject.G.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.register_forward_hook(_biased)
    return _losses(subject, lambda: subject.run(1))


def _biased(module, given, _):
    """PyTorch moves with the unbiased variance; the others with the biased one."""
    if module.training:
        (x,), m = given, module.momentum
        rows = x.detach().movedim(1, -1).flatten(0, -2)
        module.running_var = module.running_var - m * rows.var(0) / len(rows)


def _jax(make, game, drawn):
    import jax

    with jax.enable_x64(True), jax.disable_jit():
        subject = make(game, game.data("float64", ROWS), "float64")
        z, rows = (map(jax.numpy.asarray, drawn[key]) for key in ("z", "rows"))
        subject.latent = lambda memory, n: (memory, next(z))
        subject.real_rows = lambda memory, data, n: (memory, next(rows))
        data = subject.data

        def once():
            subject.memory = subject.step(subject.memory, data)

        return _losses(subject, once)


def _keras(make, game, drawn):
    os.environ["JAX_ENABLE_X64"] = "1"
    subject = make(game, game.data("float64", ROWS), "float64")
    z, rows = iter(drawn["z"]), iter(drawn["rows"])
    subject.latent = lambda n: next(z)
    subject.real_rows = lambda n: next(rows).reshape(-1, *subject.shape)

    def once():
        if hasattr(subject, "traced"):
            subject.d_loss, subject.g_loss = subject.step()
        else:
            subject.run(1)

    return _losses(subject, once)


def _losses(subject, once):
    found = []
    for _ in range(STEPS):
        once()
        found.append(subject.losses())
    return found


REPLAYS = {
    "gan_minigan": _minigan,
    "gan_torch": _torch,
    "gan_jax": _jax,
    "gan_keras": _keras,
}
