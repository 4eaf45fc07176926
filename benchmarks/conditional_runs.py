"""Whole runs of the conditional recipes: how many samples are of the class asked for.

python -m benchmarks.conditional_runs digits-conditional --seeds 3 [--condition NAME]

minigan's own classifier judges, trained on the same real images.  Of each class as many
samples are asked for; the share is that of samples that it puts into the class asked
for, the least is that of the worst class.
"""

import argparse
import time

import numpy as np

from minigan import data
from minigan.gan import CONDITIONS, RECIPES, Classifier, recipes

EACH = 1000  # samples of each class
EPOCHS = {"digits": 40, "mnist": 4}  # of the classifier


def judge(dataset):
    """The classifier, and its accuracy on the test images."""
    pair = data.labelled(dataset)
    classifier = Classifier.train(*pair, epochs=EPOCHS.get(dataset, 4))
    _, (x, y) = data.load(dataset)
    largest = 16 if dataset == "digits" else 255
    rows = (x.reshape(len(x), -1) / (largest / 2) - 1).astype(np.float32)
    return pair, classifier, classifier.accuracy(rows, y.astype(np.int64))


def shares(trainer, classifier):
    """Of each class, the share of samples that are put into it: (classes,)"""
    labels = np.arange(trainer.classes).repeat(EACH)
    samples = trainer.sample(labels=labels, ema=trainer.average is not None)
    found = classifier.predict(samples.reshape(len(labels), -1))
    return (found == labels).reshape(-1, EACH).mean(axis=1)


def run(name, seed, steps, pair, classifier, overrides):
    """One run, as text."""
    trainer = recipes.load(name, seed, pair, **overrides)
    began = time.monotonic()
    trainer.fit(steps or RECIPES[name].steps, report_every=None)
    seconds, found = time.monotonic() - began, shares(trainer, classifier)
    condition = overrides.get("condition", RECIPES[name].condition)
    worst = int(found.argmin())
    return (
        f"{name}, {condition}, seed {seed}, {trainer.step_count:,} steps in "
        f"{seconds:.0f} s: {found.mean():.1%} of the class asked for, least "
        f"{found[worst]:.1%} (class {worst})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [name for name, recipe in RECIPES.items() if recipe.condition]
    parser.add_argument("recipe", choices=names)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--condition", choices=[*CONDITIONS, "all"])
    options = parser.parse_args()
    pair, classifier, accuracy = judge(RECIPES[options.recipe].dataset)
    print(f"the classifier is right on {accuracy:.1%} of the test images", flush=True)
    asked = [options.condition] if options.condition else [None]
    for condition in CONDITIONS if options.condition == "all" else asked:
        overrides = {} if condition is None else {"condition": condition}
        for seed in range(options.seeds):
            print(
                run(options.recipe, seed, options.steps, pair, classifier, overrides),
                flush=True,
            )


if __name__ == "__main__":
    main()
