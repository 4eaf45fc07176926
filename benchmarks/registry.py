"""The registry: what is timed, and who takes part.

A workload has a kind, and a contestant says for each kind it knows which class does the
work.  Classes are named, not imported: each lives in a process of its own, with only
its own library loaded.
"""

import importlib
from dataclasses import dataclass, field
from fnmatch import fnmatch

from .games import GAMES, GROWTH, NAMED, ROWS
from .products import FORMS, SHAPES, Product, in_step_order

COMMAND_STEPS = 10_000
LAYERS = {
    "dense-784x512": ("Dense", (784, 512)),
    "dense-512x1024": ("Dense", (512, 1024)),
    "dense-1024x784": ("Dense", (1024, 784)),
    "batchnorm-1024": ("BatchNorm", (1024, 1024)),
    "leakyrelu-1024": ("LeakyReLU", (1024, 1024)),
    "tanh-784": ("Tanh", (784, 784)),
    "sigmoid-784": ("Sigmoid", (784, 784)),
}


@dataclass(frozen=True)
class Workload:
    """One row of work.  kind: "gan", "layer", "products", "import" or "command".

    group: the table it stands in.  unit: what one run of it is called.
    """

    name: str
    kind: str
    group: str
    description: str
    unit: str = "step"

    def arguments(self, size=None):
        """What the contestant's class is called with.

        size: rows of data, or steps of a command, where it should be smaller.
        """
        if self.kind == "gan":
            game = GAMES[self.name]
            return game, game.data(rows=size or ROWS)
        if self.kind == "layer":
            return LAYERS[self.name.removeprefix("layer-")]
        if self.kind == "products":
            return (self.products(),)
        return (size or COMMAND_STEPS,)

    def products(self):
        """The list of products that one run computes."""
        if self.group == "step order":
            return in_step_order(GAMES[self.name.removeprefix("order-")])
        _, sizes, form = self.name.split("-")
        return [Product(form, *map(int, sizes.split("x")))]

    @property
    def flops(self):
        """Of the products of one run; None where other work counts too."""
        if self.kind != "products":
            return None
        return sum(product.flops for product in self.products())


@dataclass(frozen=True)
class Contestant:
    """classes: kind -> "module:Class" in `benchmarks.contestants`.

    requires: packages without which it is absent.  peer: runs in the interpreter for
    peers.  groups: the tables it stands in, all where empty.  start_only: only its
    start counts.  environment: variables of its process.
    """

    name: str
    label: str
    classes: dict
    requires: tuple = ()
    peer: bool = True
    groups: tuple = ()
    start_only: bool = False
    environment: dict = field(default_factory=dict)

    def takes(self, workload):
        return workload.kind in self.classes and (
            not self.groups or workload.group in self.groups
        )

    def load(self, kind):
        """The class for a kind; imports its library."""
        module, _, name = self.classes[kind].partition(":")
        module = importlib.import_module(f"benchmarks.contestants.{module}")
        return getattr(module, name)


def _workloads():
    for name, game in NAMED.items():
        yield Workload(name, "gan", "recipes", game.recipe.description)
    for name, game in GROWTH.items():
        yield Workload(name, "gan", "growth", game.recipe.description)
    for name in NAMED:
        if name != "parabola":
            text = f"the products of a step of {name}, in its order"
            yield Workload(f"order-{name}", "products", "step order", text)
    for sizes in SHAPES:
        for form in FORMS:
            batch, inputs, units = sizes
            name = f"product-{batch}x{inputs}x{units}-{form}"
            text = f"{form} of a Dense({inputs}, {units}), batch {batch}"
            yield Workload(name, "products", "products", text, "product")
    for name, (kind, shape) in LAYERS.items():
        text = f"{kind}, batch 128, {shape[0]} to {shape[1]}, forward and backward"
        yield Workload(f"layer-{name}", "layer", "layers", text, "layer")
    text = "the library's import, interpreter included"
    yield Workload("import", "import", "imports", text, "import")
    text = (
        "the whole command: 10,000 steps of parabola and its pictures, from the shell"
    )
    yield Workload("command-parabola", "command", "command", text, "command")


WORKLOADS = {workload.name: workload for workload in _workloads()}

_KERAS = ("keras", "numpy")
_TF = (*_KERAS, "tensorflow")

CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant(
            "minigan",
            "minigan, captured",
            {
                "gan": "gan_minigan:Captured",
                "layer": "layers:Captured",
                "products": "products:Minigan",
                "command": "command:Minigan",
                "import": "command:Import",
            },
            ("numba",),
            peer=False,
        ),
        Contestant(
            "minigan-eager",
            "minigan, eager",
            {"gan": "gan_minigan:Eager", "layer": "layers:Eager"},
            ("numba",),
            peer=False,
        ),
        Contestant(
            "minigan-numpy",
            "minigan, NumPy backend",
            {"gan": "gan_minigan:Numpy", "layer": "layers:Numpy"},
            peer=False,
            groups=("recipes", "layers"),
        ),
        Contestant(
            "minigan-cold",
            "minigan, first run ever (compiles its kernels)",
            {"gan": "gan_minigan:Captured"},
            ("numba",),
            peer=False,
            groups=("recipes",),
            start_only=True,
            environment={"MINIGAN_CACHE_DIR": "{empty}"},
        ),
        Contestant("numpy", "NumPy", {"products": "products:Numpy"}, peer=False),
        Contestant(
            "torch",
            "PyTorch, eager, fused Adam",
            {
                "gan": "gan_torch:Eager",
                "layer": "layers:Torch",
                "products": "products:Torch",
                "import": "command:ImportTorch",
            },
            ("torch",),
        ),
        Contestant(
            "torch-compile",
            "PyTorch, torch.compile",
            {"gan": "gan_torch:Compiled"},
            ("torch",),
            groups=("recipes",),
        ),
        Contestant(
            "jax-step",
            "JAX, one jitted step",
            {
                "gan": "gan_jax:Step",
                "layer": "layers:Jax",
                "import": "command:ImportJax",
            },
            ("jax",),
        ),
        Contestant(
            "jax-scan",
            "JAX, jitted scan",
            {"gan": "gan_jax:Scan"},
            ("jax",),
            groups=("recipes",),
        ),
        *(
            Contestant(
                f"keras-{key}-{way}",
                f"Keras 3 / {name}, {label}",
                {"gan": f"gan_keras:{prefix}{way.capitalize()}"},
                (*_KERAS, package),
                groups=("recipes",),
            )
            for way, label in (
                ("traced", "own step, traced"),
                ("direct", "direct calls"),
                ("predict", "as in the tutorials"),
            )
            for key, name, prefix, package in (
                ("tf", "TensorFlow", "", "tensorflow"),
                ("jax", "JAX", "Jax", "jax"),
                ("torch", "PyTorch", "Torch", "torch"),
            )
            if way != "traced" or key == "tf"
        ),
        Contestant(
            "keras2-predict",
            "Keras 2 (tf_keras), as in the tutorials",
            {"gan": "gan_keras:Legacy"},
            ("tf_keras", "tensorflow"),
            groups=("recipes",),
        ),
        Contestant(
            "keras-tf-script",
            "Keras 3 / TensorFlow, the tutorial's script",
            {"command": "command:Keras", "import": "command:ImportKeras"},
            (*_TF, "matplotlib"),
        ),
    )
}


def pairs(patterns=()):
    """workload -> its contestants.

    patterns: shell patterns; one that has a colon is workload:contestant, one without
    is a workload or a group.  All where there are none.
    """
    chosen = {}
    for workload in WORKLOADS.values():
        takers = [
            contestant
            for contestant in CONTESTANTS.values()
            if contestant.takes(workload)
            and (not patterns or any(_fits(p, workload, contestant) for p in patterns))
        ]
        if takers:
            chosen[workload] = takers
    return chosen


def _fits(pattern, workload, contestant):
    work, colon, who = pattern.partition(":")
    return (fnmatch(workload.name, work) or fnmatch(workload.group, work)) and (
        not colon or fnmatch(contestant.name, who)
    )
