"""Runs in an interpreter that has another engine, and writes what comes out.

python oracle.py tf_keras OUT.npz FLOAT STEPS NAME ...    scripts
python oracle.py tf_keras OUT.npz PART ...                parts of `single`
python oracle.py keras    OUT.npz BACKEND PART ...        the same on Keras 3
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
    captured = model._compiled_trainable_state  # as noted by compile()
    weights = [
        weight
        for layer in model._flatten_layers(recursive=True, include_self=False)
        if captured.get(layer, True)
        for weight in layer._trainable_weights
    ]
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


def keep_exact(kind, *names):
    """Hold these arguments in float64.

    tf_keras passes Python floats through float32 on their way into float64 formulas
    (0.999 becomes 0.99900001); float64 scalars come through whole.
    """
    made = kind.__init__

    def init(self, *args, **kwargs):
        made(self, *args, **kwargs)
        for name in names:
            setattr(self, name, np.float64(getattr(self, name)))

    kind.__init__ = init


def keep_slopes_exact():
    """TensorFlow's leaky_relu and gelu hold a constant in float32: others."""
    import tensorflow as tf

    def leaky_relu(features, alpha=0.2, name=None):
        return tf.where(features > 0, features, alpha * features)

    def gelu(features, approximate=False, name=None):
        assert not approximate
        return 0.5 * features * (1 + tf.math.erf(features / np.sqrt(2)))

    for module in (tf.nn, tf.compat.v2.nn):
        module.leaky_relu, module.gelu = leaky_relu, gelu


def keep_casts_exact():
    """Python floats that TensorFlow casts, or takes the logarithm of, in float64.

    They go through float32 there: the 0.96 of Nadam and the log(2) of `log_cosh`.
    """
    import tensorflow as tf
    from tensorflow.python.ops import math_ops

    made = math_ops.cast

    def cast(x, dtype, name=None):
        return made(np.float64(x) if isinstance(x, float) else x, dtype, name)

    of_log = tf.math.log

    def log(x, name=None):
        return of_log(np.float64(x) if isinstance(x, float) else x, name)

    tf.cast = tf.compat.v2.cast = math_ops.cast = cast
    for module in (tf, tf.compat.v2):
        module.math.log = log


def feed_directly():
    """Hand a single batch to tf_keras' functions as it is, without a tf.data pipeline.

    That pipeline takes 10 to 20 ms a call, `predict` another 80; what is computed, and
    the functions that are traced, stay tf_keras' own.
    """
    import tensorflow as tf
    from tf_keras.src.engine import data_adapter, training

    structures = []  # of the batches seen: nested tuples, lists and dicts

    class Batch(tf.experimental.ExtensionType):
        parts: tuple[tf.Tensor, ...]
        structure: int

        def __next__(self):
            return tf.nest.pack_sequence_as(structures[self.structure], self.parts)

    def single_batch(strategy, x, y=None, sample_weight=None, class_weight=None):
        data = data_adapter._process_tensorlike((x, y, sample_weight))
        while data[-1] is None:
            data = data[:-1]
        data_adapter._check_data_cardinality(data)
        if class_weight:
            data = data_adapter._make_class_weight_map_fn(class_weight)(*data)
        outline = tf.nest.map_structure(lambda _: 0, data)
        if outline not in structures:
            structures.append(outline)
        # Copies: a tensor made of an array may have the array's memory.
        parts = [tf.convert_to_tensor(np.array(part)) for part in tf.nest.flatten(data)]
        return Batch(tuple(parts), structures.index(outline))

    of_batches = training.Model.predict

    def predict(self, x, *args, **rest):
        arrays = all(hasattr(part, "shape") for part in tf.nest.flatten(x))
        return (
            self.predict_on_batch(x) if arrays else of_batches(self, x, *args, **rest)
        )

    data_adapter.single_batch_iterator = single_batch
    training.Model.predict = predict


def run_eagerly():
    """Trace nothing in TensorFlow: each model runs a few steps, tracing takes seconds.

    (JAX is twice as slow without its compiler.)
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)


def single(out, backend, *parts):
    """Parts of `single` on Keras 3, in float64 as far as the backend goes along.

    On JAX and torch Keras itself turns some float64 values into float32.
    """
    os.environ.update(KERAS_BACKEND=backend, JAX_ENABLE_X64="1", JAX_PLATFORMS="cpu")
    if backend == "tensorflow":
        keep_slopes_exact()
        run_eagerly()
    import keras

    from tests.parity import single as scenarios

    keras.backend.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    found = {}
    for part in parts:
        for key, value in scenarios.of(keras, part).items():
            found[f"{part}/{key}"] = value
    np.savez(out, **found)


def parts(out, *names):
    """Parts of `single` on tf_keras, in float64."""
    import tensorflow as tf
    import tf_keras

    from tests.parity import calls
    from tests.parity import single as scenarios

    run_eagerly()
    feed_directly()
    tf_keras.backend.set_floatx("float64")
    for kind in ("Adam", "AdamW", "Adamax", "Nadam"):
        keep_exact(getattr(tf_keras.optimizers, kind), "beta_1", "beta_2")
    keep_slopes_exact()
    keep_casts_exact()
    found = {}
    for name in names:
        values = calls.of(tf_keras, tf) if name == "calls" else None
        for key, value in (values or scenarios.of(tf_keras, name)).items():
            found[f"{name}/{key}"] = value
    np.savez(out, **found)


# Traced, and beside busy processes, 7 of 12 runs on tf_keras came out up to 5e-3 apart;
# layer by layer all have equal bits, 2e-15 from minigan's.
UNTRACED = {"wgan_clipped"}


def scripts(out, floatx, steps, *names):
    """Results of the scripts on tf_keras."""
    import tensorflow as tf
    import tf_keras

    from tests.parity.running import results, run

    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf_keras.backend.set_floatx(floatx)
    feed_directly()
    if floatx == "float64":
        keep_exact(tf_keras.optimizers.Adam, "beta_1", "beta_2")
        keep_exact(tf_keras.optimizers.SGD, "momentum")
        keep_exact(tf_keras.layers.BatchNormalization, "momentum")
        keep_slopes_exact()
    found = {}
    for name in names:
        tf_keras.backend.clear_session()
        tf.config.run_functions_eagerly(name in UNTRACED)
        ran = run(name, "tf_keras", int(steps) or None)
        for key, value in results(ran, slots_of_tf_keras).items():
            found[f"{name}|{key}"] = value
    np.savez(out, **found)


if __name__ == "__main__":
    floats = len(sys.argv) > 3 and sys.argv[3].startswith("float")
    of_tf_keras = scripts if floats else parts
    {"tf_keras": of_tf_keras, "keras": single}[sys.argv[1]](*sys.argv[2:])
