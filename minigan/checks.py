"""Checks that everything registered passes, and a class of your own by one line:

    import pytest
    from minigan import checks

    @pytest.mark.parametrize("check", checks.of(GELU), ids=str)
    def test_gelu(check):
        check()

Each is a function that raises an AssertionError where a rule is broken: gradients and
steps are proven, bad arguments refused, copies independent, and the configuration is
all that it takes to make an object again.
"""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from . import saving
from .errors import MiniganError
from .gradcheck.registered import Proof, examples_of, proofs_of, registries
from .initializers import INITIALIZERS, initialize
from .layers import Layer
from .network import Network, alone
from .registry import Example, arguments_of, config_of, create
from .state import same_bytes

NO_NUMBERS = (float("nan"), float("inf"), "0.5", [0.5], True, 1j, np.ones(2))
NO_NAMES = ("no such name", float("nan"), 1j)
NO_SEEDS = (-1, 1.5, "0", None, True, [1])
NO_TYPES = (int, "float16", "int8", None, 3.5)


@dataclass(frozen=True)
class Check:
    """One rule for one example: call it; `str(check)` says which."""

    label: str
    run: Callable[[], Any]

    def __call__(self) -> None:
        """Errors: AssertionError where the rule is broken."""
        self.run()

    def __str__(self) -> str:
        return self.label


def of(thing: Any) -> list[Check]:
    """The checks of a registered class or function.

    Errors: AssertionError for one that is not registered.
    """
    for kind, registry in _all().items():
        for name, known in registry.items():
            if known is thing:
                return list(_checks(kind, registry, name))
    raise AssertionError(f"expected a registered class or function, got {thing!r}")


def every() -> list[Check]:
    """The checks of everything that is registered."""
    return [
        check
        for kind, registry in _all().items()
        for name in registry
        for check in _checks(kind, registry, name)
    ]


def _all() -> dict[str, Mapping[str, Any]]:
    return {**registries(), "initializer": INITIALIZERS}


def _checks(kind: str, registry: Mapping[str, Any], name: str) -> Iterator[Check]:
    """Those of one entry of a registry."""
    thing = registry[name]
    examples = examples_of(registry, name)
    if kind == "initializer":
        yield Check(f"{name}: draws", partial(draws, name))
    else:
        for proof in proofs_of(kind, name):
            yield Check(f"{proof.label}: proof", partial(_proves, proof))
    rules: dict[str, Callable[[type, Example], None]] = {}
    if isinstance(thing, type):
        rules["bad arguments"] = refuses_bad_arguments
        rules["configuration"] = comes_back_from_its_config
        rules["copy"] = {
            "layer": copies_of_layers,
            "loss": copies_of_losses,
            "optimizer": copies_of_optimizers,
        }.get(kind, copies_have_one_configuration)
    if kind == "layer":
        rules["types"] = keeps_the_type
        rules["saving"] = comes_back_from_a_file
    for k, example in enumerate(examples):
        label = f"{name}, {example.note or k}" if len(examples) > 1 else name
        for rule, check in rules.items():
            yield Check(f"{label}: {rule}", partial(check, thing, example))


def _made(kind: type, example: Example, **offered: Any) -> Any:
    return create(kind, example.arguments, **offered)


def _config(thing: Any) -> dict[str, Any]:
    return thing.config() if hasattr(thing, "config") else config_of(thing)


def _proves(proof: Proof) -> None:
    proof.run().assert_ok()


# ---- arguments ---------------------------------------------------------------------


def refuses_bad_arguments(kind: type, example: Example) -> None:
    """Every argument of the constructor refuses what it cannot be.

    By an error of this package that names class and argument: numbers refuse NaN,
    infinity, text and the like; names and sizes refuse unknown ones.
    """
    given = {**_config(_made(kind, example))}
    bad = {name: _bad_values(value) for name, value in given.items()}
    for name, values in (("rng", NO_SEEDS), ("dtype", NO_TYPES)):
        if name in arguments_of(kind):
            bad[name] = values
    for name, values in bad.items():
        for value in values:
            try:
                kind(**{**given, name: value})
            except MiniganError as error:
                start = f"{kind.__name__}: argument {name!r}: expected "
                assert str(error).startswith(start), (
                    f"{name}={value!r}: expected a message that starts with {start!r}, "
                    f"got {str(error)!r}"
                )
            except Exception as error:
                raise AssertionError(
                    f"{name}={value!r}: expected an error of minigan, see "
                    f"minigan.validate, got {error!r}"
                ) from error
            else:
                raise AssertionError(f"{name}={value!r}: expected an error, got none")


def _bad_values(value: Any) -> tuple[Any, ...]:
    """What the argument with this good value cannot be."""
    if value is None or isinstance(value, bool):
        return ()
    if isinstance(value, (int, float)):
        return (*NO_NUMBERS, 0.5) if isinstance(value, int) else NO_NUMBERS
    return (*NO_NAMES, ()) if isinstance(value, tuple) else NO_NAMES


def comes_back_from_its_config(kind: type, example: Example) -> None:
    """An object of the same configuration can be made from it."""
    config = _config(_made(kind, example))
    for name, value in example.arguments.items():
        assert name in config, f"expected {name!r} in config(), got {list(config)}"
        if isinstance(value, (int, float, str)) and not isinstance(config[name], tuple):
            assert config[name] == value, (
                f"{name}: expected {value}, got {config[name]}"
            )
    again = _config(create(kind, config))
    assert repr(again) == repr(config), f"expected {config}, got {again}"


# ---- copies ------------------------------------------------------------------------


def copies(thing: Any, *kinds: type) -> Iterator[Any]:
    """Copies of something, by each way that Python knows.

    kinds: classes that pickle must find by name; it cannot find those of a function.
    """
    yield copy.deepcopy(thing)
    if not isinstance(thing, tuple):
        yield copy.copy(thing)
    if all(map(_importable, kinds)):
        yield pickle.loads(pickle.dumps(thing))


def _importable(kind: type) -> bool:
    """Whether a class is found by its name, as pickle looks for it."""
    home = sys.modules.get(kind.__module__)
    return getattr(home, kind.__qualname__, None) is kind


def copies_have_one_configuration(kind: type, example: Example) -> None:
    """A copy is another object of the same configuration."""
    one = _made(kind, example)
    for two in copies(one, kind):
        assert repr(_config(two)) == repr(_config(one))


def _input(layer: Any, example: Example, dtype: Any = np.float32) -> Any:
    """What the layer takes: the x of the example, or one drawn from its shape."""
    if "x" in example.options:
        return example.options["x"]
    assert example.shape is not None, "expected an Example with a shape"
    return layer.random_input(example.shape, np.random.default_rng(0), dtype)


def _gradients(dx: Any) -> list[Any]:
    """Those that a backward returned: of one input or several, none of labels."""
    return [d for d in (dx if isinstance(dx, tuple) else (dx,)) if d is not None]


def copies_of_layers(kind: type, example: Example) -> None:
    """A copy computes the same and shares no memory and no generator.

    Nor does the copy of a layer that is in no network.
    """
    layer = _made(kind, example, rng=np.random.default_rng(0))
    for twin in copies(layer, kind):
        _share_nothing(layer, twin)
    one = alone(layer, example.shape)
    twins = list(copies(one, kind))
    x = _input(layer, example)
    expected = _computed(one, x)
    for two in twins:
        _share_nothing(one, two)
        for a, b in zip(expected, _computed(two, x), strict=True):
            assert same_bytes(a, b), "expected a copy to compute the same"


def _share_nothing(one: Layer, two: Layer) -> None:
    """Neither memory nor random generators."""
    theirs, own = (
        [*layer.state().values(), *layer.gradients().values()] for layer in (one, two)
    )
    for array in own:
        assert not any(np.may_share_memory(array, other) for other in theirs), (
            "expected a copy with memory of its own"
        )
    for rng in two.generators().values():
        assert all(rng is not other for other in one.generators().values()), (
            "expected a copy with a random generator of its own"
        )


def _computed(network: Network, x: Any) -> list[Any]:
    """y, dx, gradients and statistics of one training step, in memory of their own."""
    y = network.forward(x, training=True)
    dx = _gradients(network.backward(np.ones_like(y)))
    return [y, *dx, network.dtheta.copy(), network.buffers.copy()]


def copies_of_losses(kind: type, example: Example) -> None:
    """A forward pass of a loss leaves its copy without a cache."""
    one = _made(kind, example)
    pred = np.full(example.shape or (4, 1), 0.5, np.float32)
    target = np.zeros(len(pred), np.int64) if one.class_labels else pred.copy()
    for two in list(copies(one, kind)):
        one.forward(pred, target)
        try:
            two.backward()
        except MiniganError:
            continue
        raise AssertionError("expected a copy with a cache of its own")


def copies_of_optimizers(kind: type, example: Example) -> None:
    """Network and optimizer copied together take the same steps, each for itself."""
    from .gradcheck.steps import draw_gradients, small_network

    network, rng = small_network(0, np.float32)
    one = _made(kind, example)
    draw_gradients(network, rng)
    one.step(network)
    cells = list(copy.copy(one).state().values())
    pairs = list(copies((network, one), kind))
    arrays = [a for twin, two in pairs for a in (twin.theta, *two.state().values())]
    before = [a.copy() for a in (*arrays, *cells)]
    one.step(network)
    after = [*arrays, *cells]
    assert all(same_bytes(a, b) for a, b in zip(before, after, strict=True)), (
        "expected a copy with memory of its own"
    )
    for twin, two in pairs:
        two.step(twin)
        assert same_bytes(network.theta, twin.theta), "expected the same step of a copy"


# ---- layers ------------------------------------------------------------------------


def keeps_the_type(kind: type, example: Example) -> None:
    """float32 in, float32 out, and float64 likewise, forwards and backwards."""
    for dtype in (np.float32, np.float64):
        rng = np.random.default_rng(0)
        layer = _made(kind, example, rng=rng, dtype=dtype).astype(dtype)
        x = _input(layer, example, dtype)
        y = layer.forward(x, training=True)
        assert y.dtype == dtype, f"forward: expected {np.dtype(dtype)}, got {y.dtype}"
        for dx in _gradients(layer.backward(np.ones_like(y))):
            assert dx.dtype == dtype, (
                f"backward: expected {np.dtype(dtype)}, got {dx.dtype}"
            )


def comes_back_from_a_file(kind: type, example: Example) -> None:
    """Written as a checkpoint does, and read again, the layer computes the same."""
    rng = np.random.default_rng(0)
    layer = _made(kind, example, rng=rng)
    network = alone(layer, example.shape)
    described = saving.describe(network, [rng])
    twin_rng = copy.deepcopy(rng)
    dtype = network.dtype or np.dtype(np.float32)
    vectors = network.theta, network.buffers
    twin = saving.build(described, dtype, [twin_rng], *vectors)
    x = _input(layer, example)
    for training in (True, False):
        y, again = (net.forward(x, training=training) for net in (network, twin))
        assert same_bytes(y, again), "expected the same output of a layer read again"


# ---- initialisers ------------------------------------------------------------------


def draws(name: str) -> None:
    """Finite numbers of the shape, the same from the same seed, for any shape."""
    for shape in ((5,), (4, 3), (2, 3, 4, 5)):
        first, again = (
            initialize("draws", name, name, shape, np.random.default_rng(1), dtype)
            for dtype in (np.dtype(np.float64), np.dtype(np.float64))
        )
        assert np.isfinite(first).all(), f"shape {shape}: expected finite numbers"
        assert same_bytes(first, again), f"shape {shape}: expected repeatable draws"
