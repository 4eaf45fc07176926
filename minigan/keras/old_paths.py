"""Import paths of Keras 1 and 2 that scripts still use.

    from minigan.keras.layers.advanced_activations import LeakyReLU

An old path is the module of today under another name.
"""

import sys

# old path below minigan.keras -> the module of today that holds its names
ALIASES = {
    "layers.advanced_activations": "layers",
    "layers.convolutional": "layers",
    "layers.core": "layers",
    "layers.embeddings": "layers",
    "layers.merge": "layers",
    "layers.noise": "layers",
    "layers.normalization": "layers",
    "layers.pooling": "layers",
    "layers.recurrent": "layers",
    "layers.wrappers": "layers",
    "optimizers.legacy": "optimizers",
    "optimizers.schedules": "schedules",
    "utils.generic_utils": "utils",
    "utils.np_utils": "utils",
    "utils.vis_utils": "utils",
}


def install(package):
    """Make the old paths importable, and reachable as attributes."""
    for old, new in ALIASES.items():
        module = sys.modules[f"{package}.{new}"]
        sys.modules[f"{package}.{old}"] = module
        name = old.rpartition(".")[2]
        if not hasattr(module, name):  # `layers.merge` is a function as well
            setattr(module, name, module)
