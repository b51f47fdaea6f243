"""The study's own collection: covers of albums by genre, gathered from Spotify into a folder per genre and artist.

FOLDER/<genre>/<artist>/<album>.jpg   640 x 640 pixels; named by the ids that Spotify gives artists and albums
FOLDER/gathered.csv                   genre, artist, album, file, address of the picture
FOLDER/excluded.csv                   genre, artist, album, file, reason
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cosmic_lib import images, store

if TYPE_CHECKING:
    from cosmic_lib.studies.album_art.spotify import Album, Artist, Client, Service

SIDE = 640
"""Pixels of each side, as in the study (lines 57 to 61)."""

JPEG = b"\xff\xd8\xff"
"""What such a file begins with."""

TRIES = 3
"""Times that a picture is fetched, if what comes is broken."""

GATHERED, EXCLUDED = "gathered.csv", "excluded.csv"
_FIELDS = ["genre", "artist", "album", "file"]
COLUMNS = {GATHERED: [*_FIELDS, "address"], EXCLUDED: [*_FIELDS, "reason"]}

Row = dict[str, str]


class CoverError(ValueError):
    """Why an album gives no cover."""


def gather(
    folder: str | Path,
    genres: Sequence[str],
    *,
    per_genre: int = 500,
    progress: Callable[[Sequence, str], Iterable] = lambda steps, title: steps,
    say: Callable[[str], None] = lambda line: None,
    service: Service | None = None,
) -> pd.DataFrame:
    """Gather covers, each album once; the same call again goes on with an interrupted one.

    A genre is what Spotify calls its artists; it has none for albums. Each artist gives ten albums at most, so that
    there are enough artists for a test on others. Singles and compilations are left alone.

    Args:
        folder: where to; what is there is neither fetched nor asked for again.
        genres: as Spotify has them, such as `metal`; an album that is found under several is taken for the first.
        per_genre: covers wanted of each, with those that are there; at least 500 in the study (line 61).
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.
        say: told of each wait that Spotify asks for.
        service: another place to ask, such as the one of a test.

    Returns:
        A row per genre: genre, covers (all that are there), artists, excluded.

    Raises:
        ValueError: spotipy is not installed, there are no credentials, or a genre cannot be one.
        SpotifyError: Spotify refuses, or cannot be reached; what has been gathered stays.
        OSError: the folder cannot be written, or `COSMIC_OFFLINE` forbids to ask.

    Source study: album_art, lines 57 to 61.
    """
    wanted = _checked(genres, per_genre)
    from cosmic_lib.studies.album_art import spotify

    store.sweep(Path(folder))
    with spotify.client(service or spotify.Service(), say) as client:
        collection = Collection.open(Path(folder))
        try:
            for genre in wanted:
                covers = collection.fill(client, genre)
                for _ in progress(range(per_genre - collection.number(genre)), f"gathering {genre}"):
                    if next(covers, None) is None:
                        break
        finally:
            collection.save()
    return collection.summary(wanted)


def _checked(genres: Sequence[str], per_genre: int) -> tuple[str, ...]:
    """The genres, each once, if it is possible to begin."""
    if per_genre < 1:
        raise ValueError(f"per_genre is {per_genre}; give a whole number from 1 up")
    if not genres:
        raise ValueError("no genres; name some, such as metal and country")
    for genre in genres:  # each names a folder, and stands between quotes in a search
        if not re.fullmatch(r"[\w&'+-][\w&'+. -]*(?<![. ])", genre):
            raise ValueError(f"{genre!r} cannot be a genre; give one as Spotify has it, such as metal or hip-hop")
    if os.environ.get("COSMIC_OFFLINE", "") not in ("", "0"):
        raise OSError("COSMIC_OFFLINE is set, so Spotify is not asked; unset it to gather covers")
    if importlib.util.find_spec("spotipy") is None:
        raise ValueError("to gather covers takes spotipy; install it with: pip install 'cosmic_lib[gather]'")
    return tuple(dict.fromkeys(genres))


@dataclass
class Collection:
    """What has been gathered, and what has been left out.

    Args:
        folder: of all of it.
        gathered: file -> row of its table.
        excluded: the same; the file is the one that would have been written.
    """

    folder: Path
    gathered: dict[str, Row] = field(default_factory=dict)
    excluded: dict[str, Row] = field(default_factory=dict)
    seen: dict[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> Collection:
        """What earlier calls left; a row whose file is gone is forgotten."""
        made = cls(folder, excluded={row["file"]: row for row in _read(folder / EXCLUDED)})
        for row in _read(folder / GATHERED):
            if (folder / row["file"]).is_file():
                made._add(row)
        return made

    def number(self, genre: str) -> int:
        """Covers of a genre."""
        return sum(row["genre"] == genre for row in self.gathered.values())

    def fill(self, client: Client, genre: str) -> Iterator[str]:
        """Take cover after cover.

        Yields:
            The file of each, once it is there.
        """
        from cosmic_lib.studies.album_art.spotify import SpotifyError

        for artist in client.artists(genre):
            row = {"genre": genre, "artist": artist.name, "album": "", "file": f"{genre}/{artist.id}/"}
            try:
                albums = client.albums(artist)
            except SpotifyError as error:
                if not error.alone:
                    raise
                self.excluded[row["file"]] = {**row, "reason": str(error)}
                continue
            for album in albums:
                if self._take(client, artist, album, {**row, "album": album.name}):
                    yield album.id
            self.save()

    def _take(self, client: Client, artist: Artist, album: Album, row: Row) -> bool:
        """Whether the collection has one cover more now."""
        file = row["file"] = f"{row['genre']}/{artist.id}/{album.id}.jpg"
        if file in self.gathered:
            return False
        try:
            row["address"] = _address(album)
            self._refuse_repeated(row)
            if not (self.folder / file).is_file():  # a call that was killed has it, but no row
                store.write_bytes(self.folder / file, _fetched(client, row["address"]))
        except CoverError as error:
            self.excluded[file] = {**{name: row[name] for name in _FIELDS}, "reason": str(error)}
            return False
        self._add(row)
        return True

    def _refuse_repeated(self, row: Row) -> None:
        for what, *key in _marks(row):
            if (first := self.seen.get((what, *key))) is not None:
                raise CoverError(f"{what} is there already: {first}")

    def _add(self, row: Row) -> None:
        self.gathered[row["file"]] = row
        self.excluded.pop(row["file"], None)
        self.seen |= dict.fromkeys(_marks(row), row["file"])

    def save(self) -> None:
        """Write both tables."""
        for name, rows in ((GATHERED, self.gathered), (EXCLUDED, self.excluded)):
            table = pd.DataFrame(rows.values(), columns=COLUMNS[name])
            store.write_bytes(self.folder / name, table.to_csv(index=False, lineterminator="\n").encode())

    def summary(self, genres: Iterable[str]) -> pd.DataFrame:
        """A row per genre: genre, covers, artists, excluded."""
        rows = []
        for genre in genres:
            files = [file for file, row in self.gathered.items() if row["genre"] == genre]
            artists = len({Path(file).parent for file in files})
            excluded = sum(row["genre"] == genre for row in self.excluded.values())
            rows.append({"genre": genre, "covers": len(files), "artists": artists, "excluded": excluded})
        return pd.DataFrame(rows)


def _read(path: Path) -> list[Row]:
    """The rows of a table of ours; none if it is not there."""
    if not path.exists():
        return []
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table[COLUMNS[path.name]].to_dict("records")
    except (ValueError, KeyError) as error:
        expected = ", ".join(COLUMNS[path.name])
        raise ValueError(f"{path}: not a table of {expected} ({error}); mend it, or move it away") from error


def _marks(row: Row) -> list[tuple[str, ...]]:
    """All by which an album can be known again: Spotify lists one under several artists, and in several editions."""
    path = Path(row["file"])
    return [
        ("this album", path.stem),
        ("an album of that name by that artist", path.parent.name, row["album"].casefold()),
        ("this picture", row["address"]),
    ]


def _address(album: Album) -> str:
    """Of the picture of the size wanted."""
    for address, width, height in album.pictures:
        if width in (SIDE, None) and height in (SIDE, None):
            return address
    sizes = ", ".join(f"{width} x {height}" for _, width, height in album.pictures) or "none"
    raise CoverError(f"no picture of {SIDE} x {SIDE} pixels; there are: {sizes}")


def _fetched(client: Client, address: str) -> bytes:
    """The content of a JPEG file of the right size; a broken one is fetched again."""
    from cosmic_lib.studies.album_art.spotify import SpotifyError

    problem = ""
    for _ in range(TRIES):
        try:
            content = client.picture(address)
            height, width, _ = images.read(content).shape
        except images.ImageError as error:
            problem = str(error)
            continue
        except SpotifyError as error:
            if not error.alone:
                raise
            raise CoverError(str(error)) from error
        if (height, width) != (SIDE, SIDE) or not content.startswith(JPEG):
            raise CoverError(f"not a JPEG of {SIDE} x {SIDE} pixels, whatever Spotify said: {width} x {height}")
        return content
    raise CoverError(f"{problem}; fetched {TRIES} times")
