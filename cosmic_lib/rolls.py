"""Piano rolls of a piece, and their equal parts, the chunks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from cosmic_lib.midi import Instrument, Piece

CHANNELS = ("velocity", "binary", "instruments", "timing")
"""What a roll can hold, see `roll`."""

FPS = 10
"""Frames per second of the study (source line 1235)."""

FRAMES = 150
"""Frames of a chunk (source line 1244): 15 seconds."""

PITCHES = 128
"""Rows of a roll."""

BEND_RANGE = 2
"""Semitones of the largest pitch bend."""

PEDAL_DOWN = 64
"""From this value on, the sustain pedal is down."""

LOUDEST = 127
"""Velocities and flags are stored up to this, so that one division brings every channel to 0..1."""


def roll(piece: Piece, *, fps: float = FPS, channels: Sequence[str] = ("velocity",)) -> np.ndarray:
    """Piano roll of a piece, as pretty_midi makes it.

    The sustain pedal holds what sounds while it is down, pitch bends move it, drums give nothing.

    Args:
        piece: its notes.
        fps: frames per second.
        channels: some of `CHANNELS`, in the order wanted. `velocity`: the sum over all notes that sound; sums above 255
            are cut to it, and pitch bends leave fractions, which are rounded. `binary`: 127 where that sum is above 0.
            `instruments`: how many instruments sound. `timing`: 127 from the start of each note to its end, whatever
            pedals and bends there are, and for drums too.

    Returns:
        uint8, shape (128, frames, channels); frames end with the last event of any instrument.

    Raises:
        ValueError: a channel that there is not, no frames per second, or a piece without notes.

    Source study: composers, lines 1197, 1212 and 1241-1256.
    """
    unknown = sorted(set(channels) - set(CHANNELS))
    if unknown or not channels:
        raise ValueError(f"channels {', '.join(unknown) or 'are none'}; choose from {', '.join(CHANNELS)}")
    if not 0 < fps < float("inf"):
        raise ValueError(f"fps is {fps}; give frames per second above 0")
    if not len(piece.notes):
        raise ValueError("the piece has no notes, so there is no roll; leave it out")
    played = np.unique(piece.notes["instrument"]).tolist()
    frames = max(int(fps * piece.instruments[number].end) for number in played)
    result = np.zeros((PITCHES, frames, len(channels)), dtype=np.uint8)
    pitched = [number for number in played if not piece.instruments[number].drums]
    layers = [_velocity(piece, pitched, fps)] if pitched and {"velocity", "binary"} & set(channels) else []
    for number, channel in enumerate(channels):
        into = result[..., number]
        if channel == "instruments":
            for one in pitched:
                low, sounding = _velocity(piece, [one], fps)
                cells = _within(into, low, sounding)
                cells += (sounding > 0) & (cells < 255)
        elif channel == "timing":
            low, sounding = _added(piece.notes, 1, fps, frames)
            _within(into, low, sounding)[sounding > 0] = LOUDEST
        for low, velocity in layers:
            if channel == "binary":
                _within(into, low, velocity)[velocity > 0] = LOUDEST
            elif channel == "velocity":
                whole = velocity if velocity.dtype == np.int32 else np.rint(velocity)
                np.minimum(whole, 255, out=_within(into, low, velocity), casting="unsafe")
    return result


def _within(whole: np.ndarray, low: int, part: np.ndarray) -> np.ndarray:
    """Those cells of a roll that a part of it takes up, from its lowest row on."""
    return whole[low : low + len(part), : part.shape[1]]


def _rows(notes: np.ndarray) -> tuple[int, int]:
    """The lowest and the highest row that notes can get into, by a pitch bend too."""
    return max(int(notes["pitch"].min()) - BEND_RANGE, 0), min(int(notes["pitch"].max()) + BEND_RANGE, PITCHES - 1)


def _velocity(piece: Piece, group: list[int], fps: float) -> tuple[int, np.ndarray]:
    """The lowest row, and the velocity summed over some instruments: int32, or float32 where there are bends."""
    shaped = [number for number in group if _is_shaped(piece.instruments[number])]
    plain = [number for number in group if number not in shaped]
    groups = [*([plain] if plain else []), *([number] for number in shaped)]
    if len(groups) == 1:
        return _layer(piece, groups[0], fps)
    lowest, highest = _rows(piece.notes)
    frames = int(fps * max(piece.instruments[number].end for number in group))
    bent = any(piece.instruments[number].bends[:, 1].any() for number in group)
    total = np.zeros((highest + 1 - lowest, frames), dtype=np.float32 if bent else np.int32)
    for one in groups:
        low, layer = _layer(piece, one, fps)
        _within(total, low - lowest, layer)[...] += layer
    return lowest, total


def _layer(piece: Piece, group: list[int], fps: float) -> tuple[int, np.ndarray]:
    """As `_velocity`, of one instrument, or of several without pedal and bends, which is most of the speed."""
    among = np.zeros(len(piece.instruments), dtype=bool)
    among[group] = True
    notes = piece.notes if among.all() else piece.notes[among[piece.notes["instrument"]]]
    low, one = _added(notes, "velocity", fps, int(fps * max(piece.instruments[number].end for number in group)))
    if len(group) == 1:
        _hold(one, piece.instruments[group[0]].pedals, fps)
        one = _bent(one, piece.instruments[group[0]].bends, fps)
    return low, one


def _is_shaped(instrument: Instrument) -> bool:
    """Whether a pedal or a bend changes its notes."""
    return bool(instrument.bends[:, 1].any() or (instrument.pedals[:, 1] >= PEDAL_DOWN).any())


def _added(notes: np.ndarray, values: str | int, fps: float, frames: int) -> tuple[int, np.ndarray]:
    """The lowest row, and the sum of the values of the notes that sound in each frame, int32, shape (rows, frames)."""
    pitch = notes["pitch"].astype(np.int64)
    low, high = _rows(notes)
    changes = np.zeros((high + 1 - low, frames + 1), dtype=np.int32)
    added = notes[values].astype(np.int32) if isinstance(values, str) else values
    row = (pitch - low) * (frames + 1)
    # Seconds become frames as int() makes them, which is what pretty_midi does.
    np.add.at(changes.reshape(-1), row + (notes["start"] * fps).astype(np.int64), added)
    np.subtract.at(changes.reshape(-1), row + (notes["end"] * fps).astype(np.int64), added)
    return low, np.cumsum(changes, axis=1, out=changes)[:, :-1]


def _hold(one: np.ndarray, pedals: np.ndarray, fps: float) -> None:
    """What sounds while the pedal is down goes on until it is up, as loud as it was loudest; changes the roll."""
    down = np.concatenate([[False], pedals[:, 1] >= PEDAL_DOWN])
    at = (pedals[:, 0] * fps).astype(np.int64)
    presses, lifts = at[down[1:] & ~down[:-1]], at[~down[1:] & down[:-1]]
    presses = presses[: len(lifts)]  # one that is never lifted counts for nothing
    for press, lift in zip(presses.tolist(), lifts.tolist(), strict=True):
        if press < lift:
            np.maximum.accumulate(one[:, press:lift], axis=1, out=one[:, press:lift])


def _bent(one: np.ndarray, bends: np.ndarray, fps: float) -> np.ndarray:
    """What sounds after a pitch bend is moved by it until the next one, by parts of a semitone too."""
    if not bends[:, 1].any():
        return one
    bends = bends[np.argsort(bends[:, 0], kind="stable")]
    place = np.searchsorted((bends[:, 0] * fps).astype(np.int64), np.arange(one.shape[1]), side="right")
    semitones = np.append(0, BEND_RANGE * bends[:, 1] / 8192)[place].astype(np.float32)
    whole = np.trunc(semitones)
    result = one.astype(np.float32)
    alike = np.flatnonzero((np.diff(whole) != 0) | (np.diff(np.sign(semitones)) != 0)) + 1
    for first, last in itertools.pairwise([0, *alike, len(semitones)]):
        if semitones[first]:
            rows = result[:: int(np.sign(semitones[first])), first:last]  # downwards is upwards, upside down
            _raise(rows, int(abs(whole[first])), np.abs(semitones - whole)[first:last])
    return result


def _raise(one: np.ndarray, whole: int, share: np.ndarray) -> None:
    """Move a roll up by whole semitones, and by a share of one in each frame; what leaves the top is lost."""
    if whole:
        one[whole:] = one[:-whole].copy()
        one[:whole] = 0
    one[1:] += share * (one[:-1] - one[1:])


def chunks(roll: np.ndarray, *, frames: int = FRAMES) -> tuple[np.ndarray, np.ndarray]:
    """Cut a roll into parts of equal length; the last one is filled up with silence.

    Args:
        roll: shape (128, frames of the piece, channels).
        frames: of a chunk.

    Returns:
        uint8, shape (chunks, 128, frames, channels), and bool, shape (chunks,): whether a chunk was filled up.

    Raises:
        ValueError: no frames.

    Source study: composers, lines 1244-1290.
    """
    if frames < 1:
        raise ValueError(f"frames is {frames}; give the frames of a chunk, from 1 up")
    pitches, length, channels = roll.shape
    whole, rest = divmod(length, frames)
    parts = np.zeros((whole + (rest > 0), pitches, frames, channels), dtype=roll.dtype)
    parts[:whole] = roll[:, : whole * frames].reshape(pitches, whole, frames, channels).transpose(1, 0, 2, 3)
    padded = np.zeros(len(parts), dtype=bool)
    if rest:
        parts[-1, :, :rest], padded[-1] = roll[:, whole * frames :], True
    return parts, padded


def shrink(array: np.ndarray, factor: int) -> np.ndarray:
    """Make chunks smaller: the loudest of `factor` pitches and `factor` frames is kept.

    Args:
        array: shape (chunks, pitches, frames, channels); what does not fill a whole square at the end is left out.
        factor: from 1 up; 1 changes nothing.

    Returns:
        The same type, shape (chunks, pitches // factor, frames // factor, channels).

    Raises:
        ValueError: a factor below 1, or above what there is to shrink.
    """
    count, pitches, frames, channels = array.shape
    rows, columns = (0, 0) if factor < 1 else (pitches // factor, frames // factor)
    if not rows or not columns:
        raise ValueError(f"factor is {factor}; give one between 1 and {min(pitches, frames)}")
    whole = array[:, : rows * factor, : columns * factor]
    return whole.reshape(count, rows, factor, columns, factor, channels).max(axis=(2, 4))
