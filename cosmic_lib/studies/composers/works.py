"""Which pieces belong together: copies of one piece, and the movements and versions of one work."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from cosmic_lib.midi import Piece

LENGTH = 8
"""Intervals in an n-gram of the top line."""
VARIED = 4
"""Different intervals that an n-gram needs: scales, trills and repeated notes are everybody's."""
COMMON = 12
"""An n-gram that more pieces have than this is a turn of the style, and tells nothing about the work."""
LEAST = 10
"""Two pieces with fewer n-grams in common are not called versions of one work, however short they are."""
VERSION = 0.06
"""Share of the n-grams of the shorter of two pieces from which on they are versions of one work. All such pairs among
520 real files are, while two of different works share 0.04 at most; and all such pairs among 1,318 movements of masses
by Palestrina are of one mass."""
COPY = 0.9
"""Share of the n-grams of two pieces from which on they are copies of one."""
GRID = 8
"""Steps per beat on which onsets are compared: a chord is rarely played at one instant."""

OPUS = (
    r"(?<![a-z])op(?:us)?[ ._]*(\d+[a-d]?)"
    r"(?:[ ._,-]*(?:no?[ ._]*)?(\d+)(?!\d*[ _-]*(?:mov|st|nd|rd|th)))?"  # op10 n2, but not op36 2mov
)
RULES = (
    # catalogue, composer (any where there is none), pattern, what is added to the number that it finds; a second
    # number is that of a part which is a work of its own
    ("BWV", "", r"bwv[ ._]*(\d+[a-z]?)(?:\.(\d+))?", 0),
    ("BWV", "Bach", r"^(\d{4})(\d\d)[a-z]", 0),  # 015301b_ is BWV 153.1
    ("BWV", "Bach", r"^bach_(\d{3,4})$", 0),
    ("BWV", "Bach", r"^wt1_(\d)[ab]", 845),
    ("BWV", "Bach", r"^wt1_x(\d?)_?[ab]", 855),  # X3 is 13, X_ is 10
    ("BWV", "Bach", r"^wt1_xx(\d?)_?[ab]", 865),
    ("BWV", "Bach", r"^wtcii(\d+)", 869),
    ("BWV", "Bach", r"(\d+)_clavier_tempere1", 845),
    ("BWV", "Bach", r"two part inventions no\.(\d+)", 771),
    ("BWV", "Bach", r"^brand(\d)\d", 1045),
    ("BWV", "Bach", r"^cs(\d)-", 1006),
    ("BuxWV", "", r"buxwv[ ._]*(\d+)", 0),
    ("K", "", r"(?<![a-z])kv?[ ._]*(\d+[a-z]?)(?![a-z0-9])", 0),
    ("K", "Mozart", r"^mozk(\d+)", 0),  # a letter after it is that of the movement
    ("K", "Mozart", r"^mz_(\d+)", 0),
    ("WoO", "", r"woo[ ._]*(\d+[a-z]?)", 0),
    ("Hess", "", r"hess[ ._]*(a?\d+)", 0),
    ("Anh.", "", r"anh(?:ang)?[ ._]*(\d+)", 0),
    ("D", "Schubert", r"(?<![a-z])d[ ._]*(\d+)", 0),
    ("Hob.", "Haydn", r"hob[ .]*([ivx]+[: ]?[a-z]?\d+)", 0),
    ("Hob. XVI", "Haydn", r"(?<![a-z])xvi[: ]?(\d+)", 0),
    ("Hob. XVI", "Haydn", r"^hay-p(\d+)[a-z]", 0),
    ("Hob. XVI", "Haydn", r"^haydn_(\d+)_\d", 0),
    ("RV", "", r"(?<![a-z])rv[ ._]*(\d+)", 0),
    ("HWV", "", r"hwv[ ._]*(\d+)", 0),
    ("op.", "Beethoven", r"^beethoven_opus(\d+)_", 0),  # followed by the number of the movement
    ("op.", "Schumann", r"^(?:scn|sr)(\d+)[_-](\d+)", 0),
    ("op.", "Chopin", r"^ch(?:et|no|wa)(\d\d)(\d\d)", 0),
    ("op.", "Chopin", r"^ch_w(\d+)_(\d+)", 0),
    ("op.", "", OPUS, 0),
)
WHOLE = {("Chopin", "35"), ("Chopin", "58"), ("Beethoven", "22")}
"""Opus numbers that are one work, though names with a second number have them: that is the number of a movement."""
NUMBER = re.compile(r"(?<![a-z])n[or]?[ ._]*0*(\d+)")
RANGE = re.compile(r"\d\s*-\s*\d")
MOVEMENT = re.compile(
    r"[\W_]*\d+(?:st|nd|rd|th|[-_]\d+)?[ _-]*mov.*"  # 1mov, 1-2 movs, 3rd mov
    r"|[\W_]*mov[a-z]*[\W_]*\d.*"
    r"|[\W_]*part[\W_]*\d.*"
    r"|_\d(?:[a-z]+|_format\d)?$"
    r"|_[a-d]$"
    r"|(?<=\d)[a-d]$"
    r"|^[ivx]+[ _-].*"
)


class Key(NamedTuple):
    """What a piece is called.

    Args:
        composer: of the piece.
        catalogue: one of those in `RULES`, or empty for a title.
        number: in the catalogue, or the title.
        part: of that number, where it is a work of its own; or empty.
    """

    composer: str
    catalogue: str
    number: str
    part: str = ""

    def __str__(self) -> str:
        number = f"{self.number} no. {self.part}" if self.part and self.catalogue == "op." else self.number
        if self.part and self.catalogue != "op.":
            number += f".{self.part}"
        return " ".join(word for word in (self.composer, self.catalogue, number) if word)


def shared(pieces: Iterable[Piece]) -> pd.DataFrame:
    """Compare the music of all pieces with one another.

    Compared is the top line, by its intervals, so that key, tempo, instruments and loudness do not matter.

    Args:
        pieces: each is looked at once and not kept.

    Returns:
        A row per pair that has all notes in common, or `LEAST` n-grams: `first` and `second`, the numbers of the
        pieces; `contained`, how much of the shorter one is in the other, 0 to 1; `alike`, how much of both together.
    """
    from scipy.sparse import triu

    signatures, lines = [], []
    for piece in pieces:
        notes = _on_grid(piece)
        signatures.append(hashlib.sha256(notes.tobytes()).digest() if len(notes) else b"")
        lines.append(_ngrams(notes))
    table = _incidence(lines)
    size = np.asarray(table.sum(axis=1)).ravel()
    common = triu(table @ table.T, k=1).tocoo()
    enough = common.data >= LEAST
    first, second, count = common.row[enough], common.col[enough], common.data[enough]
    smaller, both = np.minimum(size[first], size[second]), size[first] + size[second] - count
    near = pd.DataFrame(
        {"first": first, "second": second, "contained": count / smaller, "alike": count / both}, dtype=float
    )
    equal = [pair for numbers in _places(signatures).values() for pair in combinations(numbers, 2)]
    same = pd.DataFrame([(*pair, 1.0, 1.0) for pair in equal], columns=list(near), dtype=float)
    pairs = pd.concat([same, near]).drop_duplicates(["first", "second"])
    return pairs.astype({"first": int, "second": int}).sort_values(["first", "second"], ignore_index=True)


def repeats(files: Sequence[str], pairs: pd.DataFrame) -> list[str]:
    """Name the pieces that hold the same music, in whatever key, tempo or instruments, by the first of them.

    Args:
        files: path of each piece under the root.
        pairs: of the same pieces, from `shared`.

    Returns:
        For each piece, the first file that holds its music; most often itself.
    """
    copies = pairs.loc[pairs["alike"] >= COPY, ["first", "second"]]
    joined = _joined(len(files), copies.to_numpy())
    return [files[group[0]] for group in joined]


def conflicts(files: Sequence[str], composers: Sequence[str], pairs: pd.DataFrame) -> list[tuple[str, str]]:
    """Pieces that stand under two composers: a wrong label on one of them, or one arranged the other.

    Args:
        files: path of each piece under the root.
        composers: of each piece.
        pairs: of the same pieces, from `shared`.

    Returns:
        Pairs of files, in order.
    """
    return [
        (files[first], files[second]) for first, second in _versions(pairs) if composers[first] != composers[second]
    ]


def works(files: Sequence[str], composers: Sequence[str], *, pairs: pd.DataFrame | None = None) -> list[str]:
    """Name the work that each piece belongs to, by the catalogue numbers and titles in names, and by the music.

    Pieces of one work are its movements, its versions, and the files that hold several movements. A file that names
    an opus alone may hold any piece of it, so it keeps the whole opus together. Music is compared across composers.

    Args:
        files: path of each piece under the root.
        composers: of each piece.
        pairs: of the same pieces, from `shared`; without them, names alone count.

    Returns:
        For each piece, its composer and the catalogue number or the title of the work, the same for all that belong
        together.

    Source study: composers, line 1403 (which cuts pieces into chunks and keeps none of this together).
    """
    keys = [_keys(file, composer) for file, composer in zip(files, composers, strict=True)]
    known = {key for names in keys for key in names}
    places: dict[Key, list[int]] = {}
    for number, names in enumerate(keys):
        opuses = {key._replace(part="") for key in names} & known
        for key in opuses.union(names):
            places.setdefault(key, []).append(number)
    links = [(numbers[0], other) for numbers in places.values() for other in numbers[1:]]
    if pairs is not None:
        links += _versions(pairs)
    joined = _joined(len(files), np.array(links, dtype=int).reshape(-1, 2))
    called = [[key for number in group for key in keys[number]] for group in joined]
    return [str(next((key for key in group if key.catalogue), group[0])) for group in called]


def _versions(pairs: pd.DataFrame) -> list[tuple[int, int]]:
    close = pairs.loc[pairs["contained"] >= VERSION, ["first", "second"]]
    return list(close.itertuples(index=False, name=None))


def _keys(file: str, composer: str) -> list[Key]:
    """The catalogue numbers in the name of a piece, or in that of its folder; where there is none, its title."""
    path = PurePosixPath(unicodedata.normalize("NFC", file).lower())
    folder = "" if path.parent.name == composer.lower() or RANGE.search(path.parent.name) else path.parent.name
    numbers = _numbers(path.stem, composer) or _numbers(folder, composer)
    title = _title(MOVEMENT.sub("", path.stem.strip())) or _title(folder) or path.stem
    return numbers or [Key(composer, "", title)]


def _numbers(name: str, composer: str) -> list[Key]:
    """The catalogue numbers in a name, one of each catalogue."""
    found: dict[str, Key] = {}
    for catalogue, whose, pattern, added in RULES:
        if catalogue in found or whose not in ("", composer) or not (match := re.search(pattern, name)):
            continue
        number, part = (*match.groups(""), "")[:2]
        if pattern == OPUS and not part:
            part = ["", *NUMBER.findall(name[: match.start()])][-1]  # as in: Prelude n15 op28
        number = str(added + int(number or 0)) if added else number.lstrip("0")
        part = "" if (composer, number) in WHOLE else part.lstrip("0")
        found[catalogue] = Key(composer, catalogue, number, part)
    return list(found.values())


def _title(name: str) -> str:
    """A name without nickname and without all that tells one movement from another."""
    name = re.sub(r"''.*?(''|$)", "", name)
    return re.sub(r"[\W_]+", " ", NUMBER.sub(r"n\1", name)).strip()


def _on_grid(piece: Piece) -> np.ndarray:
    """Onsets in steps from the first, and pitches from the lowest, each note once: int64, shape (notes, 2), in order.

    Drums are left out: their pitch is none.
    """
    drums = [number for number, instrument in enumerate(piece.instruments) if instrument.drums]
    notes = piece.notes[~np.isin(piece.notes["instrument"], drums)]
    if not len(notes):
        return np.zeros((0, 2), np.int64)
    onsets = np.rint((notes["start_tick"] - notes["start_tick"].min()) / piece.ticks_per_beat * GRID)
    return np.unique(np.stack([onsets, notes["pitch"] - notes["pitch"].min()], axis=1).astype(np.int64), axis=0)


def _ngrams(notes: np.ndarray) -> np.ndarray:
    """The different n-grams of intervals in the top line: int64, shape (n-grams,), each packed into one number."""
    highest = np.flatnonzero(np.diff(notes[:, 0], append=-1))  # the last of those that begin together
    top = notes[highest, 1]
    if len(top) <= LENGTH:
        return np.zeros(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(np.diff(top), LENGTH)
    varied = (np.diff(np.sort(windows, axis=1), axis=1) != 0).sum(axis=1) + 1 >= VARIED
    packed = np.clip(windows[varied], -127, 127).astype(np.int8)
    return np.unique(np.ascontiguousarray(packed).view(np.int64).ravel())


def _incidence(lines: Sequence[np.ndarray]) -> csr_matrix:
    """Which piece has which n-gram, common ones left out: shape (pieces, n-grams), 1 or 0."""
    from scipy.sparse import csr_matrix

    names, columns = np.unique(np.concatenate([np.zeros(0, np.int64), *lines]), return_inverse=True)
    rows = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    table = csr_matrix((np.ones(len(rows), int), (rows, columns)), shape=(len(lines), len(names)))
    different = [numbers[0] for numbers in _places([line.tobytes() for line in lines]).values()]  # a copy counts once
    return table[:, np.asarray(table[different].sum(axis=0)).ravel() <= COMMON]


def _places(values: Sequence[bytes]) -> dict[bytes, list[int]]:
    """Where each value stands; empty ones are left out."""
    places: dict[bytes, list[int]] = {}
    for number, value in enumerate(values):
        if value:
            places.setdefault(value, []).append(number)
    return places


def _joined(count: int, links: np.ndarray) -> list[list[int]]:
    """For each of so many things, all that it is linked to, over however many others, in order."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    names = connected_components(graph, directed=False)[1]
    members = pd.Series(range(count)).groupby(names).agg(list) if count else {}
    return [members[name] for name in names]
