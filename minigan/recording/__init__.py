"""The flight recorder: a run on one page of HTML, to be played and checked.

    record("parabola", "run.html")          what `minigan record parabola` does

`film` records runs, `page` puts them into a page; `engine.js` recomputes recorded steps
there, and `player.js` shows them.
"""

import os
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import validate
from ..files import as_path, write_atomically
from ..gan import recipes
from .film import BESIDE, RECORDED, Film
from .page import LIMIT, page

__all__ = ["BESIDE", "LIMIT", "PAGES", "RECORDED", "record"]

Path = str | os.PathLike[str]
PAGES = ".html", ".htm"  # how a browser knows that a file is a page


def record(
    recipe: str = "parabola",
    path: Path = "run.html",
    *,
    seed: int = 0,
    beside: int | None = None,
    steps: int | None = None,
    dtype: DTypeLike = np.float32,
    backend: str | None = None,
    **overrides: Any,
) -> int:
    """Train `recipe` and write its page; how many bytes that has, at most 1.5 million.

    recipe: one on points in the plane, "parabola", "ring" or "grid".
    path: of the page, an .html or .htm file.   seed: of the run.
    beside: seed of a second run, shown next to the first; None for one run alone.
    steps: how many, by default the recipe's.   dtype: float32 or float64; what the page
    recomputes then agrees to 1e-5 or 1e-12.   backend: as for `Trainer`.
    overrides: as for `recipes.load`, as far as the page knows how to compute them.
    Errors: ArgumentError, DTypeError before anything is trained; OutputError.
    """
    where = "record"
    target = as_path(where, path)
    if target.suffix.lower() not in PAGES:
        expected = "the name of an .html file"
        validate.complain(
            validate.ArgumentError, where, "path", expected, f"'{target}'"
        )
    validate.choice(where, "recipe", recipe, RECORDED)
    known = recipes.RECIPES[recipe]
    if steps is not None:
        steps = validate.integer(where, "steps", steps, most=10**7)
    seeds = [validate.integer(where, "seed", seed, least=0)]
    if beside is not None:
        seeds.append(validate.integer(where, "beside", beside, least=0))
    films = [
        Film(
            recipes.load(recipe, seed=seed, dtype=dtype, backend=backend, **overrides),
            steps or known.steps,
        )
        for seed in seeds
    ]
    text = page(films, known.description).encode()
    write_atomically(target, text)
    return len(text)
