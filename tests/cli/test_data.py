"""`minigan data`: list, fetch, verify, preview."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from minigan.cli import cli
from minigan.data import catalog, sources
from minigan.pictures import image_grid
from tests.data import small
from tests.data.conftest import clean  # noqa: F401  (a fixture, for every test)
from tests.data.server import serving
from tests.helpers import replaced


def run(*arguments):
    words = [str(argument) for argument in ("data", *arguments)]
    return CliRunner().invoke(cli, words, prog_name="minigan")


@pytest.fixture
def mnist(monkeypatch):
    """A small data set in the place of MNIST."""
    dataset = small.dataset("mnist")
    replaced(monkeypatch, catalog.DATASETS, "mnist", dataset)
    return dataset


def rows(result):
    """The first words of each line of a table."""
    return {line.split("  ")[0]: line for line in result.output.splitlines()}


def test_help():
    result = run("--help")
    assert result.exit_code == 0
    for command in ("list", "fetch", "verify", "preview"):
        assert command in result.output
        assert run(command, "-h").exit_code == 0


def test_list(mnist):
    result = run("list")
    assert result.exit_code == 0
    lines = rows(result)
    assert "computed" in lines["parabola"] and "1,797" in lines["digits"]
    assert lines["mnist"].endswith("not here") and "5 x 3" in lines["mnist"]
    small.write(sources.SYSTEM / "mnist")
    assert rows(run("list"))["mnist"].endswith(str(sources.SYSTEM / "mnist"))


def test_list_says_what_is_wrong(mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGAN_DATA", str(small.write(tmp_path / "own", only=2)))
    assert "found 2 of 4 files" in rows(run("list"))["mnist"]


def test_fetch(mnist, tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.setenv("MINIGAN_CACHE_DIR", str(tmp_path / "cache"))
    with serving() as (site, address):
        site.add_folder(small.write(tmp_path / "mirror", packed=True))
        served = small.dataset("mnist", mirrors=(address,))
        replaced(monkeypatch, catalog.DATASETS, "mnist", served)
        result = run("fetch", "mnist")
    folder = tmp_path / "cache" / "data" / "mnist"
    assert result.output == f"mnist: fetched, into {folder}\n" and not result.exit_code
    assert run("fetch", "mnist").output == f"mnist: already here, in {folder}\n"


def test_fetch_without_a_network(mnist):
    result = run("fetch", "mnist")
    head, *lines = result.stderr.splitlines()
    assert result.exit_code == 2 and "Ways to get it:" in lines
    assert head.startswith("minigan: error: Small is not here and could not")
    assert run("fetch", "digits").exit_code == 2  # needs no fetching


def test_verify(mnist):
    result = run("verify")
    assert result.exit_code == 0
    assert "good" in rows(result)["digits"] and "not here" in rows(result)["mnist"]
    folder = small.write(sources.SYSTEM / "mnist")
    assert run("verify", "mnist").output.count("good") == 4
    (folder / mnist.parts[1].file).write_bytes(b"<html>")
    result = run("verify", "mnist")
    assert result.exit_code == 1 and result.output.count("good") == 3
    assert "found an HTML or XML page" in result.output


def test_verify_looks_at_every_place(mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").write_bytes(small.archive())
    small.write(sources.SYSTEM / "mnist", only=3)
    result = run("verify", "mnist")
    assert result.exit_code == 1
    assert "good" in result.output and "found 3 of 4 files" in result.output


def test_verify_of_what_is_nowhere(mnist):
    result = run("verify", "mnist")
    assert result.exit_code == 1 and "not here" in result.output


def test_preview(tmp_path):
    picture = tmp_path / "digits.png"
    result = run("preview", "digits", "-o", picture)
    assert result.exit_code == 0 and result.output == f"{picture}\n"
    with Image.open(picture) as opened:
        size, first = opened.size, np.asarray(opened.convert("L"))
    assert min(size) > 450 and first.min() == 0 and first.max() == 255
    again = run("preview", "digits", "-o", picture)
    assert again.exit_code == 2 and "add --force to overwrite" in again.stderr
    content = picture.read_bytes()
    assert run("preview", "digits", "-o", picture, "--force").exit_code == 0
    assert picture.read_bytes() == content
    run("preview", "digits", "-o", picture, "--force", "--seed", 1)
    assert picture.read_bytes() != content


def test_preview_of_a_path(mnist, tmp_path):
    small.write(tmp_path / "mnist")
    assert run("preview", "mnist", "--path", tmp_path).output == "preview.png\n"
    result = run("preview", "mnist", "-o", "a.jpg", "--path", tmp_path)
    assert result.exit_code == 2 and "expected a .png file" in result.stderr


def test_a_grid_shows_every_image_above_its_caption(tmp_path):
    """White and black images, told apart in the picture, with an empty last place."""
    images = np.zeros((3, 4, 4), np.uint8)
    images[1] = 255
    path = tmp_path / "grid.png"
    image_grid.captioned_png(images, ["zero", "one", "two"], path, "title", columns=2)
    with Image.open(path) as opened:
        picture = np.asarray(opened.convert("L")).astype(int)
    inside = picture[image_grid.HEAD :, image_grid.BORDER : -image_grid.BORDER]
    middle_y, middle_x = (size // 4 for size in inside.shape)
    assert inside[middle_y, middle_x] == inside[3 * middle_y, middle_x] == 0
    assert inside[middle_y, 3 * middle_x] == 255
    factor, gap = image_grid.scale(4, 2)
    side, foot = 4 * factor, image_grid.FOOT
    for k, (row, column) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        top = gap + row * (side + foot + gap) + side
        left = gap + column * (side + gap)
        caption = inside[top : top + foot + gap, left : left + side]
        assert (caption > 100).any() == (k < 3), k
