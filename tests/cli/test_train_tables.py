"""`minigan train` and `sample` on a table and on a folder of the user's own."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from minigan.cli.rundir import FILES, RunDir
from minigan.gan import Generator

from .helpers import BACKEND, expect_error, expect_same_run, run

NAMES = ["height (cm)", "weight, net (kg)", "age"]


def train(out, *arguments, recipe="parabola", steps=6):
    options = ("--steps", steps, "--batch-size", 8, "--backend", BACKEND)
    return run("train", recipe, "--out", out, *options, *arguments)


def write(path, columns=3, rows=60):
    values = np.random.default_rng(0).normal([170, 70, 40], [10, 12, 15], (rows, 3))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", *NAMES[:columns]])
        writer.writerows([f"p{k}", *row[:columns]] for k, row in enumerate(values))
    return values


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A run on a table of three columns of numbers; not to be changed."""
    folder = tmp_path_factory.mktemp("tables")
    values, out = write(folder / "people.csv"), folder / "run"
    columns = '"height (cm)","weight, net (kg)",age'
    result = train(out, "--data", folder / "people.csv", "--columns", columns)
    assert result.exit_code == 0, result.output
    return folder, values, RunDir(out), result


def test_a_run_leaves_its_files_and_says_what_it_learns_from(done):
    _, _, out, result = done
    assert {path.name for path in out.path.iterdir()} == {*FILES, ".lock"}
    line = "people.csv: 60 rows of 3 columns, scaled to [-1, 1]: height (cm), weight,"
    assert line in result.stdout and result.stderr == ""
    config = json.loads(out.config.read_text())
    assert config["source_options"]["columns"] == NAMES
    assert config["data"]["columns"]["names"] == NAMES
    for name in ("samples.png", "progress.png"):
        with Image.open(out / name) as picture:
            assert picture.width > 400
    with Image.open(out / "training.gif") as picture:
        assert picture.n_frames == 7


def test_samples_have_the_header_and_the_units(done, tmp_path):
    _, values, out, _ = done
    for file in (out, out.checkpoint, out.generator):
        output = tmp_path / f"{file}.csv".replace("/", "_")
        assert run("sample", file, "-n", 50, "-o", output).exit_code == 0
        names, *rows = csv.reader(output.read_text("utf-8").splitlines())
        samples = np.array(rows, float)
        assert names == NAMES and samples.shape == (50, 3)
        np.testing.assert_array_equal(
            samples, Generator.load(out.checkpoint).sample(50)
        )
    assert (np.abs(samples - values.mean(0)) < 30 * values.std(0)).all()
    printed = run("sample", out, "-n", 50)
    assert list(csv.reader(io.StringIO(printed.stdout)))[0] == NAMES
    array = tmp_path / "x.npy"
    assert run("sample", out, "-n", 50, "-o", array).exit_code == 0
    np.testing.assert_array_equal(np.load(array), samples)
    expect_error(run("sample", out, "-o", tmp_path / "x.png"), 2, "no images")


def test_resumed_is_as_if_never_cut(done, tmp_path, no_pictures):
    folder, _, whole, _ = done
    cut, columns = RunDir(tmp_path / "run"), '"height (cm)","weight, net (kg)",age'
    given = ("--data", folder / "people.csv", "--columns", columns)
    assert train(cut, *given, steps=3).exit_code == 0
    no_pictures.undo()
    more = run("train", "parabola", "--out", cut, "--resume", "--steps", 6)
    assert more.exit_code == 0, more.output
    expect_same_run(cut, whole)
    for name in ("samples.png", "progress.png", "training.gif", "generator.npz"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    other = ("--data", folder / "people.csv", "--columns", "age")
    resume = ("train", "parabola", "--out", cut, "--resume", "--steps", 9)
    expect_error(run(*resume, *other), 2, "the table that the run was trained on")
    expect_error(run(*resume, "--columns", "age"), 2, "--data")


def test_two_columns_and_one(tmp_path, no_pictures):
    write(tmp_path / "t.csv")
    for columns in ("age", "age,height (cm)"):
        out = tmp_path / columns[:5]
        given = ("--data", tmp_path / "t.csv", "--columns", columns)
        assert train(out, *given).exit_code == 0
        printed = run("sample", out, "-n", 2).stdout
        assert printed.splitlines()[0] == columns


def test_text_in_a_table_has_its_place(tmp_path):
    write(tmp_path / "t.csv")
    result = train(tmp_path / "run", "--data", tmp_path / "t.csv")
    expect_error(result, 2, "t.csv: line 2, column 'name': expected a number", "'p0'")
    assert not (tmp_path / "run").exists()


# ---- a folder of images ------------------------------------------------------------


def test_a_folder_of_images(tmp_path, no_pictures):
    folder, out = tmp_path / "photos", RunDir(tmp_path / "run")
    folder.mkdir()
    for k in range(20):
        pixels = np.random.default_rng(k).integers(0, 256, (9, 7, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{k:02}.png")
    result = train(out, "--data", folder, "--size", "6x5", "--grey", recipe="digits")
    assert result.exit_code == 0, result.output
    assert "photos: 20 rows of 6 x 5 x 1 numbers" in result.stdout
    assert Generator.load(out.generator).image_shape == (6, 5)
    resume = ("train", "digits", "--out", out, "--resume", "--steps", 8)
    assert run(*resume).exit_code == 0  # size and grey are kept
    expect_error(train(tmp_path / "b", "--data", folder), 2, "a table, shape", "(20, 9")
    (folder / "00.png").write_bytes(b"hello")
    words = "00.png: expected a PNG or JPEG image"
    expect_error(train(tmp_path / "b", "--data", folder, recipe="digits"), 2, words)


# ---- data that are gone ------------------------------------------------------------


def test_data_and_config_that_are_gone(tmp_path, no_pictures):
    rows = np.random.default_rng(0).uniform(-1, 1, (20, 8, 8)).astype(np.float32)
    path, out = tmp_path / "mine.npy", RunDir(tmp_path / "run")
    np.save(path, rows)
    assert train(out, "--data", path, recipe="digits").exit_code == 0
    path.rename(tmp_path / "moved.npy")
    resume = ("train", "digits", "--out", out, "--resume", "--steps", 8)
    expect_error(run(*resume), 2, out, f"trained on {path}, which is not there; --data")
    config = out.config.read_bytes()
    for content in (None, b"{", b"[]"):
        out.config.unlink()
        if content is not None:
            out.config.write_bytes(content)
        expect_error(run(*resume), 2, "config.json: missing or damaged", "--data")
        out.config.write_bytes(config)
    assert run(*resume, "--data", tmp_path / "moved.npy").exit_code == 0


def test_computed_points_need_no_config(tmp_path, no_pictures):
    out = RunDir(tmp_path / "run")
    assert train(out).exit_code == 0
    out.config.unlink()
    resume = ("train", "parabola", "--out", out, "--resume", "--steps", 8)
    assert run(*resume).exit_code == 0
