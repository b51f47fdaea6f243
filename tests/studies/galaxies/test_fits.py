"""FITS files are shown as astronomers see them, or refused with the reason and the remedy."""

from __future__ import annotations

import builtins
import gzip

import numpy as np
import pytest

from cosmic_lib import images
from cosmic_lib.images import ImageError
from cosmic_lib.studies.galaxies import fits

astropy_fits = pytest.importorskip("astropy.io.fits")


def galaxy(height=40, width=60) -> np.ndarray:
    """A sky with a core of a thousandfold brightness, in the lower left as a screen shows it: at the first rows."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - 10, x - 15)
    return 100 + 1000 * np.exp(-distance / 3) + np.random.default_rng(0).normal(size=(height, width))


@pytest.fixture
def save(tmp_path):
    """`save(array, ...)`: a FITS file of these pictures; None is a part without one."""

    def save(*arrays, name="picture.fits", **options):
        first = astropy_fits.PrimaryHDU(arrays[0])
        parts = [first, *(astropy_fits.ImageHDU(array) for array in arrays[1:])]
        astropy_fits.HDUList(parts).writeto(tmp_path / name, **options)
        return tmp_path / name

    return save


def test_a_galaxy_is_bright_on_a_dark_sky_with_its_first_row_at_the_bottom(save):
    shown = fits.read(save(galaxy()))
    assert shown.shape == (40, 60, 3) and shown.dtype == np.uint8
    assert (shown == shown[..., :1]).all(), "grey"
    assert np.unravel_index(shown[..., 0].argmax(), (40, 60))[0] > 25
    assert shown.max() == 255 and np.median(shown) < 100
    at = (29, 15)  # row 10 from below
    assert shown[at][0] == 255
    black, white = np.percentile(galaxy(), (fits.DARKEST, fits.BRIGHTEST))
    assert 2 * 255 * (galaxy()[10, 24] - black) / (white - black) < shown[29, 24, 0] < 255, "faint parts show, too"


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_numbers_of_every_kind_look_alike(save, kind):
    scaled = np.round(galaxy() / 6).clip(0)
    np.testing.assert_array_equal(fits.read(save(scaled.astype(kind))), fits.read(save(scaled, name="b.fits")))


@pytest.mark.parametrize("name", ["a.fits", "a.fit", "a.fts", "a.fits.gz", "a.FITS.GZ"])
def test_packed_or_not(save, tmp_path, name):
    expected = fits.read(save(galaxy()))
    content = (tmp_path / "picture.fits").read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.lower().endswith("gz") else content)
    np.testing.assert_array_equal(fits.read(tmp_path / name), expected)
    np.testing.assert_array_equal(fits.read(str(tmp_path / name)), expected)
    assert name.lower().endswith(fits.ENDINGS)


def test_three_planes_are_colours_wherever_their_axis_is(save):
    planes = np.stack([galaxy(), galaxy() / 2 + 50, np.full((40, 60), 100.0)])
    shown = fits.read(save(planes))
    np.testing.assert_array_equal(fits.read(save(np.moveaxis(planes, 0, 2), name="last.fits")), shown)
    red, green, blue = shown[29, 24].astype(int)
    assert red > green > blue
    grey = fits.read(save(galaxy(), name="grey.fits"))
    for number, array in enumerate((galaxy()[np.newaxis], galaxy()[np.newaxis, np.newaxis], galaxy()[..., np.newaxis])):
        np.testing.assert_array_equal(fits.read(save(array, name=f"{number}.fits")), grey)


def test_the_first_picture_is_taken_also_where_it_is_packed_in_a_table(save, tmp_path):
    expected = fits.read(save(galaxy()))
    lists = save(None, np.arange(5.0), galaxy(), np.zeros((7, 7)), name="many.fits")
    np.testing.assert_array_equal(fits.read(lists), expected)
    packed = astropy_fits.CompImageHDU(np.round(galaxy()).astype(np.int32), compression_type="RICE_1")
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), packed]).writeto(tmp_path / "packed.fits")
    np.testing.assert_array_equal(
        fits.read(tmp_path / "packed.fits"), fits.read(save(np.round(galaxy()), name="r.fits"))
    )


def test_pixels_without_a_number_are_black_and_change_no_other(save):
    holes = galaxy()
    holes[:3, :4], holes[3, :4] = np.nan, np.inf
    shown, whole = fits.read(save(holes)), fits.read(save(galaxy(), name="whole.fits"))
    assert not shown[-4:, :4].any()
    assert np.abs(shown[:-4].astype(int) - whole[:-4]).max() <= 2
    blank = np.round(galaxy()).astype(np.int16)
    part = astropy_fits.PrimaryHDU(blank)
    part.header["BLANK"] = int(blank[0, 0])
    part.writeto(save(galaxy(), name="blank.fits"), overwrite=True)
    assert not fits.read(save(galaxy(), name="other.fits").with_name("blank.fits"))[-1, 0].any()


def test_even_pictures_and_a_single_star_are_shown(save):
    assert not fits.read(save(np.full((20, 20), 7.0))).any()
    star = np.zeros((20, 20))
    star[4, 5] = 1e-4
    shown = fits.read(save(star, name="star.fits"))
    assert shown[15, 5].tolist() == [255] * 3 and (shown > 0).sum() == 3


def test_one_wild_pixel_decides_nothing(save):
    wild = galaxy()
    wild[30, 50], wild[31, 51] = 1e9, -1e9
    shown, calm = fits.read(save(wild)).astype(int), fits.read(save(galaxy(), name="calm.fits"))
    assert np.abs(shown - calm).mean() < 5


def test_files_without_a_picture_are_refused(save, tmp_path):
    table = astropy_fits.BinTableHDU.from_columns([astropy_fits.Column("flux", "E", array=np.arange(4.0))], name="CAT")
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), table]).writeto(tmp_path / "table.fits")
    with pytest.raises(ImageError, match=r"table.fits: holds no picture .*only primary, cat"):
        fits.read(tmp_path / "table.fits")
    for number, array in enumerate((np.arange(9.0), np.zeros((5, 6, 7)), np.zeros((2, 3, 4, 5)))):
        with pytest.raises(ImageError, match="holds no picture"):
            fits.read(save(array, name=f"{number}.fits"))
    with pytest.raises(ImageError, match="only undefined pixels"):
        fits.read(save(np.full((4, 4), np.nan), name="nan.fits"))


@pytest.mark.filterwarnings("ignore")
def test_a_giant_is_refused_before_it_is_read(save, monkeypatch, tmp_path):
    header = astropy_fits.Header(
        [("SIMPLE", True), ("BITPIX", -64), ("NAXIS", 2), ("NAXIS1", 100_000), ("NAXIS2", 10_000)]
    )
    (tmp_path / "giant.fits").write_bytes(header.tostring().encode())
    with pytest.raises(ImageError, match=r"giant.fits: has more than .* pixels"):
        fits.read(tmp_path / "giant.fits")
    monkeypatch.setattr(fits, "MAX_PIXELS", 40 * 60)
    assert fits.read(save(galaxy())).shape == (40, 60, 3)
    assert fits.read(save(np.stack([galaxy()] * 3), name="rgb.fits")).shape == (40, 60, 3)
    with pytest.raises(ImageError, match="has more than"):
        fits.read(save(galaxy(41), name="more.fits"))
    with pytest.raises(ImageError, match="has more than"):
        fits.read(save(np.stack([galaxy(41)] * 3), name="more_rgb.fits"))


@pytest.mark.filterwarnings("ignore")
def test_broken_and_foreign_files_are_refused(save, tmp_path):
    content = save(galaxy()).read_bytes()
    broken = {
        "empty.fits": b"",
        "text.fits": b"no picture " * 500,
        "header.fits": content[:1000],
        "cut.fits": content[:9000],
        "cut.fits.gz": gzip.compress(content)[:9000],
        "damaged.fits": content[:160] + b"\xff" * 200 + content[360:],
        "picture.jpg.fits": b"\xff\xd8\xff\xe0" + bytes(3000),
    }
    for name, bad in broken.items():
        (tmp_path / name).write_bytes(bad)
        with pytest.raises(ImageError, match=f"^{tmp_path / name}: .*(again|permissions|alone)$"):
            fits.read(tmp_path / name)
    with pytest.raises(ImageError, match="cannot be opened"):
        fits.read(tmp_path / "nowhere.fits")
    with pytest.raises(ImageError, match="cannot be opened"):
        fits.read(tmp_path)


def test_without_astropy_the_remedy_is_named(save, monkeypatch):
    path, imported = save(galaxy()), builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("astropy"):
            raise ModuleNotFoundError(name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(images.ImageError, match=r"picture.fits: .*needs astropy; install it with: pip install astropy"):
        fits.read(path)
