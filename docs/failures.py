"""Draws the failures of docs/failures.md, each beside the same training without it.

    python docs/failures.py                  all figures
    python docs/failures.py zero-grad        one of them

Everything is made from seeds, offline, on the NumPy formulas; a figure takes half a
minute.
The training is that of gan_in_60_lines.py, with a switch for each failure.
"""

import argparse
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from minigan import (
    Adam,
    BatchNorm,
    BCEWithLogits,
    Dense,
    ReLU,
    Sequential,
    Sigmoid,
    use_backend,
)
from minigan.gan import OBJECTIVES, recipes
from minigan.gan.metrics import energy_distance
from minigan.gan.rngs import rngs
from minigan.modes import RING
from minigan.pictures.curves import plain_numbers

IMAGES = Path(__file__).parent / "images"
BATCH, LATENT = 128, 5
STEPS, EVERY = 2000, 100
SEEDS = (0, 1, 2)  # the first is the one whose points are shown
RIGHT, WRONG, DATA = "#0072b2", "#d55e00", "#9a9a9a"


class ConstantStatistics(BatchNorm):
    """The bug: mean and variance of the batch are taken for constants."""

    def backward_pass(self, dy, cache, need_dx):
        super().backward_pass(dy, cache, need_dx=False)  # dgamma and dbeta are right
        return dy * self.gamma.value * cache[1] if need_dx else None


@dataclass(frozen=True)
class Setup:
    """A training: what is in it, and what is wrong with it.

    norm: the BatchNorm of both players, or None.   mixed: real rows and fakes in one
    batch of D.   zero_grad: whether gradients are cleared.   frozen: whether D is, in
    G's step.   both: whether G's step moves D as well.   twice: whether D ends in a
    sigmoid before a loss that has one.   lead: how many steps D makes for each of G's.
    rate: D's learning rate.
    """

    norm: type[BatchNorm] | None = None
    mixed: bool = False
    zero_grad: bool = True
    frozen: bool = True
    both: bool = False
    twice: bool = False
    lead: int = 1
    rate: float = 1e-3


def points(rng, n):
    """n points on y = x^2."""
    x = rng.random((n, 1), dtype=np.float32) - np.float32(0.5)
    return np.hstack([x, x * x])


@cache
def train(setup, seed, steps=STEPS):
    """(samples (400, 2), distance from the data every 100 steps, theta of G)."""
    rng = rngs(seed)
    init = {"rng": rng["weights"]}

    def norm(features):
        return [setup.norm(features)] if setup.norm else []

    G = Sequential(
        [Dense(LATENT, 15, "he_uniform", **init), *norm(15), ReLU()]
        + [Dense(15, 2, **init)]
    )
    D = Sequential(
        [Dense(2, 25, "he_uniform", **init), *norm(25), ReLU(), Dense(25, 1, **init)]
        + ([Sigmoid()] if setup.twice else [])
    )
    loss, g_adam, d_adam = BCEWithLogits(), Adam(), Adam(setup.rate)

    def noise(n):
        return rng["latent"].standard_normal((n, LATENT), dtype=np.float32)

    def clear(network):
        if setup.zero_grad:
            network.zero_grad()

    def learn(rows, labels):
        score = D.forward(rows, training=True)
        loss.forward(score, labels)
        clear(D)
        D.backward(loss.backward(), need_dx=False)
        d_adam.step(D)

    def teach_discriminator():
        n = BATCH // 2
        real, fake = points(rng["data"], n), G.predict(noise(n))
        ones, zeros = np.ones((n, 1), np.float32), np.zeros((n, 1), np.float32)
        if setup.mixed:
            learn(np.vstack([real, fake]), np.vstack([ones, zeros]))
        else:
            learn(real, ones)
            learn(fake, zeros)

    def through(fake):
        score = D.forward(fake, training=True)
        loss.forward(score, np.ones_like(score))
        return D.backward(loss.backward())

    def teach_generator():
        fake = G.forward(noise(BATCH), training=True)
        if setup.frozen:
            with D.frozen():
                dfake = through(fake)
        else:
            dfake = through(fake)
            if setup.both:
                d_adam.step(D)
        clear(G)
        G.backward(dfake, need_dx=False)
        g_adam.step(G)

    look = np.random.default_rng(100)
    data = points(look, 400)
    z = look.standard_normal((400, LATENT), dtype=np.float32)
    distances = []
    for step in range(steps):
        for _ in range(setup.lead):
            teach_discriminator()
        teach_generator()
        if (step + 1) % EVERY == 0:
            distances.append(energy_distance(G.predict(z), data))
    return G.predict(z), np.array(distances), G.theta.copy()


# ---- figures -----------------------------------------------------------------------


def figure_of(width=9.0, height=3.1, **parts):
    """(figure, axes of its panels)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots(**parts)
    for panel in np.ravel(axes):
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    return figure, axes


def beside(wrong, name, right=None, label="right", steps=STEPS):
    """The figure of a failure: points without it, points with it, distances."""
    right = right or Setup()
    runs = {
        kind: [train(setup, seed, steps) for seed in SEEDS]
        for kind, setup in ((label, right), (name, wrong))
    }
    figure, axes = figure_of(ncols=3)
    x = np.linspace(-0.5, 0.5, 100)
    clouds = [runs[kind][0][0] for kind in runs]
    for panel, cloud, kind, colour in zip(
        axes, clouds, runs, (RIGHT, WRONG), strict=False
    ):
        panel.plot(x, x * x, color=DATA, lw=5, alpha=0.5, solid_capstyle="round")
        panel.scatter(*cloud.T, s=4, color=colour, linewidths=0)
        title = f"{kind}, seed {SEEDS[0]}"
        panel.set_title(title, loc="left", size=10, color=colour)
        low, high = (-0.7, -0.25), (0.7, 0.5)
        outside = ~((cloud > low) & (cloud < high)).all(axis=1)
        if outside.mean() >= 0.005:  # else it would read 0%
            text = f"{outside.mean():.0%} of the points lie outside"
            panel.text(0.02, 0.96, text, transform=panel.transAxes, va="top", size=8)
        panel.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    at = np.arange(EVERY, steps + 1, EVERY)
    for kind, colour in zip(runs, (RIGHT, WRONG), strict=True):
        for _, distances, _ in runs[kind]:
            axes[2].plot(at, distances, color=colour, lw=1.2)
    axes[2].set_yscale("log")
    plain_numbers(axes[2])
    axes[2].set_xlabel("steps")
    axes[2].set_title("distance, seeds 0, 1, 2", loc="left", size=10)
    return figure


def too_strong():
    """D makes ten steps for each of G's, with ten times the learning rate."""
    return beside(Setup(lead=10, rate=1e-2), "D too strong", steps=600)


def zero_grad():
    """Gradients are never cleared."""
    return beside(Setup(zero_grad=False), "no zero_grad")


def batchnorm():
    """A BatchNorm whose backward takes the statistics for constants."""
    wrong, right = Setup(norm=ConstantStatistics), Setup(norm=BatchNorm)
    return beside(wrong, "statistics as constants", right, "BatchNorm")


def sigmoid_twice():
    """D answers with a probability, and the loss takes it for a logit."""
    return beside(Setup(twice=True), "sigmoid twice")


def learning_judge():
    """G's optimizer step is followed by one of D, on the same loss."""
    return beside(Setup(frozen=False, both=True), "D learns to please")


def one_batch():
    """Real rows and fakes share the statistics of one batch."""
    wrong, right = Setup(norm=BatchNorm, mixed=True), Setup(norm=BatchNorm)
    return beside(wrong, "one batch", right, "two batches")


def collapse(seeds=(0, 3), steps=2500):
    """The ring of eight modes: the plain game, and a whole run against collapse."""
    figure, axes = figure_of(ncols=3)
    shown = [("ring", seeds[0]), ("ring", seeds[1]), ("ring-robust", seeds[0])]
    for panel, (recipe, seed) in zip(axes, shown, strict=True):
        trainer = recipes.load(recipe, seed=seed)
        good = recipe != "ring"
        trainer.fit(recipes.RECIPES[recipe].steps if good else steps)
        cloud = trainer.sample(1000)
        panel.scatter(*RING.centres.T, s=260, color=DATA, alpha=0.4, linewidths=0)
        panel.scatter(*cloud.T, s=4, color=RIGHT if good else WRONG, linewidths=0)
        panel.set_title(f"{recipe}, seed {seed}", loc="left", size=10)
        panel.set(xlim=(-2.9, 2.9), ylim=(-2.9, 2.9), aspect="equal")
    return figure


def saturation(seed=0):
    """Digits: an untrained G before a D that is trained alone, under two objectives."""
    trainer = recipes.load("digits", seed=seed)
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((128, trainer.latent_dim), dtype=np.float32)
    counts, done, rows = (0, 3, 10, 20, 30, 50, 70, 100, 150, 200, 300), 0, []
    for steps in counts:
        trainer.pretrain(steps - done)
        done = steps
        lengths = []
        for name in ("non-saturating", "minimax"):
            objective = OBJECTIVES[name]()
            fake = trainer.generator.predict(z)
            with trainer.critic.frozen():
                score = trainer.critic.forward(fake, training=True)
                objective.generator(score)
                dfake = trainer.critic.backward(objective.dscore())
            lengths.append(np.sqrt((dfake.astype(float) ** 2).sum()))
        sure = (1 / (1 + np.exp(-score.astype(float)))).mean()
        rows.append((sure, *lengths))
    answers, alive, silent = np.array(rows).T
    figure, (left, right) = figure_of(8.0, 3.2, ncols=2)
    left.plot(counts, answers, color="#333333", marker="o", markersize=4)
    left.set_title("what D says of the fakes: mean D(G(z))", loc="left", size=10)
    right.plot(counts, alive, color=RIGHT, marker="o", markersize=4)
    right.plot(counts, silent, color=WRONG, marker="o", markersize=4)
    right.set_title("length of the gradient into the fakes", loc="left", size=10)
    right.legend(["non-saturating", "minimax"], frameon=False, loc="lower left")
    for panel in (left, right):
        panel.set_yscale("log")
        plain_numbers(panel)
        panel.set_xlabel("steps that D was trained alone (digits, seed 0)")
    return figure


FIGURES = {
    "collapse": collapse,
    "saturation": saturation,
    "too-strong": too_strong,
    "zero-grad": zero_grad,
    "batchnorm": batchnorm,
    "sigmoid-twice": sigmoid_twice,
    "learning-judge": learning_judge,
    "one-batch": one_batch,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    names = parser.parse_args().names or FIGURES
    with use_backend("numpy"):
        for name in names:
            path = IMAGES / f"failure-{name}.png"
            FIGURES[name]().savefig(path, dpi=110)
            print(path)


if __name__ == "__main__":
    main()
