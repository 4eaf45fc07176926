"""`minigan train` and `sample` on images: what a run leaves, and goes on from."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from minigan.cli.rundir import FILES, RunDir
from minigan.data import DATASETS, sources
from minigan.gan import Generator, Trainer
from minigan.gan.frames import IMAGES
from minigan.images import as_bytes
from tests.helpers import replaced

from .helpers import BACKEND, expect_error, expect_same_run, run

QUICK = ("--batch-size", 8, "--report-every", 20, "--backend", BACKEND)


def train(out, *arguments, recipe="digits", steps=60):
    options = ("--out", out, *(("--steps", steps) if steps else ()))
    return run("train", recipe, *options, *QUICK, *arguments)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A run on the bundled digits; not to be changed."""
    out = tmp_path_factory.mktemp("digits") / "run"
    result = train(out)
    assert result.exit_code == 0, result.output
    return RunDir(out), result


def test_a_run_leaves_its_files_and_a_grid_for_each_report(done):
    folder, _ = done
    names = {path.name for path in folder.path.iterdir()}
    assert names == {*FILES, ".lock", "samples"}
    grids = sorted(path.name for path in (folder / "samples").iterdir())
    assert grids == ["step-000020.png", "step-000040.png", "step-000060.png"]
    config = json.loads(folder.config.read_text())
    assert config["source"] == "digits" and config["session"] == {"report_every": 20}
    assert config["options"]["batch_size"] == 8 and config["steps"] == 60


def test_the_last_grid_shows_what_the_generator_makes_now(done):
    """Of the z of all frames, in the order of reading, enlarged without smoothing."""
    folder, _ = done
    with Image.open(folder / "samples" / "step-000060.png") as opened:
        picture = np.asarray(opened.convert("L"))
    from minigan.gan.frames import frames_of

    trainer = Trainer.load(folder.checkpoint, data=_digits())
    frames = frames_of(trainer, 60)
    images = frames.now(trainer)
    from minigan.pictures import image_grid

    grid = image_grid.grid(images)
    top, left = image_grid.HEAD, image_grid.BORDER
    inside = picture[top : top + grid.shape[0], left : left + grid.shape[1]]
    np.testing.assert_array_equal(inside, grid)
    assert len(images) == IMAGES


def test_what_is_said(done):
    _, result = done
    lines = result.stdout.splitlines()
    assert lines[0].startswith("digits: steps 1 to 60 in")
    assert [line.split()[0] for line in lines if "%" in line][:1] == ["20"]
    text = result.stdout
    for words in ("done: 60 steps", "verdict", "too early to say", "generator.npz"):
        assert words in text
    assert "more.png" in text and result.stderr == ""


def test_the_animation_has_all_frames(done):
    folder, _ = done
    with Image.open(folder / "training.gif") as picture:
        assert picture.n_frames == 60 // 5 + 1
    for name in ("samples.png", "progress.png", "losses.png", "gradients.png"):
        with Image.open(folder / name) as picture:
            assert picture.format == "PNG" and picture.width > 400


def test_resumed_is_as_if_never_cut(done, tmp_path, no_pictures):
    folder, _ = done
    cut = RunDir(tmp_path / "run")
    assert train(cut, steps=31).exit_code == 0
    assert run("train", "digits", "--out", cut, "--resume").exit_code == 0  # as planned
    no_pictures.undo()
    more = run("train", "digits", "--out", cut, "--resume", "--steps", 60)
    assert more.exit_code == 0, more.output
    expect_same_run(cut, folder)
    for name in ("samples.png", "progress.png", "training.gif", "generator.npz"):
        assert (cut / name).read_bytes() == (folder / name).read_bytes(), name
    again = run("train", "digits", "--out", cut, "--resume")
    assert "the run is done" in again.stdout


def test_a_folder_of_samples_is_not_written_into(tmp_path):
    (tmp_path / "samples").mkdir()
    expect_error(train(tmp_path), 2, "samples", "--out")


# ---- data of one's own -------------------------------------------------------------


def _digits():
    from minigan import data

    return data.images("digits")


def test_a_file_of_ones_own(tmp_path, no_pictures):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 6, 5), np.uint8)
    np.savez(tmp_path / "mine.npz", x_train=pixels)
    out = RunDir(tmp_path / "run")
    result = train(out, "--data", tmp_path / "mine.npz", "--epochs", 2, steps=None)
    assert result.exit_code == 0, result.output
    assert out.planned_steps() == 2 * (40 // 8)
    assert Generator.load(out.generator).image_shape == (6, 5)
    assert json.loads(out.config.read_text())["source"] == str(tmp_path / "mine.npz")
    more = run("train", "digits", "--out", out, "--resume", "--steps", 12)
    assert more.exit_code == 0, more.output  # the file is found again
    (tmp_path / "mine.npz").rename(tmp_path / "moved.npz")
    resume = ("train", "digits", "--out", out, "--resume", "--steps", 14)
    expect_error(run(*resume), 2, "--data", "mine.npz")
    assert run(*resume, "--data", tmp_path / "moved.npz").exit_code == 0
    np.save(tmp_path / "other.npy", 255 - pixels)
    expect_error(run(*resume, "--data", tmp_path / "other.npy"), 2, "sha256 differs")


@pytest.mark.parametrize("name", ["minst", "none.npy"])
def test_data_that_are_not_there(tmp_path, name):
    out = tmp_path / "run"
    expect_error(train(out, "--data", name), 2, "--data", "fashion_mnist", name)
    assert not out.exists()


def test_data_of_the_wrong_scale(tmp_path):
    np.save(tmp_path / "a.npy", np.full((9, 64), 200.0, np.float32))
    words = "expected floats in [-1, 1]", "a.npy"
    expect_error(train(tmp_path / "run", "--data", tmp_path / "a.npy"), 2, *words)


def test_without_mnist_there_is_a_list_of_ways_to_it(tmp_path, monkeypatch):
    for name in ("MINIGAN_DATA", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MINIGAN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(sources, "SYSTEM", tmp_path)
    monkeypatch.chdir(tmp_path)
    mnist = replace(DATASETS["mnist"], mirrors=(), archives=())
    replaced(monkeypatch, DATASETS, "mnist", mnist)
    result = run("train", "mnist-mixed", "--out", tmp_path / "run")
    assert result.exit_code == 2 and result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0].startswith("minigan: error: MNIST is not here and could not be")
    for words in ("minigan data fetch mnist", "MINIGAN_DATA", "train on 'digits'"):
        assert words in result.stderr
    assert len(lines) > 8 and not (tmp_path / "run").exists()


def test_epochs_need_rows_that_can_be_counted(tmp_path):
    out = ("--out", tmp_path / "run")
    expect_error(
        run("train", "parabola", *out, "--epochs", 2), 2, "--epochs", "--steps"
    )
    both = ("--epochs", 2, "--steps", 2)
    expect_error(run("train", "digits", *out, *both), 2, "--epochs")


# ---- minigan sample ----------------------------------------------------------------


def test_sample_draws_a_grid(done, tmp_path, monkeypatch):
    folder, _ = done
    monkeypatch.chdir(tmp_path)
    result = run("sample", folder, "-n", 9)
    assert result.exit_code == 0 and result.stdout == "sample.png\n"
    first = (tmp_path / "sample.png").read_bytes()
    expect_error(run("sample", folder, "-n", 9), 2, "sample.png", "--force")
    assert run("sample", folder.generator, "-n", 9, "--force").exit_code == 0
    assert (tmp_path / "sample.png").read_bytes() == first
    between = run("sample", folder, "-n", 12, "--between", 4, "-o", "b.png")
    assert between.exit_code == 0 and (tmp_path / "b.png").exists()


def test_sample_writes_images(done, tmp_path):
    folder, _ = done
    for number, seed in enumerate((4, 4, 5)):
        output = tmp_path / f"{number}.npz"
        options = ("-n", 7, "--seed", seed, "-o", output)
        assert run("sample", folder, *options).exit_code == 0
    one, same, other = (np.load(tmp_path / f"{k}.npz")["samples"] for k in range(3))
    assert one.shape == (7, 8, 8) and one.tobytes() == same.tobytes()
    assert (one != other).any() and np.abs(one).max() <= 1
    assert as_bytes(one, (8, 8)).dtype == np.uint8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-n", 3000, "-o", "a.png"], "2,500"),
        (["-n", 10, "--between", 4], "multiple"),
        (["--between", 1], "--between"),
        (["-o", "a.jpg"], ".png"),
    ],
)
def test_what_cannot_be_sampled(done, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    expect_error(run("sample", done[0], *arguments), 2, words)
    assert not list(tmp_path.iterdir())


def test_points_are_no_picture(finished, tmp_path):
    output = tmp_path / "a.png"
    expect_error(run("sample", finished, "-o", output), 2, "no images", "a.png")


def test_a_report_that_was_saved_and_not_drawn_is_drawn_by_resume(done, tmp_path):
    """As a kill leaves it, between the two; a picture half written is removed."""
    whole, _ = done
    folder = RunDir(shutil.copytree(whole.path, tmp_path / "run"))
    grid = folder / "samples" / "step-000060.png"
    drawn = grid.read_bytes()
    grid.rename(folder / "samples" / f".{grid.name}.{2**30}.ab.tmp")
    assert train(folder, "--resume").exit_code == 0
    assert grid.read_bytes() == drawn
    assert len(list((folder / "samples").iterdir())) == 3
