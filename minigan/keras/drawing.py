"""`plot_model`: the layers of a model as boxes, from the input down to the output."""

from dataclasses import dataclass

from .. import validate
from ..errors import ArgumentError, StateError
from . import arguments

# All sizes in inches.
LETTER, LINE, PAD = 0.094, 0.21, 0.11  # width and height of the text; around it
GAP, MARGIN, INSET = 0.34, 0.18, 0.16  # between boxes; around all; inside a frame
INK, FILL, FRAME = "#1b2a41", "#eaf0f8", "#8a97a8"


@dataclass
class Box:
    """A layer: its lines of text.  Or a frame around boxes, with a title."""

    lines: list
    boxes: list | None = None  # what a frame holds

    def size(self):
        """(width, height)."""
        width = LETTER * max(map(len, self.lines)) + 2 * PAD
        if self.boxes is None:
            return width, LINE * len(self.lines) + 2 * PAD
        sizes = [box.size() for box in self.boxes]
        width = max(width, *(w for w, _ in sizes)) + 2 * INSET
        heights = sum(h for _, h in sizes) + GAP * (len(sizes) - 1)
        return width, LINE + heights + 3 * INSET


def plot_model(
    model,
    to_file="model.png",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
    **rest,
):
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
        validate.complain(ArgumentError, where, "to_file", expected, repr(to_file))
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
    _draw(_boxes(model, facts, expand), to_file, dpi)


def _boxes(model, facts, expand):
    found = []
    for layer in model.layers:
        if layer._chain and expand:
            title = f"{layer.name} ({_kind(layer)})"
            found.append(Box([title], _boxes(layer, facts, expand)))
        else:
            found.append(Box(_lines(layer, facts)))
    return found


def _lines(layer, facts):
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


def _kind(layer):
    return getattr(layer, "_kind_name", type(layer).__name__)


def _draw(boxes, path, dpi):
    from .. import plotting  # matplotlib: only where something is drawn

    sizes = [box.size() for box in boxes]
    width = max(w for w, _ in sizes) + 2 * MARGIN
    height = sum(h for _, h in sizes) + GAP * (len(sizes) - 1) + 2 * MARGIN
    figure = plotting.Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    _column(axes, boxes, width / 2, height - MARGIN)
    plotting.save(figure, path, dpi)


def _column(axes, boxes, x, top):
    """Draw boxes from `top` downwards around x, with arrows between them."""
    for k, box in enumerate(boxes):
        width, height = box.size()
        if k:
            arrow = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (x, top), (x, top + GAP), arrowprops=arrow)
        left, right, bottom = x - width / 2, x + width / 2, top - height
        corners = [left, right, right, left], [bottom, bottom, top, top]
        if box.boxes is None:
            axes.fill(*corners, facecolor=FILL, edgecolor=INK, linewidth=1)
            for line, text in enumerate(box.lines):
                y = top - PAD - LINE * (line + 0.5)
                weight = "bold" if line == 0 else "normal"
                style = {"fontsize": 9.5, "color": INK, "weight": weight}
                axes.text(x, y, text, ha="center", va="center", **style)
        else:
            axes.fill(*corners, facecolor="none", edgecolor=FRAME, linestyle="--")
            y = top - INSET - LINE / 2
            style = {"fontsize": 9.5, "color": INK, "style": "italic"}
            axes.text(x, y, box.lines[0], ha="center", va="center", **style)
            _column(axes, box.boxes, x, top - 2 * INSET - LINE)
        top = bottom - GAP
