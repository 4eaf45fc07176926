"""Draws images/minimax.png: what a sure discriminator leaves of G's gradient.

    python docs/minimax.py [--seeds 3]

The networks of `mnist-mixed` on real MNIST.  D is trained alone, the generator stays as
it was initialised, and now and then the generator's gradient is measured under both
objectives: the same D, the same z, another loss.  D learns from fakes made in training
mode, as those of the generator step are: of others it is not sure.
"""

import argparse
import copy
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minigan import data
from minigan.gan import OBJECTIVES, recipes

PICTURE = Path(__file__).parent / "images" / "minimax.png"
STEPS = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300)
CURVES = {  # objective -> label, colour, marker
    "non-saturating": ("non-saturating: -log D(G(z))", "#0072b2", "o"),
    "minimax": ("minimax: log(1 - D(G(z)))", "#d55e00", "s"),
}


def look(trainer, objective, z):
    """Length of dL_G/dtheta and mean D(G(z)) for these z; nothing of the trainer moves.

    z: (n, latent_dim)
    """
    generator = copy.deepcopy(trainer.generator)
    score_of = copy.deepcopy(trainer.critic)
    fake = generator.forward(z, training=True)
    with score_of.frozen():
        score = score_of.forward(fake, training=True)
        objective.generator(score)
        dfake = score_of.backward(objective.dscore())
    generator.zero_grad()
    generator.backward(dfake, need_dx=False)
    length = np.linalg.norm(generator.dtheta.astype(np.float64))
    return float(length), float(objective.moments(score)[0])


def measured(images, seed):
    """Rows (steps, mean D(G(z)), one length for each objective)."""
    trainer = recipes.load("mnist-mixed", seed=seed, data=images, fakes="training")
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((trainer.batch_size, trainer.latent_dim), np.float32)
    rows, done = [], 0
    for steps in STEPS:
        trainer.pretrain(steps - done)
        done = steps
        looks = [look(trainer, OBJECTIVES[name](), z) for name in CURVES]
        rows.append((steps, looks[0][1], *(length for length, _ in looks)))
    return np.array(rows)


def draw(runs, path):
    """runs: (seeds, len(STEPS), 4)"""
    figure = Figure(figsize=(7.5, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for column, (label, colour, marker) in enumerate(CURVES.values(), start=2):
        lengths = runs[:, :, column]
        middle = np.median(lengths, axis=0)
        axes.fill_between(
            STEPS, lengths.min(0), lengths.max(0), color=colour, alpha=0.2
        )
        axes.plot(STEPS, middle, color=colour, marker=marker, markersize=5, label=label)
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    ticks = (0, 1, 3, 10, 30, 100, 300)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(-0.1, STEPS[-1] * 1.1)
    axes.set_xlabel("steps that D was trained alone")
    axes.set_ylabel("length of G's gradient")
    axes.set_title("An untrained G before a D that grows sure (MNIST)", loc="left")
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    images = data.images("mnist")
    runs = np.array([measured(images, seed) for seed in range(seeds)])
    print("steps   D(G(z))   non-saturating    minimax      ratio")
    for steps, answer, alive, silent in np.median(runs, axis=0):
        print(
            f"{steps:5.0f} {answer:9.2g} {alive:16.3g} {silent:10.2g} "
            f"{alive / silent:10.3g}"
        )
    draw(runs, PICTURE)


if __name__ == "__main__":
    main()
