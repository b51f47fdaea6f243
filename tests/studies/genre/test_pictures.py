"""Pictures drawn from sound show what is heard and nothing else; of ready-made ones, the margin can be told apart."""

import numpy as np
import pytest
import soundfile
from PIL import Image

from cosmic_lib import audio, images, store
from cosmic_lib.audio import SAMPLE_RATE, SegmentFeatures
from cosmic_lib.images import ImageError
from cosmic_lib.studies.genre import pictures

from ...test_sound import tone

NOISE = np.random.default_rng(0).normal(scale=0.1, size=660_000).astype(np.float32)
LENGTHS = pytest.mark.parametrize("length", [66_000, 660_000], ids=["3 s", "30 s"])


def brightness(samples, **options) -> np.ndarray:
    """Of each pixel of the rendered picture, 0 to 765."""
    return pictures.render(samples, **options).astype(int).sum(axis=2)


DARKEST = brightness(np.zeros(66_000))[0, 0]


@LENGTHS
@pytest.mark.parametrize("size", [pictures.SIZE, 48, 300])
def test_a_picture_is_a_square_of_rgb(length, size):
    samples = NOISE[:length].copy()
    samples.flags.writeable = False
    picture = pictures.render(samples, size=size)
    assert picture.shape == (size, size, 3) and picture.dtype == np.uint8
    np.testing.assert_array_equal(pictures.render(samples, size=size), picture)


@LENGTHS
def test_low_tones_are_at_the_bottom_and_high_ones_at_the_top(length):
    seconds = length / SAMPLE_RATE
    rows = [brightness(tone(hertz, seconds)).mean(axis=1).argmax() for hertz in (60, 250, 1000, 4000, 10_500)]
    assert rows == sorted(rows, reverse=True)
    assert rows[0] > 0.95 * pictures.SIZE and rows[-1] < 0.05 * pictures.SIZE
    assert min(-np.diff(rows)) > 5, "not a scale of pitch"


@LENGTHS
@pytest.mark.parametrize("moment", [0.1, 0.5, 0.8])
def test_time_runs_from_left_to_right(length, moment):
    clip = np.zeros(length)
    clip[int(moment * length)] = 1
    heard = np.flatnonzero((brightness(clip) > DARKEST).any(axis=0))
    assert heard.mean() == pytest.approx(moment * pictures.SIZE, abs=3)
    assert np.ptp(heard) < 10


def test_no_moment_is_overlooked():
    """The study's hop is wider than its window (fault T2); a click anywhere must show here."""
    for place in np.random.default_rng(0).integers(1_000, 659_000, size=20):
        clip = np.zeros(660_000)
        clip[place] = 1
        assert (brightness(clip) > DARKEST).any(), place


@LENGTHS
def test_silence_is_dark(length):
    clip = NOISE[:length].copy()
    clip[length // 2 :] = 0
    shown = brightness(clip)
    assert (shown[:, 100:] == DARKEST).all()
    assert (shown[:, :80] > DARKEST).all()


@pytest.mark.parametrize("scale", [2.0**-70, 0.5, 2.0**60])
def test_the_volume_of_a_recording_does_not_show(scale):
    np.testing.assert_array_equal(pictures.render(NOISE[:66_000] * scale), pictures.render(NOISE[:66_000]))


@pytest.mark.parametrize(("below", "seen"), [(20, True), (70, True), (90, False)])
def test_eighty_decibels_are_shown(below, seen):
    loud, faint = tone(250, 3.0), tone(6000, 3.0) * 10 ** (-below / 20)
    upper_third = brightness(loud + faint)[:60]
    assert (upper_third > DARKEST).any() == seen


def test_a_smaller_picture_is_the_same_one_averaged():
    small = brightness(NOISE, size=45)
    np.testing.assert_allclose(small, brightness(NOISE).reshape(45, 4, 45, 4).mean(axis=(1, 3)), atol=60)


@pytest.mark.parametrize(
    ("samples", "size", "message"),
    [
        (NOISE[:2_047], 180, r"shape \(2047,\); give one channel of 2,048 samples"),
        (NOISE.reshape(-1, 2), 180, "give one channel"),
        (np.full(66_000, np.nan), 180, "not finite.*; leave them out"),
        (np.where(np.arange(66_000) == 9, np.inf, 0), 180, "not finite"),
        (NOISE[:66_000], 0, "size is 0; give height and width"),
    ],
    ids=["too short", "two channels", "not a number", "infinite", "no pixels"],
)
def test_what_cannot_be_rendered_is_refused(samples, size, message):
    with pytest.raises(ValueError, match=message):
        pictures.render(samples, size=size)


@pytest.fixture
def clips(tmp_path):
    """Two clips of two segments and a bit, and between them one that is broken and one that is too short."""
    folder = tmp_path / "clips"
    folder.mkdir()
    loud_then_quiet = tone(300, 7.0) * np.where(np.arange(7 * SAMPLE_RATE) < 66_000, 1, 0.001)
    soundfile.write(folder / "a.wav", loud_then_quiet, SAMPLE_RATE, subtype="FLOAT")
    (folder / "b.wav").write_bytes(b"broken")
    soundfile.write(folder / "c.wav", tone(300, 2.9), SAMPLE_RATE)
    soundfile.write(folder / "d.wav", tone(900, 7.0), SAMPLE_RATE)
    return sorted(folder.iterdir())


def extract(clips, tmp_path, **options):
    return list(pictures.extract(clips, cache=tmp_path / "cache", **options))


@pytest.mark.parametrize("segments", [False, True], ids=["clips", "segments"])
def test_pictures_of_many_files_and_the_reason_where_there_is_none(clips, tmp_path, segments):
    found = extract(clips, tmp_path, segments=segments, size=60)
    assert [path for path, _ in found] == clips
    for number, reason in ((1, "not readable as audio"), (2, "shorter than one segment")):
        assert str(clips[number]) in found[number][1] and reason in found[number][1]
    for path, drawn in (found[0], found[3]):
        clip = audio.read_clip(path)
        parts = audio.cut(clip) if segments else [clip]
        assert drawn.shape == (len(parts), 60, 60, 3) and drawn.dtype == np.uint8
        np.testing.assert_array_equal(drawn, [pictures.render(part, size=60) for part in parts])


def test_no_more_of_a_clip_is_drawn_than_the_settings_say(clips, tmp_path):
    settings = SegmentFeatures(clip_samples=80_000, segments=4)
    (_, whole), (_, parts) = (
        extract(clips[:1], tmp_path, settings=settings, segments=segments)[0] for segments in (False, True)
    )
    clip = audio.read_clip(clips[0])[:80_000]
    np.testing.assert_array_equal(whole, [pictures.render(clip)])
    np.testing.assert_array_equal(parts, [pictures.render(part) for part in clip.reshape(4, 20_000)])


@pytest.fixture
def drawn(monkeypatch):
    """List that grows by one entry per picture drawn."""
    calls, render = [], pictures.render
    monkeypatch.setattr(pictures, "render", lambda *args, **options: calls.append(args) or render(*args, **options))
    return calls


def test_the_cache_is_used(clips, tmp_path, drawn):
    first = extract(clips[:1], tmp_path)[0][1]
    moved = clips[0].rename(tmp_path / "moved.wav")
    features_alone_differ = SegmentFeatures(hop_length=512)
    np.testing.assert_array_equal(extract([moved], tmp_path, settings=features_alone_differ)[0][1], first)
    assert len(drawn) == 1


@pytest.mark.parametrize("what", ["content", "size", "segments", "settings", "code", "another shape", "another type"])
def test_the_cache_is_renewed(clips, tmp_path, drawn, monkeypatch, what):
    before = extract(clips[:1], tmp_path)[0][1]
    options = {}
    if what == "content":
        soundfile.write(clips[0], tone(500, 7.0), SAMPLE_RATE)
    elif what == "size":
        options = {"size": 90}
    elif what == "segments":
        options = {"segments": True}
    elif what == "settings":
        options = {"settings": SegmentFeatures(clip_samples=132_000, segments=2)}
    elif what == "code":
        monkeypatch.setattr(store, "source_fingerprint", lambda *modules: "of edited code")
    else:
        (stored,) = (tmp_path / "cache").rglob("*.npy")
        damage = {"another shape": (b"(1, 180, 180, 3)", b"(1, 180, 3, 180)"), "another type": (b"|u1", b"|i1")}[what]
        stored.write_bytes(stored.read_bytes().replace(*damage))
    after = extract(clips[:1], tmp_path, **options)[0][1]
    assert len(drawn) == (3 if what == "segments" else 2)
    assert np.array_equal(before, after) == (what in ("code", "another shape", "another type"))


def test_the_code_that_draws_is_part_of_the_key(clips, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(store, "source_fingerprint", lambda *modules: asked.extend(modules) or "")
    extract(clips[:1], tmp_path)
    assert set(asked) == {"cosmic_lib.studies.genre.pictures", "cosmic_lib.audio", "cosmic_lib.sound"}


def test_pictures_and_features_may_share_a_cache(clips, tmp_path):
    drawn = extract(clips[:1], tmp_path)[0][1]
    features = audio.cached_features(clips[0], SegmentFeatures(), tmp_path / "cache")
    assert features.shape == (2, 16, 33) and features.dtype == np.float32
    np.testing.assert_array_equal(extract(clips[:1], tmp_path)[0][1], drawn)


def spectrogram(height=40, width=60) -> np.ndarray:
    """A made-up ready-made picture; a row, a column and a corner are white, yet no row or column at the border."""
    drawing = np.random.default_rng(0).integers(0, 255, size=(height, width, 3)).astype(np.uint8)
    drawing[height // 2] = drawing[:, width // 3] = drawing[0, 0] = 255
    return drawing


def framed(drawing, kind, top, bottom, left, right):
    """The drawing with a margin of so many pixels, white or transparent."""
    sides = ((top, bottom), (left, right), (0, 0))
    picture = np.pad(drawing, sides, constant_values=0 if kind == "transparent black" else 255)
    if kind == "white without alpha":
        return picture
    alpha = np.pad(np.full_like(drawing[..., :1], 255), sides, constant_values=0 if "transparent" in kind else 255)
    return np.concatenate([picture, alpha], axis=2)


def saved(path, picture):
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(path)
    return path


KINDS = ("white without alpha", "white", "transparent white", "transparent black")
MARGINS = {
    "none": (0, 0, 0, 0),
    "all round": (8, 6, 9, 7),
    "left alone": (0, 0, 11, 0),
    "bottom alone": (0, 1, 0, 0),
    "wide": (50, 0, 90, 200),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", MARGINS)
@pytest.mark.parametrize("size", [pictures.SIZE, 31])
def test_the_margin_is_cut_off_to_the_pixel(tmp_path, kind, where, size):
    drawing = spectrogram()
    picture = framed(drawing, kind, *MARGINS[where])
    path = saved(tmp_path / "a.png", picture)
    expected = images.read(saved(tmp_path / "b.png", drawing), size=size)
    found = pictures.read(path, size=size)
    assert found.dtype == np.uint8 and found.shape == (size, size, 3)
    np.testing.assert_array_equal(found, expected)
    share = 1 - drawing[..., 0].size / picture[..., 0].size
    assert pictures.margin(path) == pytest.approx(share)
    assert (pictures.margin(path) == 0) == (where == "none")


def test_the_margin_stays_where_it_is_asked_for(tmp_path):
    """As the study did, "nothing else": resized with all that is on it."""
    path = saved(tmp_path / "a.png", framed(spectrogram(216, 334), "transparent black", 35, 37, 54, 44))  # as on Kaggle
    kept = pictures.read(path, crop=False)
    np.testing.assert_array_equal(kept, images.read(path, size=pictures.SIZE))
    assert (kept[:15] == 255).all() and (kept[:, :15] == 255).all()
    assert pictures.margin(path) == pytest.approx(1 - 216 * 334 / (288 * 432))


@pytest.mark.parametrize("shade", [0, 4, 254])
def test_a_border_of_the_spectrogram_itself_is_not_cut_off(tmp_path, shade):
    drawing = spectrogram()
    drawing[:5] = drawing[-3:] = drawing[:, :4] = drawing[:, -6:] = shade
    path = saved(tmp_path / "a.png", drawing)
    assert pictures.margin(path) == 0
    np.testing.assert_array_equal(pictures.read(path), images.read(path, size=pictures.SIZE))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "P with a transparent colour", "1"])
def test_grey_and_palette(tmp_path, mode):
    grey = np.pad(spectrogram()[..., 0], ((3, 5), (7, 2)), constant_values=255)
    picture = Image.fromarray(grey > 100) if mode == "1" else Image.fromarray(grey).convert(mode.split()[0])
    picture.save(tmp_path / "a.png", **({"transparency": 255} if "transparent" in mode else {}))
    inner = images.read(tmp_path / "a.png")[3:-5, 7:-2]
    np.testing.assert_array_equal(
        pictures.read(tmp_path / "a.png"), images.read(saved(tmp_path / "b.png", inner), size=pictures.SIZE)
    )
    assert pictures.margin(tmp_path / "a.png") == pytest.approx(1 - 40 * 60 / (48 * 69))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "ask",
    [pictures.read, lambda path: pictures.read(path, crop=False), pictures.margin],
    ids=["cropped", "not cropped", "margin"],
)
def test_a_picture_with_nothing_on_it_is_refused(tmp_path, kind, ask):
    path = saved(tmp_path / "empty.png", framed(np.full((4, 4, 3), 255, np.uint8), kind, 3, 3, 3, 3))
    with pytest.raises(ImageError, match=r"empty\.png: white or transparent throughout; replace or remove"):
        ask(path)


def test_no_size_below_one(tmp_path):
    with pytest.raises(ValueError, match="from 1 up"):
        pictures.read(saved(tmp_path / "a.png", spectrogram()), size=0)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_many_are_read_in_order_and_the_bad_ones_say_why(tmp_path, monkeypatch, threads):
    monkeypatch.setenv("COSMIC_THREADS", threads)
    paths = [
        saved(tmp_path / f"{99 - number}.png", framed(spectrogram(20 + number), "white", 2, 2, 2, 2))
        for number in range(20)
    ]
    paths[3].write_bytes(b"broken")
    saved(paths[5], np.full((9, 9), 255, np.uint8))
    found = list(pictures.read_many(paths, size=24, crop=False))
    assert [path for path, _ in found] == paths
    for number, (path, picture) in enumerate(found):
        if number in (3, 5):
            assert str(path) in picture and "; replace or remove" in picture
        else:
            np.testing.assert_array_equal(picture, pictures.read(path, size=24, crop=False))
    assert not np.array_equal(found[0][1], next(pictures.read_many(paths[:1], size=24))[1])


def make_set(root, *files):
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        saved(root / file, spectrogram(4, 4)) if file.endswith(".png") else (root / file).write_bytes(b"")


@pytest.mark.parametrize("layout", ["images_original", "img_data", "Data/images_original"])
def test_every_layout_is_found(tmp_path, layout):
    make_set(tmp_path / layout, "metal/metal00001.png", "blues/blues00010.png", "blues/blues00002.png")
    table, strangers = pictures.find_pictures(tmp_path)
    assert not strangers
    assert table.to_dict("list") == {
        "file": [f"{layout}/{file}.png" for file in ("blues/blues00002", "blues/blues00010", "metal/metal00001")],
        "label": ["blues", "blues", "metal"],
        "track": ["blues.00002", "blues.00010", "metal.00001"],
    }


def test_what_does_not_belong_is_named(tmp_path):
    odd = {
        "blues/blues.00001.png": "not named <genre>NNNNN.png",
        "blues/blues00001.jpg": "not named <genre>NNNNN.png",
        "blues/metal00001.png": "named metal in folder blues",
        "copy/blues/blues00000.png": "named blues in folder copy/blues",
        "blues00000.png": "named blues in folder .",
        "readme.txt": "not named <genre>NNNNN.png",
    }
    make_set(tmp_path / "img_data", "blues/blues00000.png", *odd)
    (tmp_path / "img_data" / "away").symlink_to(tmp_path)
    table, strangers = pictures.find_pictures(tmp_path)
    assert table["track"].tolist() == ["blues.00000"]
    assert dict(strangers) == {
        **{f"img_data/{file}": reason for file, reason in odd.items()},
        "img_data/away": "a link to another folder is not followed",
    }


def test_a_root_without_pictures_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="images_original/, img_data/, Data/images_original/; give the folder"):
        pictures.find_pictures(tmp_path)
    make_set(tmp_path / "img_data", "blues/blues.png")
    with pytest.raises(ValueError, match=r"no file <genre>/<genre>NNNNN\.png in it; check the folder"):
        pictures.find_pictures(tmp_path)


def test_real_pictures(real_data):
    if not (real_data / "gtzan" / "img_data").is_dir():
        pytest.skip("no pictures of GTZAN in the folder of real data")
    table, strangers = pictures.find_pictures(real_data / "gtzan")
    assert not strangers and len(table) == 70
    assert (table["label"].value_counts() == 7).all() and table["label"].nunique() == 10
    paths = [real_data / "gtzan" / file for file in table["file"]]
    for path, picture in pictures.read_many(paths, size=48):
        for border in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
            assert (border != 255).any(), path
    for _, picture in pictures.read_many(paths[::10], size=48, crop=False):
        assert (picture[:4] == 255).all() and (picture[:, -4:] == 255).all()
    for path in paths[::10]:
        assert 0.2 < pictures.margin(path) < 0.6


def test_real_clips_have_a_picture_each_of_their_own(real_data, tmp_path):
    paths = sorted(real_data.glob("gtzan/genres/*/*.00000.wav"))[:4]
    if not paths:
        pytest.skip("no GTZAN clips in the folder of real data")
    drawn = [found for _, found in extract(paths, tmp_path, size=48)]
    assert {found.shape for found in drawn} == {(1, 48, 48, 3)}
    assert len({found.tobytes() for found in drawn}) == len(paths)
    for found in drawn:
        assert found[0, :24].mean() < found[0, 24:].mean(), "music is louder below than above"
    segments = next(pictures.extract(paths[:1], cache=tmp_path / "cache", segments=True))[1]
    assert len(segments) == len(audio.cut(audio.read_clip(paths[0])))
