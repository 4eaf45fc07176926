"""`plot_model`: the layers of a model as boxes, from the input down to the output."""

import os
from typing import TYPE_CHECKING, Any

from .. import validate
from ..errors import ArgumentError, StateError
from . import arguments

if TYPE_CHECKING:
    from ..pictures.model import Box


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **rest: Any,
) -> None:
    """Draw a model into a file: one box a layer, one below the other.

    to_file: path of a PNG.  show_shapes: with the shapes before and behind each layer.
    show_layer_names, show_layer_activations, show_trainable: with these facts.
    expand_nested: models inside as frames around their layers, not as one box.
    dpi: pixels an inch.
    """
    where = "plot_model"
    for name in ("layer_range", "subgraph"):
        arguments.only(where, name, rest.pop(name, None), None, False)
    arguments.no_more(where, rest, ("to_file", "show_shapes", "show_layer_names"))
    arguments.only(where, "show_dtype", show_dtype, False)
    arguments.only(where, "rankdir", rankdir, "TB")
    dpi = validate.integer(where, "dpi", dpi, least=10, most=2000)
    if not str(to_file).lower().endswith(".png"):
        expected = "the name of a .png file"
        validate.complain(
            ArgumentError, where, "to_file", expected, validate.shown(to_file)
        )
    if not getattr(model, "built", False):
        raise StateError(
            f"{where}: argument 'model': expected a model that knows the shape of its "
            f"input, got {model!r}"
        )
    facts = {
        "shapes": validate.flag(where, "show_shapes", show_shapes),
        "names": validate.flag(where, "show_layer_names", show_layer_names),
        "activations": validate.flag(
            where, "show_layer_activations", show_layer_activations
        ),
        "flags": validate.flag(where, "show_trainable", show_trainable),
    }
    expand = validate.flag(where, "expand_nested", expand_nested)
    from ..pictures import model as pictures  # only where something is drawn

    pictures.draw(_boxes(model, facts, expand), to_file, dpi)


def _boxes(model: Any, facts: dict[str, bool], expand: bool) -> "list[Box]":
    """A box for each layer; with `expand` a frame for each model inside."""
    from ..pictures.model import Box

    found = []
    for layer in model.layers:
        if layer._chain and expand:
            title = f"{layer.name} ({_kind(layer)})"
            found.append(Box([title], _boxes(layer, facts, expand)))
        else:
            found.append(Box(_lines(layer, facts)))
    return found


def _lines(layer: Any, facts: dict[str, bool]) -> list[str]:
    """What stands in a layer's box."""
    kind = _kind(layer)
    lines = [f"{layer.name} ({kind})" if facts["names"] else kind]
    activation = getattr(layer, "activation", None)
    if facts["activations"] and activation is not None and activation is not layer:
        lines.append(f"activation: {getattr(activation, 'name', activation)}")
    if facts["flags"]:
        lines.append("trainable" if layer.trainable else "not trainable")
    if facts["shapes"]:
        lines.append(f"{layer.input_shape} \N{RIGHTWARDS ARROW} {layer.output_shape}")
    return lines


def _kind(layer: Any) -> str:
    return getattr(layer, "_kind_name", type(layer).__name__)
