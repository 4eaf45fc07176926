"""The public names of the front, module by module; `docs/keras.md` is made from it."""

import sys
from importlib import import_module

from .absent import guard
from .keras_names import KERAS

# module -> names that are supported; "" is `minigan.keras` itself, see `install`
SUPPORTED: dict[str, tuple[str, ...]] = {
    name: tuple(import_module(f"{__package__}.{name}").__all__)
    for name in sorted(KERAS)
}

# what is there but not quite as in Keras: module -> name -> how
DIFFERS: dict[str, dict[str, str]] = {
    "layers": {
        "BatchNormalization": "a training batch of one row of features is refused",
        "AveragePooling2D": "channels last",
        "Conv2D": "channels last, no `groups`",
        "Conv2DTranspose": "channels last, no `dilation_rate`, no `output_padding`",
        "GlobalAveragePooling2D": "channels last",
        "GlobalMaxPooling2D": "channels last",
        "MaxPooling2D": "channels last",
        "PReLU": "`shared_axes` all but the last, or None",
        "Layer": "a subclass may define `call` where it can be traced, but no weights "
        "(write an engine layer)",
        "Input": "known sizes only",
        "Lambda": "of a function that can be traced, without weights",
        "Concatenate": "along the last axis",
        "Dot": "of rows of features, along the last axis, no `normalize`",
        "Embedding": "of labels from an `Input`; no `mask_zero`",
        "UpSampling2D": "nearest neighbour only; channels last",
        "ZeroPadding2D": "channels last",
    },
    "activations": {
        "hard_sigmoid": "0.2 x + 0.5 between 0 and 1, as in Keras 2 (3: x / 6 + 0.5)",
    },
    "backend": {
        "concatenate": "of tensors along the last axis",
        "flatten": "of tensors in losses; `batch_flatten` keeps examples apart",
        "l2_normalize": "of tensors along the last axes, or over everything",
        "max": "of tensors over the last axes; of equal numbers the first has the "
        "gradient",
        "mean": "of tensors over the last axes, or over everything",
        "min": "as `max`",
        "reshape": "of each example; the batch comes first",
        "sum": "of tensors over the last axes, or over everything",
        "random_normal": "for each example in a `Lambda`; an array elsewhere",
    },
    "models": {
        "Model": "no subclassing; `predict` prints no progress; `save` writes npz "
        "archives",
        "load_model": "reads what `Model.save` wrote; Keras' own files are refused",
        "Sequential": "as Model",
    },
    "losses": {
        "BinaryCrossentropy": "computed from the logits of a sigmoid, as Keras does on "
        "TensorFlow (on JAX and torch it clips)",
        "CategoricalCrossentropy": "one-hot rows only, no `label_smoothing`; the model "
        "must end in a softmax, or `from_logits=True`",
        "SparseCategoricalCrossentropy": "the model must end in a softmax, or "
        "`from_logits=True`",
    },
    "optimizers": {
        "AdamW": "no `amsgrad`",
        "RMSprop": "no `centered`",
    },
    "callbacks": {
        "ModelCheckpoint": "after epochs only; npz archives, whatever the name says",
        "TensorBoard": "the logs of each epoch, by tensorboardX",
    },
    "datasets": {
        "mnist": "files are looked for and checked by `minigan.data`",
        "fashion_mnist": "files are looked for and checked by `minigan.data`",
    },
    "utils": {
        "plot_model": "a PNG, drawn without graphviz, from top to bottom",
        "set_random_seed": "other numbers than Keras draws from the same seed",
    },
}


# what to use in the place of a name that is absent: module -> name -> what
INSTEAD = {
    "backend": {
        "gradients": "there is no autograd; minigan.gan.penalties has the penalties on "
        "gradients, such as wgan-gp",
    },
}


def install(package: str) -> None:
    """Make every module answer for the names it lacks."""
    SUPPORTED[""] = tuple(sys.modules[package].__all__)
    for name, supported in SUPPORTED.items():
        module = sys.modules[f"{package}.{name}" if name else package]
        guard(vars(module), supported, KERAS.get(name, ()), INSTEAD.get(name))
