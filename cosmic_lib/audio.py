"""Audio files to segments, and segments to the features of the genre study.

The features are those that librosa computes when it is called segment by segment, value for value, but all
segments of a clip share one Fourier transform and the filter banks are built once.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from cosmic_lib import parallel, sound, store
from cosmic_lib.sound import SAMPLE_RATE, AudioError, librosa, read_clip


@dataclass(frozen=True)
class Settings(ABC):
    """What is made of a clip, and the settings of that: what `extract` caches, and what its key is made of.

    Args:
        clip_samples: samples kept of each clip, 660,000 by default (source line 9).
        segments: equal parts a full clip is cut into, 10 by default (source line 9).

    Source study: gtzan, line 9.
    """

    dtype: ClassVar[type]
    modules: ClassVar[tuple[str, ...]]  # whose code decides what is made
    clip_samples: int = 660_000
    segments: int = 10

    @property
    def segment_samples(self) -> int:
        """Samples in one segment: 66,000 by default."""
        return self.clip_samples // self.segments

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of what is made of a clip, without the first axis."""

    @abstractmethod
    def describe(self, clip: np.ndarray) -> np.ndarray:
        """Make it of the samples of a clip that has at least one segment."""


@dataclass(frozen=True)
class SegmentFeatures(Settings):
    """Settings of the segment features; the defaults are those of the study.

    Args:
        clip_samples, segments: see `Settings`.
        n_fft: length of the analysis window in samples (source line 9).
        hop_length: samples from one window to the next (source line 9). The study's 4,084 is wider than its window.
        n_mfcc: cepstral coefficients, 13 by default (our choice: the source gives no count).
        n_contrast_bands: octave bands of spectral contrast; gives one feature more than bands.
        n_chroma: pitch classes.

    Source study: gtzan, line 9.
    """

    dtype = np.float32
    modules = (__name__, sound.__name__)
    n_fft: int = 1024
    hop_length: int = 4084
    n_mfcc: int = 13
    n_contrast_bands: int = 6
    n_chroma: int = 12

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and features of one segment: (16, 33) by default."""
        frames = 1 + (self.segment_samples - self.n_fft) // self.hop_length
        return frames, self.n_mfcc + self.n_contrast_bands + 1 + 1 + self.n_chroma

    def describe(self, clip: np.ndarray) -> np.ndarray:
        """Features of each segment of a clip."""
        return features(cut(clip, self), self)

    def names(self) -> list[str]:
        """One name per feature, in column order."""
        return [
            *(f"mfcc_{i}" for i in range(self.n_mfcc)),
            *(f"contrast_{i}" for i in range(self.n_contrast_bands + 1)),
            "centroid",
            *(f"chroma_{i}" for i in range(self.n_chroma)),
        ]


def cut(clip: np.ndarray, settings: Settings = SegmentFeatures()) -> np.ndarray:
    """Cut a clip into whole segments; a short clip gives fewer, none is padded.

    Args:
        clip: samples, shape (n,).
        settings: says how long a segment is and how many there are at most.

    Returns:
        float32, shape (segments found, segment_samples); no rows when the clip is shorter than one segment.
    """
    count = min(settings.segments, len(clip) // settings.segment_samples)
    return clip[: count * settings.segment_samples].reshape(count, settings.segment_samples)


def coverage(settings: SegmentFeatures = SegmentFeatures()) -> float:
    """Fraction of a segment's samples that fall inside at least one analysis window.

    0.25 with the study's hop of 4,084: three quarters of the audio is never looked at (source line 9).
    """
    return float(coverage_mask(settings).mean())


def coverage_mask(settings: SegmentFeatures = SegmentFeatures()) -> np.ndarray:
    """Which samples of a segment fall inside a window: bool, shape (segment_samples,)."""
    seen = np.zeros(settings.segment_samples, dtype=bool)
    for frame in range(settings.shape[0]):
        start = frame * settings.hop_length
        seen[start : start + settings.n_fft] = True
    return seen


def features(segments: np.ndarray, settings: SegmentFeatures = SegmentFeatures()) -> np.ndarray:
    """MFCC, spectral contrast, spectral centroid and chroma of each segment, as librosa computes them one by one.

    Args:
        segments: float32 samples at 22,050 Hz, shape (n, segment_samples).
        settings: window, hop and feature counts.

    Returns:
        float32, shape (n, frames, features): (n, 16, 33) by default.
    """
    if not len(segments):
        return np.empty((0, *settings.shape), dtype=np.float32)
    magnitude = _magnitude(segments, settings)
    power = magnitude**2
    columns = np.concatenate(
        [
            _mfcc(power, settings),
            _contrast(magnitude, settings),
            _centroid(magnitude, settings),
            _chroma(power, settings),
        ],
        axis=1,
    )
    return columns.transpose(0, 2, 1).astype(np.float32)


def _magnitude(segments: np.ndarray, settings: SegmentFeatures) -> np.ndarray:
    """Magnitudes of the Fourier transform of every window: shape (n, bins, frames).

    librosa.stft would do, in twice the time: it transforms along an axis whose values lie far apart in memory.
    """
    from scipy.fft import rfft
    from scipy.signal import get_window

    windows = np.lib.stride_tricks.sliding_window_view(segments, settings.n_fft, axis=1)[:, :: settings.hop_length]
    spectrum = rfft(windows * get_window("hann", settings.n_fft)).astype(np.complex64)  # (n, frames, bins)
    return np.ascontiguousarray(np.abs(spectrum).transpose(0, 2, 1))


def _decibels(power: np.ndarray) -> np.ndarray:
    """Decibels with librosa's floor of 80 dB below the maximum, taken segment by segment as the study did."""
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    return np.maximum(decibels, decibels.max(axis=(1, 2), keepdims=True) - 80)


def _mfcc(power: np.ndarray, settings: SegmentFeatures) -> np.ndarray:
    from scipy.fft import dct

    mel = np.matmul(_mel_filters(settings.n_fft), power)
    return dct(_decibels(mel), axis=1, type=2, norm="ortho")[:, : settings.n_mfcc]


def _contrast(magnitude: np.ndarray, settings: SegmentFeatures) -> np.ndarray:
    """Peak minus valley per octave band, in decibels; the bands and quantile are librosa's."""
    peaks, valleys = [], []
    for band, keep in _contrast_bands(settings.n_fft, settings.n_contrast_bands):
        ordered = np.sort(magnitude[:, band], axis=1)
        valleys.append(ordered[:, :keep].mean(axis=1))
        peaks.append(ordered[:, -keep:].mean(axis=1))
    return _decibels(np.stack(peaks, axis=1)) - _decibels(np.stack(valleys, axis=1))


def _centroid(magnitude: np.ndarray, settings: SegmentFeatures) -> np.ndarray:
    """Mean frequency in hertz, weighted by magnitude; 0 where a frame is silent."""
    total = magnitude.sum(axis=1, keepdims=True)
    weighted = np.einsum("f,nft->nt", _frequencies(settings.n_fft), magnitude)[:, np.newaxis]
    return weighted / np.where(total > np.finfo(magnitude.dtype).tiny, total, 1)


def _chroma(power: np.ndarray, settings: SegmentFeatures) -> np.ndarray:
    """Energy per pitch class, each frame scaled to a maximum of one, tuned to each segment's own pitch."""
    # Pitches are looked for below 4 kHz only, so half the rows will do, as if from half the sample rate.
    lower_half = settings.n_fft // 4 + 1
    pitch, strength = librosa().piptrack(
        S=power[:, :lower_half],
        sr=SAMPLE_RATE / 2,
        n_fft=settings.n_fft // 2,
        ref=0.1 * power.max(axis=1, keepdims=True),
    )
    tuning = _tuning(pitch, strength, settings.n_chroma)
    banks = [_chroma_filters(settings.n_fft, settings.n_chroma, float(bins)) for bins in tuning]
    return librosa().util.normalize(np.matmul(banks, power), norm=np.inf, axis=1)


def _tuning(pitch: np.ndarray, strength: np.ndarray, n_chroma: int) -> np.ndarray:
    """Deviation from A440 of each segment in fractions of a bin, from the stronger half of the pitches found in it.

    The commonest of a hundred deviations, as in librosa.pitch_tuning, which takes one segment at a time.
    """
    found = pitch > 0
    middle = np.array([np.median(s[f]) if f.any() else 0.0 for s, f in zip(strength, found, strict=True)])
    strong = found & (strength >= middle[:, np.newaxis, np.newaxis])
    deviation = np.mod(n_chroma * librosa().hz_to_octs(pitch[strong]), 1.0)
    deviation[deviation >= 0.5] -= 1.0
    edges = np.linspace(-0.5, 0.5, 101)
    place = np.searchsorted(edges, deviation, side="right") - 1
    segment = np.nonzero(strong)[0]
    counts = np.bincount(segment * 100 + place, minlength=100 * len(pitch)).reshape(len(pitch), 100)
    return np.where(counts.any(axis=1), edges[counts.argmax(axis=1)], 0.0)  # a silent segment is in tune


@functools.cache
def _mel_filters(n_fft: int) -> np.ndarray:
    return librosa().filters.mel(sr=SAMPLE_RATE, n_fft=n_fft)


@functools.cache
def _chroma_filters(n_fft: int, n_chroma: int, tuning: float) -> np.ndarray:
    # Tuning comes in steps of 0.01, so at most 101 filter banks are kept.
    return librosa().filters.chroma(sr=SAMPLE_RATE, n_fft=n_fft, tuning=tuning, n_chroma=n_chroma)


@functools.cache
def _frequencies(n_fft: int) -> np.ndarray:
    return librosa().fft_frequencies(sr=SAMPLE_RATE, n_fft=n_fft)


@functools.cache
def _contrast_bands(n_fft: int, n_bands: int) -> list[tuple[slice, int]]:
    """Rows of the spectrum in each band, and how many of them count as its peak and as its valley."""
    frequencies = _frequencies(n_fft)
    edges = [0.0, *(200.0 * 2.0**octave for octave in range(n_bands + 1))]
    bands = []
    for number, (low, high) in enumerate(itertools.pairwise(edges)):
        first, last = np.flatnonzero((frequencies >= low) & (frequencies <= high))[[0, -1]]
        first -= number > 0  # librosa lets every band but the first begin one row early,
        last = len(frequencies) - 1 if number == n_bands else last  # and the last one reach to the top
        keep = max(int(np.rint(0.02 * (last - first + 1))), 1)
        stop = last + 1 if number == n_bands else last  # every band but the last gives up its top row
        bands.append((slice(first, stop), keep))
    return bands


def cached_features(path: str | Path, settings: SegmentFeatures, cache: Path) -> np.ndarray:
    """Features of one file, computed once for its content and these settings.

    Args:
        path: the sound file.
        settings: see `SegmentFeatures`.
        cache: folder of the cache; it is made if need be.

    Returns:
        float32, shape (segments found, frames, features).

    Raises:
        AudioError: as `read_clip`, or the clip is shorter than one segment.
    """
    return _prepare(path, settings, cache)()


def _prepare(path: str | Path, settings: Settings, cache: Path) -> Callable[[], np.ndarray]:
    """What is left to do for a file: to describe the clip that was read here, or nothing."""
    with sound.opened(path) as file:
        content = hashlib.file_digest(file, "sha256").digest()
    key = hashlib.sha256(content + _settings_id(settings)).hexdigest()
    stored = cache / key[:2] / f"{key}.npy"
    known = _stored(stored, settings)
    if known is not None:
        return lambda: known
    clip = read_clip(path, max_samples=settings.clip_samples)
    if len(clip) < settings.segment_samples:
        seconds = settings.segment_samples / SAMPLE_RATE
        raise AudioError(f"{path}: shorter than one segment of {seconds:.1f} s; use a longer recording")
    return functools.partial(_compute, clip, settings, stored)


def _settings_id(settings: Settings) -> bytes:
    """What the cache key has to change with besides the file: settings and the code that reads and computes."""
    code = store.source_fingerprint(*settings.modules)
    return json.dumps(asdict(settings), sort_keys=True).encode() + code.encode()


def _stored(stored: Path, settings: Settings) -> np.ndarray | None:
    """What the cache holds; none where it holds nothing, or where another program left something else."""
    try:
        with open(stored, "rb") as file:
            known = np.lib.format.read_array(file)
    except Exception:  # whatever is wrong with it, it can be computed again
        return None
    return known if known.dtype == settings.dtype and known.shape[1:] == settings.shape else None


def _compute(clip: np.ndarray, settings: Settings, stored: Path) -> np.ndarray:
    result = settings.describe(clip)
    store.write_array(stored, result)
    return result


def extract(
    paths: Iterable[Path], *, settings: Settings = SegmentFeatures(), cache: Path
) -> Iterator[tuple[Path, np.ndarray | str]]:
    """Features of many files, in the order given; while one is computed, the next ones are read and decoded.

    Args:
        paths: sound files.
        settings: see `SegmentFeatures`; other `Settings` give what they describe a clip by.
        cache: folder of the cache.

    Yields:
        Each path with its features, shape (segments, frames, features), or with the reason why it has none.
    """
    # Matrices this small only lose by being shared out among threads; this thread computes, and the rest read.
    with threadpool_limits(1):
        read = functools.partial(_prepare, settings=settings, cache=cache)
        for path, prepared in parallel.ahead(read, paths, workers=max(store.threads() - 1, 1)):
            try:
                yield path, prepared.result()()
            except AudioError as error:
                yield path, str(error)
