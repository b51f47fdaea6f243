"""Made-up pieces in the layout of the Kaggle set: composers that differ, and pieces that can be recognised.

Every composer has a style, see `styles`. Within it the traits of a passage of 15 seconds vary: key, register, tempo,
motif, instruments and more, see `composing`. How much of that variation belongs to the piece, and not to the passage
one happens to hear, is the knob `piece_identity`: at one a piece keeps its traits from start to end and can be
recognised by them, at zero every passage draws its own and two chunks of one piece are strangers.

Two or three pieces are the movements of one work. How much of what belongs to a piece is common to them is a second
knob, `work_identity`: at zero the work cannot be heard; at one its movements share their traits.

As in the real set there are files that no loader should trust; constants name them, with paths under `midiclassics`.
"""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np

from cosmic_lib import store
from cosmic_lib.studies.composers import composing, music, styles
from cosmic_lib.studies.composers.composing import PASSAGE, TRAITS, compose
from cosmic_lib.studies.composers.music import TICKS_PER_BEAT, Music, encode
from cosmic_lib.studies.composers.styles import STYLES

PIECE_IDENTITY = 0.9
"""Default share of the variation within a style that belongs to the piece."""

WORK_IDENTITY = 0.4
"""Default share of what belongs to a piece that is common to the movements of its work."""

SHARES = {"Bach": 1.0, "Beethoven": 0.5, "Chopin": 0.4, "Mozart": 0.6}
"""Pieces of each of the four composers, in units of `pieces`. The study has them as 1024, 212, 136 and 256."""

FEW = 6
"""Pieces of each other composer, and at least of each of the four."""

MOVEMENTS = ("1", "2", "3")
NAMES = {
    "Bach": ("Bwv{0:04d} {1}", 801, ("Prelude", "Fugue", "Allegro")),
    "Beethoven": ("Piano Sonatas/Piano Sonata n{0:02d} {1}mov", 1, MOVEMENTS),
    "Chopin": ("Piano Sonata op{0} {1}mov", 35, MOVEMENTS),
    "Mozart": ("Piano Sonatas/K{0} Piano Sonata {1}mov", 279, MOVEMENTS),
    "Albeniz": ("Piano Sonata op{0} {1}mov", 68, MOVEMENTS),
    "Liszt": ("Annees de Pelerinage S{0} {1}mov", 160, MOVEMENTS),
    "Mendelssohn": ("String Quartet op{0} {1}mov", 12, MOVEMENTS),
    "Pachelbel": ("Suite P{0} {1}mov", 436, MOVEMENTS),
}
"""For each composer: name of a file from its work and movement, number of the first work, and the movements."""

MISSPELT = {"Albe'niz": "Albeniz"}
"""A second spelling of a composer's folder, in which the second work lies."""
LOOSE = {"Chopin Berceuse op57.mid": "Chopin", "Lizt Liebestraum n3.mid": "Liszt", "meditation.mid": None}
"""Files beside the folders, and by whom they are: None for somebody who has no folder."""
CAPITALS = "Beethoven/122.MID"
NAMESAKES = ("C.P.E.Bach/Solfeggietto Wq117 n2.mid", "C.P.E.Bach/Sonata Wq55 n4 1mov.mid")
"""In the folder of a composer whose name holds that of another."""
KEY_OUT_OF_RANGE = "Beethoven/Anhang 14-3.mid"
"""Says that its key has mode 255: mido refuses it, symusic reads it."""
COPY, COPIED = "Mozart/mozk279a.mid", "Mozart/Piano Sonatas/K279 Piano Sonata 1mov.mid"
"""The same bytes under two names."""
ENDLESS = "Chopin/Etude op10 n03.mid"
"""Has its last note after more than four hours of silence, at `ENDLESS_TICK`."""
ENDLESS_TICK = 30_000_000
ARCHIVE = "Mozart/Piano Sonatas/sonatas.zip"
NO_MIDI = "Beethoven/Anhang 14-2.mid"
SILENT = "Bach/Bwv1080 Contrapunctus n20.mid"
"""Holds no note."""

SOURCES = (composing, music, styles)
"""Modules that decide what is written, beside this one."""

PLANTED = {
    **{file: composer or "Mendelssohn" for file, composer in LOOSE.items()},
    CAPITALS: "Beethoven",
    KEY_OUT_OF_RANGE: "Beethoven",
    ENDLESS: "Chopin",
    **dict.fromkeys(NAMESAKES, "Mozart"),
}
"""Pieces that are planted, and in whose style they are written."""

KEY = b"\xff\x59\x02"
"""How a key signature begins in a MIDI file."""


def write_sample(
    root: Path,
    *,
    pieces: int = 40,
    seconds: float = 105.0,
    piece_identity: float = PIECE_IDENTITY,
    work_identity: float = WORK_IDENTITY,
    seed: int = 0,
    progress: Callable = lambda steps: steps,
) -> Path:
    """Write the sample once, in the layout of the Kaggle set, with what is wrong in that set planted.

    Args:
        root: folder under which samples are kept.
        pieces: of Bach, the largest class, at least `FEW`; of the others a share, see `SHARES`.
        seconds: middle length of a piece; the shortest has 0.6 of it, the longest 1.4.
        piece_identity: share of the variation within a style that belongs to the piece, 0 to 1.
        work_identity: share of what belongs to a piece that is common to the movements of its work, 0 to 1.
        seed: another seed gives other music.
        progress: wraps the list of files, to draw a bar.

    Returns:
        Folder that holds `midiclassics/<Composer>/[folder/]<piece>.mid`.

    Raises:
        ValueError: a setting out of range.

    Source study: composers, line 424.
    """
    for knob, share in (("piece_identity", piece_identity), ("work_identity", work_identity)):
        if not 0 <= share <= 1:
            raise ValueError(f"{knob} is {share}; choose a share from 0 to 1")
    if pieces < FEW:
        raise ValueError(
            f"pieces is {pieces}; choose at least {FEW}, so that each split part gets one of each composer"
        )
    if not PASSAGE <= seconds <= 600:
        raise ValueError(f"seconds is {seconds}; choose a length from {PASSAGE:g} to 600")
    code = store.fingerprint(store.source_fingerprint(__name__, *(one.__name__ for one in SOURCES)), seed)[:6]
    folder = root / f"composers-{pieces}x{seconds:g}s-identity{piece_identity:g}-work{work_identity:g}-{code}"
    if folder.exists():
        return folder
    with store.unfinished(folder) as unfinished:
        compose_one = functools.partial(
            piece, seconds=seconds, piece_identity=piece_identity, work_identity=work_identity, seed=seed
        )
        _write(unfinished / "midiclassics", pieces, compose_one, progress)
        try:
            unfinished.rename(folder)
        except OSError:  # another process made the same sample meanwhile
            if not folder.exists():
                raise
    return folder


def pieces_of(pieces: int = 40) -> dict[str, int]:
    """How many pieces each composer has in a sample of that size, what is planted left aside."""
    return {composer: max(FEW, round(SHARES.get(composer, 0) * pieces)) for composer in STYLES}


def work_of(number: int) -> tuple[int, int]:
    """Work, and movement in it, of a composer's piece of that number: works have three movements and two in turn."""
    pair, place = divmod(number, 5)
    return (2 * pair, place) if place < 3 else (2 * pair + 1, place - 3)


def file_of(composer: str, number: int) -> str:
    """File under `midiclassics` that holds a composer's piece of that number."""
    name, first, movements = NAMES[composer]
    work, movement = work_of(number)
    spelt = {right: wrong for wrong, right in MISSPELT.items()} if work == 1 else {}
    return f"{spelt.get(composer, composer)}/{name.format(first + work, movements[movement])}.mid"


def piece(
    composer: str,
    number: int,
    *,
    seconds: float = 105.0,
    piece_identity: float = PIECE_IDENTITY,
    work_identity: float = WORK_IDENTITY,
    seed: int = 0,
) -> Music:
    """One piece: the same arguments always give the same notes.

    Args:
        composer: a key of `STYLES`.
        number: which piece of the composer.
        seconds, piece_identity, work_identity, seed: as in `write_sample`.

    Returns:
        The piece, 0.6 to 1.4 times as long as `seconds`.
    """
    index = list(STYLES).index(composer)
    rng = np.random.default_rng([seed, index, number])
    # The last number keeps a work's draws apart from those of the piece with the same number.
    of_work = np.random.default_rng([seed, index, work_of(number)[0], 1]).normal(size=len(TRAITS))
    of_piece = np.sqrt(work_identity) * of_work + np.sqrt(1 - work_identity) * rng.normal(size=len(TRAITS))
    length = seconds * rng.uniform(0.6, 1.4)
    of_passages = rng.normal(size=(ceil(length / PASSAGE), len(TRAITS)))
    # The shares add up to the same variance whatever the knobs say: turning them makes no composer harder.
    traits = np.sqrt(piece_identity) * of_piece + np.sqrt(1 - piece_identity) * of_passages
    return compose(STYLES[composer], traits, seconds=length, rng=rng)


def _files(pieces: int) -> dict[str, tuple[str, int]]:
    """File under `midiclassics` -> composer, and number of the piece among theirs."""
    files = {file_of(composer, n): (composer, n) for composer, count in pieces_of(pieces).items() for n in range(count)}
    # Works of their own, whatever the size of the sample.
    return files | {file: (composer, 10**6 + 5 * n) for n, (file, composer) in enumerate(PLANTED.items())}


def _write(tree: Path, pieces: int, compose_one: Callable[[str, int], Music], progress: Callable) -> None:
    """Write all files of a sample into a folder."""
    for file, (composer, number) in progress(list(_files(pieces).items())):
        written = compose_one(composer, number)
        content = encode(_endless(written) if file == ENDLESS else written)
        _put(tree / file, _out_of_range(content) if file == KEY_OUT_OF_RANGE else content)
    _put(tree / COPY, (tree / COPIED).read_bytes())
    _put(tree / NO_MIDI, b"This page has moved.\n")
    _put(tree / SILENT, encode(Music((), np.array([[0, 120.0]]), np.array([[0, 4, 4]]))))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # a date of its own: the same sample has the same bytes
        archive.writestr(zipfile.ZipInfo(Path(COPIED).name), (tree / COPIED).read_bytes())
    _put(tree / ARCHIVE, packed.getvalue())


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _endless(written: Music) -> Music:
    """The piece with one more note, hours after the others."""
    first, *others = written.parts
    late = np.array([[ENDLESS_TICK, ENDLESS_TICK + TICKS_PER_BEAT, 60, 64]])
    return replace(written, parts=(replace(first, notes=np.concatenate([first.notes, late])), *others))


def _out_of_range(content: bytes) -> bytes:
    """The file with a key of three flats in a mode that is none."""
    before, after = content.split(KEY, 1)
    return before + KEY + b"\xfd\xff" + after[2:]
