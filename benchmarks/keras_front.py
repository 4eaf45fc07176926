"""The loop of the parabola tutorial on `minigan.keras`, and on Keras itself.

    python benchmarks/keras_front.py [--python PEER] [--steps 1000] [--rounds 5]

One text for all engines: `predict`, two `train_on_batch` of the discriminator and one
of the GAN a step, with the flag set before each (Keras 3 needs it).  Each round runs
every engine in a process of its own, one after the other, and times steps after a first
few hundred, so that nothing is compiled or traced then.  A child checks that each
network moved in its own step and in no other.

PEER: an interpreter that has Keras and TensorFlow; those that are absent are left out.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

# name -> (package, KERAS_BACKEND)
ENGINES = {
    "minigan": ("minigan.keras", ""),
    "Keras 3, TensorFlow": ("keras", "tensorflow"),
    "Keras 2 (tf_keras)": ("tf_keras", ""),
}
LATENT, BATCH = 5, 128


class Loop:
    """The tutorial's three models and its loop.  keras: an engine."""

    def __init__(self, keras):
        self.rng = np.random.default_rng(0)
        make, he = keras.layers.Dense, "he_uniform"
        self.D = keras.models.Sequential()
        self.D.add(keras.layers.Input(shape=(2,)))
        self.D.add(make(25, activation="relu", kernel_initializer=he))
        self.D.add(make(1, activation="sigmoid"))
        loss, metrics = "binary_crossentropy", ["accuracy"]
        self.D.compile(loss=loss, optimizer="adam", metrics=metrics)
        self.G = keras.models.Sequential()
        self.G.add(keras.layers.Input(shape=(LATENT,)))
        self.G.add(make(15, activation="relu", kernel_initializer=he))
        self.G.add(make(2, activation="linear"))
        self.D.trainable = False
        self.gan = keras.models.Sequential([self.G, self.D])
        self.gan.compile(loss=loss, optimizer="adam")

    def discriminator_step(self):
        half = BATCH // 2
        x = self.rng.random((half, 1)) - 0.5
        fakes = self.G.predict(self.rng.standard_normal((half, LATENT)), verbose=0)
        self.D.trainable = True
        self.D.train_on_batch(np.hstack([x, x * x]), np.ones((half, 1)))
        self.D.train_on_batch(fakes, np.zeros((half, 1)))

    def generator_step(self):
        self.D.trainable = False
        z = self.rng.standard_normal((BATCH, LATENT))
        self.gan.train_on_batch(z, np.ones((BATCH, 1)))

    def check(self):
        """Each network moves in its own step, and in no other."""
        pairs = (self.discriminator_step, self.D), (self.generator_step, self.G)
        for step, network in pairs:
            before = [m.get_weights() for m in (self.D, self.G)]
            step()
            for model, old in zip((self.D, self.G), before, strict=True):
                same = all(map(np.array_equal, model.get_weights(), old))
                assert same != (model is network), (step.__name__, model.name)

    def seconds(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            self.discriminator_step()
            self.generator_step()
        return (time.perf_counter() - start) / steps

    def calls(self, count):
        """Seconds of one call each: D.train_on_batch, gan's, G.predict."""
        x, ones = self.rng.random((BATCH, 2)), np.ones((BATCH, 1))
        z = self.rng.standard_normal((BATCH, LATENT))
        for call in (
            lambda: self.D.train_on_batch(x, ones),
            lambda: self.gan.train_on_batch(z, ones),
            lambda: self.G.predict(z, verbose=0),
        ):
            for _ in range(2):  # the first time, shapes may be new
                start = time.perf_counter()
                for _ in range(count):
                    call()
            yield (time.perf_counter() - start) / count


def child(package, steps):
    """Microseconds of a step, and of the calls it is made of."""
    loop = Loop(importlib.import_module(package))
    loop.check()
    loop.seconds(max(steps // 2, 150))
    seconds = [loop.seconds(steps), *loop.calls(max(steps // 4, 20))]
    print(json.dumps([1e6 * value for value in seconds]))


def measure(python, steps, rounds):
    """name -> microseconds of a step and of its calls, of each round."""
    root, found = Path(__file__).parents[1], {name: [] for name in ENGINES}
    for _ in range(rounds):
        for name, (package, backend) in ENGINES.items():
            run = subprocess.run(
                [
                    sys.executable if name == "minigan" else python,
                    __file__,
                    f"--child={package}",
                    f"--steps={steps if name == 'minigan' else max(steps // 10, 20)}",
                ],
                env=os.environ
                | {"PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"}
                | ({"KERAS_BACKEND": backend} if backend else {}),
                capture_output=True,
                text=True,
            )
            if run.returncode == 0:
                found[name].append(json.loads(run.stdout.splitlines()[-1]))
            elif "ModuleNotFoundError" not in run.stderr:
                raise SystemExit(run.stderr)
    return {name: times for name, times in found.items() if times}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.steps)
        return
    times = measure(options.python, options.steps, options.rounds)
    mine = np.median(times["minigan"], axis=0)[0]
    print("us, medians of the rounds   D.train_on_batch   gan.train_on_batch   predict")
    for name, values in times.items():
        middle, *calls = np.median(values, axis=0)
        low, high = np.min(values, axis=0)[0], np.max(values, axis=0)[0]
        print(f"{name:22}" + "".join(f"{value:18,.0f}" for value in calls))
        print(
            f"{'':4}a step {middle:,.0f} ({low:,.0f} - {high:,.0f}), "
            f"{middle / mine:.1f} times minigan's"
        )


if __name__ == "__main__":
    main()
