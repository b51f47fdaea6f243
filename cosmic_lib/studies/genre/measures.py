"""What the audit's entries amount to: each function measures one on the data at hand, and says so in one sentence.

Scores that the source printed come from the diary; anything else it says stands beside its line.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import statistics
from dataclasses import asdict

import pandas as pd

from cosmic_lib import audio, compare, images
from cosmic_lib.splits import HONEST, PARTS, PUBLISHED, TEST, TRAIN, fold_columns
from cosmic_lib.studies import Data
from cosmic_lib.studies.genre import facts, pictures
from cosmic_lib.studies.genre.diary import DIARY

USED, SEGMENTS = 999, 10
"""Tracks that the source used, and segments of each; 70 % train, and 10 % or 20 % test (line 9)."""
CLIP_SECONDS = 30
LOOKED_AT = 10
"""Ready-made pictures whose margin is measured: all would take too long."""


def segment_split(data: Data, table: pd.DataFrame) -> str:
    """T1: tracks with segments on several sides of the published split."""
    column = fold_columns(PUBLISHED)[0]
    torn = _torn(table["group"], table[column])
    return f"In {column}, {torn} of {table['group'].nunique()} tracks have segments in more than one part."


def coverage(data: Data, table: pd.DataFrame) -> str:
    """T2: how much of the audio no analysis window touches."""
    settings = audio.SegmentFeatures(**data.settings)
    return (
        f"{1 - audio.coverage(settings):.0%} of the samples are never looked at: a window of {settings.n_fft:,} "
        f"samples opens every {settings.hop_length:,}."
    )


def repeats_and_artists(data: Data, table: pd.DataFrame) -> str:
    """T3: recordings that occur more than once, tracks that share an artist, and what is known of all of GTZAN."""
    items = data.items
    repeats = items["source"].nunique() - data.groups
    said = [f"{repeats} of {items['track'].nunique()} tracks repeat another one, and such tracks share a group here"]
    if "artist" in items and (items["artist"] != "").any():
        said += _artists(items[items["artist"] != ""], table)
    if data.origin == "real":
        said += _all_of_gtzan()
    return f"{'; '.join(said)}."


def _artists(items: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    column = fold_columns(HONEST)[0]
    artist_of = items.groupby("track")["artist"].first()
    part_of = items["item"].map(table.set_index("item")[column])
    return [
        f"{artist_of.duplicated(keep=False).sum()} of {len(artist_of)} tracks of known artist share it with another",
        f"in {column}, {_torn(items['artist'], part_of)} of {artist_of.nunique()} artists are in more than one part",
    ]


def _all_of_gtzan() -> list[str]:
    known = facts.tracks()
    kept = int((known["filtered"] != "").sum())
    artists = known.loc[known["artist"] != "", "artist"]
    sizes = artists.groupby([artists.index.str.split(".").str[0], artists]).size()
    genre, _ = sizes.idxmax()
    return [
        f"of all {facts.TRACKS:,} tracks the fault-filtered split leaves out {facts.TRACKS - kept}",
        f"one artist has {sizes.max()} of the {sizes[genre].sum()} {genre} tracks of known artist",
    ]


def _torn(groups: pd.Series, parts: pd.Series) -> int:
    """How many groups have items in more than one part."""
    return int((parts.groupby(groups).nunique() > 1).sum())


def split_shares(data: Data, table: pd.DataFrame) -> str:
    """T4: what share of the items each part has here."""
    column = fold_columns(PUBLISHED)[0]
    shares = table[column].value_counts(normalize=True)
    named = ", ".join(f"{part} {shares[part]:.0%}" for part in PARTS if part in shares)
    return f"Every item of {column} is in one of {len(shares)} parts: {named}."


def pictures_and_segments(data: Data, table: pd.DataFrame) -> str:
    """T5: how many items a study of pictures has, and one of segments."""
    tracks, segments = data.items["track"].nunique(), len(data.items)
    return (
        f"{tracks:,} tracks make {tracks:,} pictures but {segments:,} segments here, and {USED:,} make up to "
        f"{SEGMENTS * USED:,} in the source (line 9): the two kinds of score are not of the same items."
    )


def small_test_set(data: Data, table: pd.DataFrame) -> str:
    """T6: how well a test set of that size can tell two rows of the table apart."""
    scores = _on_pictures(printed())
    middle, test = statistics.median(scores), round(0.1 * USED)
    half = _half_width(middle, test)
    pairs = list(itertools.combinations(scores, 2))
    close = sum(abs(one - other) < half for one, other in pairs)
    here = table.loc[table[HONEST] == TEST, "group"].nunique()
    return (
        f"On {test} test pictures the 95% interval of the median row, {middle:.0%}, reaches {100 * half:.0f} points "
        f"either way, and {close} of the {len(pairs)} pairs of rows on pictures differ by less; on the {here} test "
        f"tracks here it would reach {100 * _half_width(middle, here):.0f} points."
    )


def _half_width(share: float, items: int) -> float:
    estimate = compare.wilson(round(share * items), items)
    return (estimate.high - estimate.low) / 2


def picture_parameters(data: Data, table: pd.DataFrame) -> str:
    """T7: parameters of the picture networks, for each picture there is to train on."""
    published, here = int(0.7 * USED), _training(table, HONEST)["group"].nunique()
    each = (
        f"{name} has {count:,} parameters, {count // published:,} for each of {published} training pictures and "
        f"{count // here:,} for each of the {here} there are here"
        for name, count in (("Net1", net1_parameters()), ("Net2", net2_parameters()))
    )
    return f"{'; '.join(each)}."


def gan_parameters(data: Data, table: pd.DataFrame) -> str:
    """T8: parameters of the conditional GAN, for each segment there is to train on."""
    samples = audio.SegmentFeatures(**data.settings).segment_samples
    made, judged = generator_parameters(samples), discriminator_parameters(samples)
    published, here = int(0.7 * SEGMENTS * USED), len(_training(table, PUBLISHED))
    return (
        f"The dense layers of the generator have {made:,} parameters and those of the discriminator {judged:,}, "
        f"{(made + judged) // published:,} for each of at most {published:,} training segments and "
        f"{(made + judged) // here:,} for each of the {here:,} there are here."
    )


def _training(table: pd.DataFrame, protocol: str) -> pd.DataFrame:
    return table[table[fold_columns(protocol)[0]] == TRAIN]


def net1_parameters(side: int = pictures.SIZE) -> int:
    """Parameters of Net1 on square pictures, counted without building it (lines 17 to 19)."""
    return _dense(side * side * 3, 512, 512, 10)


def net2_parameters(side: int = pictures.SIZE) -> int:
    """Parameters of Net2 on square pictures, counted without building it, which takes 266 MB (lines 23 to 37)."""
    channels = (3, 32, 32, 64, 128)
    kernels = sum((3 * 3 * before + 1) * after for before, after in itertools.pairwise(channels))
    return kernels + _dense((side // 4) ** 2 * channels[-1], 256, 10)


def generator_parameters(samples: int) -> int:
    """Parameters of the GAN's generator without its label embedding (line 55)."""
    return _dense(110, 512, 1024, 2048, samples)


def discriminator_parameters(samples: int) -> int:
    """Parameters of the GAN's discriminator without its label embedding (line 55)."""
    return _dense(samples + 10, 1024, 512, 1)


def _dense(*widths: int) -> int:
    """Weights and biases of dense layers, one after the other."""
    return sum((before + 1) * after for before, after in itertools.pairwise(widths))


def printed() -> pd.DataFrame:
    """The source's table of results (lines 89 to 105): a row per experiment by name, columns as in `Published`."""
    row = re.compile(r"net[1-6]_(adam|rmsprop)(_50|_100)?")
    rows = {one.name: asdict(one.published) for one in DIARY if one.published and row.fullmatch(one.name)}
    return pd.DataFrame.from_dict(rows, orient="index")


def _on_pictures(rows: pd.DataFrame) -> list[float]:
    """Accuracies of the networks on pictures."""
    return rows.loc[rows.index.str.match("net[1-4]"), "accuracy"].tolist()


def contradictions(data: Data, table: pd.DataFrame) -> str:
    """T10: what the text says of the table, and what the table says."""
    rows = printed()
    accuracy, pictured = rows["accuracy"].to_dict(), _on_pictures(rows)
    optimizers = [(accuracy[name], accuracy[_with_rmsprop(name)]) for name in accuracy if "adam" in name]
    lengths = [(accuracy[name], accuracy[name.replace("_50", "_100")]) for name in accuracy if name.endswith("_50")]
    net6 = rows[rows.index.str.startswith("net6")]
    return (
        f"Adam scores higher than RMSprop in {_falling(optimizers)} of {len(optimizers)} pairs (line 71: always); "
        f"50 epochs score higher than 100 in {_falling(lengths)} of {len(lengths)} (line 113: longer does not help); "
        f"the best F1 of RMSprop is {rows.loc[rows.index.str.contains('rmsprop'), 'f1'].max():.0%} (line 71: 82%); "
        f"Net6 scores {' and '.join(net6['accuracy'].map('{:.0%}'.format))} (line 71: 85%) "
        f"after {' and '.join(net6['epochs'].astype(str))} epochs (line 109: 55); "
        f"{sum(score > 0.5 for score in pictured)} of {len(pictured)} rows on pictures are above 50% "
        "(line 65: 40% to 50% on validation)."
    )


def _with_rmsprop(name: str) -> str:
    """The row that differs in the optimizer alone; Net4 is Net3 with RMSprop (line 45)."""
    return name.replace("net3", "net4").replace("adam", "rmsprop")


def _falling(pairs: list[tuple[float, float]]) -> int:
    return sum(one > other for one, other in pairs)


def accuracy_and_recall(data: Data, table: pd.DataFrame) -> str:
    """T11: rows whose accuracy is not their mean recall, as it is wherever all genres are tested on equally."""
    rows = printed()
    odd = rows[rows["accuracy"] != rows["recall"]]
    named = "".join(f" ({row.accuracy:.0%} and {row.recall:.0%} in {row.Index})" for row in odd.itertuples())
    tested = table[table[HONEST] == TEST].groupby("label")["group"].nunique().reindex(data.classes, fill_value=0)
    return (
        f"Accuracy and recall differ in {len(odd)} of {len(rows)} rows{named}, which equally many test items of each "
        f"genre rule out; here a genre has {_span(tested)} test tracks."
    )


def _span(counts: pd.Series) -> str:
    """The smallest and the largest, or the one that there is."""
    return " to ".join(map(str, sorted({counts.min(), counts.max()})))


def cut_off(data: Data, table: pd.DataFrame) -> str:
    """T14: how much of a clip the fixed length leaves out, and how many clips do not reach it."""
    settings = audio.SegmentFeatures(**data.settings)
    whole = CLIP_SECONDS * audio.SAMPLE_RATE
    lost = max(whole - settings.clip_samples, 0)
    sizes = data.items.groupby("track").size()
    return (
        f"Of the {whole:,} samples of a {CLIP_SECONDS}-second clip {lost:,} ({lost / whole:.1%}) are cut off; "
        f"{(sizes < settings.segments).sum()} of {len(sizes)} tracks here are too short for {settings.segments} "
        f"segments, and tracks have {_span(sizes)}."
    )


def picture_margins(data: Data, table: pd.DataFrame) -> str:
    """T15: how much of a ready-made picture is margin, where there are any beside the clips."""
    tracks = data.items["track"].unique()
    files = _ready_made(data)
    shares = []
    for file in files[:: max(len(files) // LOOKED_AT, 1)]:
        with contextlib.suppress(images.ImageError):  # the loader lists what it cannot read
            shares.append(pictures.margin(data.root / file))
    if not shares:
        return f"0 of {len(tracks)} tracks here have a ready-made picture; ours are drawn without a margin."
    return (
        f"{len(files)} of {len(tracks)} tracks here have a ready-made picture, of which the margin takes "
        f"{statistics.median(shares):.0%} (median of {len(shares)}); those we draw have none."
    )


def _ready_made(data: Data) -> list[str]:
    """Files of the ready-made pictures of these tracks, under the root of the data."""
    try:
        found, _ = pictures.find_pictures(data.root)
    except (FileNotFoundError, ValueError):
        return []
    return found.loc[found["track"].isin(data.items["track"]), "file"].tolist()
