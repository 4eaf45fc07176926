"""Draws images/games.png: the Dirac-GAN under each order of updates and optimizer.

    python docs/games.py

Prints how far theta and psi are from their balance after 500 steps.
"""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minigan import Adam, OptimisticAdam
from minigan.gan import recipes

PICTURE = Path(__file__).parent / "images" / "games.png"
STEPS = 500
BILINEAR = {"objective": "wasserstein", "clip_value": 1e6}  # L = theta psi
RUNS = {  # panel -> options of the recipe, class of the optimizers or None
    "theta psi, simultaneous": (BILINEAR, None),
    "theta psi, alternating": ({**BILINEAR, "updates": "alternating"}, None),
    "theta psi, extragradient": ({**BILINEAR, "updates": "extragradient"}, None),
    "theta psi, Adam": (BILINEAR, Adam),
    "theta psi, optimistic Adam": (BILINEAR, OptimisticAdam),
    "minimax, simultaneous": ({}, None),
    "non-saturating, simultaneous": ({"objective": "non-saturating"}, None),
    "wasserstein, clipped at 1": (
        {"objective": "wasserstein", "clip_value": 1.0},
        None,
    ),
    "minimax, R1 of 0.3": ({"penalty": "r1", "penalty_weight": 0.3}, None),
    "minimax, WGAN-GP of 0.3": ({"penalty": "wgan-gp", "penalty_weight": 0.3}, None),
}


def path(options, kind, steps=STEPS):
    """(theta, psi) at the start and after each step: (steps + 1, 2)"""
    made = {}
    if kind is not None:
        names = [f"{player}_optimizer" for player in recipes.PLAYERS]
        made = {name: kind(0.1, beta_1=0.0) for name in names}
    trainer = recipes.load("dirac", dtype=np.float64, **options, **made)
    places = []
    for step in range(steps + 1):
        if step:
            trainer.step()
        networks = trainer.generator, trainer.discriminator
        places.append([network.theta[0] for network in networks])
    return np.array(places)


def draw(paths, picture):
    """paths: title -> (steps + 1, 2)"""
    figure = Figure(figsize=(11.5, 5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, places) in zip(
        figure.subplots(2, 5).flat, paths.items(), strict=True
    ):
        shown = places[np.hypot(*places.T) < 4]  # until it leaves the picture
        axes.plot(*shown.T, color="#0072b2", linewidth=0.8)
        axes.plot(*places[0], "o", color="#d55e00", markersize=5)
        axes.plot(0, 0, "+", color="black", markersize=9)
        axes.set_title(title, fontsize=9)
        axes.set_xlim(-4, 4)
        axes.set_ylim(-4, 4)
        axes.set_aspect("equal")
        axes.set_xticks([-3, 0, 3])
        axes.set_yticks([-3, 0, 3])
        axes.tick_params(labelsize=8)
    figure.supxlabel("theta, what G makes", fontsize=9)
    figure.supylabel("psi, the slope of D", fontsize=9)
    figure.savefig(picture, dpi=120)


def main():
    paths = {title: path(*run) for title, run in RUNS.items()}
    for title, places in paths.items():
        print(f"{title:<30}{np.hypot(*places[-1]):>12.6g}")
    draw(paths, PICTURE)


if __name__ == "__main__":
    main()
