"""Made-up galaxies in the layout of Galaxy Zoo 2: pictures, what volunteers said of each, and which file shows which.

Ellipticals and spirals overlap in colour, size and brightness; what tells them apart is structure, at any position
angle and of either handedness. Some forty volunteers look at each galaxy, and see arms or a disc the more often the
better these show, so that a label is a majority and can be wrong. Which share of the spirals is seen exactly from the
side is the knob `edge_on`: volunteers call these streaks discs, although no arms can be seen. At zero there are none.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import parallel, store
from cosmic_lib.studies.galaxies import drawing
from cosmic_lib.studies.galaxies.drawing import Galaxy, axis_ratio, draw, sersic_light

EDGE_ON = 0.2
"""Default share of the spirals that are seen from the side."""

ARTEFACTS = 0.0025
"""Default share of the rows that show no galaxy; 595 of 239,695 in Galaxy Zoo 2."""

SPIRALS = 0.585
"""Share of the galaxies that are drawn as spirals: that of the study."""

VOLUNTEERS = 40.0
"""Who look at a galaxy, on average."""

MISSING = 0.002
"""Share of the rows, and one at least, whose picture is missing."""

SCATTER = 1.0
"""Standard deviation of what sets the order of the table apart from that of light: natural logarithm."""

CATALOGUE, MAPPING = "gz2_hart16.csv", "gz2_filename_mapping.csv"
ANSWERS = tuple(
    f"t01_smooth_or_features_{answer}" for answer in ("a01_smooth", "a02_features_or_disk", "a03_star_or_artifact")
)
COLUMNS = ("count", "weight", "fraction", "weighted_fraction", "debiased", "flag")
"""Of the first question: its answers, and what the table says of each."""
QUESTIONS = np.array([3.4, 7.6, 1.0])
"""How many questions a volunteer is asked in all, by the answer to the first one."""
FIRST_ID = 587722981736120347
"""The first object id in the real mapping. Its 18 digits are more than a floating-point number holds (line 112)."""

DUST = 0.15
"""How much redder a disc looks through its own dust when it is seen from the side: magnitudes of g - r."""
CLEARNESS = 0.6
"""Of a disc: 1 if all of its light came through it, so that it is the brighter the narrower it looks; 0 if none did."""
CLEAR_ARMS = 0.16
"""Clearness of arms that every other volunteer sees."""
STREAK, STREAK_WIDTH = 0.35, 0.05
"""Axis ratio that every other volunteer takes for a disc from the side, and how gradually they do."""


def write_sample(
    root: Path,
    *,
    galaxies: int = 4000,
    edge_on: float = EDGE_ON,
    artefacts: float = ARTEFACTS,
    side: int = 128,
    seed: int = 0,
    progress: Callable = lambda steps: steps,
) -> Path:
    """Write the sample once, in the layout of Galaxy Zoo 2; a few pictures are missing, as there.

    Args:
        root: folder under which samples are kept.
        galaxies: rows of the table, at least 20.
        edge_on: share of the spirals that are seen from the side, 0 to 1.
        artefacts: share of the rows that show no galaxy, 0 to 0.5; one row at least, unless it is 0.
        side: of the pictures, in pixels, at least 16.
        seed: another seed gives other galaxies.
        progress: wraps the list of rows, to draw a bar.

    Returns:
        Folder that holds the two tables and `images/<asset_id>.jpg`.

    Raises:
        ValueError: a setting out of range.

    Source study: galaxies, line 87.
    """
    if not 0 <= edge_on <= 1:
        raise ValueError(f"edge_on is {edge_on}; choose a share from 0 to 1")
    if not 0 <= artefacts <= 0.5:
        raise ValueError(f"artefacts is {artefacts}; choose a share from 0 to 0.5")
    if galaxies < 20:
        raise ValueError(f"galaxies is {galaxies}; choose at least 20, so that each split part gets some of each class")
    if side < 16:
        raise ValueError(f"side is {side}; choose at least 16 pixels, so that there is something to see")
    code = store.fingerprint(store.source_fingerprint(__name__, drawing.__name__), seed)[:6]
    folder = Path(root) / f"galaxies-{galaxies}x{side}-edge{edge_on:g}-artefacts{artefacts:g}-{code}"
    if folder.exists():
        return folder
    with store.unfinished(folder) as part:
        skies = population(galaxies, edge_on=edge_on, artefacts=artefacts, seed=seed)
        _write(part, skies, side, seed, progress)
        try:
            part.rename(folder)
        except OSError:  # another process made the same sample meanwhile
            if not folder.exists():
                raise
    return folder


def population(
    galaxies: int = 4000, *, edge_on: float = EDGE_ON, artefacts: float = ARTEFACTS, seed: int = 0
) -> pd.DataFrame:
    """Which galaxies there are, those that send most light first, but for some scatter.

    Turning `edge_on` tilts some of the spirals, and changes no other galaxy.

    Args:
        galaxies, edge_on, artefacts, seed: as in `write_sample`.

    Returns:
        A row per galaxy, a column per field of `Galaxy`.
    """
    stars = max(1, round(artefacts * galaxies)) if artefacts else 0
    spirals = round(SPIRALS * (galaxies - stars))
    kind = np.repeat(["spiral", "elliptical", "star"], [spirals, galaxies - stars - spirals, stars])
    disc = kind == "spiral"
    rng = np.random.default_rng([seed, 0])
    table = pd.DataFrame({"kind": kind, **_light(disc, rng), **_structure(disc, rng)})
    from_above = rng.uniform(np.where(disc, 0.4, 0), 1)  # cosine of the inclination: all directions are alike
    from_above[: round(edge_on * spirals)] *= 0.1
    table["inclination"] = np.arccos(from_above)
    flat = axis_ratio(table["thickness"], table["inclination"])
    table["colour"] += np.where(disc, DUST * (1 - from_above), 0)
    table["brightness"] /= np.where(disc, flat**CLEARNESS, 1)
    profile = np.vectorize(sersic_light)(np.where(disc, 1, table["sersic"]))
    light = profile * flat * table["brightness"] * table["radius"] ** 2
    order = np.log(light) + SCATTER * rng.normal(size=galaxies)
    return table.iloc[np.argsort(-order, kind="stable")].reset_index(drop=True)


def _light(disc: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Size, brightness and colour, whose distributions overlap: discs are larger, fainter, and redder in the middle."""

    def each(of_discs: float, of_others: float, deviation: float) -> np.ndarray:
        return np.where(disc, of_discs, of_others) + deviation * rng.normal(size=len(disc))

    return {
        "radius": np.minimum(np.exp(each(np.log(0.11), np.log(0.08), 0.3)), 0.18),
        "brightness": np.exp(each(np.log(9), np.log(13), 0.55)),
        "colour": each(0.83, 0.70, 0.18),
        "seeing": np.exp(each(np.log(0.01), np.log(0.01), 0.3)),
    }


def _structure(disc: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Shape and direction of everything, and what there is in a disc."""
    count = len(disc)
    return {
        "sersic": rng.uniform(1.8, 4.8, size=count),
        "thickness": np.where(disc, rng.uniform(0.10, 0.22, size=count), rng.uniform(0.3, 1, size=count)),
        "angle": rng.uniform(0, 2 * np.pi, size=count),
        "bulge": 0.5 * rng.beta(1.2, 3, size=count),
        "bar": np.where(rng.random(size=count) < 0.35, rng.uniform(2, 5, size=count), 0),
        "arms": rng.choice([2, 3, 4, 5], p=[0.6, 0.2, 0.12, 0.08], size=count),
        "contrast": np.minimum(rng.lognormal(np.log(1.4), 0.6, size=count), 4),
        "pitch": np.radians(rng.uniform(12, 30, size=count)),
        "handedness": rng.choice([-1, 1], size=count),
        "phase": rng.uniform(0, 2 * np.pi, size=count),
    }


def seen(table: pd.DataFrame) -> np.ndarray:
    """The chances that a volunteer calls a galaxy smooth, sees features or a disc, or takes it for an artefact.

    They depend on what shows: arms by their contrast, inclination, brightness and sharpness; and how flat it looks.

    Args:
        table: as `population` gives it.

    Returns:
        float64, shape (galaxies, 3), in the order of `ANSWERS`.
    """
    bright = table["brightness"] / (table["brightness"] + 4)
    sharp = table["radius"] / (table["radius"] + 4 * table["seeing"])
    clear = table["contrast"] * np.cos(table["inclination"]) * bright * sharp * (table["kind"] == "spiral")
    arms = clear**2 / (clear**2 + CLEAR_ARMS**2)
    flat = axis_ratio(table["thickness"], table["inclination"])
    streak = 1 / (1 + np.exp((flat - STREAK) / STREAK_WIDTH))
    features = 0.06 + 0.88 * (1 - (1 - arms) * (1 - streak))
    artefact = np.where(table["kind"] == "star", 0.85, 0.02)
    return np.stack([(1 - features) * (1 - artefact), features * (1 - artefact), artefact], axis=1)


def catalogue(table: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """What volunteers said of each galaxy, as the table of Galaxy Zoo 2 tells it, in the same order.

    Args:
        table: as `population` gives it.
        seed: as in `write_sample`.

    Returns:
        The first columns of the real table, and those of its first question. A class is what most volunteers said.

    Source study: galaxies, line 99.
    """
    rng = np.random.default_rng([seed, 1])
    volunteers = np.maximum(rng.poisson(VOLUNTEERS, size=len(table)), 10)
    counts = rng.multinomial(volunteers, seen(table))
    ra, dec = rng.uniform(110, 260, size=len(table)), rng.uniform(1, 60, size=len(table))
    ids = FIRST_ID + np.cumsum(rng.integers(20, 4000, size=len(table)))
    listed = {
        "dr7objid": rng.permutation(ids),
        "ra": ra.round(6),
        "dec": dec.round(6),
        "rastring": [sexagesimal(degrees / 15, 2) for degrees in ra],
        "decstring": [f"+{sexagesimal(degrees, 1)}" for degrees in dec],
        "sample": "original",
        "gz2_class": [
            class_name(Galaxy(**row), answer)
            for row, answer in zip(table.to_dict("records"), counts.argmax(axis=1), strict=True)
        ],
        "total_classifications": volunteers,
        "total_votes": (counts @ QUESTIONS).round().astype(int),
    }
    for answer, count in zip(ANSWERS, counts.T, strict=True):
        share = (count / volunteers).round(3)
        # No volunteer is unreliable here, and none is misled by distance: weighted and debiased shares are the share.
        values = (count, count.astype(float), share, share, share, (share >= 0.8).astype(int))
        listed |= {f"{answer}_{column}": value for column, value in zip(COLUMNS, values, strict=True)}
    return pd.DataFrame(listed)


def class_name(galaxy: Galaxy, answer: int) -> str:
    """The class as Galaxy Zoo 2 spells it, such as Er, Sb2t, SBc or Ser: round, two tight arms, barred, edge-on.

    Args:
        galaxy: what was seen.
        answer: of most volunteers, as a place in `ANSWERS`.
    """
    flat = axis_ratio(galaxy.thickness, galaxy.inclination)
    if answer == 2:
        return "A"
    if answer == 0:
        return "E" + ("r" if flat > 0.8 else "i" if flat > 0.5 else "c")
    if galaxy.kind != "spiral" or flat < STREAK:
        return "Sen" if galaxy.bulge < 0.05 else "Ser"
    bulge = "dcba"[int(np.digitize(galaxy.bulge, [0.03, 0.12, 0.3]))]
    arms = str(galaxy.arms) if galaxy.arms < 5 else "+"
    wound = "tml"[int(np.digitize(np.degrees(galaxy.pitch), [17, 24]))]
    return f"S{'B' if galaxy.bar else ''}{bulge}{arms}{wound}"


def sexagesimal(number: float, decimals: int) -> str:
    """Degrees or hours with minutes and seconds, such as 11:56:10.32."""
    minutes, seconds = divmod(round(number * 3600, decimals), 60)
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}:{seconds:0{decimals + 3}.{decimals}f}"


def _write(folder: Path, table: pd.DataFrame, side: int, seed: int, progress: Callable) -> None:
    listed = catalogue(table, seed=seed)
    assets = listed["dr7objid"].rank().astype(int)
    mapping = pd.DataFrame({"objid": listed["dr7objid"], "sample": listed["sample"], "asset_id": assets})
    galaxies = np.flatnonzero(listed["gz2_class"] != "A")
    count = max(1, round(MISSING * len(table)))
    missing = np.random.default_rng([seed, 2]).choice(galaxies, size=count, replace=False)
    shown = np.setdiff1d(np.arange(len(table)), missing).tolist()
    (folder / "images").mkdir(parents=True)
    encode = functools.partial(_jpeg, table.to_dict("records"), side, seed)
    for row, encoded in parallel.ahead(encode, progress(shown), workers=store.threads()):
        (folder / "images" / f"{assets[row]}.jpg").write_bytes(encoded.result())
    listed.to_csv(folder / CATALOGUE, index=False, lineterminator="\n")
    mapping.sort_values("asset_id").to_csv(folder / MAPPING, index=False, lineterminator="\n")


def _jpeg(rows: list[dict], side: int, seed: int, row: int) -> bytes:
    """The picture of a row, as the content of a file."""
    from PIL import Image

    picture = draw(Galaxy(**rows[row]), side=side, rng=np.random.default_rng([seed, 3, row]))
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "jpeg", quality=90)
    return encoded.getvalue()
