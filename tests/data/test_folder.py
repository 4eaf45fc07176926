"""`data.from_folder`: PNG and JPEG files as rows, or an error that names the file."""

import io
import tracemalloc
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.data import folder
from minigan.errors import ArgumentError, DatasetError, DTypeError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (3, 6, 5), np.uint8)
COLOURS = RNG.integers(0, 256, (3, 6, 5, 3), np.uint8)


def write(path, image, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image = image.convert(mode) if mode else image
    image.save(path, **options)
    return path


def filled(folder, images):
    for k, image in enumerate(images):
        write(folder / f"{k}.png", image)
    return folder


def refused(*arguments, **options):
    with pytest.raises(DatasetError) as caught:
        data.from_folder(*arguments, **options)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("images", [GREY, COLOURS], ids=["grey", "colours"])
def test_images_are_scaled_in_the_order_of_their_names(tmp_path, images):
    rows = data.from_folder(filled(tmp_path, images))
    assert rows.dtype == np.float32 and rows.shape == (3, 6, 5, images.size // 90)
    np.testing.assert_array_equal(rows, data.scale(images).reshape(rows.shape))


def test_folders_in_folders_but_nothing_hidden(tmp_path):
    write(tmp_path / "b" / "1.PNG", GREY[1])
    write(tmp_path / "a" / "x.png", GREY[0])
    write(tmp_path / ".git" / "x.png", GREY[2])
    (tmp_path / "._x.png").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    rows = data.from_folder(str(tmp_path))
    np.testing.assert_array_equal(rows[..., 0], data.scale(GREY[:2]))


def test_photographs(tmp_path):
    smooth = np.broadcast_to(np.arange(0, 160, 10, dtype=np.uint8), (8, 16))
    write(tmp_path / "a.jpg", smooth, quality=95)
    write(tmp_path / "b.JPEG", smooth, quality=95)
    rows = data.from_folder(tmp_path)
    np.testing.assert_allclose(rows[1, ..., 0], data.scale(smooth), atol=0.03)


def test_a_photograph_is_turned_as_the_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    write(tmp_path / "a.jpg", GREY[0], exif=exif)
    assert data.from_folder(tmp_path).shape == (1, 5, 6, 1)


MODES = {  # of one white pixel and one black one
    "1": 1,
    "L": 1,
    "LA": 1,
    "P": 3,
    "RGB": 3,
    "RGBA": 3,
}


@pytest.mark.parametrize(("mode", "channels"), MODES.items())
def test_modes(tmp_path, mode, channels):
    image = np.uint8([[255, 0]])
    write(tmp_path / "a.png", image, mode)
    expected = np.repeat([[[[1], [-1]]]], channels, axis=-1)
    np.testing.assert_array_equal(data.from_folder(tmp_path), expected)


def test_sixteen_bits(tmp_path):
    write(tmp_path / "a.png", np.uint16([[65535, 0, 257 * 100]]))
    expected = data.scale(np.uint8([[[255, 0, 100]]]))
    np.testing.assert_array_equal(data.from_folder(tmp_path)[..., 0], expected)


def test_what_is_transparent_becomes_white(tmp_path):
    write(tmp_path / "a.png", np.uint8([[[0, 0, 0, 0], [9, 9, 9, 255]]]))
    expected = data.scale(np.uint8([[[255], [9]]]))
    np.testing.assert_array_equal(data.from_folder(tmp_path, grey=True)[0], expected)


def test_grey_ones_among_colours_are_said(tmp_path):
    filled(tmp_path, COLOURS)
    write(tmp_path / "z.png", GREY[0])
    with pytest.warns(RuntimeWarning, match="1 of 4 images are grey"):
        rows = data.from_folder(tmp_path)
    assert rows.shape == (4, 6, 5, 3)
    assert (rows[3, ..., 0] == rows[3, ..., 2]).all()
    assert data.from_folder(tmp_path, grey=True).shape == (4, 6, 5, 1)
    assert data.from_folder(tmp_path, grey=False).shape == (4, 6, 5, 3)


def test_another_size_is_named_or_resized(tmp_path):
    filled(tmp_path, GREY)
    write(tmp_path / "z.png", GREY[0, :4])
    words = "z.png: expected 6 x 5 pixels, as 0.png has, found 4 x 5"
    assert words in refused(tmp_path)
    for size, shape in ((4, (4, 4)), ((3, 7), (3, 7)), ([9, 2], (9, 2))):
        rows = data.from_folder(tmp_path, size)
        assert rows.shape == (4, *shape, 1) and np.abs(rows).max() <= 1


def test_resizing_keeps_proportions(tmp_path):
    """The middle of a wide image: its left and right edges are cut away."""
    image = np.zeros((10, 30), np.uint8)
    image[:, 10:20] = 255
    write(tmp_path / "a.png", image)
    assert data.from_folder(tmp_path, 10).min() == 1


@pytest.mark.parametrize("size", [0, -1, 4097, "4", 2.5, True, (1, 2, 3), (0, 1), ()])
def test_sizes_that_are_none(tmp_path, size):
    with pytest.raises((ArgumentError, DTypeError), match="from_folder: argument 'siz"):
        data.from_folder(filled(tmp_path, GREY), size)


def test_folders_without_images(tmp_path):
    assert "expected PNG or JPEG files, found none among 0 files" in refused(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    assert "none among 1 files" in refused(tmp_path)
    assert "nowhere: cannot be read (No such file" in refused(tmp_path / "nowhere")


def contents():
    file = io.BytesIO()
    Image.fromarray(COLOURS[0]).save(file, "PNG")
    png = file.getvalue()
    file = io.BytesIO()
    Image.fromarray(COLOURS[0]).save(file, "JPEG")
    return {"png": png, "jpg": file.getvalue()}


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_every_prefix_is_an_error_of_ours_or_an_image(tmp_path, suffix):
    content, path = contents()[suffix], tmp_path / f"a.{suffix}"
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        try:
            rows = data.from_folder(tmp_path)
        except DatasetError as error:
            assert str(path) in str(error)
        else:
            assert rows.shape == (1, 6, 5, 3) and length > len(content) - 30


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_flipped_bytes(tmp_path, suffix):
    content, path = contents()[suffix], tmp_path / f"a.{suffix}"
    for k in range(len(content)):
        changed = bytearray(content)
        changed[k] ^= 1 << RNG.integers(8)
        path.write_bytes(changed)
        try:
            data.from_folder(tmp_path)
        except DatasetError as error:
            assert str(path) in str(error)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "a PNG or JPEG image, found another file"),
        (b"", "found another file"),
    ],
)
def test_other_files_under_such_a_name(tmp_path, content, words):
    (tmp_path / "a.png").write_bytes(content)
    assert words in refused(tmp_path)


def test_images_too_large(tmp_path):
    file = io.BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")
    (tmp_path / "a.png").write_bytes(file.getvalue())
    assert "expected at most 67,108,864 pixels, found 81,000,000" in refused(tmp_path)
    content = bytearray(file.getvalue())
    content[16:24] = b"\0\1\0\0" * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(content)
    assert "at most 67,108,864 pixels, found several times as" in refused(tmp_path)


# ---- small files that claim much -----------------------------------------------------


def large(path, size):
    """A PNG or JPEG whose header says that it has another height and width."""
    content = bytearray(path.read_bytes())
    if path.suffix == ".png":
        place, digits = 16, 4
        both = (size[1].to_bytes(4), size[0].to_bytes(4))
    else:
        place, digits = content.index(b"\xff\xc0") + 5, 2
        both = (size[0].to_bytes(2), size[1].to_bytes(2))
    content[place : place + 2 * digits] = b"".join(both)
    if digits == 4:
        content[29:33] = zlib.crc32(content[12:29]).to_bytes(4)
    path.write_bytes(content)


def test_a_png_that_holds_less_than_it_says(tmp_path):
    large(write(tmp_path / "a.png", COLOURS[0]), (4000, 3000))
    # 6 rows of 5 pixels, and a byte in front of each row
    assert "expected 36,000,000 bytes of pixels, found 96" in refused(tmp_path)


def test_a_png_whose_pixels_are_damaged(tmp_path):
    path = write(tmp_path / "a.png", COLOURS[0])
    large(path, (4000, 3000))
    content = path.read_bytes()
    place = content.index(b"IDAT") + 4
    path.write_bytes(content[:place] + b"\xff" * 9 + content[place + 9 :])
    assert "a.png: " in refused(tmp_path)


def test_a_jpeg_that_holds_less_than_it_says(tmp_path):
    large(write(tmp_path / "a.jpg", COLOURS[0]), (4000, 3000))
    assert " pixels, found 12,000,000 in " in refused(tmp_path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_images_of_one_colour_are_small(tmp_path, name):
    write(tmp_path / name, Image.new("L", (700, 600), 255), optimize=True)
    assert data.from_folder(tmp_path).shape == (1, 600, 700, 1)


def test_a_length_that_is_damaged(tmp_path):
    """Pillow asks the file for as many bytes as a chunk says that it has."""
    path = write(tmp_path / "a.png", GREY[0])
    content = path.read_bytes()
    end = content.index(b"IEND") - 4
    path.write_bytes(content[:end] + b"\xff\xff\xff\0none" + content[end:])
    tracemalloc.start()
    try:
        with suppress(DatasetError):
            data.from_folder(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    path = write(tmp_path / "a.png", GREY[0])
    size = path.stat().st_size
    monkeypatch.setattr(folder, "MOST_BYTES", size - 1)
    assert f"at most {size - 1:,} bytes, found {size:,}" in refused(tmp_path)
