"""Do networks, optimizers and data fit together?  Asked once, before training."""

from math import prod

import numpy as np

from .. import validate
from ..errors import ShapeError, StateError
from ..network import Network, Sequential
from ..optimizers import Adam, Optimizer
from .sampling import Source

ROUNDING = 1e-5  # how far numbers may be beyond those that a layer makes


def shape_taken(network: Network) -> tuple[int, ...]:
    """The shape of one example that a network takes.  Errors: ShapeError for any."""
    return _known(network, network.input_shape)


def shape_made(network: Sequential) -> tuple[int, ...]:
    """The shape of one example that a network makes.  Errors: ShapeError for any."""
    return _known(network, network.output_shape())


def _known(network: Network, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    if shape is None:
        raise ShapeError(
            f"expected a network of known sizes, got {validate.shown(network)}"
        )
    return shape


def network_of(where: str, argument: str, network: Network) -> Sequential:
    """The network, if it is one that a player can be."""
    if (
        not isinstance(network, Sequential)
        or not network.theta.size
        or network.owners() != [network]
    ):
        validate.complain(
            validate.DTypeError,
            where,
            argument,
            "a Sequential that owns all of its layers, some with parameters",
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


def _reachable(where: str, generator: Sequential, data: Source) -> None:
    """Refuse rows of numbers that the generator's last layer cannot make."""
    rows = data.tables().get("data")
    last = next((x for x in reversed(generator.layers) if x.bounds is not None), None)
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
    generator: Sequential,
    discriminator: Sequential,
    data: Source,
    rows: int,
) -> int:
    """Check that z, G, D and batches of `rows` fit; return the latent dimension."""
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
    if data.labelled:
        validate.complain(
            validate.ArgumentError,
            where,
            "data",
            "rows without labels, since neither network takes any",
            f"{type(data).__name__} with labels",
        )
    if generator.input_shape is None or len(generator.input_shape) != 1:
        raise ShapeError(
            f"{where}: argument 'generator': expected a first layer of known size, "
            f"got {generator.layers[0]!r}"
        )
    made = prod(shape_made(generator))
    if made != data.features:
        raise ShapeError(
            f"{where}: argument 'generator': expected {data.features} features an "
            f"example, as the data have, got {made}"
        )
    _reachable(where, generator, data)
    score = discriminator.output_shape(discriminator.input_shape or (data.features,))
    if score is None or tuple(score) != (1,):
        raise ShapeError(
            f"{where}: argument 'discriminator': expected one score an example, shape "
            f"(1,), got {score}"
        )
    wants = discriminator.input_shape
    if wants is not None and prod(wants) != made:
        raise ShapeError(
            f"{where}: argument 'discriminator': expected examples of {made} features, "
            f"got a network for {wants}"
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
    return generator.input_shape[0]
