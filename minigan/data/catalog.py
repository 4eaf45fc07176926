"""What is known about each data set: its files, their sizes and sha256, its homes."""

from dataclasses import dataclass

import numpy as np

from ..reading import broken
from ..validate import shape_text
from . import idx

DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt", "trousers", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)


@dataclass(frozen=True)
class Part:
    """One file of a data set.

    key: its name in an npz file, as Keras has it.  file: its name as a file of its own.
    shape: of the array, None for any size.
    sha256: of the raw IDX file, None where any content will do.
    """

    key: str
    file: str
    shape: tuple
    sha256: str | None = None

    @property
    def bytes(self):
        """How many values there are; for an open size, no more than 2^31."""
        total = 1
        for size in self.shape:
            total *= size or idx.LARGEST
        return min(total, idx.LARGEST)


@dataclass(frozen=True)
class Dataset:
    """A data set of images with labels.

    parts: training images and labels, test images and labels.
    classes: names of the labels 0, 1, ...   largest: value of a white pixel.
    folders: names of its folder, below any place where data may be.
    mirrors: addresses of folders with the gzipped parts; archives: of npz files.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    classes: tuple[str, ...] = DIGITS
    largest: int = 255
    folders: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    advice: str = ""

    @property
    def archive(self):
        """File name of the whole data set as npz."""
        return f"{self.name}.npz"

    def check(self, part, array, name):
        """Type, shape, labels and content of a part.  Errors: DatasetError."""
        if array.dtype != "uint8":
            broken(name, "unsigned bytes (uint8)", f"dtype {array.dtype}")
        idx.check_shape(name, array.shape, part.shape)
        limit = self.largest if array.ndim > 1 else len(self.classes) - 1
        if array.max() > limit:
            what = "values" if array.ndim > 1 else "labels"
            place = shape_text(np.unravel_index(array.argmax(), array.shape))
            broken(name, f"{what} from 0 to {limit}", f"{array.max()} at {place}")
        found = idx.digest(array)
        if part.sha256 not in (None, found):
            owner = owner_of(found)
            known = f", which is {owner}" if owner else ""
            broken(name, f"sha256 {part.sha256}", f"{found}{known}")


def image_parts(counts, size, digests):
    """The four parts of a data set with the file names of MNIST."""
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    names += ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    keys = ("x_train", "y_train", "x_test", "y_test")
    train, test = counts
    shapes = ((train, *size), (train,), (test, *size), (test,))
    return tuple(map(Part, keys, names, shapes, digests))


DATASETS = {
    "digits": Dataset(
        "digits",
        "UCI digits",
        image_parts(
            (1_500, 297),
            (8, 8),
            (
                "250b393ca7e577cac16d65c0044147a67a30f533db07409ff29992574114213b",
                "bd3edaa3a988280a3961d7c68a1df9acde2a3f3b377241ca8fcebd995127d8e8",
                "1305eed8c6ea5b934de4530960ea5bdef4f20578dfefc0179261eee2877d02b1",
                "e6698ad083c2c36b514003f58a4da1112904c486bc4ed10f9f6ac2b47ee729c7",
            ),
        ),
        largest=16,
    ),
    "mnist": Dataset(
        "mnist",
        "MNIST",
        image_parts(
            (60_000, 10_000),
            (28, 28),
            (
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
        folders=("mnist", "MNIST/raw"),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        archives=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        ),
    ),
    "fashion_mnist": Dataset(
        "fashion_mnist",
        "Fashion-MNIST",
        image_parts(
            (60_000, 10_000),
            (28, 28),
            (
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        ),
        classes=CLOTHES,
        folders=("fashion_mnist", "fashion-mnist", "FashionMNIST/raw"),
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        advice="on Debian and Ubuntu: apt install dataset-fashion-mnist",
    ),
}


def owner_of(digest):
    """'train-images-idx3-ubyte of MNIST' for a known sha256, else None."""
    for dataset in DATASETS.values():
        for part in dataset.parts:
            if part.sha256 == digest:
                return f"{part.file} of {dataset.title}"
    return None
