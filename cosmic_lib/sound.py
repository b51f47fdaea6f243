"""Sound files of every kind to samples, and a reason for each file that gives none."""

from __future__ import annotations

import functools
import io
import math
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from cosmic_lib import store

if TYPE_CHECKING:
    import soundfile

SAMPLE_RATE = 22_050
"""Hz; every clip is brought to this rate before anything else."""

SOUNDS = (".wav", ".au", ".aif", ".aiff", ".flac", ".ogg", ".oga", ".opus", ".mp3")
"""Endings of the names of sound files, for `folders.find`."""

RATES = range(1_000, 1_000_001)
"""Hz; sample rates outside are those of a damaged header, and would make a clip of any size from a few bytes."""

LOUDEST = 1e6
"""Samples beyond are refused: the energy of their spectrum does not fit a 32-bit number. Full scale is 1."""

MARGIN = 4096
"""Samples read beyond those asked for: more than the resampling filter reaches."""

SLACK = 2304
"""Samples by which headers of whole files may be off: two frames of mp3."""


@functools.cache
def librosa() -> ModuleType:
    """librosa, imported by one process at a time.

    It compiles parts of itself when it is first used and keeps them beside its code. Two processes that do so at once
    leave parts that do not fit together, and every process after them crashes.
    """
    import filelock

    user = os.getuid() if hasattr(os, "getuid") else 0  # a lock in the common folder would be another user's
    lock = Path(tempfile.gettempdir(), f"cosmic_lib-{store.fingerprint(sys.prefix, user)}.lock")
    with filelock.FileLock(lock):
        import librosa

        librosa.piptrack(S=np.ones((1, 513, 2), dtype=np.float32), sr=SAMPLE_RATE, n_fft=1024)  # compiles what we use
    return librosa


class AudioError(ValueError):
    """A file that cannot be used as audio; the message names the file and what to do."""


def read_clip(path: str | Path, *, max_samples: int | None = None) -> np.ndarray:
    """Read any sound file as mono at 22,050 Hz.

    Args:
        path: a file libsndfile reads (wav, au, flac, ogg, mp3), at any sample rate and with any number of channels.
        max_samples: samples wanted at 22,050 Hz; no more of the file is decoded than these need. All by default.

    Returns:
        Samples, float32 in about -1..1, shape (n,).

    Raises:
        AudioError: the file cannot be opened, is not audio, is empty, cut off or silent, or holds values that are
            not finite.
    """
    mono, rate = _decode(path, max_samples)
    if not mono.size:
        raise AudioError(f"{path}: holds no samples; replace or remove the file")
    if not np.abs(mono).max() <= LOUDEST:
        raise AudioError(f"{path}: holds values that are not finite, or far beyond full scale; export the file again")
    if (mono == mono[0]).all():
        raise AudioError(f"{path}: silent, all samples read ({mono.size:,}) are equal; replace or remove the file")
    if rate != SAMPLE_RATE:
        import soxr

        mono = soxr.resample(mono, rate, SAMPLE_RATE)
    return mono[:max_samples]


@contextmanager
def opened(path: str | Path) -> Iterator[io.BufferedReader]:
    """Open a file to read its bytes.

    Args:
        path: the file.

    Yields:
        The open file.

    Raises:
        AudioError: it cannot be opened or read; the message says why.
    """
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        reason = error.strerror or error
        raise AudioError(f"{path}: cannot be opened ({reason}); check the file and its permissions") from error


def _decode(path: str | Path, max_samples: int | None) -> tuple[np.ndarray, int]:
    """The mean of all channels at the rate of the file, and that rate."""
    import soundfile

    try:
        with opened(path), soundfile.SoundFile(path) as file:  # opened twice, as libsndfile gives no reason
            samples = _read(path, file, max_samples)
            rate = file.samplerate
    except AudioError:
        raise
    except (soundfile.SoundFileError, TypeError, ValueError, MemoryError) as error:
        reason = getattr(error, "error_string", error)
        raise AudioError(f"{path}: not readable as audio ({reason}); replace or remove the file") from error
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is refused later on
        return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1), rate


def _read(path: str | Path, file: soundfile.SoundFile, max_samples: int | None) -> np.ndarray:
    """Samples of all channels, float32, shape (n, channels): all, or what `max_samples` need."""
    import soundfile

    rate, frames = file.samplerate, file.frames
    if rate not in RATES:
        raise AudioError(f"{path}: has a sample rate of {rate:,} Hz; export it again at {SAMPLE_RATE:,} Hz")
    if max_samples is not None:
        frames = min(frames, -(-(max_samples + MARGIN) * rate // SAMPLE_RATE))
    try:
        samples = file.read(frames, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        where = f"cut off or damaged within its {file.frames:,} samples ({error.error_string})"
        raise AudioError(f"{path}: {where}; copy or download it again") from error
    there = file.frames if len(samples) == frames else len(samples)
    promised = _promised(path, file, there)
    if promised - there > SLACK:
        of_promised = f" of {promised:,}" if promised < math.inf else ""
        raise AudioError(f"{path}: cut off after {there:,} samples{of_promised}; copy or download it again")
    return samples


def _promised(path: str | Path, file: soundfile.SoundFile, there: int) -> float:
    """Samples that should be in the file, as far as it says; infinitely many where it lacks its end."""
    if file.format == "OGG":
        return there if _ends(path) else math.inf
    if file.format == "MP3":
        return file.frames if _states_its_length(path) else there
    # Where a wav, au or aiff holds less than its header promises, libsndfile says so in its log alone.
    found = re.search(r"^ *(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    promised, held = map(int, found.groups()) if found else (1, 1)
    streamed = promised >= 0x7FFFF000  # written before the length was known
    return file.frames * promised // held if held and not streamed else file.frames


def _ends(path: str | Path) -> bool:
    """Whether the last page of an ogg is whole and marked as the last."""
    with open(path, "rb") as file:
        file.seek(-min(file.seek(0, os.SEEK_END), 2**16), os.SEEK_END)  # a page has less than 64 KiB
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27:
        return False
    header = 27 + page[26]
    return bool(page[5] & 4) and len(page) >= header + sum(page[27:header])


def _states_its_length(path: str | Path) -> bool:
    """Whether an mp3 begins with a count of its frames; without one, libsndfile guesses from the size of the file."""
    with open(path, "rb") as file:
        return bool(re.search(rb"\xff[\xe2-\xff]..\0{9,34}(?:Xing|Info)", file.read(2**20), re.DOTALL))
