"""What the monitor says of image GANs, beside what a classifier says of their samples.

    python -m benchmarks.monitor_images [--data digits] [--steps 5000] [--seeds 2]

Fifteen families of three kinds of recipes: plain ones, four that should go well and
five made to fail; conditional ones, two and three; for MNIST also one by convolutions.
For each run: classes that are missing in 2,000 fakes, the share of fakes of the class
that they were asked for, their classifier FD, D's accuracy, the monitor's three
distances and its verdict.  The thresholds for images in `minigan.gan.monitor` lie in
the gaps of this table; `docs/monitor.md` shows it.
"""

import argparse

import numpy as np

from minigan import Adam, Dense, Flatten, LeakyReLU, Reshape, Sequential, Sigmoid, Tanh
from minigan import data as sets
from minigan.data.catalog import DATASETS
from minigan.errors import NonFiniteError
from minigan.gan import Rows, Trainer, recipes
from minigan.gan.classifier import (
    Classifier,
    class_histogram,
    classifier_fd,
    missing_classes,
)
from minigan.gan.rngs import rngs

FAKES = 2000
OVERRIDES = {
    "recipe": {},
    "smooth": {"real_label": 0.9},
    "separate": {"batches": "separate"},
    "fast": {"learning_rate": 6e-4},
    "slow generator": {"generator_learning_rate": 2e-6},
    "slow discriminator": {"discriminator_learning_rate": 2e-6},
    "rates too high": {"learning_rate": 0.05},
}
CONDITIONAL = {
    "conditional": {},
    "two heads": {"condition": "auxiliary", "auxiliary_rows": "real"},
    "conditional, slow G": {"generator_learning_rate": 2e-6},
    "conditional, slow D": {"discriminator_learning_rate": 2e-6},
    "conditional, fast": {"learning_rate": 0.05},
}
FAMILIES = (*OVERRIDES, "bottleneck", "no hidden layer", *CONDITIONAL, "dcgan")


def trainer(family, seed, name):
    """The trainer of a family: the recipe with overrides, or with another network."""
    recipe = "digits" if name == "digits" else "mnist-mixed"
    if family in CONDITIONAL:
        recipe = f"{recipe.removesuffix('-mixed')}-conditional"
    options = OVERRIDES.get(family) or CONDITIONAL.get(family, {})
    recipe = "mnist-dcgan" if family == "dcgan" else recipe
    built = recipes.load(recipe, seed, name, **options)
    if family not in ("bottleneck", "no hidden layer"):
        return built
    rng, features = np.random.default_rng(seed), built.data.features
    G, D, shape = built.generator, built.discriminator, built.generator.output_shape()
    if family == "bottleneck":
        narrow = [Dense(built.latent_dim, 1, rng=rng), LeakyReLU(0.2)]
        G = Sequential([*narrow, Dense(1, features, rng=rng), Tanh(), Reshape(shape)])
    else:
        D = Sequential([Flatten(), Dense(features, 1, rng=rng), Sigmoid()])
    rows = Rows(built.data.data, rng=rngs(seed)["data"])
    adams = {f"{p}_optimizer": Adam(2e-4, 0.5) for p in ("generator", "discriminator")}
    return Trainer(G, D, rows, **built.options.as_dict(), **adams, seed=seed)


def row(family, seed, name, steps, classifier, images):
    """One line of the table: train, ask the classifier, ask the monitor."""
    run = trainer(family, seed, name)
    try:
        run.fit(steps, report_every=None)
    except NonFiniteError:
        pass
    labels = np.arange(FAKES) % run.classes if run.classes else None
    fakes = run.sample(FAKES, labels=labels).reshape(FAKES, -1)
    counts = class_histogram(classifier, fakes)
    asked = ""
    if labels is not None:
        asked = f"{(classifier.predict(fakes) == labels).mean():.0%}"
    diagnosis = run.diagnose()
    f = diagnosis.figures
    right = min(f.get("accuracy_real", np.nan), f.get("accuracy_fake", np.nan))
    distances = [f.get(key, np.nan) for key in ("spread", "energy", "off", "missed")]
    return (
        f"{family:<19}{seed:>4}{len(missing_classes(counts)):>9}{asked:>7}"
        f"{classifier_fd(classifier, images[:FAKES], fakes):>8.1f}{right:>7.0%}"
        + "".join(f"{value:>8.3f}" for value in distances)
        + f"   {', '.join(diagnosis.verdicts)}"
    )


def main():
    """Train all families and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", choices=tuple(DATASETS))
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--families", nargs="*", default=FAMILIES, choices=FAMILIES)
    options = parser.parse_args()
    (_, labels), _ = sets.load(options.data)
    images = sets.images(options.data)
    epochs = max(4, 60_000 // len(images))
    classifier = Classifier.train(images, labels, epochs=epochs)
    print(f"{options.data}, {options.steps:,} steps")
    print(
        f"{'family':<19}seed  missing  asked      FD  D ok   spread  energy     off"
        "  missed   "
        "verdict"
    )
    for family in options.families:
        for seed in range(options.seeds):
            given = options.data, options.steps, classifier, images
            print(row(family, seed, *given), flush=True)


if __name__ == "__main__":
    main()
