"""Made-up music in the layout of GTZAN: ten genres that differ, and tracks that can be recognised.

Every genre has its own rhythm, harmony and spectrum. Within a genre, eight traits vary (key, tempo, loudness of
each voice, brightness, noise). How much of that variation belongs to the track, and not to the passage of a few
seconds one happens to hear, is the knob `track_identity`: at one a track keeps its traits from start to end and can
be recognised by them, at zero every segment draws its own and two segments of one track are strangers.

Three tracks of a genre are by one artist. How much of what belongs to a track is common to them is a second knob,
`artist_identity`: at zero, the default, the artist cannot be heard; at one all tracks of an artist share their traits.
"""

from __future__ import annotations

import functools
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cosmic_lib import store
from cosmic_lib.audio import SAMPLE_RATE, SegmentFeatures

TRACK_IDENTITY = 0.9
"""Default share of the variation within a genre that belongs to the track."""

TRACKS_PER_ARTIST = 3

SPREAD = 1.0
"""Size of the variation within a genre, in units of the traits below."""


@dataclass(frozen=True)
class Style:
    """What the tracks of one genre have in common.

    Args:
        tempo: beats per minute.
        chord: semitones above the root that sound together.
        roots: semitones above the key, one per bar.
        kick, snare, hat, bass, strum: rhythm of each voice in eighth notes, `x` where it sounds.
        partials: how fast the overtones fade; 1 is bright, 3 is dull.
        decay: how fast a strummed chord dies away, per second.
    """

    tempo: float
    chord: tuple[int, ...]
    roots: tuple[int, ...]
    kick: str
    snare: str
    hat: str
    bass: str
    strum: str
    partials: float
    decay: float


MAJOR, MINOR, SEVENTH, MAJOR7, FIFTH = (0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 7, 12)

STYLES = {
    "blues": Style(96, SEVENTH, (0, 5, 0, 7), "x..x....", "....x...", "x.xx.xx.", "x.x.x.x.", "x..x..x.", 1.9, 3.0),
    "classical": Style(84, MAJOR, (0, 7, 9, 5), "........", "........", "........", "x...x...", "x.x.x.x.", 2.3, 1.2),
    "country": Style(108, MAJOR, (0, 0, 5, 7), "x...x...", "..x...x.", "........", "x...x...", "..x...x.", 1.7, 5.0),
    "disco": Style(120, MINOR, (0, 5, 7, 5), "x.x.x.x.", "..x...x.", ".x.x.x.x", "x.xxx.xx", ".x.x.x.x", 1.5, 7.0),
    "hiphop": Style(92, MINOR, (0, 0, 8, 7), "x..x..x.", "..x...x.", "xxxxxxxx", "x..x..x.", "x.......", 2.2, 2.0),
    "jazz": Style(126, MAJOR7, (0, 9, 2, 7), "........", "...x....", "x.xxx.xx", "x.x.x.x.", "...x..x.", 2.1, 4.0),
    "metal": Style(140, FIFTH, (0, 0, 1, 3), "xxxxxxxx", "..x...x.", "x.x.x.x.", "xxxxxxxx", "xxxxxxxx", 1.0, 2.0),
    "pop": Style(112, MAJOR, (0, 7, 9, 5), "x...x...", "..x...x.", "x.x.x.x.", "x.x.x.x.", "x...x.x.", 1.6, 2.5),
    "reggae": Style(88, MINOR, (0, 5, 0, 7), "....x...", "....x...", "x.x.x.x.", "x..xx..x", "..x...x.", 1.8, 8.0),
    "rock": Style(124, FIFTH, (0, 5, 7, 5), "x...xx..", "..x...x.", "xxxxxxxx", "x.x.x.x.", "x.x.x.x.", 1.2, 2.2),
}

TRAITS = ("key", "tempo", "drums", "bass", "chords", "brightness", "noise", "tuning")
CORRUPT = "jazz.00001.wav"
REPEAT, REPEATED = "metal.00003.wav", "metal.00000.wav"


def write_sample(
    root: Path,
    *,
    tracks: int = 12,
    seconds: float = 30.0,
    track_identity: float = TRACK_IDENTITY,
    artist_identity: float = 0.0,
    seed: int = 0,
    progress: Callable = lambda steps: steps,
) -> Path:
    """Write the sample once, in GTZAN's layout, with one corrupt file and one pair of repeats planted.

    Args:
        root: folder under which samples are kept.
        tracks: tracks per genre, at least 4.
        seconds: length of each track.
        track_identity: share of the variation within a genre that belongs to the track, 0 to 1.
        artist_identity: share of what belongs to the track that is common to the tracks of its artist, 0 to 1.
        seed: another seed gives other music.
        progress: wraps the list of files, to draw a bar.

    Returns:
        Folder that holds `genres_original/<genre>/<genre>.NNNNN.wav`.

    Raises:
        ValueError: a setting out of range.
    """
    for knob, share in (("track_identity", track_identity), ("artist_identity", artist_identity)):
        if not 0 <= share <= 1:
            raise ValueError(f"{knob} is {share}; choose a share from 0 to 1")
    if tracks < 4:
        raise ValueError(f"tracks is {tracks}; a genre needs at least 4, so that each split part gets one")
    code = store.fingerprint(store.source_fingerprint(__name__), seed)[:6]
    artist = f"-artist{artist_identity:g}" if artist_identity else ""
    folder = root / f"genre-{tracks}x{seconds:g}s-identity{track_identity:g}{artist}-{code}"
    if folder.exists():
        return folder
    with store.unfinished(folder) as unfinished:
        music = functools.partial(
            track, seconds=seconds, track_identity=track_identity, artist_identity=artist_identity, seed=seed
        )
        _write_tracks(unfinished / "genres_original", tracks, music, seed, progress)
        try:
            unfinished.rename(folder)
        except OSError:  # another process made the same sample meanwhile
            if not folder.exists():
                raise
    return folder


def _write_tracks(folder: Path, tracks: int, music: Callable, seed: int, progress: Callable) -> None:
    import soundfile

    numbered = [(genre, number) for genre in STYLES for number in range(tracks)]
    for genre, number in progress(numbered):
        encoded = io.BytesIO()  # a full disk is then told by the system, which says more than libsndfile does
        soundfile.write(encoded, music(genre, number), SAMPLE_RATE, subtype="PCM_16", format="WAV")
        path = folder / genre / f"{genre}.{number:05d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.getvalue())
    (folder / "jazz" / CORRUPT).write_bytes(np.random.default_rng(seed).bytes(4096))
    shutil.copyfile(folder / "metal" / REPEATED, folder / "metal" / REPEAT)


def artist_of(number: int) -> int:
    """Number of the artist, within the genre, who made a track of that number."""
    return number // TRACKS_PER_ARTIST


def track(
    genre: str,
    number: int,
    *,
    seconds: float = 30.0,
    track_identity: float = TRACK_IDENTITY,
    artist_identity: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """One track: the same arguments always give the same samples.

    Args:
        genre: a key of `STYLES`.
        number: which track of the genre.
        seconds, track_identity, artist_identity, seed: as in `write_sample`.

    Returns:
        float32 in -1..1 at 22,050 Hz, shape (seconds * 22050,).
    """
    rng = np.random.default_rng([seed, list(STYLES).index(genre), number])
    length = round(seconds * SAMPLE_RATE)
    passage = SegmentFeatures().segment_samples
    own = rng.normal(size=len(TRAITS))
    # The last number keeps an artist's draws apart from those of the track with the same number.
    of_artist = np.random.default_rng([seed, list(STYLES).index(genre), artist_of(number), 1]).normal(size=len(TRAITS))
    of_track = np.sqrt(artist_identity) * of_artist + np.sqrt(1 - artist_identity) * own
    passages = []
    for _ in range(-(-length // passage)):
        of_passage = rng.normal(size=len(TRAITS))
        # The shares add up to the same variance whatever the knobs say: turning them makes no genre harder.
        traits = np.sqrt(track_identity) * of_track + np.sqrt(1 - track_identity) * of_passage
        passages.append(_play(STYLES[genre], dict(zip(TRAITS, SPREAD * traits, strict=True)), passage, rng))
    return np.concatenate(passages)[:length].astype(np.float32)


def _play(style: Style, traits: dict[str, float], length: int, rng: np.random.Generator) -> np.ndarray:
    """One passage of a style, coloured by its traits."""
    eighth = 30 / (style.tempo * np.exp(0.10 * traits["tempo"]))  # seconds
    bar = (np.arange(length) / SAMPLE_RATE / (8 * eighth)).astype(int)
    key = round(3 * traits["key"]) + 0.25 * np.tanh(traits["tuning"])
    roots = 110 * 2 ** ((key + np.asarray(style.roots)[bar % len(style.roots)]) / 12)  # hertz, per sample

    noise = rng.normal(size=length)
    hiss = np.diff(noise, prepend=0)
    kick_age, snare_age, hat_age = (_age(rhythm, eighth, length) for rhythm in (style.kick, style.snare, style.hat))
    drums = (
        np.sin(2 * np.pi * 55 * kick_age) * np.exp(-14 * kick_age)
        + 0.4 * noise * np.exp(-18 * snare_age)
        + 0.15 * hiss * np.exp(-45 * hat_age)
    )
    wave = _wave(style.partials * np.exp(-0.15 * traits["brightness"]))
    bass = _tone(wave, roots / 2) * np.exp(-3 * _age(style.bass, eighth, length))
    chords = sum(_tone(wave, roots * 2 ** (step / 12), rng.random()) for step in style.chord) / len(style.chord)
    chords = chords * np.exp(-style.decay * _age(style.strum, eighth, length))

    mix = sum(
        np.exp(0.45 * traits[name]) * voice for name, voice in (("drums", drums), ("bass", bass), ("chords", chords))
    )
    mix = mix + 0.01 * np.exp(0.8 * traits["noise"]) * noise
    return 0.8 * mix / np.abs(mix).max()


def _age(rhythm: str, eighth: float, length: int) -> np.ndarray:
    """Seconds since a voice last sounded, per sample; so long that it is silent before it first does."""
    steps = np.flatnonzero([hit == "x" for hit in rhythm])
    if not len(steps):
        return np.full(length, 1e3)
    bars = np.arange(length / SAMPLE_RATE / (len(rhythm) * eighth) + 1)[:, np.newaxis]
    onsets = ((bars * len(rhythm) + steps) * eighth * SAMPLE_RATE).astype(int).ravel()
    last = np.full(length, -1000 * SAMPLE_RATE)
    onsets = onsets[onsets < length]
    last[onsets] = onsets
    return (np.arange(length) - np.maximum.accumulate(last)) / SAMPLE_RATE


def _wave(falloff: float, samples: int = 2048, partials: int = 12) -> np.ndarray:
    """One period of a sound whose n-th overtone has strength n ** -falloff."""
    phase = 2 * np.pi * np.arange(samples) / samples
    period = sum(np.sin(n * phase) / n**falloff for n in range(1, partials + 1))
    return period / np.abs(period).max()


def _tone(wave: np.ndarray, frequency: np.ndarray, start: float = 0.0) -> np.ndarray:
    """Play a period at a frequency that may change from sample to sample (hertz)."""
    phase = start + np.cumsum(frequency) / SAMPLE_RATE
    return wave[(phase * len(wave)).astype(int) % len(wave)]
