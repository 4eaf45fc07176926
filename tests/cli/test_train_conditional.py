"""Conditional recipes on the command line: pictures by class, samples of a label."""

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.cli.rundir import FILES, RunDir
from minigan.gan import Generator, Trainer
from minigan.gan.frames import EACH, frames_of
from minigan.images import as_bytes
from minigan.pictures import image_grid

from .helpers import BACKEND, expect_error, run

CONDITIONAL = "digits-conditional"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of a few steps; not to be changed."""
    out = tmp_path_factory.mktemp("conditional") / "run"
    quick = "--batch-size", 8, "--report-every", 10, "--backend", BACKEND
    result = run("train", CONDITIONAL, "--out", out, "--steps", 20, *quick)
    assert result.exit_code == 0, result.output
    return RunDir(out)


def loaded(folder):
    return Trainer.load(folder.checkpoint, data=data.labelled("digits"))


def test_a_run_has_a_row_for_each_class_and_a_column_for_each_z(folder):
    assert {*FILES, ".lock", "samples"} == {p.name for p in folder.path.iterdir()}
    trainer = loaded(folder)
    frames = frames_of(trainer, 20)
    assert frames.labels.tolist() == np.arange(10).repeat(EACH).tolist()
    assert (frames.z[:EACH] == frames.z[-EACH:]).all()
    with Image.open(folder / "samples" / "step-000020.png") as opened:
        picture = np.asarray(opened.convert("L"))
    grid = image_grid.grid(frames.now(trainer), EACH)
    top, left = image_grid.HEAD, image_grid.BORDER
    found = picture[top : top + grid.shape[0], left : left + grid.shape[1]]
    np.testing.assert_array_equal(found, grid)
    with Image.open(folder / "samples.png") as opened:
        assert opened.width > 2 * grid.shape[1]  # real ones beside them


def test_a_run_that_goes_on_keeps_its_condition(folder):
    again = "train", CONDITIONAL, "--out", folder, "--steps", 20, "--resume"
    assert run(*again).exit_code == 0
    assert run(*again, "--condition", "projection").exit_code == 0
    result = run(*again, "--condition", "multiply")
    expect_error(result, 2, "--condition: expected projection", "got multiply")


def test_samples_of_one_label_and_of_several(folder, tmp_path):
    alone = Generator.load(folder.checkpoint)
    output = tmp_path / "seven.npy"
    assert run("sample", folder, "-n", 4, "--label", 7, "-o", output).exit_code == 0
    images = alone.sample(4, labels=7).reshape(4, 8, 8)
    np.testing.assert_array_equal(np.load(output), images)
    output = tmp_path / "some.npy"
    sampled = "sample", folder, "-n", 6, "--labels", "0-1,5", "-o", output
    assert run(*sampled, "--seed", 3).exit_code == 0
    images = alone.sample(6, labels=[0, 0, 1, 1, 5, 5], seed=3).reshape(6, 8, 8)
    np.testing.assert_array_equal(np.load(output), images)


def test_a_picture_with_a_row_for_each_label(folder, tmp_path):
    output = tmp_path / "rows.png"
    assert (
        run("sample", folder, "-n", 6, "--labels", "3,8", "-o", output).exit_code == 0
    )
    images = Generator.load(folder.checkpoint).sample(6, labels=[3] * 3 + [8] * 3)
    grid = image_grid.grid(as_bytes(images, (8, 8)), 3)
    with Image.open(output) as opened:
        picture = np.asarray(opened.convert("L"))
    top, left = image_grid.HEAD, image_grid.BORDER
    found = picture[top : top + grid.shape[0], left : left + grid.shape[1]]
    np.testing.assert_array_equal(found, grid)


def test_a_way_between_two_z_keeps_its_label(folder, tmp_path):
    output = tmp_path / "way.npy"
    way = "sample", folder, "-n", 8, "--between", 4, "-o", output
    assert run(*way, "--label", 2).exit_code == 0
    alone = Generator.load(folder.checkpoint)
    first, last = np.split(alone.draw_latent(4), 2)
    images = alone.sample(z=alone.between(first, last, 4), labels=2)
    np.testing.assert_array_equal(np.load(output), images.reshape(8, 8, 8))
    assert run(*way, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("10", ("--label", "0 ... 9", "10")),
        ("0,1,2", ("--number", "multiple of the 3 labels", "100")),
        ("x", ("7 or 0,1,2 or 0-9", "'x'")),
        ("3-1", ("each label once",)),
        ("1,1", ("each label once",)),
        ("-1", ("7 or 0,1,2 or 0-9",)),
        ("9999999", ("7 or 0,1,2 or 0-9",)),
    ],
)
def test_labels_that_cannot_be(folder, label, words, tmp_path):
    result = run("sample", folder, f"--label={label}", "-o", tmp_path / "x.npy")
    expect_error(result, 2, *words)


def test_labels_of_a_generator_that_takes_none(finished, tmp_path):
    result = run("sample", finished, "--label", 1, "-o", tmp_path / "x.npy")
    expect_error(result, 2, "--label: expected none for a generator without labels")


def test_a_condition_where_there_are_no_labels(tmp_path):
    result = run("train", "digits", "--out", tmp_path / "r", "--condition", "multiply")
    expect_error(result, 2, "'condition': expected none for 'digits'")
    rows = tmp_path / "rows.npy"
    np.save(rows, np.linspace(-1, 1, 3200, dtype=np.float32).reshape(50, 64))
    result = run("train", CONDITIONAL, "--out", tmp_path / "r", "--data", rows)
    expect_error(result, 2, "'data': expected (rows, labels) for 'digits-conditional'")


def test_a_table_whose_column_says_the_class(tmp_path, no_pictures):
    path, out = tmp_path / "people.csv", tmp_path / "run"
    lines = [f"{150 + k},{k % 7},{k % 3}" for k in range(40)]
    path.write_text("\n".join(["height,age,kind", *lines]))
    options = "--data", path, "--label-column", "kind", "--backend", BACKEND
    begun = "train", CONDITIONAL, "--out", out, "--batch-size", 8, *options
    result = run(*begun, "--steps", 3)
    assert result.exit_code == 0, result.output
    assert (
        "2 columns, scaled to [-1, 1]: height, age; 3 classes by kind" in result.output
    )
    no_pictures.undo()
    result = run("train", CONDITIONAL, "--out", out, "--steps", 4, "--resume")
    assert result.exit_code == 0, result.output
    result = run("sample", out, "-n", 4, "--labels", "0,2")
    assert result.output.splitlines()[0] == "height,age"
    assert run("sample", out, "-n", 4, "--label", 3).exit_code == 2


@pytest.mark.parametrize(
    ("recipe", "source", "words"),
    [
        ("parabola", "rows.csv", "conditional recipe (digits-conditional, mnist"),
        (CONDITIONAL, "digits", "--label-column: expected a table as --data"),
    ],
)
def test_a_label_column_where_there_is_none(recipe, source, words, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,0\n2,1\n")
    given = path if source == "rows.csv" else source
    asked = "--data", given, "--label-column", "b", "--out", tmp_path / "run"
    expect_error(run("train", recipe, *asked), 2, words)
