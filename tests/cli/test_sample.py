"""`minigan sample`: formats, seeds, and files that are not overwritten."""

import csv
import io

import numpy as np
import pytest

from minigan.gan import Trainer

from .helpers import expect_error, run


def test_sample_prints_csv(finished):
    result = run("sample", finished, "-n", 7)
    assert result.exit_code == 0
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0] == ["x", "y"] and len(rows) == 8
    points = Trainer.load(finished.checkpoint).sample(7)
    np.testing.assert_array_equal(np.array(rows[1:], np.float32), points)


def test_samples_are_the_same_for_the_same_seed(finished):
    one, same, other, own = (
        run("sample", finished.checkpoint, "-n", 3, *seed).stdout
        for seed in (("--seed", 5), ("--seed", 5), ("--seed", 6), ())
    )
    assert (
        one == same
        and len({one, other}) == 2
        and own == run("sample", finished.checkpoint, "-n", 3).stdout
    )


@pytest.mark.parametrize("suffix", ["csv", "npy", "npz"])
def test_sample_writes_a_file_and_does_not_overwrite_it(finished, tmp_path, suffix):
    output = tmp_path / f"points.{suffix}"
    assert run("sample", finished, "-n", 4, "-o", output).output == ""
    if suffix == "csv":
        points = np.loadtxt(output, delimiter=",", skiprows=1, dtype=np.float32)
    else:
        points = np.load(output)
        points = points["samples"] if suffix == "npz" else points
    np.testing.assert_array_equal(points, Trainer.load(finished.checkpoint).sample(4))
    before = output.read_bytes()
    expect_error(run("sample", finished, "-n", 5, "-o", output), 2, "--force")
    assert output.read_bytes() == before
    assert run("sample", finished, "-n", 5, "-o", output, "--force").exit_code == 0
    assert output.read_bytes() != before


def test_sample_into_a_folder_that_is_not_there(finished, tmp_path):
    output = tmp_path / "nowhere" / "points.csv"
    expect_error(run("sample", finished, "-o", output), 1, "nowhere")
