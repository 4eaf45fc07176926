"""Runs in an interpreter that has another engine, and writes what comes out.

    python oracle.py scripts OUT.npz FLOAT STEPS NAME ...     tf_keras
"""

import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")


def slots_of_tf_keras(model):
    """The optimizer's m and v (or momenta) for the model's trained weights."""
    optimizer = model.optimizer
    legacy = hasattr(optimizer, "get_slot_names")
    weights = model._collected_trainable_weights
    if legacy:
        names = optimizer.get_slot_names()
        return [optimizer.get_slot(w, n).numpy() for w in weights for n in names]
    kinds = [
        getattr(optimizer, name)
        for name in ("_momentums", "_velocities", "momentums")
        if getattr(optimizer, name, None)
    ]
    index = [optimizer._index_dict[optimizer._var_key(w)] for w in weights]
    return [kind[k].numpy() for k in index for kind in kinds]


def scripts(out, floatx, steps, *names):
    """Results of the scripts on tf_keras."""
    import tf_keras

    from tests.parity.running import results, run

    tf_keras.backend.set_floatx(floatx)
    found = {}
    for name in names:
        tf_keras.backend.clear_session()
        ran = run(name, "tf_keras", int(steps) or None)
        for key, value in results(ran, slots_of_tf_keras).items():
            found[f"{name}|{key}"] = value
    np.savez(out, **found)


if __name__ == "__main__":
    {"scripts": scripts}[sys.argv[1]](*sys.argv[2:])
