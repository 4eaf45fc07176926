"""minigan's side of the comparison, and how to reach the other side."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from minigan import keras
from tests.parity import running, single

ORACLE = Path(__file__).parent / "oracle.py"
VARIABLE = "MINIGAN_ORACLE"  # an interpreter that has the other engines
LIMIT = 900  # seconds for one process of another engine
_PROCESSES = ThreadPoolExecutor(2)


@cache
def interpreter(engine, beside=None):
    """A Python that can import the engine (and `beside`), or None."""
    wanted = [name for name in (engine, beside) if name]
    if all(importlib.util.find_spec(name) for name in wanted):
        return sys.executable
    other = os.environ.get(VARIABLE)
    if not other:
        return None
    code = f"import importlib.util as u; assert all(map(u.find_spec, {wanted!r}))"
    found = subprocess.run([other, "-c", code], capture_output=True)
    return None if found.returncode else other


def needs(engine):
    """Skip, with the reason, where the engine cannot be had."""
    return pytest.mark.skipif(
        interpreter(engine) is None,
        reason=f"{engine} is neither installed here nor where {VARIABLE} points",
    )


def ask(engine, *arguments):
    """Have the oracle run in a process of its own: a future of its arrays.

    Two at a time, while the tests go on with minigan's side.
    """
    return _PROCESSES.submit(_ask, engine, arguments)


def _ask(engine, arguments):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answer.npz"
        command = [interpreter(engine), str(ORACLE), engine, str(out), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
        assert done.returncode == 0, done.stderr[-3000:]
        with np.load(out) as file:
            return {key: file[key] for key in file.files}


def part_of(answer, name, mark):
    """The arrays of a future whose keys begin with the name and the mark."""
    start = name + mark
    return {
        key.removeprefix(start): array
        for key, array in answer.result().items()
        if key.startswith(start)
    }


def slots(model):
    """The optimizer's vectors for the weights that train, as Keras orders them."""
    found = []
    for leaf, trains in model.captured.items():
        for array, is_parameter in leaf.shown():
            if trains and is_parameter:
                theta = leaf.block.theta
                start = array.value.ctypes.data - theta.ctypes.data
                start //= theta.itemsize
                for vector in model.optimizer.engine.vectors(leaf.block).values():
                    part = vector[start : start + array.value.size]
                    found.append(part.reshape(array.value.shape))
    return found


def ours(name, floatx, steps=None):
    """Results of a script on minigan."""
    before = keras.backend.floatx()
    keras.backend.set_floatx(floatx)
    try:
        return running.results(running.run(name, "minigan", steps), slots)
    finally:
        keras.backend.set_floatx(before)


def worst(got, expected):
    """(largest difference relative to the tensor's maximum, name of the tensor)."""
    assert set(got) == set(expected), set(got) ^ set(expected)
    differences = []
    for key, there in expected.items():
        here = np.asarray(got[key], np.float64)
        assert here.shape == there.shape, key
        scale = max(np.abs(there).max(), 1e-30)
        differences.append((np.abs(here - there).max() / scale, key))
    return max(differences)


def written(folder):
    """Write the files that `single.weights` reads; name -> the weights in them."""
    found = {}
    for name, model in single.models_with_weights(keras).items():
        rng = np.random.RandomState(3)
        model.set_weights([rng.rand(*w.shape) for w in model.get_weights()])
        model.save_weights(str(Path(folder) / f"minigan_{name}.weights.h5"))
        found[name] = model.get_weights()
    return found


def assert_weights_cross(found, ours, folder, package):
    """Weights came through the files of both sides, to the bit."""
    for name, model in single.models_with_weights(keras).items():
        read = [found[f"{name}|read {k}"] for k in range(len(ours[name]))]
        own = [found[f"{name}|own {k}"] for k in range(len(ours[name]))]
        assert [a.tobytes() for a in read] == [a.tobytes() for a in ours[name]]
        paths = sorted(Path(folder).glob(f"{package}_{name}.*"))
        assert paths
        for path in paths:
            model.load_weights(str(path))
            for here, there in zip(model.get_weights(), own, strict=True):
                assert here.tobytes() == there.tobytes(), path
            model.set_weights(ours[name])
