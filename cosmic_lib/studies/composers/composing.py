"""A made-up piece in a style, composed from a few numbers that vary from passage to passage.

The traits of a passage of 15 seconds are its key, register, tempo, density, motif, loudness, touch and instruments; and
it may be in the manner of somebody else.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from cosmic_lib.studies.composers.music import MAJOR_KEYS, MINOR_KEYS, TICKS_PER_BEAT, Music, Part
from cosmic_lib.studies.composers.styles import STYLES, Line, Style

PASSAGE = 15.0
"""Seconds that are composed with one set of traits."""

BORROWED = 0.4
"""Share of the passages that are written in the manner of another composer: of their voices and rhythm, not of the
rest."""

SCALES = {True: np.array([0, 2, 4, 5, 7, 9, 11]), False: np.array([0, 2, 3, 5, 7, 8, 10])}
"""Semitones above the tonic of the steps of a scale, in major and in minor."""

MOTIF = 6
"""Notes of the melody that a passage is made of."""

TRAITS = (
    "key",
    "mode",
    "register",
    "tempo",
    "density",
    "loudness",
    "touch",
    "ensemble",
    "manner",
    *(f"motif {step}" for step in range(MOTIF)),
)


def compose(style: Style, traits: np.ndarray, *, seconds: float, rng: np.random.Generator) -> Music:
    """A piece in a style: passages of `PASSAGE` seconds, each with traits of its own.

    Args:
        style: of its composer.
        traits: numbers of mean 0 and deviation 1, in the order of `TRAITS`; shape (passages, traits), with as many
            passages as the piece is long.
        seconds: its length.
        rng: of all that is left to chance.

    Returns:
        The piece. No note, tempo or pedal of one passage reaches into the next.
    """
    named = [dict(zip(TRAITS, row, strict=True)) for row in traits]
    tempos = [_tempos(style, passage, rng) for passage in named]
    starts = np.cumsum([0, *(rows[-1, 0] for rows in tempos)]).astype(np.int64)
    left = seconds / PASSAGE - (len(named) - 1)  # share of the last passage that is played
    end = int(starts[-2] + left * (starts[-1] - starts[-2]))
    passages = [
        _passage(style, passage, int(ticks), rng) for passage, ticks in zip(named, np.diff(starts), strict=True)
    ]
    parts = [
        _joined(
            [(start, parts[line]) for start, parts in zip(starts, passages, strict=False) if line < len(parts)], end
        )
        for line in range(max(map(len, passages)))
    ]
    shift = np.array([1, 0])
    tempo = np.concatenate([rows[:-1] + start * shift for start, rows in zip(starts, tempos, strict=False)])
    key = (MAJOR_KEYS if _major(style, named[0]) else MINOR_KEYS)[_tonic(named[0])]
    meter = np.array([[0, style.beats, 4]])
    return Music(tuple(parts), tempo[tempo[:, 0] < end], meter, ((0, key),))


def _joined(passages: list[tuple[int, Part]], end: int) -> Part:
    """What one line plays in all passages, from the tick at which each begins; in some it may be silent."""

    def rows(name: str, *shift: int) -> np.ndarray:
        table = np.concatenate([getattr(part, name) + start * np.array(shift) for start, part in passages])
        return table[table[:, 0] < end]

    notes, programs = rows("notes", 1, 1, 0, 0), rows("programs", 1, 0)
    notes[:, 1] = np.minimum(notes[:, 1], end)
    changes = np.flatnonzero(np.diff(programs[:, 1], prepend=-1))
    return Part(passages[0][1].name, notes, programs[changes], rows("pedals", 1, 0))


def _tempos(style: Style, traits: dict[str, float], rng: np.random.Generator) -> np.ndarray:
    """Tick and beats per minute of each change in one passage, and in a last row the tick at which it ends."""
    tempo = style.tempo * np.exp(0.2 * traits["tempo"])
    ticks = 4 * round(tempo / 60 * PASSAGE * TICKS_PER_BEAT / 4)
    slowness = np.exp(style.rubato * rng.normal(size=4))
    exact = ticks / TICKS_PER_BEAT / PASSAGE * 60  # so that the passage ends on the second
    return np.stack([np.arange(5) * (ticks // 4), np.append(exact / (slowness / slowness.mean()), 0)], axis=1)


def _passage(style: Style, traits: dict[str, float], ticks: int, rng: np.random.Generator) -> list[Part]:
    """What each line plays in one passage."""
    programs = style.ensembles[_ensemble(style, traits["ensemble"])]
    bars = np.arange(0, ticks, style.beats * TICKS_PER_BEAT)
    moves = np.stack([bars, np.full(len(bars), 127), np.append(bars[1:], ticks) - 1, np.zeros(len(bars), int)], axis=1)
    pedals = moves.reshape(-1, 2) if style.pedal else np.empty((0, 2), dtype=np.int64)
    return [
        Part(
            name=line.name,
            notes=_play(style, line, number, traits, ticks, rng),
            programs=np.array([[0, programs[number % len(programs)]]]),
            pedals=pedals,
        )
        for number, line in enumerate(_manner(style, traits["manner"]))
    ]


def _tonic(traits: dict[str, float]) -> int:
    """Pitch class of the tonic: passages whose trait differs by a little are in keys that are fifths apart."""
    return 7 * round(2.5 * traits["key"]) % 12


def _share(trait: float) -> float:
    """A trait as a number that is evenly spread between 0 and 1."""
    return NormalDist().cdf(trait)


def _manner(style: Style, trait: float) -> tuple[Line, ...]:
    """The composer's own lines, or for a share of the passages those of another."""
    borrowed = (_share(trait) - (1 - BORROWED)) / BORROWED
    others = [other.lines for other in STYLES.values() if other.lines != style.lines]
    return style.lines if borrowed < 0 else others[int(borrowed * len(others)) % len(others)]


def _ensemble(style: Style, trait: float) -> int:
    """Number of the ensemble: the usual one more often than all others together."""
    others = len(style.ensembles) - 1
    unusual = (_share(trait) - 0.6) / 0.4
    return 0 if unusual < 0 else min(1 + int(unusual * others), others)


def _major(style: Style, traits: dict[str, float]) -> bool:
    return _share(traits["mode"]) < style.major


def _play(
    style: Style, line: Line, number: int, traits: dict[str, float], ticks: int, rng: np.random.Generator
) -> np.ndarray:
    """Notes of one line in one passage: int64 columns start, end, pitch, velocity."""
    bar = style.beats * TICKS_PER_BEAT
    signs = np.array([sign == "x" for sign in line.rhythm] * -(-ticks // bar))
    starts = np.arange(len(signs)) * bar // len(line.rhythm)
    density = 0.12 * traits["density"]
    begins = rng.random(len(signs)) < np.where(signs, np.clip(0.88 + density, 0.4, 1), np.clip(0.08 + density, 0, 0.6))
    starts = starts[begins & (starts < ticks)]
    if not len(starts):
        return np.empty((0, 4), dtype=np.int64)

    steps = _steps(line, number, len(starts), traits, rng) + _roots(style, starts // bar)[:, np.newaxis]
    legato = np.clip(style.legato * np.exp(0.3 * traits["touch"]), 0.2, 1)
    ends = starts + np.maximum((np.diff(starts, append=ticks) * legato).astype(int), 1)
    strong = starts % bar == 0
    wander = np.sin(2 * np.pi * (starts / ticks + rng.random()))
    velocity = style.velocity + 12 * traits["loudness"] + style.accent * (strong + 0.6 * wander)
    velocity = np.clip(velocity + rng.normal(scale=1 + style.accent / 4, size=len(starts)), 20, 120).round()

    pitches = _pitches(line, steps, traits, major=_major(style, traits))
    rows = np.stack([starts, ends, velocity], axis=1).repeat(steps.shape[1], axis=0).astype(np.int64)
    notes = np.insert(rows, 2, pitches.ravel(), axis=1)
    return np.unique(notes, axis=0)


def _roots(style: Style, bars: np.ndarray) -> np.ndarray:
    """Root of the chord in each bar, in steps above the tonic or below it, whichever is nearer."""
    roots = np.asarray(style.roots)[bars % len(style.roots)]
    return np.where(roots > 3, roots - 7, roots)


def _steps(line: Line, number: int, notes: int, traits: dict[str, float], rng: np.random.Generator) -> np.ndarray:
    """Steps above the chord's root that each note of a line sounds; shape (notes, sounding together)."""
    ornament = rng.choice([-1, 0, 0, 0, 0, 0, 1], size=(notes, 1))
    if line.figure:
        widest = max(map(len, line.figure))  # a smaller chord repeats a tone, which is then heard once
        figure = np.array([(*steps, *steps[:1] * (widest - len(steps))) for steps in line.figure])
        return figure[np.arange(notes) % len(figure)] + ornament
    motif = np.round([1.8 * traits[f"motif {step}"] for step in range(MOTIF)]).astype(int)
    sung = motif[(np.arange(notes) - 2 * number) % MOTIF]  # a voice enters two notes after the one above
    return sung[:, np.newaxis] + ornament + np.asarray(line.doubled)


def _pitches(line: Line, steps: np.ndarray, traits: dict[str, float], *, major: bool) -> np.ndarray:
    """Steps of the scale as MIDI pitches, around the centre of a line."""
    centre = line.centre + round(4 * traits["register"])
    tonic = centre - (centre - _tonic(traits) + 6) % 12 + 6
    return np.clip(tonic + 12 * (steps // 7) + SCALES[major][steps % 7], 21, 108)
