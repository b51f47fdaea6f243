"""The scores that music21 brings, written as MIDI files once: real music, offline.

Editors differ. What a score says of tempo, loudness and instruments, and how long it writes a beat, is as much that of
its edition as of its composer, and is kept as it is. Repeats are played once. The encodings belong to their editors:
see `corpus/license.txt` of music21 before passing them on.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import folders, store
from cosmic_lib.studies.composers import editions, music

COMPOSERS = ("Palestrina", "Bach", "Monteverdi", "Beethoven")
"""Composers with scores enough; Beethoven has few, and they are long."""

PIECES = 40
"""Pieces of each composer that are taken by default."""

FEW = {"Beethoven": 10}
"""Pieces of a composer at most, unless all are asked for: a small class, as every real collection has some."""

PER_WORK = 3
"""Pieces of a work that are taken before it is the turn of the next."""

PER_PROCESS = 10
"""Scores for which it is worth to start another process: that takes seconds."""

EXCLUDED = "excluded.csv"
MIDI, REASON = ".mid", ".reason"
"""Endings of what was written: the piece, or why there is none."""

REMEDY = 'pip install "cosmic_lib[music]"'

SUFFIXES = (".mxl", ".xml", ".krn")
"""Kinds of score, the one to take first where a piece is there in several. The others are analyses, not scores."""

CYCLES = {3: ((8, 10), (15, 17), (19, 20)), 4: ((6, 7),), 5: ((4, 8),)}
"""Book -> first and last number of madrigals that set one poem or scene in several parts."""


@dataclass(frozen=True)
class Score:
    """One file of music21's.

    Args:
        source: where it is.
        composer: one of `COMPOSERS`.
        name: of the MIDI file, without its ending.
        work: mass, chorale number, madrigal or quartet that it belongs to.
    """

    source: Path
    composer: str
    name: str
    work: str

    @property
    def path(self) -> str:
        """Path of the MIDI file under the root, without its ending."""
        return f"{self.composer}/{self.name}"


def available() -> bool:
    """Whether music21 is installed; it is not loaded."""
    return importlib.util.find_spec("music21") is not None


def write_scores(
    root: Path,
    *,
    pieces: int | None = PIECES,
    composers: Sequence[str] = COMPOSERS,
    progress: Callable = lambda steps: steps,
) -> Path:
    """Write scores as MIDI files, a folder per composer; those that were written before are only copied.

    A score that music21 cannot read is listed in `excluded.csv`, with columns file and reason.

    Args:
        root: folder under which they are kept.
        pieces: of each composer at most, the same ones every time; None for all, which takes ten minutes or more.
        composers: some of `COMPOSERS`.
        progress: wraps the list of scores that are to be written, to draw a bar.

    Returns:
        Folder that holds `<Composer>/<piece>.mid`, and `groups.csv` with the work of each, as `folders.find` reads it.

    Raises:
        ValueError: music21 is not installed, no such composer, or less than one piece.
        FileNotFoundError: music21 came without its scores.
    """
    unknown = sorted(set(composers) - set(COMPOSERS))
    if unknown or not composers:
        raise ValueError(f"composers {', '.join(unknown) or 'are none'}; choose from {', '.join(COMPOSERS)}")
    if pieces is not None and pieces < 1:
        raise ValueError(f"pieces is {pieces}; choose at least 1 of each composer, or None for all")
    chosen = [score for name in COMPOSERS if name in composers for score in choose(find(name))[: _most(name, pieces)]]
    code = store.fingerprint(
        store.source_fingerprint(editions.__name__, music.__name__), importlib.metadata.version("music21")
    )[:6]
    choice = store.fingerprint(code, [[score.path, score.work] for score in chosen])[:6]
    folder = root / f"scores-{pieces or 'all'}-{choice}"
    if folder.exists():
        return folder
    written = root / f"scores-written-{code}"
    store.sweep(written)
    _convert(chosen, written, progress)
    with store.unfinished(folder) as unfinished:
        _collect(chosen, written, unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # another process wrote the same meanwhile
            if not folder.exists():
                raise
    return folder


def _most(composer: str, pieces: int | None) -> int | None:
    return pieces if pieces is None else min(pieces, FEW.get(composer, pieces))


def find(composer: str) -> list[Score]:
    """All scores by a composer that music21 brings, each once, in the order of their names.

    Args:
        composer: one of `COMPOSERS`.

    Raises:
        ValueError: music21 is not installed.
        FileNotFoundError: music21 came without its scores.
    """
    folder = _corpus() / composer.lower()
    sources, _ = folders.walk(folder)
    names: dict[str, Path] = {}
    for source in sorted(sources, key=lambda source: (*SUFFIXES, source.suffix).index(source.suffix)):
        if source.suffix in SUFFIXES and not source.stem.endswith("_old"):
            names.setdefault(" ".join(source.relative_to(folder).with_suffix("").parts), source)
    if not names:
        raise FileNotFoundError(f"{folder}: holds no scores; install music21 with its corpus: {REMEDY}")
    return [Score(names[name], composer, name, _work(composer, name, names[name])) for name in sorted(names)]


def choose(scores: list[Score], *, seed: int = 0) -> list[Score]:
    """The scores in the order in which they are taken: works in random order, `PER_WORK` of a work at a time.

    The first so many are spread over the works, and yet there are works with several pieces among them.
    """
    works: dict[str, list[Score]] = {}
    for number in np.random.default_rng(seed).permutation(len(scores)):
        works.setdefault(scores[number].work, []).append(scores[number])
    turns = sorted((n // PER_WORK, place, n) for place, work in enumerate(works.values()) for n in range(len(work)))
    by_place = list(works.values())
    return [by_place[place][n] for _, place, n in turns]


def excluded(folder: Path) -> pd.DataFrame:
    """Scores that could not be written, as `write_scores` lists them: columns file and reason."""
    path = folder / EXCLUDED
    return pd.read_csv(path, dtype=str) if path.exists() else pd.DataFrame(columns=["file", "reason"])


def _corpus() -> Path:
    spec = importlib.util.find_spec("music21")
    if spec is None or spec.origin is None:
        raise ValueError(f"music21 is not installed, and it is music21 that brings the scores: {REMEDY}")
    return Path(spec.origin).parent / "corpus"


def _work(composer: str, name: str, source: Path) -> str:
    """The work that a score belongs to, by its name; a part of a mass tells its mass."""
    if composer == "Palestrina":
        titles = re.findall(r"^!!!OPR:\s*(.*?)\s*$", source.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        return titles[0] if titles else name
    if composer == "Bach":
        return re.sub(r"^bwv(\d+).*", r"BWV \1", name)
    if composer == "Monteverdi":
        book, number = map(int, name.split(".")[1:3])
        first, last = next((cycle for cycle in CYCLES[book] if cycle[0] <= number <= cycle[1]), (number, number))
        return f"madrigal {book}.{first}" if first == last else f"madrigals {book}.{first}-{last}"
    return name.split()[0]  # a quartet, with or without its movement


def _convert(scores: Sequence[Score], written: Path, progress: Callable) -> None:
    """Write those that are not there yet, in several processes."""
    import joblib

    def is_there(score: Score) -> bool:
        return any((written / f"{score.path}{end}").exists() for end in (MIDI, REASON))

    missing = [score for score in scores if not is_there(score)]
    if not missing:
        return
    # The longest come first, so that no process is left alone with one in the end.
    missing.sort(key=lambda score: score.source.stat().st_size, reverse=True)
    workers = min(store.threads(), -(-len(missing) // PER_PROCESS))
    pool = joblib.Parallel(n_jobs=workers, backend="loky", return_as="generator", idle_worker_timeout=10)
    done = pool(joblib.delayed(_write)(score, written) for score in missing)
    for _, _ in zip(progress(missing), done, strict=True):
        pass


def _write(score: Score, written: Path) -> None:
    """Write one score, or in its place why that cannot be done."""
    try:
        content, end = music.encode(editions.read(score.source)), MIDI
    except (ImportError, MemoryError, OSError):  # not the score's fault
        raise
    except Exception as error:  # what music21 raises has no ancestor in common
        content, end = f"music21 cannot read it ({type(error).__name__}: {error})".encode(), REASON
    store.write_bytes(written / f"{score.path}{end}", content)


def _collect(chosen: Sequence[Score], written: Path, folder: Path) -> None:
    """Copy what was chosen and written, and list works and reasons beside it."""
    groups, reasons = [], []
    for score in chosen:
        source = written / f"{score.path}{MIDI}"
        (folder / score.composer).mkdir(parents=True, exist_ok=True)
        if source.exists():
            shutil.copyfile(source, folder / f"{score.path}{MIDI}")
            groups.append((f"{score.path}{MIDI}", f"{score.composer} {score.work}"))
        else:
            reasons.append((f"{score.path}{MIDI}", (written / f"{score.path}{REASON}").read_text()))
    pd.DataFrame(groups, columns=["file", "group"]).to_csv(folder / folders.GROUPS, index=False)
    if reasons:
        pd.DataFrame(reasons, columns=["file", "reason"]).to_csv(folder / EXCLUDED, index=False)
