"""Made-up album covers in folders by genre and artist, on which colours, scene and lettering hint at the genre.

Each of the three is drawn from what is usual in the genre with probability `cue`, and from what all genres share
otherwise; at zero, a cover tells nothing of its genre. Artists have a style, by which their covers can be known: each
of its traits is on a cover with probability `artist`. At zero, covers of one artist have nothing in common. As in
collections that were gathered from shops, some covers are there twice: as they are under another genre, or packed anew.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import parallel, store
from cosmic_lib.studies.album_art import drawing
from cosmic_lib.studies.album_art.drawing import EMBLEMS, LAYOUTS, LETTERINGS, PALETTES, PLACES, Cover, draw

GENRES = {"country": 181, "metal": 103, "rap": 126, "trance": 110}
"""How many covers of each genre there are, as among the 520 on which the study tested (lines 142 to 145)."""
CUE, ARTIST = 0.35, 0.7
"""Defaults: how much a cover tells of its genre, and how alike the covers of one artist are."""
MISFILED, REPEATS = 0.02, 0.02
"""Default shares of the covers that are under a second genre too, and that are there twice under their own."""
USUAL = {"palette": tuple(PALETTES), "layout": LAYOUTS, "lettering": LETTERINGS}
"""Trait -> what is usual, in the order of the genres."""
QUALITY, QUALITY_ANEW, SHRUNK = 88, 60, 0.75
"""Of JPEG; the same when a cover is packed anew; and the share of the side that is left then."""

FIRST = (
    "Amber Black Blue Broken Burning Cold Copper Crooked Crystal Distant Empty Endless Fallen First Golden Hidden "
    "Hollow Iron Last Lone Lost Midnight Northern Old Paper Quiet Red Restless Rising Rusty Secret Silent Silver "
    "Sleeping Slow Sweet Velvet White Wild Young"
)
SECOND = (
    "Anchors Bells Birds Bridges Brothers Cities Clouds Crowns Doors Engines Fields Fires Flames Ghosts Giants Hands "
    "Hearts Highways Hills Horses Islands Kings Lanterns Lights Machines Mirrors Moons Oceans Pilots Pines Queens "
    "Rivers Roads Saints Shadows Sisters Stars Stones Streets Wolves"
)
"""What names are made of, in every genre alike: a name must tell nothing."""


def write_sample(
    root: Path,
    *,
    covers: int = 1000,
    cue: float = CUE,
    artists: int | None = None,
    artist: float = ARTIST,
    misfiled: float = MISFILED,
    repeats: float = REPEATS,
    side: int = 128,
    seed: int = 0,
    progress: Callable = lambda steps: steps,
) -> Path:
    """Write the sample once, as `<genre>/<artist>/<album>.jpg`.

    Args:
        root: folder under which samples are kept.
        covers: how many there are in all, beside those that are there again; at least 60.
        cue: how much a cover tells of its genre, 0 to 1.
        artists: how many there are in all; 40 at least, a quarter of the covers by default.
        artist: how alike the covers of one artist are, 0 to 1.
        misfiled: share of the covers that are, the same to the byte, under another genre too; 0 to 0.5.
        repeats: share of the covers that are there twice, the second time smaller and of less quality; 0 to 0.5.
        side: of the pictures, in pixels, at least 32.
        seed: another seed gives other covers.
        progress: wraps the list of covers, to draw a bar.

    Returns:
        Folder that holds a folder for each genre.

    Raises:
        ValueError: a setting out of range.

    Source study: album_art, lines 57 to 61; for the shares of the genres, lines 142 to 145.
    """
    for name, value, most in (
        ("cue", cue, 1),
        ("artist", artist, 1),
        ("misfiled", misfiled, 0.5),
        ("repeats", repeats, 0.5),
    ):
        if not 0 <= value <= most:
            raise ValueError(f"{name} is {value}; choose a share from 0 to {most}")
    if side < 32:
        raise ValueError(f"side is {side}; choose at least 32 pixels, so that there is something to see")
    table = population(covers, cue=cue, artists=artists, artist=artist, seed=seed)
    every = [covers, artists, cue, artist, misfiled, repeats, side, seed]
    code = store.fingerprint(store.source_fingerprint(__name__, drawing.__name__), every)[:6]
    folder = Path(root) / f"album_art-{covers}x{side}-cue{cue:g}-artist{artist:g}-{code}"
    files = planted(table, misfiled=misfiled, repeats=repeats, seed=seed)
    return store.once(folder, lambda part: _write(part, table, files, side, seed, progress))


def population(
    covers: int = 1000, *, cue: float = CUE, artists: int | None = None, artist: float = ARTIST, seed: int = 0
) -> pd.DataFrame:
    """Which covers there are, by genre and artist.

    Args:
        covers, cue, artists, artist, seed: as in `write_sample`.

    Returns:
        A row per cover: genre, number of its artist, and a column per field of `Cover`.

    Raises:
        ValueError: too few covers or artists.
    """
    if covers < 60:
        raise ValueError(f"covers is {covers}; choose at least 60, so that each split part gets some of each genre")
    count = max(40, covers // 4) if artists is None else artists
    if not 40 <= count <= covers:
        raise ValueError(f"artists is {count}; choose from 40 to as many as there are covers, {covers}")
    rng = np.random.default_rng([seed, 0])
    of_artists, of_covers = _shared_out(count), _shared_out(covers)
    counts = np.bincount(of_covers)
    by = np.concatenate([_dealt(np.flatnonzero(of_artists == one), counts[one], rng) for one in range(len(GENRES))])
    style = _traits(of_artists, cue, np.random.default_rng([seed, 1]))
    own = _traits(of_covers, cue, np.random.default_rng([seed, 2]))
    kept = np.random.default_rng([seed, 3]).random(size=own.shape) < artist
    table = own.where(~kept, style.iloc[by].reset_index(drop=True))
    names = _names(len(style), rng)
    table["artist"], table["title"] = [names[one] for one in by], _names(len(table), rng)
    return pd.concat([pd.DataFrame({"genre": np.array(list(GENRES))[of_covers], "by": by}), table], axis=1)


def _shared_out(count: int) -> np.ndarray:
    """Number of the genre of each of so many artists or covers, in order."""
    ends = np.round(np.cumsum(list(GENRES.values())) / sum(GENRES.values()) * count)
    return np.searchsorted(ends, np.arange(count), side="right")


def _dealt(artists: np.ndarray, covers: int, rng: np.random.Generator) -> np.ndarray:
    """The artist of each cover of a genre: each has one at least, and few have many."""
    weight = rng.lognormal(0, 0.8, size=len(artists))
    more = rng.choice(artists, size=covers - len(artists), p=weight / weight.sum())
    return np.sort(np.concatenate([artists, more]))


def _traits(genres: np.ndarray, cue: float, rng: np.random.Generator) -> pd.DataFrame:
    """Traits of an artist's style, or of a cover that has its own; only those in `USUAL` ask for the genre.

    Args:
        genres: number of each one's genre.
        cue: see `write_sample`.
        rng: decides them all.
    """
    count, traits = len(genres), {}
    for name, usual in USUAL.items():
        shared = rng.integers(len(usual), size=count)
        traits[name] = np.array(usual)[np.where(rng.random(size=count) < cue, genres, shared)]
    return pd.DataFrame(
        {
            **traits,
            "hue": rng.uniform(-1, 1, size=count),
            "light": np.exp(0.18 * rng.normal(size=count)),
            "shift": rng.uniform(-0.15, 0.15, size=count),
            "size": rng.uniform(0.75, 1.2, size=count),
            "place": rng.choice([0.18, 0.55, 0.8], size=count) + rng.uniform(0, 0.06, size=count),
            "emblem": rng.integers(len(EMBLEMS), size=count),
            "corner": rng.integers(len(PLACES), size=count),
        }
    )


def _names(count: int, rng: np.random.Generator) -> list[str]:
    """Two words each, and a number behind when all pairs of words are taken."""
    pairs = [f"{first} {second}" for first in FIRST.split() for second in SECOND.split()]
    rounds, places = np.divmod(np.arange(count), len(pairs))
    words = rng.permutation(pairs)[places]
    return [f"{name} {number + 1}" if number else name for name, number in zip(words, rounds, strict=True)]


def planted(
    table: pd.DataFrame, *, misfiled: float = MISFILED, repeats: float = REPEATS, seed: int = 0
) -> pd.DataFrame:
    """Which files there are: one per cover, and those that show one again.

    Args:
        table: as `population` gives it.
        misfiled, repeats, seed: as in `write_sample`.

    Returns:
        Columns file (path with slashes), row (of the table) and anew (whether it is packed anew), by row.
    """
    rng, genres = np.random.default_rng([seed, 4]), table["genre"].tolist()
    paths = (table["artist"] + "/" + table["title"]).str.lower().str.replace(" ", "-").tolist()
    under, again = np.split(rng.permutation(len(table)), [round(misfiled * len(table))])
    files = [(f"{genre}/{path}.jpg", row, False) for row, (genre, path) in enumerate(zip(genres, paths, strict=True))]
    for row in under.tolist():
        others = [genre for genre in GENRES if genre != genres[row]]
        files.append((f"{rng.choice(others)}/{paths[row]}.jpg", row, False))
    for row in again[: round(repeats * len(table))].tolist():
        files.append((f"{genres[row]}/{paths[row]}-anew.jpg", row, True))
    return pd.DataFrame(files, columns=["file", "row", "anew"]).sort_values("row", kind="stable", ignore_index=True)


def _write(folder: Path, table: pd.DataFrame, files: pd.DataFrame, side: int, seed: int, progress: Callable) -> None:
    shown = [group for _, group in files.groupby("row")]
    encode = functools.partial(_encoded, table.drop(columns=["genre", "by"]).to_dict("records"), side, seed)
    for group, encoded in parallel.ahead(encode, progress(shown), workers=store.threads()):
        for file, content in zip(group["file"], encoded.result(), strict=True):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)


def _encoded(rows: list[dict], side: int, seed: int, group: pd.DataFrame) -> list[bytes]:
    """The contents of the files that show one cover."""
    from PIL import Image

    row = int(group["row"].iloc[0])
    whole = Image.fromarray(draw(Cover(**rows[row]), side=side, rng=np.random.default_rng([seed, 5, row])))
    small = whole.resize((round(SHRUNK * side),) * 2, Image.Resampling.BILINEAR)
    contents = []
    for anew in group["anew"]:
        content = io.BytesIO()
        (small if anew else whole).save(content, "jpeg", quality=QUALITY_ANEW if anew else QUALITY)
        contents.append(content.getvalue())
    return contents
