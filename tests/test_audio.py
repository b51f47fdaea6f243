"""Clips to segments, features that are librosa's own, and a cache that can be trusted."""

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from threadpoolctl import threadpool_info, threadpool_limits

from cosmic_lib import audio, parallel, store
from cosmic_lib.audio import SAMPLE_RATE, SegmentFeatures

from .test_sound import tone

PUBLISHED = SegmentFeatures()
DENSE = SegmentFeatures(hop_length=512)
OTHER = SegmentFeatures(n_fft=2048, hop_length=3000, n_mfcc=20, n_contrast_bands=4, n_chroma=24)
TIME = np.arange(PUBLISHED.segment_samples) / SAMPLE_RATE


def sounds() -> dict[str, np.ndarray]:
    """Segments that are hard in different ways."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=len(TIME))
    chord = sum(np.sin(2 * np.pi * hertz * TIME) for hertz in (261.6, 329.6, 392.0)) / 4
    click = np.zeros(len(TIME))
    click[::9000] = 1
    made = {
        "noise": 0.1 * noise,
        "faint noise": 1e-5 * noise,
        "tone": np.sin(2 * np.pi * 440 * TIME),
        "tone out of tune": 0.3 * np.sin(2 * np.pi * 452.3 * TIME),
        "high tone": np.sin(2 * np.pi * 9000 * TIME),
        "chord": chord + 0.001 * noise,
        "fading chord": chord * np.exp(-4 * TIME),
        "glide": np.sin(2 * np.pi * (200 * TIME + 300 * TIME**2)),
        "clicks": click,
        "silence": np.zeros(len(TIME)),
        "half silence": np.where(TIME < 1.5, chord, 0),
    }
    return {name: samples.astype(np.float32) for name, samples in made.items()}


def by_librosa(segment, settings):
    """The features of one segment as a student would write them down."""
    librosa = audio.librosa()
    common = {
        "y": segment, "sr": SAMPLE_RATE, "n_fft": settings.n_fft, "hop_length": settings.hop_length, "center": False
    }  # fmt: skip
    rows = [
        librosa.feature.mfcc(**common, n_mfcc=settings.n_mfcc),
        librosa.feature.spectral_contrast(**common, n_bands=settings.n_contrast_bands),
        librosa.feature.spectral_centroid(**common),
        librosa.feature.chroma_stft(**common, n_chroma=settings.n_chroma),
    ]
    return np.concatenate(rows).T


def assert_parity(segments, settings):
    ours = audio.features(segments, settings)
    theirs = np.stack([by_librosa(segment, settings) for segment in segments])
    assert ours.shape == theirs.shape == (len(segments), *settings.shape)
    assert ours.dtype == np.float32
    scale = np.maximum(np.abs(theirs).max(axis=(0, 1)), 1)  # of each feature; below 1 dB or 1 Hz there is but rounding
    np.testing.assert_allclose(ours / scale, theirs / scale, rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings("ignore:Trying to estimate tuning:UserWarning")  # librosa on silence
@pytest.mark.parametrize("settings", [PUBLISHED, DENSE, OTHER], ids=["published", "hop 512", "other settings"])
@pytest.mark.parametrize("name", sounds())
def test_features_are_those_of_librosa_segment_by_segment(name, settings):
    assert_parity(sounds()[name][np.newaxis], settings)


@pytest.mark.filterwarnings("ignore:Trying to estimate tuning:UserWarning")
def test_segments_do_not_touch_each_other():
    """A loud segment beside a quiet one moves neither: the floor of decibels and the tuning are each segment's own."""
    assert_parity(np.stack(list(sounds().values())), PUBLISHED)


@pytest.mark.parametrize(("settings", "clips"), [(PUBLISHED, 10), (DENSE, 2)], ids=["published", "hop 512"])
def test_parity_on_real_clips(real_data, settings, clips):
    paths = sorted(real_data.glob("gtzan/genres/*/*.00000.wav"))[:clips]
    if not paths:
        pytest.skip("no GTZAN clips in the folder of real data")
    for path in paths:
        assert_parity(audio.cut(audio.read_clip(path), settings)[:4], settings)


def test_shape_and_names():
    assert PUBLISHED.shape == (16, 33)
    for settings in (PUBLISHED, DENSE, OTHER):
        assert len(set(settings.names())) == len(settings.names()) == settings.shape[1]
    assert audio.features(np.empty((0, PUBLISHED.segment_samples), np.float32)).shape == (0, 16, 33)


def test_three_quarters_of_the_audio_are_never_looked_at():
    """What `coverage` leaves out can be anything; what it counts in cannot."""
    segment = sounds()["chord"]
    seen = audio.coverage_mask(PUBLISHED)
    noise = np.random.default_rng(1).normal(size=len(segment)).astype(np.float32)
    published = audio.features(segment[np.newaxis])
    np.testing.assert_array_equal(audio.features(np.where(seen, segment, noise)[np.newaxis]), published)
    assert not np.allclose(audio.features(np.where(seen, noise, segment)[np.newaxis]), published, rtol=0.01)
    assert audio.coverage(PUBLISHED) == seen.mean() == pytest.approx(1 / 4, abs=0.01)


def test_a_hop_of_512_looks_at_all_of_it():
    assert audio.coverage(DENSE) > 0.98


@pytest.mark.parametrize("extra", [0, 1, 65_999])
@pytest.mark.parametrize("whole", [0, 1, 7, 10, 12])
def test_short_clips_give_fewer_segments(whole, extra):
    clip = np.arange(whole * PUBLISHED.segment_samples + extra, dtype=np.float32)
    segments = audio.cut(clip)
    assert segments.shape == (min(whole, 10), 66_000)
    np.testing.assert_array_equal(segments.ravel(), clip[: segments.size])


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, tone(440, 6.1), SAMPLE_RATE)
    return path


@pytest.fixture
def computed(monkeypatch):
    """List that grows by one entry per computation of features."""
    calls, compute = [], audio.features
    monkeypatch.setattr(audio, "features", lambda *args: calls.append(args) or compute(*args))
    return calls


def test_cache_is_used(clip, tmp_path, computed):
    first = audio.cached_features(clip, PUBLISHED, tmp_path / "cache")
    moved = clip.rename(tmp_path / "another name.wav")
    np.testing.assert_array_equal(audio.cached_features(moved, PUBLISHED, tmp_path / "cache"), first)
    assert first.shape == (2, 16, 33)
    assert len(computed) == 1


@pytest.mark.parametrize("what", ["content", "settings", "code"])
def test_cache_key_changes(clip, tmp_path, computed, monkeypatch, what):
    before = audio.cached_features(clip, PUBLISHED, tmp_path / "cache")
    settings = PUBLISHED
    if what == "content":
        soundfile.write(clip, tone(445, 6.1), SAMPLE_RATE)
    elif what == "settings":
        settings = SegmentFeatures(hop_length=4083)
    else:
        monkeypatch.setattr(store, "source_fingerprint", lambda *modules: "of edited code")
    after = audio.cached_features(clip, settings, tmp_path / "cache")
    assert len(computed) == 2
    assert np.array_equal(before, after) == (what == "code")


DAMAGE = {
    "zero bytes": lambda content: b"",
    "cut off": lambda content: content[:-100],
    "cut off in its header": lambda content: content[:50],
    "another program's": lambda content: b"not an array",
    "header of nonsense": lambda content: content.replace(b"(2, 16, 33)", b"((((((((((("),
    "another shape": lambda content: content.replace(b"(2, 16, 33)", b"(2, 33, 16)"),
    "another type": lambda content: content.replace(b"<f4", b"<i4"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_cache_is_computed_again(clip, tmp_path, computed, how):
    first = audio.cached_features(clip, PUBLISHED, tmp_path / "cache")
    (stored,) = (tmp_path / "cache").rglob("*.npy")
    whole = stored.read_bytes()
    stored.write_bytes(DAMAGE[how](whole))
    assert stored.read_bytes() != whole
    np.testing.assert_array_equal(audio.cached_features(clip, PUBLISHED, tmp_path / "cache"), first)
    assert len(computed) == 2
    assert stored.read_bytes() == whole


EXTRACT = """
import sys
from pathlib import Path
import numpy as np
from cosmic_lib import audio

clips, cache, found = map(Path, sys.argv[1:])
audio.features(np.random.default_rng(0).normal(size=(1, 66_000)).astype(np.float32))  # loads what that needs
print("ready", flush=True)
input()
np.save(found, [features for _, features in audio.extract(sorted(clips.iterdir()), cache=cache)])
"""


def test_two_processes_may_extract_the_same_files_at_once(tmp_path):
    """On a fresh installation, where librosa has yet to compile what it then keeps."""
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    fresh = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "compiled")}
    clips.mkdir()
    for number in range(12):
        soundfile.write(clips / f"{number:02}.wav", tone(200 + 50 * number, 3.1), SAMPLE_RATE)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", EXTRACT, clips, cache, tmp_path / f"{name}.npy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=fresh,
        )
        for name in "ab"
    ]
    assert [process.stdout.readline() for process in processes] == [b"ready\n"] * 2
    for process in processes:
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    a, b = np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy")
    np.testing.assert_array_equal(a, b)
    stored = [path for path in cache.rglob("*") if path.is_file()]
    assert sorted(np.load(path).tobytes() for path in stored) == sorted(features.tobytes() for features in a)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_extract_keeps_the_order_and_gives_what_each_file_gives(tmp_path, monkeypatch, threads):
    monkeypatch.setenv("COSMIC_THREADS", threads)
    paths = []
    for number in range(2 * parallel.AHEAD + 1):
        paths.append(tmp_path / f"{99 - number}.wav")
        soundfile.write(paths[-1], tone(200 + 50 * number, 3.1 * (1 + number % 2)), SAMPLE_RATE)
    paths[3].write_bytes(b"broken")
    found = list(audio.extract(paths, cache=tmp_path / "cache"))
    assert [path for path, _ in found] == paths
    assert str(paths[3]) in found.pop(3)[1]
    for path, features in found:
        alone = audio.features(audio.cut(audio.read_clip(path)))
        np.testing.assert_allclose(features, alone, rtol=1e-4, atol=1e-4, err_msg=str(path))


def test_features_are_computed_with_one_thread(tmp_path, monkeypatch):
    """Matrices this small only lose by being shared out, and the readers need the cores."""

    def threads():
        return max(pool["num_threads"] for pool in threadpool_info())

    with threadpool_limits(2):
        monkeypatch.setattr(audio, "_prepare", lambda *_, **__: threads)
        assert list(audio.extract([tmp_path], cache=tmp_path)) == [(tmp_path, 1)]
        assert threads() == 2
