"""The data sets, each registered by its name.

One is a function without arguments that returns `(x_train, y_train), (x_test, y_test)`:

    @DATASETS.register()
    def spiral():
        ...
        return (x_train, y_train), (x_test, y_test)

x: rows (n, ...), uint8 or floats in [-1, 1].  y: labels (n,) of any kind.  From then on
`load("spiral")` and `recipes.load("parabola", data="spiral")` know it.

`ImageFiles` is such a function for images that are files: what is known about these,
their sizes and sha256, their homes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np

from ..modes import GRID, RING, Modes
from ..reading import broken
from ..registry import Registry
from ..validate import shape_text
from . import idx

Split = tuple[np.ndarray, np.ndarray]  # rows and their labels
Dataset = Callable[[], tuple[Split, Split]]

DATASETS: Registry[Dataset] = Registry("data set")

POINTS = (10_000, 2_000)  # of computed sets, to train on and to compare with
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
    shape: tuple[int | None, ...]
    sha256: str | None = None

    @property
    def bytes(self) -> int:
        """How many values there are; for an open size, no more than 2^31."""
        total = 1
        for size in self.shape:
            total *= size or idx.LARGEST
        return min(total, idx.LARGEST)


@dataclass(frozen=True)
class ImageFiles:
    """A data set of images with labels, in files.

    parts: training images and labels, test images and labels.
    classes: names of the labels 0, 1, ...   largest: value of a white pixel.
    bundled: whether they are in the package.
    folders: names of its folder, below any place where data may be.
    mirrors: addresses of folders with the gzipped parts; archives: of npz files.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    classes: tuple[str, ...] = DIGITS
    largest: int = 255
    bundled: bool = False
    folders: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    advice: str = ""

    def __call__(self, path: str | PathLike[str] | None = None) -> tuple[Split, Split]:
        """The arrays, from a path or from where they are found, else downloaded.

        Errors: DatasetError.
        """
        from .loading import load_files  # it needs this module

        return load_files(self, path)

    @property
    def archive(self) -> str:
        """File name of the whole data set as npz."""
        return f"{self.name}.npz"

    def check(self, part: Part, array: np.ndarray, name: str) -> None:
        """Type, shape, labels and content of a part.  Errors: DatasetError."""
        if array.dtype != "uint8":
            broken(name, "unsigned bytes (uint8)", f"dtype {array.dtype}")
        idx.check_shape(name, array.shape, part.shape)
        limit = self.largest if array.ndim > 1 else len(self.classes) - 1
        if array.max() > limit:
            what = "values" if array.ndim > 1 else "labels"
            at = np.unravel_index(array.argmax(), array.shape)
            place = shape_text([int(index) for index in at])
            broken(name, f"{what} from 0 to {limit}", f"{array.max()} at {place}")
        found = idx.digest(array)
        if part.sha256 not in (None, found):
            owner = owner_of(found)
            known = f", which is {owner}" if owner else ""
            broken(name, f"sha256 {part.sha256}", f"{found}{known}")


def image_parts(
    counts: tuple[int | None, int | None],
    size: tuple[int, ...],
    digests: Sequence[str | None],
) -> tuple[Part, ...]:
    """The four parts of a data set with the file names of MNIST."""
    names = (
        *("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
    )
    keys = ("x_train", "y_train", "x_test", "y_test")
    train, test = counts
    shapes = ((train, *size), (train,), (test, *size), (test,))
    return tuple(map(Part, keys, names, shapes, digests))


def image_files() -> list[ImageFiles]:
    """The data sets that are files, in the order of registration."""
    return [known for known in DATASETS.values() if isinstance(known, ImageFiles)]


def owner_of(digest: str) -> str | None:
    """'train-images-idx3-ubyte of MNIST' for a known sha256, else None."""
    for dataset in image_files():
        for part in dataset.parts:
            if part.sha256 == digest:
                return f"{part.file} of {dataset.title}"
    return None


# ---- the data sets -----------------------------------------------------------------


@DATASETS.register()
def parabola() -> tuple[Split, Split]:
    """Points on y = x^2, x ~ U[-1/2, 1/2): always the same ones.

    They are of one kind, so all labels are 0.
    """
    rng = np.random.default_rng(0)
    return _points(rng, POINTS[0]), _points(rng, POINTS[1])


@DATASETS.register()
def ring() -> tuple[Split, Split]:
    """Points of 8 normal distributions on a circle, see `modes.RING`: always the same.

    Their labels are the numbers of the modes.
    """
    return _mixture(RING)


@DATASETS.register()
def grid() -> tuple[Split, Split]:
    """Points of 25 normal distributions on a grid, see `modes.GRID`; likewise."""
    return _mixture(GRID)


def _mixture(modes: Modes) -> tuple[Split, Split]:
    rng = np.random.default_rng(0)
    return modes.drawn(rng, POINTS[0]), modes.drawn(rng, POINTS[1])


def _points(rng: np.random.Generator, count: int) -> Split:
    x = rng.random((count, 1), dtype=np.float32) - np.float32(0.5)
    return np.hstack([x, x * x]), np.zeros(count, np.uint8)


DATASETS.register()(
    ImageFiles(
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
        bundled=True,
    )
)
DATASETS.register()(
    ImageFiles(
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
    )
)
DATASETS.register()(
    ImageFiles(
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
    )
)
