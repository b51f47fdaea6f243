"""Picture files of every kind are read as RGB, or refused with the reason and the remedy."""

from __future__ import annotations

import io
import os
import re
import struct
import tarfile
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile

from cosmic_lib import images
from cosmic_lib.images import ImageError

RED, BLUE, WHITE = (200, 30, 60), (10, 120, 250), (255, 255, 255)


def flag(height=6, width=8) -> np.ndarray:
    """The left half red, the right half blue."""
    array = np.full((height, width, 3), RED, dtype=np.uint8)
    array[:, width // 2 :] = BLUE
    return array


def picture(image, suffix="png", **options) -> bytes:
    """A picture file."""
    file = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(file, suffix, **options)
    return file.getvalue()


@pytest.fixture
def read(tmp_path):
    """`images.read` of a file with this content."""

    def read(content: bytes, **options):
        (tmp_path / "picture").write_bytes(content)
        return images.read(tmp_path / "picture", **options)

    return read


FLAG = Image.fromarray(flag())
PALETTE = FLAG.convert("P", palette=Image.Palette.ADAPTIVE, colors=2)
FIRST_OF_PALETTE = tuple(PALETTE.getpalette()[:3])
GREY = tuple(FLAG.convert("L").getpixel((x, 0)) for x in (0, 7))
RAMP = np.array([[0, 257, 256 * 100, 65_535]], dtype=np.uint16)


def with_alpha(image, alpha):
    image.putalpha(Image.fromarray(np.array(alpha, dtype=np.uint8)))
    return image


CLEAR = np.where(np.arange(8) < 4, 0, 255)[np.newaxis].repeat(6, axis=0)
COLOURS = {
    "png": (picture(FLAG), RED, BLUE),
    "jpeg": (picture(FLAG, "jpeg"), RED, BLUE),
    "gif": (picture(FLAG, "gif"), RED, BLUE),
    "webp": (picture(FLAG, "webp"), RED, BLUE),
    "tiff": (picture(FLAG, "tiff"), RED, BLUE),
    "bmp": (picture(FLAG, "bmp"), RED, BLUE),
    "grey": (picture(FLAG.convert("L")), GREY[:1] * 3, GREY[1:] * 3),
    "palette": (picture(PALETTE), RED, BLUE),
    "black and white": (picture(Image.fromarray(CLEAR > 0)), (0, 0, 0), WHITE),
    "CMYK jpeg": (picture(FLAG.convert("CMYK"), "jpeg"), RED, BLUE),
    "CMYK tiff": (picture(FLAG.convert("CMYK"), "tiff"), RED, BLUE),
    "transparent": (picture(with_alpha(FLAG.copy(), CLEAR)), WHITE, BLUE),
    "half transparent": (picture(with_alpha(FLAG.copy(), CLEAR // 2)), WHITE, (133, 188, 253)),
    "transparent grey": (picture(with_alpha(FLAG.convert("L"), CLEAR)), WHITE, GREY[1:] * 3),
    "transparent colour": (picture(FLAG, transparency=RED), WHITE, BLUE),
    "transparent webp": (picture(with_alpha(FLAG.copy(), CLEAR), "webp", lossless=True), WHITE, BLUE),
    "animation": (picture(FLAG, "gif", save_all=True, append_images=[FLAG.rotate(180)]), RED, BLUE),
    "animated png": (picture(FLAG, save_all=True, append_images=[FLAG.rotate(180)]), RED, BLUE),
    "16 bits": (picture(RAMP), (0, 0, 0), WHITE),
}


@pytest.mark.parametrize("kind", COLOURS)
def test_colours(read, kind):
    content, left, right = COLOURS[kind]
    array = read(content)
    assert array.dtype == np.uint8
    assert array.flags.writeable
    assert array.shape == ((1, 4, 3) if kind == "16 bits" else (6, 8, 3))
    np.testing.assert_allclose(array[0, 0], left, atol=8)
    np.testing.assert_allclose(array[-1, -1], right, atol=8)


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_transparent_colour_of_a_palette(read, suffix):
    array = read(picture(PALETTE, suffix, transparency=0))
    np.testing.assert_array_equal((array == WHITE).all(axis=2), (flag() == FIRST_OF_PALETTE).all(axis=2))


@pytest.mark.parametrize("suffix", ["png", "tiff", "ppm"])
def test_16_bits_are_scaled(read, suffix):
    np.testing.assert_array_equal(
        read(picture(RAMP, suffix))[0], np.array([0, 1, 100, 255])[:, np.newaxis].repeat(3, 1)
    )


@pytest.mark.parametrize("values", [RAMP / 65_535, RAMP.astype(np.int32) * 2, -RAMP.astype(np.int32)], ids=str)
def test_numbers_without_black_and_white_are_refused(read, values):
    with pytest.raises(ImageError, match="beyond 16 bits.*; save it"):
        read(picture(values.astype(np.float32 if values.dtype == float else np.int32), "tiff"))


STORED = {  # how a picture is stored that EXIF data then turn upright
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: np.rot90(upright.transpose(1, 0, 2), 2),
    8: lambda upright: np.rot90(upright, -1),
}


def exif(orientation: int) -> Image.Exif:
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    return data


@pytest.mark.parametrize("orientation", STORED)
def test_turned_photographs_are_set_upright(read, orientation):
    upright = np.random.default_rng(0).integers(0, 256, (5, 9, 3)).astype(np.uint8)
    stored = np.ascontiguousarray(STORED[orientation](upright))
    np.testing.assert_array_equal(read(picture(stored, exif=exif(orientation))), upright)


def test_a_turned_photograph_is_set_upright_before_it_is_resized(read):
    array = read(picture(np.ascontiguousarray(np.rot90(flag(600, 800))), "jpeg", exif=exif(6)), size=(30, 40))
    np.testing.assert_allclose(array[:, :18], np.broadcast_to(RED, (30, 18, 3)), atol=8)
    np.testing.assert_allclose(array[:, 22:], np.broadcast_to(BLUE, (30, 18, 3)), atol=8)


@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp"])
def test_damaged_exif_data_leave_the_picture_as_it_lies(read, suffix):
    np.testing.assert_allclose(read(picture(FLAG, suffix, exif=b"Exif\0\0MM\0no")), read(picture(FLAG, suffix)))


@pytest.mark.parametrize(
    ("size", "shape"), [(5, (5, 5, 3)), ((3, 7), (3, 7, 3)), ((60, 20), (60, 20, 3)), (None, (6, 8, 3))]
)
@pytest.mark.parametrize("suffix", ["png", "jpeg"])
def test_sizes_are_height_and_width(read, suffix, size, shape):
    array = read(picture(flag(), suffix), size=size)
    assert array.shape == shape
    np.testing.assert_allclose(array[0, 0], RED, atol=8)
    np.testing.assert_allclose(array[-1, -1], BLUE, atol=8)


@pytest.mark.parametrize("size", [0, (4, 0), -1])
def test_no_size_below_one(read, size):
    with pytest.raises(ValueError, match="from 1 up"):
        read(picture(flag()), size=size)


@pytest.mark.parametrize("suffix", ["png", "jpeg"])
def test_shrinking_averages(read, suffix):
    """Of a chequered board, picking pixels would leave black and white."""
    board = (np.indices((700, 500)).sum(axis=0) % 2 * 255).astype(np.uint8)
    np.testing.assert_allclose(read(picture(board, suffix), size=(33, 41)), 127, atol=12)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(("size", "share"), [((45, 60), 1.0), (400, 1.0), ((70, 30), 0.25)])
def test_a_large_jpeg_is_decoded_no_larger_than_need_be(read, monkeypatch, size, share, mode):
    squares = np.random.default_rng(0).integers(0, 256, (15, 20, 3)).astype(np.uint8)
    content = picture(Image.fromarray(np.kron(squares, np.ones((80, 80, 1), np.uint8))).convert(mode), "jpeg")
    whole = read(content, share=share)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("decoded in full"))
    small = read(content, size=size, share=share)
    height, width, _ = small.shape
    expected = np.asarray(Image.fromarray(whole).resize((width, height), Image.Resampling.BOX)).astype(int)
    assert np.abs(small - expected).mean() < 4


NOISE = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}], ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_has_the_pixels_that_pillow_gives(read, monkeypatch, mode, options):
    content = picture(Image.fromarray(NOISE).convert(mode), "jpeg", **options)
    expected = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    monkeypatch.setattr(images, "_whole", lambda *args: pytest.fail("left to Pillow"))
    np.testing.assert_array_equal(read(content), expected)


@pytest.mark.parametrize("size", [None, 10])
def test_a_jpeg_of_too_many_pixels_is_refused(read, monkeypatch, size):
    monkeypatch.setattr(images, "MAX_PIXELS", NOISE.shape[0] * NOISE.shape[1] - 1)
    with pytest.raises(ImageError, match="save it smaller"):
        read(picture(NOISE, "jpeg"), size=size)


@pytest.mark.parametrize("size", [None, 10])
@pytest.mark.parametrize(
    ("suffix", "options"),
    [("jpeg", {}), ("jpeg", {"progressive": True}), ("png", {}), ("gif", {}), ("webp", {}), ("bmp", {})],
    ids=["jpeg", "progressive jpeg", "png", "gif", "webp", "bmp"],
)
def test_pictures_that_were_cut_off_are_refused(read, tmp_path, suffix, options, size):
    whole = picture(NOISE, suffix, **options)
    expected = read(whole, size=size)
    for length in [*range(0, len(whole), max(len(whole) // 50, 1)), *range(len(whole) - 30, len(whole))]:
        try:  # the last bytes of some formats hold no pixels
            np.testing.assert_array_equal(read(whole[:length], size=size), expected)
            assert length > len(whole) - 30
        except ImageError as error:
            assert re.search("picture: (cut off|empty).*; (copy|replace)", str(error))


def bomb(width, height) -> bytes:
    """A png that says it is large."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + picture(FLAG)[33:]
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("width", [9_000, 90_000, 2**31 - 1])
@pytest.mark.parametrize("limit", [Image.MAX_IMAGE_PIXELS, None], ids=["limit", "no limit in Pillow"])
def test_bombs_are_refused_before_they_are_decoded(read, monkeypatch, width, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("decoded"))
    with pytest.raises(ImageError, match=r"more than 89,478,485 pixels; save it smaller"):
        read(bomb(width, 10_000), size=10)


def bad_file(kind, folder):
    path = folder / f"{kind}.jpg"
    contents = {
        "zero bytes": b"",
        "random bytes": np.random.default_rng(0).bytes(5_000),
        "text": b"<!DOCTYPE html>\n" * 99,
        "sound": b"RIFF\x24\0\0\0WAVEfmt ",
    }
    if kind in contents:
        path.write_bytes(contents[kind])
    elif kind == "folder":
        path.mkdir()
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "not permitted":
        path.write_bytes(picture(FLAG, "jpeg"))
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("nothing is forbidden to this user")
    return path


@pytest.mark.parametrize("kind", ["zero bytes", "random bytes", "text", "sound"])
def test_files_that_are_no_pictures(tmp_path, kind):
    path = bad_file(kind, tmp_path)
    with pytest.raises(ImageError, match="empty, or not a picture.*; replace or remove") as error:
        images.read(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("kind", ["missing", "folder", "link to itself", "not permitted"])
def test_files_that_cannot_be_opened(tmp_path, kind):
    path = bad_file(kind, tmp_path)
    with pytest.raises(ImageError, match=r"cannot be opened \(.+\); check the file") as error:
        images.read(path)
    assert str(path) in str(error.value)


def test_many_threads_read_alike_and_leave_no_setting_changed(tmp_path):
    def state():
        return Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters), warnings.showwarning

    before = state()
    for number, (content, *_) in enumerate(COLOURS.values()):
        (tmp_path / str(number)).write_bytes(content)
    paths = sorted(tmp_path.iterdir())
    alone = [images.read(path, size=5) for path in paths]
    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(lambda path: images.read(path, size=5), paths * 5), alone * 5, strict=True):
            np.testing.assert_array_equal(found, expected)
    assert state() == before


def test_real_covers_are_read(real_data, tmp_path):
    if not (real_data / "album-covers.tar").is_file():
        pytest.skip("no album covers in the folder of real data")
    with tarfile.open(real_data / "album-covers.tar") as tar:
        covers = [member for member in tar if member.isfile()][::20]
        for member in covers:
            (tmp_path / "cover").write_bytes(tar.extractfile(member).read())
            array = images.read(tmp_path / "cover")
            assert array.shape == (300, 300, 3), member.name
            small = images.read(tmp_path / "cover", size=30).astype(int)
            assert np.abs(small - array.reshape(30, 10, 30, 10, 3).mean(axis=(1, 3))).mean() < 10, member.name
    assert len(covers) == 50


def test_many_are_read_in_order_and_the_bad_ones_say_why(tmp_path):
    """One folder per class, trained on and predicted as any data set is."""
    import keras

    from cosmic_lib import folders, pipeline

    rng = np.random.default_rng(0)
    for number in range(40):
        label = ("dawn", "dusk")[number % 2]
        path = tmp_path / label / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        colour = (250, 200, 120) if label == "dawn" else (40, 30, 90)
        noise = rng.integers(0, 60, size=(20 + number, 30, 3))
        Image.fromarray(np.clip(noise + colour, 0, 255).astype(np.uint8)).save(path)
    (tmp_path / "dawn" / "broken.jpg").write_bytes(b"not a picture")
    tree = folders.find(tmp_path, images.PICTURES)
    read = list(images.read_many([tmp_path / file for file in tree.files["file"]], size=8))
    assert [path for path, _ in read] == [tmp_path / file for file in tree.files["file"]]
    reasons = [found for _, found in read if isinstance(found, str)]
    assert len(reasons) == 1 and "broken.jpg" in reasons[0]
    usable = [not isinstance(found, str) for _, found in read]
    pictures = np.stack([found for _, found in read if not isinstance(found, str)]) / np.float32(255)
    labels = (tree.files["label"][usable] == "dusk").to_numpy().astype(int)
    pipeline.set_up(seed=0)
    network = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")])
    network.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    network.fit(pipeline.batches(pictures, labels, shuffle_seed=0), epochs=10, shuffle=False, verbose=0)
    predicted = network.predict(pipeline.batches(pictures), verbose=0).argmax(axis=1)
    assert (predicted == labels).mean() > 0.9


@pytest.mark.parametrize("size", [None, 10])
def test_the_middle_can_be_cut_out(tmp_path, size):
    whole = np.zeros((40, 80, 3), dtype=np.uint8)
    whole[10:30, 20:60] = (200, 100, 50)
    Image.fromarray(whole).save(tmp_path / "one.png")
    middle = images.read(tmp_path / "one.png", size=size, share=0.5)
    assert middle.shape == ((20, 40, 3) if size is None else (10, 10, 3))
    assert (middle == (200, 100, 50)).all()


def test_small_pictures_are_refused_where_that_is_asked_for(tmp_path):
    Image.new("RGB", (30, 9)).save(tmp_path / "low.png")
    assert images.read(tmp_path / "low.png", smallest=9).shape == (9, 30, 3)
    with pytest.raises(ImageError, match=r"low.png: has 30 x 9 pixels, fewer than 10"):
        images.read(tmp_path / "low.png", smallest=10)


@pytest.mark.parametrize("share", [0, -1, 1.1])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        images.read("any.png", share=share)
