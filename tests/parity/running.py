"""Running one Keras script on different engines; imports only NumPy.

The script's import lines are changed and nothing else, except that `STEPS = n` may be
shortened.  What comes back is its `history`, and weights, optimizer state and step
count of every model among its global names.
"""

import contextlib
import io
import re
from pathlib import Path

import numpy as np

SCRIPTS = Path(__file__).parent.parent / "scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))

# engine -> what stands for `keras`, and for `tensorflow` in `import tensorflow as tf`
ENGINES = {
    "minigan": ("minigan.keras", "minigan"),
    "tf_keras": ("tf_keras", "tensorflow"),
}


def with_imports(source, engine):
    """The script with other import lines."""
    package, top = ENGINES[engine]
    head, _, name = package.rpartition(".")
    plain = f"from {head} import {name}" if head else f"import {name} as keras"

    def change(match):
        line = match[0]
        line = re.sub(r"^import keras$", plain, line)
        line = re.sub(r"^from tensorflow import keras$", plain, line)
        line = re.sub(r"^from tensorflow\.keras\b", "from keras", line)
        line = re.sub(r"^from keras\b", f"from {package}", line)
        return re.sub(r"^import tensorflow as tf$", f"import {top} as tf", line)

    return re.sub(r"^(from|import) .*$", change, source, flags=re.MULTILINE)


def run(name, engine, steps=None):
    """Run a script; returns its global names."""
    path = SCRIPTS / f"{name}.py"
    source = with_imports(path.read_text(encoding="utf-8"), engine)
    if steps is not None:
        own = int(re.search(r"^STEPS = (\d+)$", source, re.M)[1])
        shorter = f"STEPS = {min(own, steps)}"
        source = re.sub(r"^STEPS = \d+$", shorter, source, flags=re.M)
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, str(path), "exec"), names)  # TensorFlow reads the file
    return names


def results(names, slots):
    """name -> array: history, weights and optimizer state, in a fixed order.

    slots(model): the optimizer's vectors, in the order of the trained weights.
    """
    rows = [np.ravel(row).astype(np.float64) for row in names["history"]]
    found = {"history": np.concatenate(rows)}
    for key in ("probabilities", "hidden_values"):
        if key in names:
            found[key] = np.asarray(names[key])
    for key, model in sorted(names.items()):
        is_model = hasattr(model, "get_weights") and hasattr(model, "layers")
        if not is_model or isinstance(model, type):
            continue
        for k, weight in enumerate(model.get_weights()):
            found[f"{key}: weight {k}"] = weight
        if getattr(model, "optimizer", None) is not None:
            for k, slot in enumerate(slots(model)):
                found[f"{key}: slot {k}"] = slot
            count = np.asarray(model.optimizer.iterations, np.float64)
            found[f"{key}: iterations"] = count
    return found
