"""Times of one version of minigan; run by `versions`, in any version.

    PYTHONPATH=VERSION python -P timings.py FOLDER

Reads a name from each line of its input and answers with a line of JSON: microseconds a
step of one of `STEPS`, or the calls of an eager step ("calls").  Imports nothing of
this folder, as minigan's own version may stand beside it.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

SECONDS = 0.3  # about how long a block runs
ROWS = 2_000
# name -> (recipe, captured)
STEPS = {
    "parabola, captured": ("parabola", True),
    "mnist-smooth, captured": ("mnist-smooth", True),
    "mnist-mixed, captured": ("mnist-mixed", True),
    "parabola, eager": ("parabola", False),
}
CALLS = "calls"


def trainer_of(recipe, captured):
    """A trainer that has trained a few steps: all is compiled and recorded."""
    from minigan.gan import recipes

    data = None
    if recipe.startswith("mnist"):
        rng = np.random.default_rng(0)
        data = rng.uniform(-1, 1, (ROWS, 784)).astype(np.float32)
    trainer = recipes.load(recipe, data=data, capture=captured)
    trainer.fit(20, report_every=None)
    return trainer


class Block:
    """Runs of about `SECONDS`; the number of steps is found once."""

    def __init__(self, recipe, captured):
        self.trainer = trainer_of(recipe, captured)
        self.steps = 1
        while self._seconds() < SECONDS / 4:
            self.steps *= 2
        self.steps = max(1, round(self.steps * SECONDS / self._seconds()))

    def _seconds(self):
        started = time.perf_counter()
        self.trainer.fit(self.steps, report_every=None)
        return time.perf_counter() - started

    def microseconds(self):
        """Of one step."""
        return 1e6 * self._seconds() / self.steps


def calls(run, folder):
    """How many Python functions whose code lies in `folder` are called by `run()`."""
    inside, count = f"{folder}/", 0

    def look(frame, event, argument):
        nonlocal count
        if event == "call" and frame.f_code.co_filename.startswith(inside):
            count += 1

    sys.setprofile(look)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def main(folder):
    import minigan

    package = Path(minigan.__file__).resolve().parent
    if Path(folder) != package.parent:
        sys.exit(f"expected minigan from {folder}, got {minigan.__file__}")
    blocks = {}
    for line in sys.stdin:
        name = line.strip()
        if name == CALLS:
            trainer = trainer_of("parabola", captured=False)
            answer = calls(trainer.step, Path(minigan.__file__).parent)
        else:
            if name not in blocks:
                blocks[name] = Block(*STEPS[name])
            answer = blocks[name].microseconds()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
