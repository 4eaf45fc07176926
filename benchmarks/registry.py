"""The registry: what is timed, and who takes part.

A workload has a kind, and a contestant says for each kind it knows which class does the
work.  Classes are named, not imported: each lives in a process of its own, with only
its own library loaded.
"""

import importlib
from dataclasses import dataclass, field
from fnmatch import fnmatch

from .games import CONVOLUTIONS, GAMES, GROWTH, NAMED, ROWS
from .products import FORMS, SHAPES, Product, in_step_order

COMMAND_STEPS = 10_000
BESIDE = (0, 1, 2)  # processes that never rest
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
    """One row of work.

    kind: "gan", "layer", "products", "accuracy" (of a product), "import" or "command".

    group: the table it stands in.  unit: what one run of it is called.  game: of kind
    "gan", where it has another name.  beside: how many processes that never rest run
    at the same time; None: it is for a quiet machine.
    """

    name: str
    kind: str
    group: str
    description: str
    unit: str = "step"
    game: str = ""
    beside: int | None = None

    @property
    def title(self):
        """What a stranger understands: the name of a recipe, or what it is."""
        return self.name if self.name in NAMED else self.description

    def arguments(self, size=None):
        """What the contestant's class is called with.

        size: rows of data, or steps of a command, where it should be smaller.
        """
        if self.kind == "gan":
            game = GAMES[self.game or self.name]
            return game, game.data(rows=size or ROWS)
        if self.kind == "layer":
            return LAYERS[self.name.removeprefix("layer-")]
        if self.kind in ("products", "accuracy"):
            return (self.products(),)
        return (size or COMMAND_STEPS,)

    def products(self):
        """The list of products that one run computes."""
        if self.kind == "accuracy":
            return [Product("forward", *SHAPES[0])]
        if self.group == "step order":
            return in_step_order(GAMES[self.game])
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

    label: what a stranger understands.  requires: packages without which it is absent.
    peer: runs in the interpreter for peers.  groups: the tables it stands in, all where
    empty.  start_only: only its start counts.  once: one process of it is enough.
    rounded: its products are of another accuracy than float32, so that it is no rival.
    setting_of: the contestant that it is but for a setting.  short: the label where
    room is scarce.  environment: variables of its process.
    """

    name: str
    label: str
    classes: dict
    requires: tuple = ()
    peer: bool = True
    groups: tuple = ()
    start_only: bool = False
    once: bool = False
    rounded: bool = False
    setting_of: str = ""
    short: str = ""
    environment: dict = field(default_factory=dict)

    @property
    def column(self):
        """The label as the head of a column."""
        return self.short or self.label

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
    for name, game in CONVOLUTIONS.items():
        yield Workload(name, "gan", "convolutions", game.recipe.description)
    for name in NAMED:
        if name != "parabola":
            text = f"the products of a step of {name}, in its order"
            yield Workload(f"order-{name}", "products", "step order", text, game=name)
    for sizes in SHAPES:
        for form in FORMS:
            batch, inputs, units = sizes
            name = f"product-{batch}x{inputs}x{units}-{form}"
            text = f"{form} of a Dense({inputs}, {units}), batch {batch}"
            yield Workload(name, "products", "products", text, "product")
    text = "x W + b of a Dense(784, 512), batch 128"
    yield Workload("accuracy", "accuracy", "accuracy", text, "product")
    for name, (kind, shape) in LAYERS.items():
        text = f"{kind}, batch 128, {shape[0]} to {shape[1]}, forward and backward"
        yield Workload(f"layer-{name}", "layer", "layers", text, "layer")
    text = "the library's import, interpreter included"
    yield Workload("import", "import", "imports", text, "import")
    text = (
        "the whole command: 10,000 steps of parabola and its pictures, from the shell"
    )
    yield Workload("command-parabola", "command", "command", text, "command")
    for game in NAMED:
        for count in BESIDE:
            name, text = f"{game}-beside-{count}", f"{game} beside {busy(count)}"
            yield Workload(name, "gan", "busy", text, game=game, beside=count)


def busy(count):
    """The processes beside it, in words."""
    return f"{count or 'no'} busy process{'es' * (count != 1)}"


WORKLOADS = {workload.name: workload for workload in _workloads()}

_KERAS = ("keras", "numpy")
_TF = (*_KERAS, "tensorflow")

CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant(
            "minigan",
            "minigan",
            {
                "gan": "gan_minigan:Captured",
                "layer": "layers:Captured",
                "products": "products:Minigan",
                "accuracy": "products:Minigan",
                "command": "command:Minigan",
                "import": "command:Import",
            },
            ("numba",),
            peer=False,
        ),
        Contestant(
            "minigan-one",
            "minigan, held to one thread",
            {"gan": "gan_minigan:Captured"},
            ("numba",),
            peer=False,
            groups=("busy",),
            short="one thread",
            environment={"NUMBA_NUM_THREADS": "1"},
        ),
        Contestant(
            "minigan-eager",
            "minigan, layer by layer from Python",
            {"gan": "gan_minigan:Eager", "layer": "layers:Eager"},
            ("numba",),
            peer=False,
            groups=("recipes", "convolutions", "growth", "layers"),
            once=True,
        ),
        Contestant(
            "minigan-numpy",
            "minigan, in NumPy alone (nothing is compiled)",
            {"gan": "gan_minigan:Numpy", "layer": "layers:Numpy"},
            peer=False,
            groups=("recipes", "convolutions", "layers"),
            once=True,
        ),
        Contestant(
            "minigan-cold",
            "minigan, first run ever (compiles its kernels)",
            {"gan": "gan_minigan:Captured"},
            ("numba",),
            peer=False,
            groups=("recipes",),
            start_only=True,
            once=True,
            environment={"MINIGAN_CACHE_DIR": "{empty}"},
        ),
        Contestant(
            "numpy",
            "NumPy",
            {"products": "products:Numpy", "accuracy": "products:Numpy"},
            peer=False,
        ),
        Contestant(
            "torch",
            "PyTorch, layer by layer from Python",
            {
                "gan": "gan_torch:Eager",
                "layer": "layers:Torch",
                "products": "products:Torch",
                "accuracy": "products:Torch",
                "import": "command:ImportTorch",
            },
            ("torch",),
            short="PyTorch",
        ),
        Contestant(
            "torch-bf16",
            'PyTorch, fp32_precision="bf16" (another accuracy)',
            {"gan": "gan_torch:Bfloat16", "accuracy": "products:TorchBfloat16"},
            ("torch",),
            groups=("recipes", "accuracy"),
            once=True,
            rounded=True,
            setting_of="torch",
        ),
        Contestant(
            "torch-compile",
            "PyTorch, networks compiled (torch.compile)",
            {"gan": "gan_torch:Compiled"},
            ("torch",),
            groups=("recipes",),
            once=True,
        ),
        Contestant(
            "jax-step",
            "JAX, a step compiled into one call",
            {
                "gan": "gan_jax:Step",
                "layer": "layers:Jax",
                "accuracy": "products:Jax",
                "import": "command:ImportJax",
            },
            ("jax",),
            groups=(
                "recipes",
                "convolutions",
                "growth",
                "layers",
                "accuracy",
                "imports",
            ),
            short="JAX",
        ),
        Contestant(
            "jax-x6",
            "JAX, BF16_BF16_F32_X6 (six bf16 products)",
            {"accuracy": "products:Jax"},
            ("jax",),
            groups=("accuracy",),
            setting_of="jax-step",
            environment={"JAX_DEFAULT_MATMUL_PRECISION": "BF16_BF16_F32_X6"},
        ),
        Contestant(
            "jax-scan",
            "JAX, many steps compiled into one call",
            {"gan": "gan_jax:Scan"},
            ("jax",),
            groups=("recipes", "convolutions", "busy"),
            short="JAX",
        ),
        *(
            Contestant(
                f"keras-{key}-{way}",
                f"Keras 3 on {name}, {label}",
                {"gan": f"gan_keras:{prefix}{way.capitalize()}"},
                (*_KERAS, package),
                groups=("recipes",),
                once=True,
            )
            for way, label in (
                ("traced", "a whole step compiled"),
                ("direct", "train_on_batch, networks called directly"),
                ("predict", "train_on_batch and predict, as in tutorials"),
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
            "Keras 2 (tf_keras), train_on_batch and predict, as in tutorials",
            {"gan": "gan_keras:Legacy"},
            ("tf_keras", "tensorflow"),
            groups=("recipes",),
            once=True,
        ),
        Contestant(
            "keras-tf-script",
            "Keras 3 on TensorFlow, the tutorial's script",
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
