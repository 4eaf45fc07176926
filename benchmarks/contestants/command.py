"""Whole commands, from the shell to the last file."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .. import machine

TUTORIAL = Path(__file__).parents[1] / "tutorials" / "parabola.py"


class Minigan:
    """`minigan train parabola`, with the kernels compiled before."""

    shown = ("command",)

    def __init__(self, steps):
        self.steps = steps
        self.prepare()

    def prepare(self):
        with tempfile.TemporaryDirectory() as folder:
            self.call(self.command(2, f"{folder}/run"))

    def command(self, steps, folder):
        arguments = ["train", "parabola", "--steps", str(steps), "--out", folder]
        return [sys.executable, "-m", "minigan", *arguments]

    def call(self, command):
        environment = machine.environment(self.environment())
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"exit code {done.returncode}: {done.stderr[-500:]}")

    def environment(self):
        return {}

    def run(self, times):
        for _ in range(times):
            with tempfile.TemporaryDirectory() as folder:
                self.call(self.command(self.steps, f"{folder}/run"))


class Import(Minigan):
    """`import` of the library, in an interpreter that does nothing else."""

    modules = "minigan"

    def command(self, steps, folder):
        return [sys.executable, "-c", f"import {self.modules}"]


class ImportTorch(Import):
    """`import torch`."""

    modules = "torch"


class ImportJax(Import):
    """`import jax.numpy`."""

    modules = "jax.numpy"


class ImportKeras(Import):
    """`import keras` on TensorFlow."""

    modules = "keras"

    def environment(self):
        return {"KERAS_BACKEND": "tensorflow"}


class Keras(Minigan):
    """The tutorial's script on Keras 3 with TensorFlow."""

    def prepare(self):
        """Nothing is compiled before."""

    def command(self, steps, folder):
        os.makedirs(folder)
        return [sys.executable, str(TUTORIAL), str(steps), folder]

    def environment(self):
        return {"KERAS_BACKEND": "tensorflow"}
