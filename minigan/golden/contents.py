"""What is in a file, as tables: of all cases, and of the arrays of one."""

import numpy as np

from .. import validate
from ..state import Arrays
from ..tables import Table
from .case import Case
from .cases import CASES
from .file import SEED

MANY = 6  # names of arrays beyond which the table only counts them


def contents() -> Table:
    """A table of all cases: kind, arrays, tolerance."""
    rows = []
    for case in CASES.values():
        names = [_names(part) for part in both(case)]
        rows.append([case.name, case.kind, *names, f"{case.tolerance:.0e}"])
    columns = ("Case", "Kind", "Given", "Expected", ">Tolerance")
    return Table(f"{len(rows)} cases", columns, rows)


def _names(arrays: Arrays) -> str:
    if len(arrays) > MANY:
        return f"{len(arrays)} arrays"
    return ", ".join(arrays)


def arrays_of(name: str) -> Table:
    """A table of the arrays of one case.   Errors: ArgumentError for another name."""
    case = CASES[validate.choice("golden.arrays_of", "name", name, CASES)]
    rows = [
        [
            key,
            role,
            str(array.dtype),
            validate.shape_text(array.shape),
            case.meaning(key) or "",
        ]
        for role, found in zip(("given", "expected"), both(case), strict=True)
        for key, array in found.items()
    ]
    options = ", ".join(f"{key} {value}" for key, value in case.options.items())
    footer = [case.formula, *([options] if options else [])]
    footer.append(
        f"An array agrees within {case.tolerance:.0e} of its largest expected entry."
    )
    columns = ("Array", "Role", "Type", "Shape", "Meaning")
    return Table(case.name, columns, rows, footer)


def both(case: Case) -> list[Arrays]:
    """(given, expected) of a case, name -> array."""
    given = case.draw(np.random.default_rng(SEED))
    found = case.compute(given)
    return [{k: np.asarray(v) for k, v in part.items()} for part in (given, found)]
