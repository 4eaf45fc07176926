"""The page on data: its examples run, its messages and addresses are so."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.data import catalog, idx
from minigan.errors import DatasetError, MiniganError
from minigan.gan import Rows, recipes
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
    age = "age,height\n" + "1,2\n" * 5 + ",3\n"
    Path("people.csv").write_text(age)
    Path("photos").mkdir()
    for name, height in (("a", 28), ("b", 30)):
        image = Image.fromarray(np.zeros((height, 28), np.uint8))
        image.save(f"photos/{name}.png")
    for read, path in (
        (data.table, "people.csv"),
        (data.from_folder, "photos"),
        (idx.read, "mnist/train-labels-idx1-ubyte"),
        (idx.read, "mnist/train-images-idx3-ubyte.gz"),
        (data.from_file, "mine.npy"),
    ):
        shape = [(60_000,)] if "labels" in path else []
        with pytest.raises(DatasetError) as caught:
            read(path, *shape)
        assert f"    {caught.value}\n" in PAGE


def test_quoted_refusals():
    pair, _ = data.load("digits")
    masked = np.ma.masked_less(np.arange(100.0).reshape(50, 2), 3)
    for use, given in (
        (lambda x: recipes.load("digits", data=x), pair),
        (Rows, masked),
    ):
        with pytest.raises(MiniganError) as caught:
            use(given)
        assert f"    {caught.value}\n" in PAGE


def test_every_data_set_and_address_is_named():
    for name in data.DATASETS:
        assert f"| `{name}` |" in PAGE
    for dataset in catalog.image_files():
        for address in (*dataset.mirrors, *dataset.archives):
            assert urlsplit(address).netloc in PAGE
