"""Whatever a file holds, the readers give an array that can be used, or say why there is none.

COSMIC_FUZZ=20000 tries as many files in each test.
"""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from cosmic_lib import audio, images

MAX_SAMPLES = 2_000
FUZZ = settings(
    max_examples=int(os.environ.get("COSMIC_FUZZ", "400")),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def sound(suffix: str, subtype: str, rate: int = 22_050, channels: int = 1) -> bytes:
    rng = np.random.default_rng(0)
    samples = np.sin(np.arange(1_500) / 20)[:, np.newaxis] / 3 + rng.normal(scale=0.01, size=(1_500, channels))
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=suffix, subtype=subtype)
    return file.getvalue()


def picture(suffix: str, array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, suffix, **options)
    return file.getvalue()


SOUNDS = {
    "wav": sound("wav", "PCM_16"),
    "wav of numbers": sound("wav", "FLOAT", channels=2),
    "au": sound("au", "ULAW", 8_000),
    "flac": sound("flac", "PCM_16", 44_100, channels=2),
    "ogg": sound("ogg", "VORBIS"),
    "mp3": sound("mp3", "MPEG_LAYER_III"),
}
COLOURS = np.random.default_rng(0).integers(0, 256, size=(12, 10, 3), dtype=np.uint8)
TURNED = Image.Exif()
TURNED[ExifTags.Base.Orientation] = 6
PICTURES = {
    "png": picture("png", COLOURS),
    "png of 16 bits": picture("png", COLOURS[..., 0] * np.uint16(257)),
    "jpeg": picture("jpeg", COLOURS, exif=TURNED),
    "progressive jpeg": picture("jpeg", COLOURS, progressive=True),
    "gif": picture("gif", COLOURS),
}


@st.composite
def damaged(draw, files: dict[str, bytes]) -> bytes:
    """A valid file in which some stretches were overwritten, taken out, or put in twice, or that was cut off."""
    content = draw(st.sampled_from(sorted(files.values())))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 64))
        before, stretch, after = content[:start], content[start : start + length], content[start + length :]
        overwritten = draw(st.binary(min_size=len(stretch), max_size=len(stretch)))
        content = before + draw(st.sampled_from([overwritten + after, after, stretch + stretch + after, b""]))
    return content


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "file"


def assert_read_or_refused(read, error, path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        array = read(path)
    except error as refusal:
        assert str(path) in str(refusal)
        assert ";" in str(refusal), "no remedy"
    else:
        assert_usable(array)


def assert_usable(array: np.ndarray) -> None:
    if array.ndim == 1:
        assert array.dtype == np.float32
        assert len(array) <= MAX_SAMPLES
        assert np.isfinite(array).all()
    else:
        assert array.dtype == np.uint8
        assert array.size and array.size <= 3 * images.MAX_PIXELS
        assert array.shape[2:] == (3,)


def read_clip(path):
    return audio.read_clip(path, max_samples=MAX_SAMPLES)


@pytest.mark.parametrize(("files", "read"), [(SOUNDS, read_clip), (PICTURES, images.read)], ids=["sounds", "pictures"])
def test_the_files_to_be_damaged_are_whole(file, files, read):
    for content in files.values():
        file.write_bytes(content)
        assert_usable(read(file))


@FUZZ
@given(content=damaged(SOUNDS))
def test_damaged_sounds(file, content):
    assert_read_or_refused(read_clip, audio.AudioError, file, content)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it then refuses
@FUZZ
@given(content=damaged(PICTURES), size=st.sampled_from([None, 4, (3, 5)]))
def test_damaged_pictures(file, content, size):
    assert_read_or_refused(lambda path: images.read(path, size=size), images.ImageError, file, content)


@pytest.mark.filterwarnings("ignore")
@FUZZ
@given(content=st.binary(max_size=300))
def test_random_bytes(file, content):
    assert_read_or_refused(read_clip, audio.AudioError, file, content)
    assert_read_or_refused(images.read, images.ImageError, file, content)
