"""Modules of Keras of which this front has nothing: they can be imported, as names can.

    from minigan.keras.preprocessing.image import ImageDataGenerator

Using what was imported raises.
"""

import sys
from types import ModuleType

from .absent import Absent

# below minigan.keras; each behind the one that contains it
NAMES = tuple(
    """
    applications applications.convnext applications.densenet
    applications.efficientnet applications.imagenet_utils
    applications.inception_resnet_v2 applications.inception_v3
    applications.mobilenet applications.mobilenet_v2 applications.nasnet
    applications.resnet applications.resnet50 applications.resnet_v2
    applications.vgg16 applications.vgg19 applications.xception config constraints
    distillation distribution dtensor dtype_policies estimator experimental export
    legacy mixed_precision ops preprocessing preprocessing.image
    preprocessing.sequence preprocessing.text quantizers random regularizers saving
    tree visualization wrappers wrappers.scikit_learn
    """.split()
)


class AbsentModule(ModuleType):
    """Holds whatever name is asked of it, as an `Absent`."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(f"{self.__name__} has no {name!r}")
        return Absent(self.__name__, name, ())


def install(package):
    """Make the modules importable, and reachable as attributes."""
    for name in NAMES:
        owner, _, last = f"{package}.{name}".rpartition(".")
        module = sys.modules[f"{owner}.{last}"] = AbsentModule(f"{owner}.{last}")
        setattr(sys.modules[owner], last, module)
