"""Sound files of every kind are read, or refused with the reason and the remedy."""

from __future__ import annotations

import io
import os
import re
import wave

import numpy as np
import pytest
import soundfile

from cosmic_lib import audio
from cosmic_lib import sound as sound_module
from cosmic_lib.sound import LOUDEST, SAMPLE_RATE, AudioError, read_clip

PUBLISHED = audio.SegmentFeatures()


def tone(hertz, seconds=2.0, rate=SAMPLE_RATE):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def sound(samples, suffix="wav", rate=SAMPLE_RATE, subtype=None) -> bytes:
    """A sound file."""
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples), rate, format=suffix, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate", "channels"),
    [
        ("wav", "PCM_16", 22_050, 1),
        ("wav", "PCM_U8", 22_050, 1),
        ("wav", "PCM_24", 44_100, 2),
        ("wav", "FLOAT", 96_000, 2),
        ("wav", "PCM_16", 8_000, 1),
        ("wav", "PCM_16", 48_000, 6),
        ("au", "PCM_16", 22_050, 1),
        ("au", "ULAW", 8_000, 1),
        ("flac", "PCM_16", 44_100, 2),
    ],
)
def test_any_rate_format_and_number_of_channels(tmp_path, suffix, subtype, rate, channels):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, np.tile(tone(1000, 2.0, rate)[:, np.newaxis], channels), rate, subtype=subtype)
    clip = read_clip(path)
    assert clip.dtype == np.float32
    assert clip.shape == pytest.approx((2 * SAMPLE_RATE,), abs=2)
    spectrum = np.abs(np.fft.rfft(clip))
    assert np.fft.rfftfreq(len(clip), 1 / SAMPLE_RATE)[spectrum.argmax()] == pytest.approx(1000, abs=1)
    assert np.sqrt(np.mean(clip**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_channels_are_averaged(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([tone(440), np.zeros(2 * SAMPLE_RATE)], axis=1), SAMPLE_RATE)
    np.testing.assert_allclose(read_clip(tmp_path / "a.wav"), tone(440) / 2, atol=1e-4)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000])
def test_the_beginning_is_that_of_the_whole(tmp_path, suffix, rate):
    if (suffix, rate) == ("mp3", 96_000):
        pytest.skip("mp3 has no such rate")
    noise = np.random.default_rng(0).normal(scale=0.1, size=(3 * rate, 2))
    (tmp_path / "a").write_bytes(sound(noise, suffix, rate))
    whole, beginning = read_clip(tmp_path / "a"), read_clip(tmp_path / "a", max_samples=22_222)
    assert len(beginning) == 22_222
    np.testing.assert_allclose(beginning, whole[:22_222], rtol=0, atol=0 if rate == SAMPLE_RATE else 1e-6)
    np.testing.assert_array_equal(read_clip(tmp_path / "a", max_samples=10**9), whole)


def test_of_an_hour_only_the_beginning_is_decoded(tmp_path, monkeypatch):
    asked, read = [], soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile,
        "read",
        lambda file, frames, **options: asked.append(frames) or read(file, frames, **options),
    )
    with wave.open(str(tmp_path / "hour.wav"), "wb") as file:
        file.setparams((1, 1, 8_000, 0, "NONE", None))
        file.writeframes((128 + 100 * tone(440, 1, 8_000)).astype(np.uint8).tobytes() * 3600)
    features = audio.cached_features(tmp_path / "hour.wav", PUBLISHED, tmp_path / "cache")
    assert features.shape == (10, 16, 33)
    assert len(asked) == 1
    assert 29.9 < asked[0] / 8_000 < 31


def endless_mp3() -> bytes:
    """An mp3 that says it has four billion frames."""
    content = sound(np.random.default_rng(0).normal(scale=0.1, size=70_000), "mp3")
    count = re.search(rb"(Xing|Info)....", content, re.DOTALL).end()
    return content[:count] + b"\xff" * 4 + content[count + 4 :]


CONTENTS = {
    "zero bytes": b"",
    "random bytes": np.random.default_rng(0).bytes(5_000),
    "counting bytes": bytes(range(256)) * 16,
    "text": b"not a sound\n" * 99,
    "no samples": sound([]),
    "header alone": sound(tone(440))[:44],
    "one sample": sound([0.5]),
    "silent": sound(np.zeros(70_000)),
    "constant": sound(np.full(70_000, 0.3)),
    "not finite": sound([0.1, np.nan, np.inf] * 40_000, subtype="FLOAT"),
    "far too loud": sound(1e30 * tone(440), subtype="FLOAT"),
    "louder than numbers": sound(np.full((70_000, 2), 3e38), subtype="FLOAT"),
    "endless": endless_mp3(),
    "1 Hz": sound(tone(440), rate=1),
    "2 GHz": sound(tone(440), rate=2**31 - 1),
}


def bad_file(kind, folder):
    path = folder / f"{kind}.wav"
    if kind in CONTENTS:
        path.write_bytes(CONTENTS[kind])
    elif kind == "folder":
        path.mkdir()
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "not permitted":
        path.write_bytes(sound(tone(440, 4)))
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("nothing is forbidden to this user")
    return path


def refusal(path, folder, *, cached=True):
    """The message with which a file is refused."""
    with pytest.raises(AudioError) as error:
        audio.cached_features(path, PUBLISHED, folder / "cache") if cached else read_clip(path)
    assert str(error.value).count(str(path)) == 1
    assert re.search("; (replace|remove|export|check|copy|use)", str(error.value)), "no remedy"
    assert not list(folder.glob("cache/**/*.npy"))
    return str(error.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("cached", [True, False], ids=["features", "samples"])
@pytest.mark.parametrize("kind", [*CONTENTS, "missing", "folder", "link to itself", "not permitted"])
def test_bad_files_are_named_with_a_remedy(tmp_path, kind, cached):
    message = refusal(bad_file(kind, tmp_path), tmp_path, cached=cached)
    assert ("cannot be opened" in message) == (kind not in CONTENTS)
    assert "None" not in message


@pytest.mark.parametrize("name", [b"samples.raw", b"K\xf6ln.wav"], ids=["no header expected", "not UTF-8"])
def test_names_that_libsndfile_does_not_take(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    try:
        path.write_bytes(sound(tone(440)))
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    assert "not readable as audio" in refusal(path, tmp_path)


def test_loud_files_are_those_whose_features_would_not_be_numbers(tmp_path):
    (tmp_path / "loud.wav").write_bytes(sound(LOUDEST * np.sign(tone(440, 3.1) + 1e-9), subtype="FLOAT"))
    assert np.isfinite(audio.cached_features(tmp_path / "loud.wav", PUBLISHED, tmp_path / "cache")).all()


def test_a_clip_shorter_than_a_segment_has_no_features(tmp_path):
    (tmp_path / "short.wav").write_bytes(sound(tone(440, 2.9)))
    assert "shorter than one segment" in refusal(tmp_path / "short.wav", tmp_path)


NOISE = np.random.default_rng(0).normal(scale=0.1, size=10 * SAMPLE_RATE)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        ("wav", "PCM_16"),
        ("wav", "PCM_U8"),
        ("wav", "IMA_ADPCM"),
        ("au", "PCM_16"),
        ("aiff", "PCM_16"),
        ("flac", "PCM_16"),
        ("ogg", "VORBIS"),
        ("mp3", "MPEG_LAYER_III"),
    ],
)
def test_files_that_were_cut_off(tmp_path, suffix, subtype, share):
    whole = sound(NOISE, suffix, subtype=subtype)
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole)
    assert len(read_clip(path)) >= len(NOISE)
    path.write_bytes(whole[: int(share * len(whole))])
    message = refusal(path, tmp_path)
    assert "cut off" in message
    there, *promised = (int(number.replace(",", "")) for number in re.findall(r"(?<=\s)\d[\d,]+", message))
    if suffix == "flac":  # its decoder does not say where it stopped
        assert there == len(NOISE)
    else:
        assert there / len(NOISE) == pytest.approx(share, abs=0.2)
        assert promised == ([] if suffix == "ogg" else pytest.approx([len(NOISE)], rel=0.01))


@pytest.mark.parametrize("missing", ["the last page", "most of its header", "its last bytes"])
def test_ogg_files_without_their_end(tmp_path, missing):
    whole = sound(NOISE, "ogg")
    last = whole.rindex(b"OggS")
    length = {"the last page": last, "most of its header": last + 10, "its last bytes": len(whole) - 5}[missing]
    (tmp_path / "cut.ogg").write_bytes(whole[:length])
    assert "cut off" in refusal(tmp_path / "cut.ogg", tmp_path)


def mp3_of_unknown_length() -> bytes:
    """An mp3 without the frame that counts the others, after a tag the size of a small cover picture."""
    file = io.BytesIO()
    soundfile.write(file, NOISE, SAMPLE_RATE, format="mp3", bitrate_mode="CONSTANT", compression_level=0.5)
    content = file.getvalue()
    second = content.index(content[:2], 100)
    return b"ID3\3\0\0\0\1\0\0" + bytes(2**14) + content[second:]


WAV, AU = sound(NOISE), sound(NOISE, "au")
NOT_CUT = {
    "wav written to a pipe": WAV[:4] + b"\xff" * 4 + WAV[8:40] + b"\xff" * 4 + WAV[44:],
    "wav written to another pipe": WAV[:4] + b"\x24\xf0\xff\x7f" + WAV[8:40] + b"\x00\xf0\xff\x7f" + WAV[44:],
    "au written to a pipe": AU[:8] + b"\xff" * 4 + AU[12:],
    "wav with its header off by a little": WAV[:-50],
    "mp3 of unknown length": mp3_of_unknown_length(),
}


@pytest.mark.parametrize("kind", NOT_CUT)
def test_headers_that_do_not_know_the_length(tmp_path, kind):
    (tmp_path / "a").write_bytes(NOT_CUT[kind])
    assert len(read_clip(tmp_path / "a")) == pytest.approx(len(NOISE), rel=0.02)


@pytest.mark.parametrize(
    "name",
    [
        "two  blanks .wav",
        'it\'s "quoted".wav',
        "Köln Übung ß 東京.wav",
        "two\nlines.wav",
        "ü" * 123 + ".wav",
        "-x %s {}.wav",
    ],
    ids=["blanks", "quotes", "umlauts", "newline", "250 bytes", "signs"],
)
def test_names_of_every_kind(tmp_path, name):
    path = tmp_path / name
    try:
        path.write_bytes(sound(tone(440, 3.1)))
    except OSError:
        pytest.skip("this file system has no such names")
    [(found, features)] = audio.extract([path], cache=tmp_path / "cache")
    assert found == path
    assert features.shape == (1, 16, 33)


def test_no_real_clip_is_taken_for_cut_off(real_data):
    paths = sorted(real_data.glob("gtzan/genres/*/*.wav"))
    if not paths:
        pytest.skip("no GTZAN clips in the folder of real data")
    for path in paths:
        assert len(read_clip(path, max_samples=22_050)) == 22_050


def test_librosa_is_compiled_by_one_process_at_a_time(monkeypatch):
    import filelock
    import librosa

    seen = []

    class Lock(filelock.FileLock):
        def __exit__(self, *error):
            seen.append("released")
            super().__exit__(*error)

    monkeypatch.setattr(filelock, "FileLock", Lock)
    monkeypatch.setattr(librosa, "piptrack", lambda **arguments: seen.append("compiled"))
    assert sound_module.librosa.__wrapped__() is librosa
    assert seen == ["compiled", "released"]
