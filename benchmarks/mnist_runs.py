"""Whole runs of the recipes on real MNIST: the figures of `docs/mnist.md`.

    python -m benchmarks.mnist_runs     mnist-mixed, 10,000 steps, seeds 0 to 2
    python -m benchmarks.mnist_runs mnist-smooth --steps 937

Prints a line for each seed: how long it took, least D loss of steps 20 to 60, mean
losses of the last 1,000 steps, how often minigan's classifier sees each digit among
10,000 samples, how sure it is of them, the classifier FD, and what the monitor said at
the recipe's reports.  --out keeps the generator and a picture of 100 samples.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.monitor_reports import Heard
from minigan import data
from minigan.gan import Classifier, Generator, recipes
from minigan.gan.classifier import class_histogram, classifier_fd
from minigan.pictures.image_grid import grid
from minigan.pictures.output import save_image

SAMPLES = 10_000


def keep(trainer, samples, columns, folder):
    """The generator, and a picture of samples (n, height, width) in [-1, 1]."""
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / f"{trainer.name}-{trainer.step_count}-seed{trainer.seed}"
    Generator.of(trainer).save(f"{base}.npz")
    grey = np.clip((samples + 1) * 127.5, 0, 255).astype(np.uint8)
    picture = Image.fromarray(grid(grey, columns)).convert("RGB")
    save_image(picture, Path(f"{base}.png"))


def run(name, seed, steps, images, classifier, folder=None):
    """One run, as text."""
    trainer, began = recipes.load(name, seed, images), time.monotonic()
    heard, every = Heard(), recipes.RECIPES[name].report_every
    history = trainer.fit(steps, report_every=max(every, 500), callbacks=[heard])
    seconds = time.monotonic() - began
    d, g = history["d_loss"], history["g_loss"]
    samples = trainer.sample(SAMPLES)
    if folder is not None:
        keep(trainer, samples[:100].reshape(100, 28, 28), 10, folder)
    rows = samples.reshape(SAMPLES, -1)
    counts = class_histogram(classifier, rows).tolist()
    sure, fd = (
        classifier.confidence(rows).mean(),
        classifier_fd(classifier, images[:SAMPLES], rows),
    )
    return (
        f"{name} seed {seed}, {steps:,} steps in {seconds:.0f} s: least d of steps "
        f"20-60 {d[19:60].min():.3f}; last 1,000 steps d {d[-1000:].mean():.3f}, "
        f"g {g[-1000:].mean():.3f}; digits {counts}, confidence {sure:.2f}, "
        f"FD {fd:.0f}; {heard.said(steps)}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = recipes.RECIPES.values()
    names = [r.name for r in known if r.dataset == "mnist" and r.condition is None]
    parser.add_argument("recipe", nargs="?", choices=names, default="mnist-mixed")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="a folder")
    options = parser.parse_args()
    images = data.images("mnist")
    (_, labels), _ = data.load("mnist")
    classifier = Classifier.train(images, labels)
    for seed in range(options.seeds):
        done = options.recipe, seed, options.steps, images, classifier
        print(run(*done, options.out), flush=True)


if __name__ == "__main__":
    main()
