"""Chunks cut out of MIDI files: the study's way, file by file, against `midi.read`, `rolls.roll` and `rolls.chunks`.

    python benchmarks/midi.py [FOLDER_OR_ARCHIVE] [--files 500] [--block 50]

Without a folder or an archive of MIDI files, the sample of the composers study is cut. First, a process of its own
streams all files and says how much memory that takes. Then both ways take turns, a block of files each, in one process
and one thread; seconds are of the processor, because others may use it too.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cosmic_lib import archive, midi, rolls

FRAMES = 150


def study_way(path: Path) -> np.ndarray:
    """The study's function as it ran: one channel, in velocities; what is left at the end is filled up."""
    import pretty_midi

    roll = pretty_midi.PrettyMIDI(str(path)).get_piano_roll(fs=10)
    chunks = []
    for start in range(0, roll.shape[1], FRAMES):
        chunk = roll[:, start : start + FRAMES]
        if chunk.shape[1] < FRAMES:
            chunk = np.concatenate([chunk, np.zeros((128, FRAMES - chunk.shape[1]))], axis=1)
        chunks.append(chunk)
    return np.stack(chunks) if chunks else np.empty((0, 128, FRAMES))


def our_way(path: Path) -> np.ndarray:
    chunks, _ = rolls.chunks(rolls.roll(midi.read(path), fps=10), frames=FRAMES)
    return chunks[..., 0]


def timed(way: Callable[[Path], np.ndarray], paths: list[Path]) -> tuple[np.ndarray, list[np.ndarray | str]]:
    """Processor seconds of each file, and its chunks or why there are none."""
    seconds, found = [], []
    for path in paths:
        start = time.process_time()
        try:
            found.append(way(path))
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
        seconds.append(time.process_time() - start)
    return np.array(seconds), found


def compare(path: Path, theirs: np.ndarray | str, ours: np.ndarray | str) -> str:
    """In one word, whether the chunks of a file are equal; a line is printed for those that are not."""
    if isinstance(theirs, str) or isinstance(ours, str):
        print(f"{path.name}: study's way {describe(theirs)}; ours {describe(ours)}")
        return "neither way reads it" if isinstance(theirs, str) and isinstance(ours, str) else "one way alone reads it"
    if theirs.shape != ours.shape:
        print(f"{path.name}: {theirs.shape} against {ours.shape}")
        return "other length"
    if np.array_equal(theirs, ours):
        return "equal"
    fits = np.minimum(theirs, 255)
    if np.array_equal(fits, ours):
        return "equal but for sums above 255, which do not fit a byte"
    if (np.abs(fits - ours) <= 0.5 + 1e-3).all():
        return "equal but for sums above 255 and fractions, which pitch bends leave"
    print(f"{path.name}: {np.count_nonzero(np.abs(fits - ours) > 0.501)} of {ours.size} cells differ")
    return "other cells"


def describe(found: np.ndarray | str) -> str:
    return f"refuses it ({found})" if isinstance(found, str) else f"gives {len(found)} chunks"


def side_by_side(paths: list[Path], block: int) -> None:
    kinds: Counter[str] = Counter()
    cells = different = 0
    seconds = []
    timed(study_way, paths[:1]), timed(our_way, paths[:1])  # imports
    for first in range(0, len(paths), block):
        part = paths[first : first + block]
        (slow, theirs), (quick, ours) = timed(study_way, part), timed(our_way, part)
        both = [
            not isinstance(their, str) and not isinstance(our, str) for their, our in zip(theirs, ours, strict=True)
        ]
        seconds.append((slow[both].sum(), quick[both].sum(), sum(both)))
        for path, their, our in zip(part, theirs, ours, strict=True):
            kinds[compare(path, their, our)] += 1
            if not isinstance(their, str) and not isinstance(our, str) and their.shape == our.shape:
                cells += our.size
                different += np.count_nonzero(their != our)
    print("\n".join(f"{count:5} files: {kind}" for kind, count in kinds.most_common()))
    print(f"{different:,} of {cells:,} cells differ")
    slow, quick, files = np.sum(seconds, axis=0)
    print(f"{slow / files * 1000:.1f} ms a file in the study's way, {quick / files * 1000:.2f} ms in ours")
    ratios = [their / our for their, our, count in seconds if count]
    print(
        f"ratio {slow / quick:.1f} over the {files:.0f} files that both read, median of blocks "
        f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
    )


def stream(paths: list[Path]) -> None:
    """Cut file after file and keep nothing; say how much memory that takes, and whether more files take more."""
    timed(our_way, paths[:1])  # imports
    start, chunks = peak(), 0
    for number, path in enumerate(paths):
        found = timed(our_way, [path])[1][0]
        chunks += 0 if isinstance(found, str) else len(found)
        if number + 1 in (max(len(paths) // 2, 1), len(paths)):
            rise = peak() - start
            print(f"{rise:4.0f} MB above the {start:.0f} of the start after {number + 1} files, {chunks:,} chunks")


def peak() -> float:
    """The most memory that this process has had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def made(folder: Path) -> Path:
    from cosmic_lib.studies.composers import sample  # not needed where there are files, and brings a lot with it

    return sample.write_sample(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, nargs="?", help="folder or archive of MIDI files")
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--block", type=int, default=50)
    parser.add_argument("--stream", action="store_true", help="measure memory alone")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # pretty_midi warns of tempos outside the first track
    with tempfile.TemporaryDirectory() as folder:
        root = options.source or made(Path(folder))
        if not root.is_dir():
            archive.unpack(root, Path(folder))
            root = Path(folder)
        paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in midi.FILES)[: options.files]
        if options.stream:
            stream(paths)
            return
        command = [sys.executable, __file__, str(root), "--files", str(options.files), "--stream"]
        subprocess.run(command, check=True)
        side_by_side(paths, options.block)


if __name__ == "__main__":
    main()
