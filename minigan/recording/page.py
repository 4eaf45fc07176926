"""Films on one page of HTML: styles, scripts and data stand in it."""

import ast
import inspect
import json
import textwrap
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from .. import primitives
from ..primitives.declare import Primitive
from ..version import __version__
from .film import FRAMES, GRID, SHOWN, Film, model_of, moment_size

HERE = Path(__file__).parent
LIMIT = 1_500_000  # bytes of a page
MOST = 60  # moments of a run

# primitive -> the test that holds it against exact arithmetic or a derivative
_DENSE = "tests/whole/test_gradients.py::test_dense"
_RELU = "tests/primitives/test_activations.py::test_relu"
_LOGITS = "tests/primitives/test_losses.py::test_cross_entropy_of_logits"
_DATA = "tests/primitives/test_data.py::"
_ADAM = "tests/optimizers/test_adam.py::test_adam_equals_exact_arithmetic"
PROOFS: dict[Primitive, str] = {
    primitives.standard_normal: f"{_DATA}test_draws_are_those_of_numpy",
    primitives.parabola: f"{_DATA}test_points_of_the_parabola",
    primitives.add_scaled: f"{_DATA}test_numbers_one_by_one",
    primitives.dense_forward: _DENSE,
    primitives.dense_dW: _DENSE,
    primitives.dense_db: _DENSE,
    primitives.dense_dx: _DENSE,
    primitives.relu_forward: _RELU,
    primitives.relu_backward: _RELU,
    primitives.bce_logits_forward: _LOGITS,
    primitives.bce_logits_backward: _LOGITS,
    primitives.adam_update: _ADAM,
}


def page(films: Sequence[Film], description: str) -> str:
    """Run the films, and return the whole page, of at most `LIMIT` bytes.

    description: of the recipe, one line.
    """
    first = films[0].trainer
    texts = {
        name: (HERE / name).read_text(encoding="utf-8")
        for name in ("page.html", "page.css", "engine.js", "player.js")
    }
    fixed = sum(map(len, texts.values())) + 25_000  # and what is said in words
    each = (LIMIT - fixed) // len(films) - _bytes_of_frames()
    for film in films:
        film.run(max(1, min(MOST, each // moment_size(first))))
    data = {
        "model": {**model_of(first), "view": films[0].view, "grid": GRID},
        "layout": films[0].moments[0].layout,
        "code": {primitive.name: source_of(primitive) for primitive in PROOFS},
        "runs": [film.data() for film in films],
    }
    seeds = " and ".join(str(film.trainer.seed) for film in films)
    command = f"minigan record {first.name}, seed {seeds}"
    filled = {
        "title": f"The flight recorder: {first.name}",
        "description": escape(
            description if description.endswith((".", "?")) else f"{description}."
        ),
        "made": escape(
            f"Made by minigan {__version__}: {command}, {first.generator.dtype}."
        ),
        "style": texts["page.css"],
        "engine": texts["engine.js"],
        "player": texts["player.js"],
        "data": json.dumps(data, separators=(",", ":")).replace("</", "<\\/"),
    }
    text = texts["page.html"]
    for name, part in filled.items():
        text = text.replace("{{" + name + "}}", part)
    return text


def source_of(primitive: Primitive) -> dict[str, Any]:
    """Where a primitive's formula is, what it says, and which test proves it."""
    function: Any = primitive.formula
    lines, start = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines)))
    body = tree.body[0]
    assert isinstance(body, ast.FunctionDef)
    first = body.body[1].lineno - 1  # behind the docstring
    file = Path(inspect.getfile(function)).relative_to(HERE.parents[1])
    return {
        "line": f"{file.as_posix()}:{start + first}",
        "source": textwrap.dedent("".join(lines[first:])).rstrip(),
        "test": PROOFS[primitive],
    }


def _bytes_of_frames() -> int:
    """Those of all frames of a run, in base64, and of its curves."""
    return (4 * FRAMES * (4 * SHOWN + GRID[0] * GRID[1])) // 3 + 22_000
