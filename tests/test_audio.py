"""Sound files of every kind to segments, and features that are librosa's own."""

import librosa
import numpy as np
import pytest
import soundfile
from threadpoolctl import threadpool_info, threadpool_limits

from cosmic_lib import audio, store
from cosmic_lib.audio import SAMPLE_RATE, AudioError, SegmentFeatures

PUBLISHED = SegmentFeatures()
DENSE = SegmentFeatures(hop_length=512)
OTHER = SegmentFeatures(n_fft=2048, hop_length=3000, n_mfcc=20, n_contrast_bands=4, n_chroma=24)
TIME = np.arange(PUBLISHED.segment_samples) / SAMPLE_RATE


def tone(hertz, seconds=2.0, rate=SAMPLE_RATE):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


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
    clip = audio.read_clip(path)
    assert clip.dtype == np.float32
    assert clip.shape == pytest.approx((2 * SAMPLE_RATE,), abs=2)
    spectrum = np.abs(np.fft.rfft(clip))
    assert np.fft.rfftfreq(len(clip), 1 / SAMPLE_RATE)[spectrum.argmax()] == pytest.approx(1000, abs=1)
    assert np.sqrt(np.mean(clip**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_channels_are_averaged(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([tone(440), np.zeros(2 * SAMPLE_RATE)], axis=1), SAMPLE_RATE)
    np.testing.assert_allclose(audio.read_clip(tmp_path / "a.wav"), tone(440) / 2, atol=1e-4)


def bad_file(kind, folder):
    path = folder / f"{kind} file.wav"
    samples = {"no samples": [], "not finite": [0.1, np.nan, np.inf] * 40_000, "short": tone(440, 2.9)}
    if kind in samples:
        soundfile.write(path, np.asarray(samples[kind], dtype=np.float32), SAMPLE_RATE, subtype="FLOAT")
    elif kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes({"garbage": bytes(range(256)) * 16, "empty": b"", "text": b"not a sound\n" * 99}[kind])
    return path


@pytest.mark.parametrize("kind", ["garbage", "empty", "text", "no samples", "not finite", "short", "missing", "folder"])
def test_bad_files_are_named_with_a_remedy(tmp_path, kind):
    path = bad_file(kind, tmp_path)
    with pytest.raises(AudioError, match=r"replace|remove|export|longer|check") as error:
        audio.cached_features(path, PUBLISHED, tmp_path / "cache")
    assert str(path) in str(error.value)
    assert not list(tmp_path.glob("cache/**/*.npy"))
    if kind != "short":
        with pytest.raises(AudioError, match=path.name):
            audio.read_clip(path)


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


@pytest.mark.parametrize("threads", ["1", "2"])
def test_extract_keeps_the_order_and_gives_what_each_file_gives(tmp_path, monkeypatch, threads):
    monkeypatch.setenv("COSMIC_THREADS", threads)
    paths = []
    for number in range(2 * audio.READ_AHEAD + 1):
        paths.append(tmp_path / f"{99 - number}.wav")
        soundfile.write(paths[-1], tone(200 + 50 * number, 3.1 * (1 + number % 2)), SAMPLE_RATE)
    paths[3].write_bytes(b"broken")
    found = list(audio.extract(paths, cache=tmp_path / "cache"))
    assert [path for path, _ in found] == paths
    assert str(paths[3]) in found.pop(3)[1]
    for path, features in found:
        alone = audio.features(audio.cut(audio.read_clip(path)))
        np.testing.assert_allclose(features, alone, rtol=1e-4, atol=1e-4, err_msg=str(path))


def test_extract_holds_few_clips_at_a_time(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(audio, "_prepare", lambda path, *_: begun.append(path) or (path, None))
    monkeypatch.setattr(audio, "_finish", lambda *_: np.zeros(1))
    next(audio.extract([tmp_path / str(number) for number in range(100)], cache=tmp_path))
    assert len(begun) <= audio.READ_AHEAD + 1


def test_features_are_computed_with_one_thread(tmp_path, monkeypatch):
    """Matrices this small only lose by being shared out, and the readers need the cores."""

    def threads(*args):
        return max(pool["num_threads"] for pool in threadpool_info())

    with threadpool_limits(2):
        monkeypatch.setattr(audio, "_prepare", lambda *_: (tmp_path, None))
        monkeypatch.setattr(audio, "_finish", threads)
        assert list(audio.extract([tmp_path], cache=tmp_path)) == [(tmp_path, 1)]
        assert threads() == 2
