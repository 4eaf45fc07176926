"""What works with NumPy and nothing else: import, training, proofs, exercises.

    python tests/whole/numpy_alone.py STEPS [--check] [--block]

--check: `minigan.check()` too.   --block: refuse to import other packages, where they
are installed nevertheless.
"""

import importlib.abc
import sys
import warnings
from pathlib import Path

FOREIGN = (
    *("numba", "llvmlite", "matplotlib", "PIL", "rich", "rich_click", "click"),
    *("filelock", "platformdirs"),
)


class Blocker(importlib.abc.MetaPathFinder):
    """Says of a package that it is not there."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in FOREIGN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def main(arguments):
    if "--block" in arguments:
        sys.meta_path.insert(0, Blocker())
    import minigan
    from minigan import exercises
    from minigan.gan import recipes

    with warnings.catch_warnings(record=True) as notices:
        warnings.simplefilter("always")
        trainer = recipes.load("parabola", seed=0)
        history = trainer.fit(int(arguments[0]))
    (notice,) = notices
    assert "Numba cannot be imported" in str(notice.message), notice.message
    assert trainer.backend == "numpy" and minigan.get_threads() == 1
    assert len(history.d_loss) == int(arguments[0])
    assert trainer.sample(10).shape == (10, 2)
    solutions = Path(__file__).parents[2] / "docs" / "solutions"
    assert exercises.check(1, folder=solutions).ok
    try:
        minigan.use_backend("jit").__enter__()
    except minigan.MiniganError as error:
        assert "expected 'numpy', since Numba cannot be imported" in str(error)
    else:
        raise AssertionError("use_backend('jit') was not refused")
    if "--check" in arguments:
        checks = minigan.check()
        assert checks.ok, str(checks)
    assert not {name.split(".")[0] for name in sys.modules} & set(FOREIGN)


if __name__ == "__main__":
    main(sys.argv[1:])
