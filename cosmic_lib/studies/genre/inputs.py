"""What the networks of the genre study are fed, all of it made from the same files.

A segment is cut from a clip as the study did it; a track is the whole clip.

    input                        one item is   shape, by default
    segment_features             a segment     (16, 33) float32
    segment_features_hop512      a segment     (127, 33) float32, with a hop that skips nothing
    segment_pictures             a segment     (48, 48, 3) uint8, rendered
    pictures                     a track       (180, 180, 3) uint8, rendered
    ready_pictures               a track       (180, 180, 3) uint8, of the ready-made set, its margin cut off
    ready_pictures_margin        a track       (180, 180, 3) uint8, as the source took them
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import audio, store
from cosmic_lib.studies import Data
from cosmic_lib.studies.genre import pictures

SEGMENT_PICTURE = 48
"""Pixels of a segment's picture: 3 seconds of sound fill no more."""


def cache() -> Path:
    """Where features and pictures are kept, once computed."""
    return store.home() / "cache" / "genre"


FROM_SOUND: dict[str, Callable] = {
    "segment_features": lambda shape, features: partial(audio.extract, settings=features),
    "segment_features_hop512": lambda shape, features: partial(
        audio.extract, settings=replace(features, hop_length=features.n_fft // 2)
    ),
    "segment_pictures": lambda shape, features: partial(
        pictures.extract, settings=features, size=shape[0], segments=True
    ),
    "pictures": lambda shape, features: partial(pictures.extract, settings=features, size=shape[0]),
}
"""Input name -> how the items of many files are made, for a shape and settings of features."""


def _from_sound(
    name: str, paths: Sequence[Path], shape: tuple[int, ...], features: audio.SegmentFeatures
) -> Iterator[np.ndarray | str]:
    """The items of each file, or the reason why it has none."""
    if name not in FROM_SOUND:
        raise ValueError(f"no inputs named {name!r} can be made from sound; there are: {', '.join(FROM_SOUND)}")
    return (found for _, found in FROM_SOUND[name](shape, features)(paths, cache=cache()))


def read(name: str, path: Path, shape: tuple[int, ...], settings: Mapping[str, Any]) -> np.ndarray:
    """The items of one sound file, as a network that was trained on these inputs wants them.

    Args:
        name: of the inputs.
        path: the file.
        shape: of one item.
        settings: `Data.settings` of what the network was trained on.

    Returns:
        Shape (items, *shape): an item per segment, or one for the whole clip.

    Raises:
        AudioError: the file cannot be read, or is shorter than a segment.
        ValueError: inputs that are not made from sound.
    """
    found = next(_from_sound(name, [path], shape, audio.SegmentFeatures(**settings)))
    if isinstance(found, str):
        raise audio.AudioError(found)
    return found


READ = {name: partial(read, name) for name in FROM_SOUND}
"""Input name -> `read` of it, for files of a user's own."""


def add(data: Data, inputs: Iterable[str], *, picture_size: int, progress: Callable) -> Data:
    """The data with more kinds of input, made from the same files.

    Args:
        data: with the features of segments.
        inputs: names, see the top of this module.
        picture_size: pixels of the picture of a track.
        progress: `progress(steps, title)` wraps what is looped over.

    Raises:
        ValueError: an unknown kind of input.
    """
    arrays, others, notes, excluded = dict(data.arrays), {}, list(data.notes), [data.excluded]
    features = audio.SegmentFeatures(**data.settings)
    tracks = data.items.drop_duplicates("track").assign(item=lambda rows: rows["track"]).reset_index(drop=True)
    for name in [name for name in dict.fromkeys(inputs) if name not in arrays]:
        if name.startswith("ready_pictures"):
            other, left_out = _ready_pictures(data, tracks, name, picture_size)
            if other is None:
                notes.append(f"no ready-made pictures here, so none as {name}")
            else:
                others[name] = other
                excluded.append(left_out)
            continue
        side = picture_size if name == "pictures" else SEGMENT_PICTURE
        made = _from_sound(name, [data.root / file for file in tracks["file"]], (side,), features)
        array = np.concatenate([next(made) for _ in progress(tracks["file"].tolist(), f"making {name}")])
        if name == "pictures":
            others[name] = replace(data, items=tracks, arrays={name: array})
        else:
            arrays[name] = array
    everything = pd.concat(excluded, ignore_index=True).drop_duplicates()
    return replace(data, arrays=arrays, others=others, notes=tuple(notes), excluded=everything)


def _ready_pictures(data: Data, tracks: pd.DataFrame, name: str, size: int) -> tuple[Data | None, pd.DataFrame]:
    """Pictures of the ready-made set, of those tracks whose sound is here too; and what was left out of it."""
    try:
        found, strangers = pictures.find_pictures(data.root)
    except FileNotFoundError:
        return None, _excluded([])
    left_out = list(strangers)
    wanted = found[found["track"].isin(tracks["track"])]
    for file in found.loc[~found["track"].isin(tracks["track"]), "file"]:
        left_out.append((file, "no clip of that name could be used"))
    arrays, kept = [], []
    read = pictures.read_many([data.root / file for file in wanted["file"]], size=size, crop=name == "ready_pictures")
    for row, (_, picture) in zip(wanted.itertuples(index=False), read, strict=True):
        if isinstance(picture, str):
            left_out.append((row.file, picture.removeprefix(f"{data.root / row.file}: ")))
        else:
            arrays.append(picture)
            kept.append((row.track, row.file))
    if not kept:
        return None, _excluded(left_out)
    chosen = pd.DataFrame(kept, columns=["track", "file"])
    items = chosen.merge(tracks.drop(columns="file"), on="track", validate="one_to_one")
    return replace(data, items=items, arrays={name: np.stack(arrays)}), pd.DataFrame(
        left_out, columns=["file", "reason"]
    )


def _excluded(left_out: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(left_out, columns=["file", "reason"])
