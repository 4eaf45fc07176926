"""How far float32 drifts apart: python -m tests.parity.report [SCRIPT ...]

For each script: minigan and tf_keras in float32, against each other and each against
minigan in float64, which tf_keras in float64 equals within 1e-9; after 100 and 1,000
steps.  MINIGAN_ORACLE names an interpreter that has tf_keras.
"""

import sys

from minigan.tables import Table
from tests.parity import running
from tests.parity.engines import ask, ours, part_of, worst

STEPS = 100, 1_000


def main(names):
    """Print the table of these scripts."""
    asked = {steps: ask("tf_keras", "float32", str(steps), *names) for steps in STEPS}
    rows = []
    for steps, answer in asked.items():
        for name in names:
            here, truth = (
                _weights(ours(name, floatx, steps)) for floatx in ("float32", "float64")
            )
            there = _weights(part_of(answer, name, "|"))
            pairs = (here, there), (here, truth), (there, truth)
            rows.append(
                [name, str(steps), *(f"{worst(*pair)[0]:.1e}" for pair in pairs)]
            )
    columns = ("Script", ">Steps", ">Apart", ">minigan's error", ">tf_keras' error")
    table = Table("float32, of each tensor's largest entry", columns, rows)
    sys.stdout.write(f"{table}\n")


def _weights(found):
    """Weights, losses and metrics, without the optimizer's vectors."""
    return {key: array for key, array in found.items() if "slot" not in key}


if __name__ == "__main__":
    main(sys.argv[1:] or running.NAMES)
