"""Do networks, optimizers and data fit together?  Asked once, before training."""

from math import prod

import numpy as np

from .. import validate
from ..errors import ShapeError, StateError
from ..network import Network
from ..optimizers import Adam, Optimizer
from .players import Inputs, last_bounded, shapes_made
from .sampling import Source

ROUNDING = 1e-5  # how far numbers may be beyond those that a layer makes


def shape_taken(where: str, network: Network) -> tuple[int, ...]:
    """The shape of one example of the numbers that a network takes.

    Errors: ShapeError where it is not known.
    """
    shape = Inputs.of(where, "network", network).shape
    if shape is None:
        expected = "a network of known sizes"
        validate.complain(
            ShapeError, where, "network", expected, validate.shown(network)
        )
    return shape


def shape_made(
    where: str, network: Network, argument: str = "network"
) -> tuple[int, ...]:
    """The shape of one example that a network makes.

    Of several outputs, the first.  Errors: ShapeError where it is not known.
    """
    return shapes_made(network, None, where, argument)[0]


def network_of(where: str, argument: str, network: Network) -> Network:
    """The network, if it is one that a player can be."""
    if (
        not isinstance(network, Network)
        or not network.theta.size
        or network.owners() != [network]
    ):
        validate.complain(
            validate.DTypeError,
            where,
            argument,
            "a network that owns all of its layers, some with parameters",
            validate.shown(network),
        )
    return network


def optimizer_of(where: str, argument: str, optimizer: Optimizer | None) -> Optimizer:
    """The optimizer, or a new `Adam` for None."""
    if optimizer is None:
        return Adam()
    if not isinstance(optimizer, Optimizer):
        validate.complain(
            validate.DTypeError,
            where,
            argument,
            "an Optimizer",
            validate.shown(optimizer),
        )
    return optimizer


def two_optimizers(
    where: str,
    generator_optimizer: Optimizer | None,
    discriminator_optimizer: Optimizer | None,
) -> tuple[Optimizer, Optimizer]:
    """The optimizers of G and D, which must be two."""
    one = optimizer_of(where, "generator_optimizer", generator_optimizer)
    two = optimizer_of(where, "discriminator_optimizer", discriminator_optimizer)
    if one is two:
        validate.complain(
            validate.ArgumentError,
            where,
            "discriminator_optimizer",
            "an optimizer of its own",
            "the generator's",
        )
    return one, two


def _reachable(where: str, generator: Network, data: Source) -> None:
    """Refuse rows of numbers that the generator's last layer cannot make."""
    rows = data.tables().get("data")
    last = last_bounded(generator)
    if rows is None or last is None or last.bounds is None:
        return
    low, high = last.bounds
    least, most = float(rows.min()), float(rows.max())
    if least < low - ROUNDING or most > high + ROUNDING:
        kind = type(last).__name__
        expected = f"numbers in [{low:g}, {high:g}], as a generator with {kind} makes"
        got = f"{least:.9g} to {most:.9g}"
        validate.complain(validate.ArgumentError, where, "data", expected, got)


def fit_together(
    where: str,
    generator: Network,
    discriminator: Network,
    data: Source,
    rows: int,
    pack: int = 1,
) -> int:
    """Check that z, G, D and batches of `rows` fit; return the latent dimension.

    pack: how many rows D takes side by side.
    """
    if generator is discriminator:
        validate.complain(
            validate.ArgumentError,
            where,
            "discriminator",
            "another network than the generator",
            "the same",
        )
    if generator.dtype not in validate.FLOAT_TYPES:
        validate.complain(
            validate.DTypeError,
            where,
            "generator",
            "dtype float32 or float64",
            generator.dtype,
        )
    if generator.dtype != discriminator.dtype:
        validate.complain(
            validate.DTypeError,
            where,
            "discriminator",
            f"dtype {generator.dtype}, the generator's",
            discriminator.dtype,
        )
    kind = getattr(data, "dtype", None)
    if kind is not None and np.dtype(kind) != generator.dtype:
        expected = f"rows of dtype {generator.dtype}, that of the networks"
        validate.complain(validate.DTypeError, where, "data", expected, np.dtype(kind))
    taken = Inputs.of(where, "generator", generator)
    seen = Inputs.of(where, "discriminator", discriminator)
    if taken.shape is None or len(taken.shape) != 1:
        raise ShapeError(
            f"{where}: argument 'generator': expected a first layer of known size, "
            f"got {generator.layers[0]!r}"
        )
    if generator.splits:
        raise ShapeError(
            f"{where}: argument 'generator': expected one output, the rows, got "
            f"{generator!r:.200}"
        )
    made = prod(shape_made(where, generator, "generator"))
    if made != data.features:
        raise ShapeError(
            f"{where}: argument 'generator': expected {data.features} features an "
            f"example, as the data have, got {made}"
        )
    _reachable(where, generator, data)
    shape = discriminator.input_shape or (data.features * pack,)
    score = discriminator.output_shape(shape)
    score, *others = score if discriminator.splits else (score,)
    if score is None or tuple(score) != (1,):
        raise ShapeError(
            f"{where}: argument 'discriminator': expected one score an example, shape "
            f"(1,), got {score}"
        )
    heads = [tuple(other) for other in others if other is not None]
    if len(others) > 1 or len(heads) != len(others) or any(len(h) != 1 for h in heads):
        raise ShapeError(
            f"{where}: argument 'discriminator': expected at most one output beside "
            f"the score, logits of classes, shape (classes,), got {others}"
        )
    _labels_fit(where, taken, seen, heads[0][0] if heads else None, data)
    if pack > 1 and taken.labels is not None and not data.packs_classes:
        expected = "1 for rows that are not drawn class by class"
        validate.complain(validate.ArgumentError, where, "pack", expected, pack)
    wants = seen.shape
    if wants is not None and prod(wants) != pack * made:
        packed = f" ({pack} rows of {made})" if pack > 1 else ""
        raise ShapeError(
            f"{where}: argument 'discriminator': expected examples of {pack * made} "
            f"features{packed}, got a network for {wants}"
        )
    if any(layer.is_frozen for n in (generator, discriminator) for layer in n.walk()):
        raise StateError(
            f"{where}: expected networks that may change, got a frozen one"
        )
    most = data.largest_batch
    if rows > most:
        validate.complain(
            validate.ArgumentError,
            where,
            "batch_size",
            f"at most the {most} rows of the data in one batch",
            f"batches of {rows}",
        )
    return taken.shape[0]


def _labels_fit(
    where: str, taken: Inputs, seen: Inputs, classes: int | None, data: Source
) -> None:
    """Check who takes labels, and of how many classes.

    taken, seen: inputs of G and D.   classes: of the logits that D answers with.
    """
    of_d = [n for n in (seen.classes, classes) if n is not None]
    if taken.classes is None and of_d:
        expected = "a network that takes labels, as the discriminator looks at them"
        got = "one without labels"
        validate.complain(validate.ArgumentError, where, "generator", expected, got)
    if taken.classes is None and data.labelled:
        expected = "rows without labels, since neither network takes any"
        got = f"{type(data).__name__} with labels"
        validate.complain(validate.ArgumentError, where, "data", expected, got)
    if taken.classes is None:
        return
    if not of_d:
        expected = "one that takes labels or answers with logits of classes, since the "
        expected += "generator takes labels"
        got = "one that does not"
        validate.complain(validate.ArgumentError, where, "discriminator", expected, got)
    if not data.labelled:
        expected = "rows with labels, say (rows, labels), since the networks take them"
        got = f"{type(data).__name__} without labels"
        validate.complain(validate.ArgumentError, where, "data", expected, got)
    fewest = min(taken.classes, *of_d)
    if data.classes > fewest:
        expected = f"labels in 0 ... {fewest - 1}, as the networks know them"
        got = f"labels up to {data.classes - 1}"
        validate.complain(validate.ArgumentError, where, "data", expected, got)
