"""Data sets: points on a parabola, handwritten digits, MNIST, Fashion-MNIST, and yours.

    (x_train, y_train), (x_test, y_test) = data.load("mnist")
    trainer = recipes.load("mnist-mixed", data=data.images("mnist"))

`from_file` reads an array of the user's own, `from_folder` a folder of PNG and JPEG
files, and `table` a CSV file or a data frame, whose columns it scales
(`labelled_table` with the class of each row); `DATASETS` takes a function that makes or
reads one, see `catalog`.
"""

from .catalog import DATASETS
from .folder import from_folder
from .loading import images, labelled, load
from .scaling import from_file, scale
from .tables import Table, labelled_table, table

__all__ = [
    "DATASETS",
    "Table",
    "from_file",
    "from_folder",
    "images",
    "labelled",
    "labelled_table",
    "load",
    "scale",
    "table",
]
