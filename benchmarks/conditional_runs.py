"""Whole runs of the conditional recipes: how many samples are of the class asked for.

python -m benchmarks.conditional_runs digits-conditional --seeds 3 [--condition NAME]

minigan's own classifier judges, trained on the same real images.  Of each class as many
samples are asked for; the share is that of samples that it puts into the class asked
for, the least is that of the worst class.  The spread within a class is the mean
distance between two samples of it, in units of that between two real rows of it: the
mean over all classes, and the least.  Where everything is alike it is 0.  White is
the share of pixels at which G's tanh is saturated, above 0.999, of the class that has
the most of them.  Last comes what the monitor said at the recipe's reports.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks.mnist_runs import keep
from benchmarks.monitor_reports import EPOCHS, Heard
from minigan import data
from minigan.gan import CONDITIONS, RECIPES, Classifier, recipes

EACH = 1000  # samples of each class
SHOWN = 12  # samples of each class in a picture
WHITE = 0.999  # of a pixel, beyond which tanh has no slope
PAIRS = 100  # rows of a class, between all of which distances are measured


def judge(dataset):
    """The classifier, and its accuracy on the test images."""
    pair = data.labelled(dataset)
    classifier = Classifier.train(*pair, epochs=EPOCHS.get(dataset, 4))
    _, (x, y) = data.load(dataset)
    largest = 16 if dataset == "digits" else 255
    rows = (x.reshape(len(x), -1) / (largest / 2) - 1).astype(np.float32)
    return pair, classifier, classifier.accuracy(rows, y.astype(np.int64))


def drawn(trainer):
    """Samples of each class: (classes, EACH, features)"""
    labels = np.arange(trainer.classes).repeat(EACH)
    samples = trainer.sample(labels=labels, ema=trainer.average is not None)
    return samples.reshape(trainer.classes, EACH, -1)


def shares(samples, classifier):
    """Of each class, the share of samples that are put into it: (classes,)"""
    found = classifier.predict(samples.reshape(-1, samples.shape[2]))
    return (found.reshape(samples.shape[:2]).T == np.arange(len(samples))).mean(axis=0)


def distance(rows):
    """The mean distance between two of the first rows: (n, features) -> one number."""
    rows = rows[:PAIRS].astype(np.float64)
    apart = np.sqrt(np.square(rows[:, None] - rows[None]).sum(axis=2))
    return apart.sum() / (len(rows) * (len(rows) - 1))


def spreads(samples, pair):
    """Of each class, how far apart its samples are beside real rows: (classes,)"""
    rows, labels = pair
    rows = rows.reshape(len(rows), -1)
    real = [rows[labels == k] for k in range(len(samples))]
    return np.array(
        [distance(a) / distance(b) for a, b in zip(samples, real, strict=True)]
    )


def run(name, seed, steps, pair, classifier, overrides, folder=None):
    """One run, as text."""
    trainer, heard = recipes.load(name, seed, pair, **overrides), Heard()
    recipe, began = RECIPES[name], time.monotonic()
    steps = steps or recipe.steps
    trainer.fit(steps, report_every=recipe.report_every, callbacks=[heard])
    seconds, samples = time.monotonic() - began, drawn(trainer)
    found, spread = shares(samples, classifier), spreads(samples, pair)
    if folder is not None:
        size = trainer.sample(1).shape[1:3]
        few = samples[:, :SHOWN].reshape(-1, *size)
        keep(trainer, few, SHOWN, folder)  # a row of samples for each class
    condition = overrides.get("condition", recipe.condition)
    worst, white = int(found.argmin()), (samples > WHITE).mean(axis=(1, 2))
    return (
        f"{name}, {condition}, seed {seed}, {trainer.step_count:,} steps in "
        f"{seconds:.0f} s: {found.mean():.1%} of the class asked for, least "
        f"{found[worst]:.1%} (class {worst}); spread within a class "
        f"{spread.mean():.2f}, least {spread.min():.2f}; white "
        f"{white.max():.1%} (class {white.argmax()}); {heard.said(steps)}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [name for name, recipe in RECIPES.items() if recipe.condition]
    parser.add_argument("recipe", choices=names)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--condition", choices=[*CONDITIONS, "all"])
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=JSON")
    parser.add_argument("--out", type=Path, help="a folder for generators and pictures")
    options = parser.parse_args()
    pair, classifier, accuracy = judge(RECIPES[options.recipe].dataset)
    print(f"the classifier is right on {accuracy:.1%} of the test images", flush=True)
    asked = [options.condition] if options.condition else [None]
    for condition in CONDITIONS if options.condition == "all" else asked:
        given = dict(text.split("=", 1) for text in options.set)
        overrides = {option: json.loads(value) for option, value in given.items()}
        overrides |= {} if condition is None else {"condition": condition}
        for seed in range(options.seeds):
            done = options.recipe, seed, options.steps, pair, classifier, overrides
            print(run(*done, options.out), flush=True)


if __name__ == "__main__":
    main()
