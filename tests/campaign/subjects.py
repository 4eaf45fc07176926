"""The public API as good calls, most of them made from the registries."""

import inspect
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import minigan
from minigan import (
    Adam,
    BatchNorm,
    Dense,
    Graph,
    Input,
    LeakyReLU,
    Sequential,
    Sigmoid,
    data,
    gan,
    keras,
)
from minigan.gan import Generator, History, Rows, Trainer, recipes
from minigan.gan.options import Choice, Options, Real, option_of
from minigan.gan.sampling import SOURCES
from minigan.gradcheck.registered import examples_of, registries
from minigan.initializers import INITIALIZERS
from minigan.layers import LAYERS
from minigan.registry import arguments_of, create

from ..primitives.operands import SIZES, needs_type, operands
from .calls import Subject

N = np.random.default_rng
POINTS = N(0).uniform(-0.5, 0.5, (120, 2)).astype(np.float32)


def subjects(folder: Path) -> Iterator[Subject]:
    """All of them.   folder: for files."""
    yield from constructors()
    yield from layers()
    yield from networks()
    yield from losses()
    yield from optimizers()
    yield from objectives()
    yield from sources()
    yield from primitives()
    yield from trainers(folder)
    yield from samples(folder)
    yield from tools(folder)
    yield from front()


# ---- what is registered ------------------------------------------------------------


def constructors() -> Iterator[Subject]:
    """Every class that is registered, with the arguments of its examples."""
    for registry in (*registries().values(), INITIALIZERS, SOURCES):
        for name, kind in registry.items():
            if not isinstance(kind, type):
                continue
            for example in examples_of(registry, name):
                given = dict(example.arguments)
                if registry is SOURCES:
                    given = _of_source(kind)
                made = create(kind, given)
                good = {k: getattr(made, k, None) for k in arguments_of(kind)}
                good = {k: v for k, v in {**good, **given}.items() if v is not None}
                offered = {"rng": 0, "dtype": "float32"}
                good |= {k: v for k, v in offered.items() if k in arguments_of(kind)}
                kinds = {"data": "any array", "centres": "any rows"}
                yield Subject(kind.__name__, kind, good, kinds)


def _of_source(kind: type) -> dict[str, Any]:
    own = {"rows": {"data": POINTS}, "mixture": {"centres": POINTS, "sd": 0.1}}
    return {"rng": 0, **own.get(getattr(kind, "name", ""), {})}


def layers() -> Iterator[Subject]:
    """forward, predict and backward of every layer of one array."""
    for name, kind in LAYERS.items():
        for example in examples_of(LAYERS, name):
            layer = create(kind, example.arguments, rng=N(0))
            if layer.joins or layer.splits or layer.takes_labels:
                continue
            x = example.options.get("x")
            if x is None:
                x = layer.random_input(example.shape, N(1), np.float32)
            x = np.asarray(x, np.float32)
            watched = (layer, partial(_gradients, layer))
            own = {"watched": watched, "finite": False}
            where = f"{kind.__name__}"
            kinds = {"x": "array" if layer.input_shape else "any array"}
            own["kinds"] = kinds
            yield Subject(
                f"{where}.forward", layer.forward, {"x": x, "training": True}, **own
            )
            yield Subject(f"{where}.predict", layer.predict, {"x": x}, **own)
            y = layer.predict(x)
            yield Subject(
                f"{where}.backward",
                layer.backward,
                {"dy": y, "need_dx": True},
                watched=watched,
                before=partial(layer.forward, x, True),
                finite=False,
            )


def _gradients(layer: Any) -> list[np.ndarray]:
    return list(layer.gradients().values())


def _network(seed: int = 0) -> Sequential:
    return Sequential([Dense(3, 4, rng=seed), LeakyReLU(0.2), Dense(4, 2, rng=seed)])


def networks() -> Iterator[Subject]:
    """Networks, and the numbers that go through them."""
    net, x = _network(), N(1).standard_normal((5, 3)).astype(np.float32)
    a = Input((3,))
    graph = Graph(a, Dense(3, 2, rng=0)(a))
    for network in (net, graph):
        watched = network, partial(_gradients, network)
        where = type(network).__name__
        yield Subject(
            f"{where}.forward",
            network.forward,
            {"x": x, "training": True},
            watched=watched,
        )
        yield Subject(f"{where}.predict", network.predict, {"x": x}, watched=watched)
        yield Subject(
            f"{where}.backward",
            network.backward,
            {"dy": network.predict(x), "need_dx": True},
            watched=watched,
            before=partial(network.forward, x),
            finite=False,
        )
        yield Subject(f"{where}.astype", network.astype, {"dtype": "float64"})
    yield Subject("Sequential", Sequential, {"layers": _network()})


def losses() -> Iterator[Subject]:
    """forward of every loss."""
    for name, kind in registries()["loss"].items():
        loss = create(kind, {})
        pred = N(0).uniform(0.1, 0.9, (8, 3)).astype(np.float32)
        target = np.zeros(8, np.int64) if loss.class_labels else pred.round()
        both = {"pred": pred, "target": target}
        yield Subject(f"{name}.forward", loss.forward, both, {"pred": "any array"})


def optimizers() -> Iterator[Subject]:
    """step of every optimizer, and its rate."""
    for name, kind in registries()["optimizer"].items():
        network, optimizer = _network(), create(kind, {})
        optimizer.step(network)
        watched = (network, optimizer)

        def step(network: Any, optimizer: Any = optimizer) -> None:
            optimizer.step(network)

        yield Subject(f"{name}.step", step, {"network": network}, watched=watched)
        yield _attribute(name, optimizer, "learning_rate", 0.01, watched)


def _attribute(
    label: str, thing: Any, name: str, value: Any, watched: Any, kind: str = ""
) -> Subject:
    """Setting an attribute as a call."""

    def change(**values: Any) -> None:
        unknown = set(values) - {name}
        if unknown:
            raise TypeError(f"no attribute {unknown}")
        setattr(thing, name, values[name])

    kinds = {name: kind} if kind else {}
    return Subject(label, change, {name: value}, kinds, watched)


def objectives() -> Iterator[Subject]:
    """The losses of every objective."""
    score = N(0).standard_normal((8, 1)).astype(np.float32)
    for kind in registries()["objective"].values():
        made = create(kind, {})
        alone = () if kind.compares else ("real", "fake")
        for method in (*alone, "mixed", "generator"):
            call = getattr(made, method)
            yield Subject(f"{kind.__name__}.{method}", call, {"score": score})


def sources() -> Iterator[Subject]:
    """batch and draw of every source."""
    for kind in SOURCES.values():
        source = create(kind, _of_source(kind))
        own = {"watched": (source,), "labels": (kind.__name__,)}
        yield Subject(f"{kind.__name__}.batch", source.batch, {"n": 4}, **own)


def primitives() -> Iterator[Subject]:
    """Every primitive, each of its arrays replaced."""
    for primitive in minigan.primitives.PRIMITIVES.values():
        given = operands(primitive, SIZES[1], np.float32)
        names = [operand.name for operand in primitive.inputs]
        arguments = dict(zip(names, given, strict=True))
        arrays = {k: v for k, v in arguments.items() if isinstance(v, np.ndarray)}
        call = partial(_called, primitive, arguments)
        kinds = dict.fromkeys(arrays, "operand")
        yield Subject(primitive.name, call, arrays, kinds)


def _called(primitive: Any, arguments: dict[str, Any], **changed: Any) -> None:
    """A primitive by names, with fresh copies of what it may update."""
    if set(changed) - set(arguments):
        raise TypeError(f"no arguments {set(changed) - set(arguments)}")
    fresh = {k: v.copy() if hasattr(v, "copy") else v for k, v in arguments.items()}
    dtype = {"dtype": np.float32} if needs_type(primitive) else {}
    primitive(*(fresh | changed).values(), **dtype)


# ---- training ----------------------------------------------------------------------


def _trainer(**options: Any) -> Trainer:
    """A small one, trained for two steps on the formulas."""
    options = {"batch_size": 8, "backend": "numpy", "ema": 0.9} | options
    D = Sequential([Dense(2, 4, rng=1), BatchNorm(4), Dense(4, 1, rng=1), Sigmoid()])
    made = Trainer(_network(), D, Rows(POINTS), **options)
    made.fit(2, report_every=None)
    return made


def _options() -> dict[str, tuple[Any, str]]:
    """name -> (good value, kind) of every option of a trainer."""
    kinds = {Choice: "name", Real: "real"}
    found = {}
    for known in fields(Options):
        kind = kinds.get(type(option_of(known).check), "whole")
        found[known.name] = known.default, kind
    return found


def trainers(folder: Path) -> Iterator[Subject]:
    """Trainer: its options, as arguments and attributes, and its methods."""
    options = _options()
    good = {name: value for name, (value, _) in options.items()}
    kinds = {name: kind for name, (_, kind) in options.items()}
    free = tuple(k for k, v in good.items() if v is None)
    made = ("Rows",)  # which a trainer makes of an array
    own = {
        "generator": _network(),
        "discriminator": Sequential([Dense(2, 1)]),
        "data": POINTS,
        "generator_optimizer": Adam(),
        "discriminator_optimizer": Adam(),
        "seed": 0,
        "backend": "numpy",
        "capture": True,
        "name": "mine",
    }
    named = {"name": "text", "seed": "whole"}
    named |= {"data": "any array"}
    yield Subject("Trainer", Trainer, {**own, **good}, {**kinds, **named}, labels=made)
    trainer = _trainer()
    watched = (trainer, lambda: trainer.history.table, lambda: trainer.game)
    for name in options:
        value = getattr(trainer.options, name)
        subject = _attribute("Trainer", trainer, name, value, watched, kinds[name])
        again = partial(setattr, trainer, "options", trainer.options)
        yield replace(subject, free=free, before=again)
    optimizers = "generator_optimizer", "discriminator_optimizer"
    for name in ("generator", "discriminator", "data", "options", *optimizers):
        value = getattr(trainer, name)
        subject = _attribute("Trainer", trainer, name, value, watched)
        yield replace(subject, free=optimizers, labels=made)
    subject = _attribute("Trainer", trainer, "objective", "hinge", watched)
    yield replace(subject, before=again)
    z = N(0).standard_normal((8, 3)).astype(np.float32)
    path = folder / "checkpoint.npz"
    calls: dict[str, list[dict[str, Any]]] = {
        "fit": [
            {"steps": 0, "report_every": 5, "callbacks": []},
            {"epochs": 0},
            {"seconds": 0.0},
            {"steps": 0, "save_every": 5, "path": path},
        ],
        "pretrain": [{"steps": 0}],
        "sample": [{"n": 3, "ema": True}, {"z": z}],
        "draw_latent": [{"n": 2, "stream": "sample"}],
        "generator_step": [{"z": z}],
        "save": [{"path": path}],
    }
    for method, goods in calls.items():
        for arguments in goods:
            yield Subject(
                f"Trainer.{method}",
                getattr(trainer, method),
                arguments,
                {"seconds": "time", "callbacks": "parts"},
                watched=watched,
                free=("report_every",),
            )
    trainer.save(path)
    loading = {"path": path, "data": POINTS, "backend": "numpy", "capture": True}
    yield Subject("Trainer.load", Trainer.load, loading, {"data": "any array"})
    history = _attribute("History", trainer.history, "keep", 10_000, watched)
    yield replace(history, free=("keep",))
    yield Subject("History", History().__getitem__, {"name": "d_loss"})


def samples(folder: Path) -> Iterator[Subject]:
    """What is done with a trained generator, and with samples."""
    trainer = _trainer()
    made = Generator.of(trainer)
    z = N(0).standard_normal((4, 3)).astype(np.float32)
    rows = N(1).standard_normal((60, 2))
    path = folder / "generator.npz"
    watched = (made.network, made.rng)
    of_generator: dict[str, list[dict[str, Any]]] = {
        "sample": [{"n": 3, "seed": 1}, {"z": z}],
        "between": [{"first": z, "last": -z, "steps": 3}],
        "save": [{"path": path}],
    }
    for method, goods in of_generator.items():
        for good in goods:
            where = f"Generator.{method}"
            yield Subject(where, getattr(made, method), good, watched=watched)
    own = {"network": made.network, "rng": 0, "recipe": "custom", "seed": 0, "step": 0}
    named = {"recipe": "text", "seed": "whole"}
    yield Subject("Generator", Generator, {**own, "backend": "numpy"}, named)
    made.save(path)
    load = {"path": path, "backend": "numpy"}
    yield Subject("Generator.load", Generator.load, load)
    of_classifier = {"x": rows, "y": np.arange(60) % 3}
    sizes = {"epochs": 1, "hidden": 2, "seed": 0}
    train = gan.Classifier.train
    kinds = {"seed": "whole", "x": "any array"}
    yield Subject("Classifier.train", train, {**of_classifier, **sizes}, kinds)
    classifier = train(**of_classifier, epochs=1, hidden=2)
    for method in ("predict", "confidence", "features"):
        call = getattr(classifier, method)
        yield Subject(f"Classifier.{method}", call, {"x": rows})
    yield Subject("Classifier.accuracy", classifier.accuracy, of_classifier)
    yield Subject("Classifier", gan.Classifier, {"network": classifier.network})
    for name in ("energy_distance", "mmd", "mean_distance", "nearest_distance"):
        good = {"x": rows, "y": rows[:40] + 1}
        kinds = dict.fromkeys(good, "any array")
        yield Subject(name, getattr(gan.metrics, name), good, kinds)
    wasserstein = {"x": rows, "y": rows, "projections": 3, "rng": 0}
    kinds = {"x": "any array", "y": "any array"}
    call = gan.metrics.sliced_wasserstein
    yield Subject("sliced_wasserstein", call, wasserstein, kinds)
    frechet = {"features_a": rows, "features_b": rows}
    kinds = dict.fromkeys(frechet, "any array")
    yield Subject("frechet_distance", gan.metrics.frechet_distance, frechet, kinds)
    points = {"points": rows, "bins": 5}
    yield Subject("coverage", gan.metrics.coverage, points)
    call = gan.metrics.parabola_residual
    yield Subject("parabola_residual", call, {"points": rows})
    looked = {"history": trainer.history, "last": 2, "objective": "minimax"}
    labels = {"real_label": 1.0, "fake_label": 0.0}
    yield Subject("diagnose", gan.diagnose, {**looked, **labels})
    both = {"samples": rows, "real": POINTS.astype(float)}
    look = partial(gan.diagnose, trainer.history)
    kinds = dict.fromkeys(both, "any array")
    yield Subject("diagnose", look, both, kinds, finite=False)
    recipe = {"name": "parabola", "seed": 0, "backend": "numpy"}
    changed = {"dtype": "float32", "batch_size": 8, "learning_rate": 0.1}
    yield Subject(
        "recipes.load",
        recipes.load,
        {**recipe, **changed},
        {"seed": "whole"},
        labels=("Trainer", "Adam", "rngs"),
    )


# ---- data and the front ------------------------------------------------------------


def tools(folder: Path) -> Iterator[Subject]:
    """Data, gradient checks and settings."""
    pixels = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    scaling = {"dtype": "float32", "largest": 255}
    yield Subject("data.scale", partial(data.scale, pixels), scaling)
    yield Subject("data.load", data.load, {"name": "parabola"})
    table = {"source": POINTS}
    yield Subject("data.table", data.table, table, {"source": "table"})
    named = partial(data.table, POINTS)
    yield Subject("data.table", named, {"columns": ["a", "b"]})
    dense = {"training": True, "frozen": False, "method": "auto", "max_entries": 9}
    more = {"tolerance": 0.1, "seed": 0, "shape": (3, 2)}
    check = partial(minigan.gradcheck, Dense(2, 1))
    yield Subject("gradcheck", check, {**dense, **more}, {"seed": "whole"})
    threads = {"n": minigan.get_threads()}
    yield Subject("set_threads", minigan.set_threads, threads)
    for name, word in (("use_backend", "numpy"), ("use_products", "chain")):
        call = partial(_entered, getattr(minigan, name))
        yield Subject(name, call, {"name": word}, free=("name",))


def _entered(scope: Any, **words: Any) -> None:
    with scope(**words):
        pass


def front() -> Iterator[Subject]:
    """`minigan.keras`: layers, optimizers, and the calls of a model."""
    K = keras.layers
    of_layers: dict[str, dict[str, Any]] = {
        "Dense": {"units": 3, "use_bias": True, "kernel_initializer": "zeros"},
        "LeakyReLU": {"negative_slope": 0.2},
        "ReLU": {"negative_slope": 0.0, "threshold": 0.0},
        "Dropout": {"rate": 0.5, "seed": 1},
        "BatchNormalization": {"momentum": 0.9, "epsilon": 1e-3},
        "Conv2D": {"filters": 2, "use_bias": True, "padding": "same"},
        "UpSampling2D": {"interpolation": "nearest"},
        "Activation": {"activation": "tanh"},
    }
    for name, good in of_layers.items():
        kinds = {"seed": "whole"}
        call = getattr(K, name)
        if name == "Conv2D":
            call = partial(call, kernel_size=3)
        yield Subject(
            name, call, good, kinds, free=("activation", "threshold", "negative_slope")
        )
    for name, kind in keras.optimizers.KINDS.items():
        config = kind().get_config()
        good = {
            k: v for k, v in config.items() if k in inspect.signature(kind).parameters
        }
        yield Subject(name, kind, good, free=("epsilon",))
    model = keras.Sequential([K.Dense(4, input_shape=(2,)), K.Dense(1)], name="mine")
    rows = {"x": POINTS[:16], "y": POINTS[:16, :1].copy()}
    model.compile("sgd", "mse")
    model.fit(**rows, verbose=0)
    watched = (lambda: model.get_weights(),)
    kinds = dict.fromkeys(rows, "numbers")
    compiled = {"optimizer": "adam", "loss": "mse"}
    yield Subject("mine.compile", model.compile, compiled, watched=watched)
    sizes = {"batch_size": 8, "epochs": 1, "shuffle": False}
    own: dict[str, Any] = {"watched": watched, "finite": False}
    yield Subject("mine.fit", partial(model.fit, **rows, verbose=0), sizes, **own)
    yield Subject("mine.train_on_batch", model.train_on_batch, rows, kinds, **own)
    yield Subject(
        "mine.evaluate",
        partial(model.evaluate, verbose=0),
        {"batch_size": 8, **rows},
        kinds,
        **own,
    )
    asked = {"x": rows["x"], "batch_size": 8}
    yield Subject("mine.predict", model.predict, asked, kinds, **own)
