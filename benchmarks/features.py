"""Segment features: librosa called segment by segment in a loop, against `audio.extract`, side by side.

    python benchmarks/features.py [--clips 600] [--rounds 3]

Both read the same 30-second clips from disk. `extract` also writes its cache, into an empty folder each round.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from cosmic_lib import audio, store
from cosmic_lib.studies.genre import sample

librosa = audio.librosa()


def segment_by_segment(paths: list[Path]) -> list[np.ndarray]:
    """The straightforward way: one call per feature and segment."""
    settings = audio.SegmentFeatures()
    stft = {"sr": audio.SAMPLE_RATE, "n_fft": settings.n_fft, "hop_length": settings.hop_length, "center": False}
    result = []
    for path in paths:
        clip, _ = librosa.load(path, sr=audio.SAMPLE_RATE)
        for segment in audio.cut(clip, settings):
            parts = [
                librosa.feature.mfcc(y=segment, n_mfcc=settings.n_mfcc, **stft),
                librosa.feature.spectral_contrast(y=segment, **stft),
                librosa.feature.spectral_centroid(y=segment, **stft),
                librosa.feature.chroma_stft(y=segment, **stft),
            ]
            result.append(np.concatenate(parts).T)
    return result


def extracted(paths: list[Path], folder: Path) -> list[np.ndarray]:
    """The package's way, from an empty cache."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        found = audio.extract(paths, cache=Path(cache))
        return [segment for _, features in found for segment in features]


def make_clips(folder: Path, count: int) -> list[Path]:
    """Clips of the sample, copied under other names until there are enough."""
    tree = sample.write_sample(folder) / "genres_original"
    originals = [path for path in sorted(tree.rglob("*.wav")) if path.name != sample.CORRUPT]
    clips = []
    for number in range(count):
        path = folder / f"{number:05d}.wav"
        shutil.copyfile(originals[number % len(originals)], path)
        with path.open("ab") as file:  # other bytes, so that the cache does not take it for the same clip
            file.write(number.to_bytes(4, "little"))
        clips.append(path)
    return clips


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = make_clips(folder, options.clips)
        segment_by_segment(clips[:2]), extracted(clips[:2], folder)  # compile what is compiled on first use
        for _ in range(options.rounds):
            seconds = []
            for way in (lambda: segment_by_segment(clips), lambda: extracted(clips, folder)):
                start = time.perf_counter()
                found = np.stack(way())
                seconds.append(time.perf_counter() - start)
                print(f"{seconds[-1]:7.2f} s for {len(found)} segments of {len(clips)} clips")
            ratios.append(seconds[0] / seconds[1])
    print(f"ratio {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}), {store.threads()} threads")


if __name__ == "__main__":
    main()
