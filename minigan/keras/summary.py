"""`model.summary()`: rows of layers, then the counts, in Keras' form."""

import sys

from .. import validate
from ..errors import StateError

WIDTH = 65
COLUMNS = (0.45, 0.85)  # where shape and count start, as shares of the width


def print_summary(model, line_length=None, print_fn=None, expand_nested=False):
    """Print one row a layer, a model inside as one row, and the three counts.

    expand_nested: a model inside is followed by its layers, each behind a bar.
    Trainable counts what training moves: by the flags at compile time if the model is
    compiled, else by the flags as they are.
    """
    where = f"{model.name}.summary"
    if not model.built:
        raise StateError(
            f"{where}: expected a model that was built, got one whose input shape is "
            "not known yet: give the first layer input_shape, or call it on data"
        )
    width = WIDTH if line_length is None else line_length
    width = validate.integer(where, "line_length", width, least=40)
    emit = print_fn or _write
    emit(f'Model: "{model.name}"')
    emit("_" * width)
    emit(_row(("Layer (type)", "Output Shape", "Param #"), width))
    emit("=" * width)
    for layer, indent in _layers(model, expand_nested):
        shape = (None, *layer.example_out)
        kind = getattr(layer, "_kind_name", type(layer).__name__)
        title = f"{indent}{layer.name} ({kind})"
        emit(_row((title, str(shape), f"{layer.count_params():,}"), width))
    emit("=" * width)
    trainable, still = counts(model)
    emit(f"Total params: {trainable + still:,}")
    emit(f"Trainable params: {trainable:,}")
    emit(f"Non-trainable params: {still:,}")
    emit("_" * width)


def _layers(model, expand_nested, indent=""):
    """Pairs (layer, what stands before its name)."""
    for layer in model.layers:
        yield layer, indent
        if expand_nested and layer._chain:
            yield from _layers(layer, True, f"{indent}| ")


def counts(model):
    """(trainable, non-trainable): numbers of elements."""
    captured = model.captured
    moving, still = 0, 0
    for leaf, flag in model.walk():
        flag = captured.get(leaf, flag) if captured is not None else flag
        for array, kind in leaf.shown():
            if kind and flag:
                moving += array.value.size
            else:
                still += array.value.size
    return moving, still


def _row(cells, width):
    line = ""
    for cell, start in zip(cells, (0, *COLUMNS), strict=True):
        start = int(width * start)
        line = line[: max(start - 1, 0)].ljust(start) + cell
    return line[:width]


def _write(line):
    sys.stdout.write(line + "\n")
