"""`stepcheck`: does an optimizer step as its NumPy formula says, and keep its rules?"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import validate
from ..errors import ArgumentError, DTypeError, NonFiniteError
from ..layers import Dense
from ..network import Sequential
from ..optimizers import Optimizer
from ..primitives import use_backend
from ..registry import create
from ..state import Arrays, same_bytes
from .report import Report, Row

TOLERANCE = 1e-11
SINGLE = 1e-4  # that of float32 beside float64


def stepcheck(optimizer: Optimizer, *, steps: int = 5, seed: int = 0) -> Report:
    """Hold the steps of an optimizer against its formula, and prove its rules.

    optimizer: one of minigan or of your own; it is not touched.
    steps: how many are compared.  seed: of everything random here.

    Parameters and every vector are compared after the steps: the backend in force
    beside the NumPy formula, in float64.  The rules: float32 comes close to float64;
    the first step from 0 goes downhill; t grows by one a step; gradients are only
    read; `config` makes the same optimizer again, and `state` carries on to the same
    bits; a gradient that is not finite is refused, and nothing has changed.

    Returns a `Report`: print it, or call `assert_ok()`.
    Errors: DTypeError, ArgumentError for arguments that do not fit.
    """
    where = "stepcheck"
    if not isinstance(optimizer, Optimizer):
        expected = "an optimizer"
        validate.complain(
            DTypeError, where, "optimizer", expected, validate.shown(optimizer)
        )
    steps = validate.integer(where, "steps", steps)
    seed = validate.integer(where, "seed", seed, least=0)
    name = type(optimizer).__name__
    try:
        _again(optimizer)
    except Exception as error:
        raise ArgumentError(
            f"{where}: argument 'optimizer': expected one whose config() makes it "
            f"again, got {name}, for which this fails: {error}"
        ) from error
    with use_backend("numpy"):
        expected = _run(optimizer, steps, seed, np.float64)
    rows = [
        _row(tensor, array, expected[tensor], TOLERANCE)
        for tensor, array in _run(optimizer, steps, seed, np.float64).items()
    ]
    faults = [
        f"float32: {row.tensor} is {row.error:.1e} of its largest entry off float64"
        for tensor, array in _run(optimizer, steps, seed, np.float32).items()
        if not (row := _row(tensor, array, expected[tensor], SINGLE)).ok
    ]
    for rule in (_downhill, _counts, _reads, _configures, _carries_on, _refuses):
        faults += rule(optimizer, seed)
    return Report(name, tuple(rows), tuple(faults), what="Step check")


def _again(optimizer: Optimizer) -> Optimizer:
    """Another one of the same configuration, with no memory."""
    return create(type(optimizer), optimizer.config())


def small_network(
    seed: int, dtype: DTypeLike
) -> tuple[Sequential, np.random.Generator]:
    """A small network, and the generator of its gradients."""
    rng = np.random.default_rng(seed)
    layers = [Dense(3, 5, rng=rng, dtype=dtype), Dense(5, 2, rng=rng, dtype=dtype)]
    return Sequential(layers), rng


def draw_gradients(network: Sequential, rng: np.random.Generator) -> None:
    """Gradients of many sizes."""
    for parameter in network.parameters:
        size = 10.0 ** rng.uniform(-3, 1, parameter.grad.shape)
        parameter.grad[...] = size * rng.standard_normal(parameter.grad.shape)


def _run(optimizer: Optimizer, steps: int, seed: int, dtype: DTypeLike) -> Arrays:
    """theta and the vectors after so many steps."""
    network, rng = small_network(seed, dtype)
    twin = _again(optimizer)
    for _ in range(steps):
        draw_gradients(network, rng)
        twin.step(network)
    vectors = {"theta": network.theta, **twin.vectors(network)}
    return {name: _without_gaps(network, vector) for name, vector in vectors.items()}


def _without_gaps(network: Sequential, vector: NDArray[Any]) -> NDArray[Any]:
    """The elements of a vector like theta that belong to parameters."""
    return np.concatenate([vector[place] for place in network.slices().values()])


def _row(
    tensor: str, got: NDArray[Any], expected: NDArray[Any], tolerance: float
) -> Row:
    """The row of one vector.   tolerance: of the largest expected number."""
    off = np.abs(got.astype(np.float64) - expected)
    largest = float(np.abs(expected).max())
    place = int(np.argmax(off))
    error = float(off[place] / (largest or 1.0))
    return Row(
        tensor,
        got.shape,
        got.size,
        got.size,
        0,
        False,
        largest,
        error if np.isfinite(error) else np.inf,
        tolerance,
        (place,),
        "formula",
    )


# ---- rules: each returns what is broken --------------------------------------------


def _downhill(optimizer: Optimizer, seed: int) -> list[str]:
    network, rng = small_network(seed, np.float64)
    network.theta[:] = 0
    draw_gradients(network, rng)
    _again(optimizer).step(network)
    if float(network.dtheta @ network.theta) < 0:
        return []
    return ["the first step from 0 does not go downhill"]


def _counts(optimizer: Optimizer, seed: int) -> list[str]:
    (network, rng), twin = small_network(seed, np.float64), _again(optimizer)
    for _ in range(3):
        draw_gradients(network, rng)
        twin.step(network)
    return [] if twin.t == 3 else [f"t: expected 3 after 3 steps, got {twin.t}"]


def _reads(optimizer: Optimizer, seed: int) -> list[str]:
    (network, rng), twin = small_network(seed, np.float64), _again(optimizer)
    draw_gradients(network, rng)
    before = network.dtheta.copy()
    twin.step(network)
    if same_bytes(before, network.dtheta):
        return []
    return ["update changes the gradients"]


def _configures(optimizer: Optimizer, seed: int) -> list[str]:
    given, got = optimizer.config(), _again(optimizer).config()
    return [
        f"config: {name} is {given[name]!r}, and {got[name]!r} in an optimizer made "
        "of it"
        for name in given
        if given[name] != got[name]
    ]


def _carries_on(optimizer: Optimizer, seed: int) -> list[str]:
    """A twin with a copy of the state takes the same next step."""
    (network, rng), first = small_network(seed, np.float64), _again(optimizer)
    for _ in range(2):
        draw_gradients(network, rng)
        first.step(network)
    other, second = copy.deepcopy(network), _again(optimizer)
    second.vectors(other)
    for name, array in second.state().items():
        array[...] = first.state()[name]
    for name, generator in second.generators().items():
        theirs = first.generators()[name]
        generator.bit_generator.state = theirs.bit_generator.state
    draw_gradients(network, rng)
    other.dtheta[:] = network.dtheta
    first.step(network)
    second.step(other)
    names = [
        n for n, a in first.state().items() if not same_bytes(a, second.state()[n])
    ]
    if not same_bytes(network.theta, other.theta):
        names.append("theta")
    if not names:
        return []
    return [f"state() is not all: another one with a copy of it has other {names}"]


def _refuses(optimizer: Optimizer, seed: int) -> list[str]:
    """What is wrong where a gradient is NaN: a list of one sentence, or none."""
    (network, rng), twin = small_network(seed, np.float64), _again(optimizer)
    draw_gradients(network, rng)
    twin.step(network)
    network[1].parameters[0].grad[2, 1] = np.nan
    before = [a.copy() for a in (network.theta, *twin.state().values())]
    try:
        twin.step(network)
    except NonFiniteError:
        pass
    else:
        return ["a gradient of NaN is not refused"]
    after = (network.theta, *twin.state().values())
    if all(same_bytes(a, b) for a, b in zip(before, after, strict=True)):
        return []
    return ["a step that is refused changes something"]
