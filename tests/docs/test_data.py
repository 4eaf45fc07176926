"""The page on data: its examples run, its messages and addresses are so."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from minigan import data
from minigan.data import catalog, idx
from minigan.errors import DatasetError
from tests.data.conftest import clean  # noqa: F401  (a fixture, for every test)

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_examples_run(number):
    names = {}
    before = set(data.DATASETS)
    try:
        exec(compile(BLOCKS[number], "docs/data.md", "exec"), names)
    finally:
        for name in set(data.DATASETS) - before:
            data.DATASETS.unregister(name)
    if "scaled" in names:
        rows = names["scaled"].reshape(1500, -1)
        np.testing.assert_array_equal(rows, names["rows"])


def test_quoted_messages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mnist").mkdir()
    labels = idx.encode(np.zeros(60_000, np.uint8))
    Path("mnist/train-labels-idx1-ubyte").write_bytes(labels[:-1])
    Path("mnist/train-images-idx3-ubyte.gz").write_bytes(b"<html>")
    np.save("mine.npy", np.array([[0.0, 255.0]]))
    for read, path in (
        (idx.read, "mnist/train-labels-idx1-ubyte"),
        (idx.read, "mnist/train-images-idx3-ubyte.gz"),
        (data.from_file, "mine.npy"),
    ):
        shape = [(60_000,)] if "labels" in path else []
        with pytest.raises(DatasetError) as caught:
            read(path, *shape)
        assert f"    {caught.value}\n" in PAGE


def test_every_data_set_and_address_is_named():
    for name in data.DATASETS:
        assert f"| `{name}` |" in PAGE
    for dataset in catalog.image_files():
        for address in (*dataset.mirrors, *dataset.archives):
            assert urlsplit(address).netloc in PAGE
