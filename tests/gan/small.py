"""Small GANs for tests: every option of the trainer in a few microseconds a step."""

import copy

import numpy as np

from minigan import (
    SGD,
    Adam,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Graph,
    Input,
    LeakyReLU,
    MinibatchDiscrimination,
    Reshape,
    Sequential,
    Sigmoid,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.gan import Parabola, Rows, Trainer, conditional
from minigan.gan.rngs import rngs

LATENT, BATCH, CLASSES = 3, 8, 3

# name -> arguments of `build`: each row of the recipes' table, and what may go wrong
OPTIONS = {
    "half": {},
    "separate": {"batches": "separate"},
    "mixed": {"batches": "mixed"},
    "smooth": {"real_label": 0.9, "fake_label": 0.1, "batches": "mixed"},
    "three discriminator steps": {"discriminator_steps": 3},
    "shared z": {"batches": "separate", "latent": "shared"},
    "shared z, mixed": {"batches": "mixed", "latent": "shared"},
    "minimax": {"objective": "minimax"},
    "no sigmoid": {"sigmoid": False},
    "batchnorm": {"norm": True},
    "batchnorm, fakes in training mode": {"norm": True, "fakes": "training"},
    "dropout": {"dropout": True},
    "dropout, fakes in training mode": {"dropout": True, "fakes": "training"},
    "images": {"images": True},
    "convolutions": {"convolutions": True, "norm": True, "dropout": True},
    "float64": {"dtype": np.float64, "norm": True, "dropout": True},
    "other optimizers": {"optimizers": "other"},
    "least squares": {"objective": "least-squares", "batches": "mixed"},
    "hinge": {"objective": "hinge", "batches": "mixed", "sigmoid": False},
    "wasserstein": {"objective": "wasserstein", "discriminator_steps": 5},
    "r1 and r2": {"penalty": "r1+r2", "batches": "mixed", "dropout": True},
    "wgan-gp": {"penalty": "wgan-gp", "objective": "wasserstein", "images": True},
    "phases": {"discriminator_steps": 2, "generator_steps": 3},
    "long phases": {"discriminator_steps": 15, "generator_steps": 3, "norm": True},
    "pre-training": {"pretraining_steps": 5, "clip_value": 0.5},
    "average": {"ema": 0.9, "norm": True},
    "instance noise": {"instance_noise": 0.1, "images": True},
    "falling noise": {
        "instance_noise": 0.1,
        "instance_noise_steps": 3,
        "pretraining_steps": 2,
        "ema": 0.5,
    },
    "simultaneous": {"updates": "simultaneous", "norm": True},
    "extragradient": {"updates": "extragradient", "ema": 0.9, "dropout": True},
    "relativistic": {"objective": "relativistic", "batches": "mixed"},
    "packed": {"pack": 2, "norm": True},
    "packed and falling": {
        "pack": 4,
        "batches": "mixed",
        "objective": "relativistic-average",
        "schedule": "cosine",
        "schedule_steps": 5,
    },
    "alike": {"alike": True},
    "rows with replacement": {"rows": 21, "sampling": "replacement"},
    "a graph": {"graph": True, "norm": True},
    **{
        f"labels: {name}": {"condition": name, "rows": 21, **options}
        for name, options in {
            "concatenate": {"batches": "mixed", "ema": 0.9},
            "multiply": {"batches": "separate", "latent": "shared"},
            "projection": {"norm": True, "dropout": True},
            "auxiliary": {"batches": "mixed", "auxiliary_weight": 0.5},
            "auxiliary, real": {"condition": "auxiliary", "auxiliary_rows": "real"},
            "projection, packed": {"condition": "projection", "pack": 2},
        }.items()
    },
    "rows in order": {"rows": 21, "sampling": "ordered"},
    "rows shuffled": {"rows": 21, "sampling": "shuffled", "dropout": True},
}


def build(
    *,
    dtype=np.float32,
    norm=False,
    dropout=False,
    sigmoid=True,
    images=False,
    convolutions=False,
    optimizers="adam",
    rows=0,
    sampling="replacement",
    condition=None,
    graph=False,
    seed=0,
    pack=1,
    alike=False,
    **options,
):
    """A trainer of 3 -> 4 -> 2 against 2 -> 5 -> 1 on batches of 8."""
    rng = np.random.default_rng(100 + seed)
    masks = np.random.default_rng(200 + seed)  # one generator for all Dropout layers

    def hidden(inputs, units):
        layers = [Dense(inputs, units, rng=rng, dtype=dtype), LeakyReLU(0.2)]
        if norm:
            layers.append(BatchNorm(units, momentum=0.8, dtype=dtype))
        if dropout:
            layers.append(Dropout(0.25, rng=masks))
        return layers

    made = hidden(LATENT, 4)
    if convolutions:  # the two numbers are an image of 1 x 2 pixels
        made += [
            UpSampling2D((1, 2, 2), (1, 2)),
            Conv2D((1, 4, 2), 1, (1, 3), (1, 2), "same", rng=rng, dtype=dtype),
        ]
    else:
        made.append(Dense(4, 2, rng=rng, dtype=dtype))
    generator = Sequential(made + ([Tanh(), Reshape((2, 1))] if images else []))
    seen = [Reshape((2, pack)), Flatten()] if images else []
    if convolutions:
        seen += [
            ZeroPadding2D((1, 2, 1), ((0, 1), (1, 0))),
            Conv2D((2, 3, 1), 5, 2, rng=rng, dtype=dtype),
            *([BatchNorm(5, positions=2, dtype=dtype)] if norm else []),
            LeakyReLU(0.2),
        ]
    else:
        seen += hidden(2 * pack, 5)
        if alike:
            seen.append(MinibatchDiscrimination(5, 5, 2, rng=rng, dtype=dtype))
    wide = 10 if convolutions or alike else 5
    seen.append(Dense(wide, 1, rng=rng, dtype=dtype))
    discriminator = Sequential(seen + ([Sigmoid()] if sigmoid else []))
    draws = rngs(seed)["data"]
    if graph:
        generator, discriminator = as_graph(made), as_graph(discriminator.layers)
    if condition:
        make = conditional.Making(CLASSES, rng, dtype, units=2)
        generator = conditional.generator(
            *(make, condition, LATENT),
            lambda n: [*hidden(n, 4), make.dense(4, 2)],
        )
        discriminator = conditional.discriminator(
            make, condition, (2 * pack,), lambda n: hidden(n, 5), 5
        )
    if rows:
        labels = labels_of(rows) if condition else None
        data = array(rows, dtype)
        data = Rows(data, labels, rng=draws, sampling=sampling, dtype=dtype)
    else:
        data = Parabola(draws, dtype)
    if optimizers == "other":
        options["generator_optimizer"] = Adam(1e-2, beta_1=0.5, epsilon_form="pytorch")
        options["discriminator_optimizer"] = SGD(0.1, momentum=0.5)
    options.setdefault("batch_size", BATCH)
    options["pack"] = pack
    return Trainer(generator, discriminator, data, seed=seed, **options)


def labels_of(rows):
    """Every third row is of one class; no class is as large as another."""
    return np.sort(np.arange(rows) ** 2 % 7 % CLASSES)


def as_graph(layers):
    """The same chain as a graph."""
    twins = [copy.deepcopy(layer) for layer in layers]
    shape = next(x.input_shape for x in twins if x.input_shape is not None)
    start = Input(shape)
    return Graph(start, conditional.through(twins, start))


def array(rows, dtype=np.float32):
    """Distinct rows, so that their order shows."""
    x = np.linspace(-0.5, 0.5, rows)
    return np.stack([x, x * x], axis=1).astype(dtype)


def state(trainer):
    """All that training changes, as bytes and numbers."""
    found = {name: a.tobytes() for name, a in trainer.state().items()}
    found["history"] = trainer.history.table.tobytes()
    for name, rng in trainer.generators().items():
        found[f"random {name}"] = repr(rng.bit_generator.state)
    return found


def side(trainer, name):
    """One player as bytes: parameters, gradients, statistics, optimizer."""
    network = getattr(trainer, name)
    optimizer = getattr(trainer, f"{name}_optimizer")
    return {
        "theta": network.theta.tobytes(),
        "dtheta": network.dtheta.tobytes(),
        "buffers": network.buffers.tobytes(),
        "t": optimizer.t.tobytes(),
        **{k: v.tobytes() for k, v in optimizer.vectors(network).items()},
    }
