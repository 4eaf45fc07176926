"""The film of a run: frames of points, of images, and of neither."""

import numpy as np
import pytest

from minigan import checkpoint
from minigan.errors import CheckpointError
from minigan.gan import recipes
from minigan.gan.film import IMAGES, ImageFilm, PointFilm, as_bytes, film_of
from minigan.gan.film import image_shape as shape_of


def digits(steps=0, **options):
    trainer = recipes.load("digits", backend="numpy", batch_size=4, **options)
    trainer.fit(steps, report_every=None)
    return trainer


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((28, 28, 1), (28, 28)),
        ((32, 24, 3), (32, 24, 3)),
        ((8, 8), (8, 8)),
        ((784,), (28, 28)),
        ((16,), (4, 4)),
        ((9,), None),
        ((2,), None),
        ((15,), None),
        ((4, 4, 2), None),
    ],
)
def test_which_rows_are_images(row, expected):
    assert shape_of(row) == expected


def test_each_kind_of_row_has_its_film():
    data = np.random.default_rng(0).uniform(-1, 1, (9, 6)).astype(np.float32)
    films = [
        film_of(trainer, 10)
        for trainer in (
            recipes.load("parabola", backend="numpy"),
            digits(),
            digits(data=data),
        )
    ]
    assert [type(film) for film in films] == [PointFilm, ImageFilm, type(None)]


def test_bytes_of_values_inside_and_beyond():
    rows = np.array([[-1, 0, 1, -7], [7, np.nan, np.inf, -np.inf]], np.float32)
    expected = [[[0, 128], [255, 0]], [[255, 0], [255, 0]]]
    assert as_bytes(rows, (2, 2)).tolist() == expected


def test_every_frame_shows_the_same_z():
    trainer = digits()
    film = ImageFilm(trainer, 6, (8, 8))
    trainer.fit(6, report_every=None, callbacks=[film])
    frames = film.frames()
    assert [step for step, _ in frames] == list(range(7))
    last = as_bytes(trainer.sample(z=film.z), (8, 8))
    np.testing.assert_array_equal(frames[-1][1], last)
    assert last.shape == (IMAGES, 8, 8) and (frames[0][1] != last).any()


def test_filming_in_float64():
    trainer = digits(2, dtype=np.float64)
    assert film_of(trainer, 2).frames()[0][0] == 2


def test_the_film_of_a_run_that_was_cut_is_that_of_a_whole_one(tmp_path):
    whole, cut = digits(), digits()
    film = ImageFilm(whole, 9, (8, 8))
    whole.fit(9, report_every=None, callbacks=[film])
    first = ImageFilm(cut, 9, (8, 8))
    cut.fit(4, report_every=None, callbacks=[first])
    first.save(tmp_path / "frames.npz")
    second = ImageFilm(cut, 9, (8, 8))
    second.load(tmp_path / "frames.npz")
    cut.fit(5, report_every=None, callbacks=[second])
    for name in ("a.npz", "b.npz"):
        (film if name == "a.npz" else second).save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_frames_of_another_run_are_refused(tmp_path):
    film = film_of(digits(), 9)
    other = tmp_path / "other.npz"
    film_of(recipes.load("parabola", backend="numpy"), 9).save(other)
    with pytest.raises(CheckpointError, match="expected the frames of a run"):
        film.load(other)
    arrays = {"steps": np.arange(2), "images": np.zeros((2, IMAGES, 9, 9), np.uint8)}
    checkpoint.write(other, arrays, {"kind": "film"})
    with pytest.raises(CheckpointError, match="frames of another size"):
        film.load(other)
    assert list(film.shots) == [0]
