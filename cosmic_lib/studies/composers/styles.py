"""How made-up composers write: for each a style of voices, rhythm, harmony, tempo and touch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One voice, or one hand.

    Args:
        name: of its track.
        centre: MIDI pitch that it keeps near to.
        rhythm: one bar, `x` where a note begins: eight signs are eighths of 4/4, six are eighths of 3/4.
        figure: for one note after the other, the steps above the chord's root that sound together; none for a melody,
            which is made of the motif.
        doubled: steps at which each note of a melody sounds, 0 for itself and 7 for the octave.
    """

    name: str
    centre: int
    rhythm: str
    figure: tuple[tuple[int, ...], ...] = ()
    doubled: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Style:
    """What the pieces of one composer have in common.

    Args:
        tempo: beats (quarter notes) per minute.
        beats: to a bar.
        major: share of the passages in a major key; the others are in minor.
        roots: roots of the chords as steps above the tonic, a chord a bar.
        velocity: of a note on a weak beat, 1 to 127.
        accent: by how much strong beats are louder, and by how much loudness wanders.
        legato: how long a note sounds, as a share of the time until the next.
        rubato: by how much the tempo wanders within a passage, as a share of it.
        pedal: whether the sustain pedal goes down with every chord.
        lines: its voices.
        ensembles: General MIDI programs, one per line in turn; the first is the usual one.
    """

    tempo: float
    beats: int
    major: float
    roots: tuple[int, ...]
    velocity: int
    accent: float
    legato: float
    rubato: float
    pedal: bool
    lines: tuple[Line, ...]
    ensembles: tuple[tuple[int, ...], ...]


HARPSICHORD, ORGAN, PIANO, GUITAR, FLUTE = (6,), (19,), (0,), (24,), (73, 0)
STRINGS = (40, 40, 41, 42)

CHORALE = (
    Line("soprano", 72, "xxxxxxxx"),
    Line("alto", 66, "x.xxx.xx"),
    Line("tenor", 59, "x.x.xxxx"),
    Line("bass", 48, "x.x.x.x.", ((0,), (2,), (4,), (2,))),
)
HAMMERED = (
    Line("right hand", 72, "x..xx.x.", doubled=(0, 7)),
    Line("left hand", 50, "xxxxxxxx", ((0, 4), (0, 2, 4))),
)
NOCTURNE = (
    Line("right hand", 76, "x.xxxx"),
    Line("left hand", 45, "xxxxxx", ((0,), (4,), (9,), (11,), (9,), (4,))),
)
ALBERTI = (
    Line("right hand", 75, "x.xxx.x."),
    Line("left hand", 57, "xxxxxxxx", ((0,), (4,), (2,), (4,))),
)
GUITAR_LIKE = (
    Line("right hand", 71, "xx.xx.", ((4,), (4,), (4, 7), (4,), (5,))),
    Line("left hand", 49, "x..x.x", ((0,), (4,), (2, 7))),
)
BRAVURA = (
    Line("right hand", 79, "x.x.x.x.", doubled=(0, 2, 7)),
    Line("left hand", 47, "xxxxxxxxxxxxxxxx", ((0,), (4,), (7,), (9,), (11,), (14,), (11,), (9,))),
)
SONG = (
    Line("melody", 74, "x...x.x."),
    Line("inner voice", 62, "xxxxxxxxxxxxxxxx", ((2,), (4,), (7,), (4,))),
    Line("bass", 45, "x...x...", ((0,), (4,))),
)
CANON = (
    Line("first violin", 77, "x.x.x.xx"),
    Line("second violin", 70, "x.x.x.x."),
    Line("bass", 50, "x...x...", ((0,),)),
)

STYLES = {
    "Bach": Style(
        tempo=88,
        beats=4,
        major=0.5,
        roots=(0, 3, 4, 0, 5, 1, 4, 0),
        velocity=78,
        accent=3,
        legato=0.95,
        rubato=0.01,
        pedal=False,
        lines=CHORALE,
        ensembles=(HARPSICHORD, ORGAN, PIANO),
    ),
    "Beethoven": Style(
        tempo=112,
        beats=4,
        major=0.5,
        roots=(0, 0, 4, 4, 3, 1, 4, 0),
        velocity=76,
        accent=18,
        legato=0.7,
        rubato=0.03,
        pedal=False,
        lines=HAMMERED,
        ensembles=(PIANO, STRINGS),
    ),
    "Chopin": Style(
        tempo=96,
        beats=3,
        major=0.4,
        roots=(0, 5, 1, 4, 2, 5, 4, 0),
        velocity=66,
        accent=10,
        legato=1.0,
        rubato=0.15,
        pedal=True,
        lines=NOCTURNE,
        ensembles=(PIANO,),
    ),
    "Mozart": Style(
        tempo=124,
        beats=4,
        major=0.8,
        roots=(0, 3, 0, 4, 0, 1, 4, 0),
        velocity=70,
        accent=8,
        legato=0.6,
        rubato=0.02,
        pedal=False,
        lines=ALBERTI,
        ensembles=(PIANO, STRINGS, FLUTE),
    ),
    "Albeniz": Style(
        tempo=116,
        beats=3,
        major=0.2,
        roots=(0, 6, 5, 4),
        velocity=74,
        accent=14,
        legato=0.5,
        rubato=0.08,
        pedal=False,
        lines=GUITAR_LIKE,
        ensembles=(PIANO, GUITAR),
    ),
    "Liszt": Style(
        tempo=120,
        beats=4,
        major=0.4,
        roots=(0, 2, 5, 1, 3, 6, 4, 0),
        velocity=82,
        accent=20,
        legato=0.9,
        rubato=0.12,
        pedal=True,
        lines=BRAVURA,
        ensembles=(PIANO,),
    ),
    "Mendelssohn": Style(
        tempo=104,
        beats=4,
        major=0.6,
        roots=(0, 5, 3, 4),
        velocity=64,
        accent=7,
        legato=0.9,
        rubato=0.05,
        pedal=True,
        lines=SONG,
        ensembles=(PIANO, STRINGS),
    ),
    "Pachelbel": Style(
        tempo=68,
        beats=4,
        major=0.9,
        roots=(0, 4, 5, 2, 3, 0, 3, 4),
        velocity=74,
        accent=2,
        legato=1.0,
        rubato=0.01,
        pedal=False,
        lines=CANON,
        ensembles=(STRINGS, ORGAN),
    ),
}
