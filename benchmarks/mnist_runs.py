"""Whole runs of the recipes on real MNIST: the figures of `docs/mnist.md`.

    python -m benchmarks.mnist_runs     mnist-mixed, 10,000 steps, seeds 0 to 2
    python -m benchmarks.mnist_runs mnist-smooth --steps 937

Prints a line for each seed: least D loss of steps 20 to 60, mean losses of the last
1,000 steps, and how often minigan's classifier sees each digit among 10,000 samples.
"""

import argparse

from minigan import data
from minigan.gan import Classifier, recipes
from minigan.gan.classifier import class_histogram

SAMPLES = 10_000


def run(name, seed, steps, images, classifier):
    """One run, as text."""
    trainer = recipes.load(name, seed, images)
    history = trainer.fit(steps, report_every=None)
    d, g = history["d_loss"], history["g_loss"]
    counts = class_histogram(classifier, trainer.sample(SAMPLES)).tolist()
    return (
        f"{name} seed {seed}: least d of steps 20-60 {d[19:60].min():.3f}; last 1,000 "
        f"steps d {d[-1000:].mean():.3f}, g {g[-1000:].mean():.3f}; digits {counts}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = recipes.RECIPES.values()
    names = [r.name for r in known if r.dataset == "mnist" and r.condition is None]
    parser.add_argument("recipe", nargs="?", choices=names, default="mnist-mixed")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    images = data.images("mnist")
    (_, labels), _ = data.load("mnist")
    classifier = Classifier.train(images, labels)
    for seed in range(options.seeds):
        print(run(options.recipe, seed, options.steps, images, classifier), flush=True)


if __name__ == "__main__":
    main()
