"""What a recorded step may use, and what it takes for granted."""

import numpy as np


def arrays(trainer, runner):
    """name -> array, all memory that a step may use.

    runner: a `running.Runner`, which owns what a step writes to beside the networks.
    """
    found = {"history": runner.table, "cursor": runner.cursor}
    if trainer.instance_noise_steps is not None:
        found["noise levels"] = runner.levels
    for label, name in (("G", "generator"), ("D", "discriminator")):
        network = getattr(trainer, name)
        optimizer = getattr(trainer, f"{name}_optimizer")
        found[f"{label}.theta"] = network.theta
        found[f"{label}.dtheta"] = network.dtheta
        found.update(
            {f"{label}.{k}": v for k, v in optimizer.cells().items()},
            **{f"{label}.{k}": v for k, v in optimizer.vectors(network).items()},
        )
        if trainer.average is not None:
            found[f"{label}.buffers"] = network.buffers
        for k, layer in enumerate(network.layers):
            for parameter in layer.parameters:
                found[f"{label}{k}.{parameter.name}"] = parameter.value
                found[f"{label}{k}.d{parameter.name}"] = parameter.grad
            for statistic in layer.statistics:
                found[f"{label}{k}.{statistic.name}"] = statistic.value
            for name, table in layer.tables().items():
                found[f"{label}{k}.{name}"] = table
    if trainer.average is not None:
        found["average.theta"] = trainer.average.theta
        found["average.buffers"] = trainer.average.buffers
    found.update(
        {
            f"data.{k}": a
            for k, a in {**trainer.data.tables(), **trainer.data.state()}.items()
        }
    )
    return {name: array for name, array in found.items() if array.nbytes}


def key(trainer):
    """All that a recorded step takes for granted; other values, other program.

    In two parts, what it is made of and the plain attributes of that: a layer that
    counts its calls changes the second at every step.
    """
    layers = [
        layer for n in (trainer.generator, trainer.discriminator) for layer in n.walk()
    ]
    attributes = [vars_of(part) for part in (*layers, trainer.data)]
    made_of = (
        trainer.options(),
        [(id(layer), layer.is_frozen) for layer in layers],
        [
            {k: v for k, v in optimizer.config().items() if k != "learning_rate"}
            for optimizer in (
                trainer.generator_optimizer,
                trainer.discriminator_optimizer,
            )
        ],
        [id(rng) for rng in trainer.generators()],
        [array.ctypes.data for array in trainer.memory().values()],
        [
            array.ctypes.data
            for array in {**trainer.data.tables(), **trainer.data.state()}.values()
        ],
    )
    return made_of, attributes


def named_generators(trainer):
    """name -> generator: the streams, then those in layers."""
    names = {id(rng): name for name, rng in trainer.streams.items()}
    return {
        names.get(id(rng), f"layer rng {k}"): rng
        for k, rng in enumerate(trainer.generators())
    }


def poisoned(trainer):
    """Which parameter, statistic or optimizer vector was not finite before the step."""
    for name in ("generator", "discriminator"):
        network = getattr(trainer, name)
        for part, vector in (
            getattr(trainer, f"{name}_optimizer").vectors(network).items()
        ):
            if not np.isfinite(vector).all():
                return f" (before the step, {name}_optimizer {part} was not finite)"
        for k, layer in enumerate(network.layers):
            for array in (*layer.parameters, *layer.statistics):
                if not np.isfinite(array.value).all():
                    return (
                        f" (before the step, {name} layer {k} ({type(layer).__name__}) "
                        f"{array.name} was not finite)"
                    )
    return ""


def vars_of(part):
    """The plain attributes of a layer or source: its options, whatever it is."""
    return {
        name: value
        for name, value in getattr(part, "__dict__", {}).items()
        if isinstance(value, (int, float, str, bool, tuple))
        and name not in ("layers", "_cache")
    }
