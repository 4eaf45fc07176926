"""The frames of a run: of points, of images, and of tables."""

import numpy as np
import pytest

from minigan import checkpoint, data
from minigan.errors import CheckpointError
from minigan.gan import recipes
from minigan.gan.frames import (
    COLUMNS,
    IMAGES,
    MOST_COLUMNS,
    ROWS,
    ImageFrames,
    PointFrames,
    TableFrames,
    frames_of,
    grid,
    stride,
)
from minigan.images import as_bytes


def digits(steps=0, **options):
    trainer = recipes.load("digits", backend="numpy", batch_size=4, **options)
    trainer.fit(steps, report_every=None)
    return trainer


def test_each_kind_of_row_has_its_frames():
    rows = np.random.default_rng(0).uniform(-1, 1, (9, 6)).astype(np.float32)
    kinds = [
        frames_of(trainer, 10)
        for trainer in (
            recipes.load("parabola", backend="numpy"),
            digits(),
            digits(data=rows),
        )
    ]
    assert [type(kept) for kept in kinds] == [PointFrames, ImageFrames, TableFrames]


def test_every_frame_shows_the_same_z():
    trainer = digits()
    kept = ImageFrames(trainer, 6, (8, 8))
    trainer.fit(6, report_every=None, callbacks=[kept])
    frames = kept.series()
    assert [step for step, _ in frames] == list(range(7))
    last = as_bytes(trainer.sample(z=kept.z), (8, 8))
    np.testing.assert_array_equal(frames[-1][1], last)
    assert last.shape == (IMAGES, 8, 8) and (frames[0][1] != last).any()


def test_frames_in_float64():
    trainer = digits(2, dtype=np.float64)
    assert frames_of(trainer, 2).series()[0][0] == 2


def test_the_frames_of_a_run_that_was_cut_is_that_of_a_whole_one(tmp_path):
    whole, cut = digits(), digits()
    kept = ImageFrames(whole, 9, (8, 8))
    whole.fit(9, report_every=None, callbacks=[kept])
    first = ImageFrames(cut, 9, (8, 8))
    cut.fit(4, report_every=None, callbacks=[first])
    first.save(tmp_path / "frames.npz")
    second = ImageFrames(cut, 9, (8, 8))
    second.load(tmp_path / "frames.npz")
    cut.fit(5, report_every=None, callbacks=[second])
    for name in ("a.npz", "b.npz"):
        (kept if name == "a.npz" else second).save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_frames_of_another_run_are_refused(tmp_path):
    kept = frames_of(digits(), 9)
    other = tmp_path / "other.npz"
    frames_of(recipes.load("parabola", backend="numpy"), 9).save(other)
    with pytest.raises(CheckpointError, match="expected the frames of a run"):
        kept.load(other)
    images = np.zeros((2, IMAGES, 8, 8), np.uint8)
    for steps in (np.array([0.0, 1.0]), np.zeros((2, 1), np.int64)):
        checkpoint.write(other, {"steps": steps, "images": images}, {"kind": "film"})
        with pytest.raises(CheckpointError, match="a number of a step for each frame"):
            kept.load(other)
    arrays = {"steps": np.arange(2), "images": np.zeros((2, IMAGES, 9, 9), np.uint8)}
    checkpoint.write(other, arrays, {"kind": "film"})
    with pytest.raises(CheckpointError, match="frames of another size"):
        kept.load(other)
    assert list(kept.taken) == [0]


def test_strides_are_nested_and_few():
    strides = [stride(steps) for steps in range(1, 30_000)]
    assert stride(10_000) == 200 and stride(50) == 1
    assert all(n // every <= 50 for n, every in enumerate(strides, start=1))
    known = sorted(set(strides))
    assert all(b % a == 0 for a, b in zip(known[:-1], known[1:], strict=True))


def test_grid_goes_row_by_row_from_below():
    points = grid((-1.0, 1.0, -2.0, 3.0))
    assert points.shape == (ROWS * COLUMNS, 2)
    assert points[0].tolist() == [-1, -2] and points[-1].tolist() == [1, 3]
    assert points[1, 0] > points[0, 0] and points[1, 1] == points[0, 1]


# ---- tables --------------------------------------------------------------------------


def people(columns, steps=3):
    values = np.random.default_rng(0).normal(100, 9, (60, columns))
    names = [f"column {k} (cm)" for k in range(columns)]
    given = data.table(values, names)
    trainer = recipes.load("parabola", data=given, batch_size=4, backend="numpy")
    kept = frames_of(trainer, steps)
    trainer.fit(steps, report_every=None, callbacks=[kept])
    return values, trainer, kept


@pytest.mark.parametrize("columns", [1, 3, 9, 16, 25])
def test_frames_of_a_table_are_in_its_units(columns):
    values, trainer, kept = people(columns)
    series, shown = kept.series(), min(columns, MOST_COLUMNS)
    assert isinstance(kept, TableFrames)
    assert series.names == trainer.data.columns.names[:shown]
    assert series.fakes.shape == (4, len(kept.z), shown)
    assert series.real.min() > values.min() - 1e-5
    assert series.real.max() < values.max() + 1e-5
    made = trainer.data.columns.restored(trainer.sample(z=kept.z))[:, :shown]
    np.testing.assert_array_equal(series.fakes[-1], made)


def test_frames_of_two_columns_are_points_in_their_units():
    values, trainer, kept = people(2)
    series = kept.series()
    assert isinstance(kept, PointFrames) and series.names[1] == "column 1 (cm)"
    left, right, low, high = series.view
    assert left < values[:, 0].min() and values[:, 0].max() < right
    assert low < values[:, 1].min() and values[:, 1].max() < high
    made = trainer.data.columns.restored(trainer.sample(z=kept.z))
    np.testing.assert_array_equal(series.fakes[-1], made)


@pytest.mark.filterwarnings("ignore:minigan. column 'b' is 5")
def test_a_view_of_a_column_that_never_changes():
    given = data.table({"a": [1.0, 2.0, 3.0, 4.0], "b": [5.0] * 4})
    trainer = recipes.load("parabola", data=given, batch_size=4, backend="numpy")
    assert frames_of(trainer, 1).series().view[2:] == (4.5, 5.5)
