"""The audit: every entry is there, and each measure says what it finds, on the sample and where it is otherwise."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import splits
from cosmic_lib.experiment import Published
from cosmic_lib.studies.genre import data, facts, measures, models
from cosmic_lib.studies.genre.faults import FAULTS

MEASURES = {fault.name: fault.measure for fault in FAULTS}
FOLD = splits.fold_columns(splits.PUBLISHED)[0]


@pytest.fixture(scope="module")
def table(genre_data) -> pd.DataFrame:
    return splits.make_table(genre_data.items)


def numbers(text: str) -> list[float]:
    """All numbers of a sentence in order, shares as they are printed."""
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def test_every_entry_of_the_audit_is_there_in_order():
    assert [fault.name for fault in FAULTS] == [f"T{number}" for number in range(1, 17)]
    assert {name for name, measure in MEASURES.items() if measure is None} == {"T9", "T12", "T13", "T16"}


def test_every_measure_says_one_sentence_of_any_data(genre_data, table):
    """As loaded, and of another origin, without artists."""
    bare = replace(genre_data, items=genre_data.items.drop(columns="artist", errors="ignore"), origin="folder")
    for measure in filter(None, MEASURES.values()):
        for one in (genre_data, bare):
            text = measure(one, table)
            assert text.endswith(".") and numbers(text) and "nan" not in text and "\n" not in text


def test_t1_counts_tracks_that_are_torn_apart(genre_data, table):
    sides = table.groupby("group")[FOLD].nunique()
    assert (sides > 1).sum() > len(sides) / 3
    assert numbers(MEASURES["T1"](genre_data, table)) == [0, (sides > 1).sum(), len(sides)]
    whole = table.assign(**{FOLD: table["honest_fold0"]})
    assert numbers(MEASURES["T1"](genre_data, whole)) == [0, 0, len(sides)]


@pytest.mark.parametrize(("hop_length", "share"), [(4084, 75), (512, 1), (2048, 50)])
def test_t2_says_how_much_is_never_looked_at(genre_data, table, hop_length, share):
    other = replace(genre_data, settings={**genre_data.settings, "hop_length": hop_length})
    assert numbers(MEASURES["T2"](other, table)) == [share, 1024, hop_length]


def test_t3_counts_repeats_and_artists(genre_data, table):
    items, tracks = genre_data.items, genre_data.items["track"].nunique()
    bare = replace(genre_data, items=items.drop(columns="artist", errors="ignore"))
    assert numbers(MEASURES["T3"](bare, table)) == [1, tracks]

    by_genre = replace(genre_data, items=items.assign(artist=items["label"]))
    assert numbers(MEASURES["T3"](by_genre, table)) == [1, tracks, tracks, tracks, 0, 10, 10]
    alone = replace(genre_data, items=items.assign(artist=items["group"], source=items["group"]))
    assert numbers(MEASURES["T3"](alone, table)) == [0, tracks, 2, tracks, 0, 0, tracks - 1], (
        "a repeat and its original"
    )
    artist = np.where(items["track"].isin(["blues.00000", "blues.00001"]), "one", "")
    two_known = replace(genre_data, items=items.assign(artist=artist))
    assert numbers(MEASURES["T3"](two_known, table))[2:4] == [2, 2]


def test_t3_says_what_is_known_of_all_of_gtzan(genre_data, table):
    said = MEASURES["T3"](replace(genre_data, origin="real"), table).removesuffix(".").split("; ")
    assert numbers(said[-2]) == [1000, 1000 - sum(map(bool, facts.filtered_part(facts.tracks().index)))]
    reggae = [track for track in facts.tracks().index if track.startswith("reggae")]
    artists = pd.Series([artist for artist in facts.artists(reggae) if artist]).value_counts()
    assert "reggae" in said[-1] and numbers(said[-1]) == [artists.max(), artists.sum()]


def test_t4_gives_the_share_of_each_part(genre_data, table):
    shares = dict(re.findall(r"(\w+) (\d+)%", MEASURES["T4"](genre_data, table)))
    assert list(shares) == ["train", "validation", "held_out", "test"]
    for part, share in shares.items():
        assert float(share) == pytest.approx(100 * (table[FOLD] == part).mean(), abs=0.51)
    assert "1 parts: train 100%" in MEASURES["T4"](genre_data, table.assign(**{FOLD: "train"}))


def test_t5_counts_pictures_and_segments(genre_data, table):
    tracks, segments = genre_data.items["track"].nunique(), len(genre_data.items)
    assert numbers(MEASURES["T5"](genre_data, table))[:3] == [tracks, tracks, segments]
    firsts = replace(genre_data, items=genre_data.items.query("segment == 0"))
    assert numbers(MEASURES["T5"](firsts, table))[:3] == [tracks, tracks, tracks]


def published(rows: dict[str, tuple]) -> list[SimpleNamespace]:
    """A diary of rows with accuracy, recall, F1 and epochs, and one that is not in the source's table."""
    printed = [
        SimpleNamespace(name=name, published=Published(1, accuracy, 0.5, recall, f1, epochs))
        for name, (accuracy, recall, f1, epochs) in rows.items()
    ]
    ours = [SimpleNamespace(name="net5_hop512", published=None)]
    remark = [SimpleNamespace(name="net6_features", published=Published(119, 0.92))]
    return [*printed, *ours, *remark]


def test_t6_compares_the_width_with_the_differences(genre_data, table, monkeypatch):
    test, _, middle, half, close, pairs, here, wide = numbers(MEASURES["T6"](genre_data, table))
    assert (test, pairs) == (100, 12 * 11 / 2) and 50 <= middle <= 70
    assert half == pytest.approx(196 * np.sqrt(middle / 100 * (1 - middle / 100) / test), abs=1)
    assert here == table.loc[table["honest"] == "test", "group"].nunique()
    assert wide > 2 * half and pairs / 3 < close < pairs

    shares = (0.30, 0.50, 0.54, 0.68)
    few = {f"net{number}_adam_50": (share, share, share, 50) for number, share in enumerate(shares, 1)}
    monkeypatch.setattr(measures, "DIARY", published(few))
    _, _, middle, _, close, pairs, here, narrow = numbers(MEASURES["T6"](genre_data, table.assign(honest="test")))
    assert (middle, close, pairs, here) == (52, 1, 6, genre_data.groups) and narrow < wide


def test_t7_and_t8_divide_by_what_there_is_to_train_on(genre_data, table):
    tracks = table.loc[table["honest_fold0"] == "train", "group"].nunique()
    said = MEASURES["T7"](genre_data, table)
    assert "50,034,698" in said and "66,460,522" in said
    assert f"{50_034_698 // 699:,}" in said and f"{66_460_522 // tracks:,} for each of the {tracks}" in said
    segments = (table[FOLD] == "train").sum()
    said = MEASURES["T8"](genre_data, table)
    assert "137,915,344" in said and "68,120,577" in said
    assert f"{(137_915_344 + 68_120_577) // segments:,} for each of the {segments}" in said

    all_train = table.assign(honest_fold0="train", **{FOLD: "train"})
    assert numbers(MEASURES["T7"](genre_data, all_train))[-1] == genre_data.groups
    assert numbers(MEASURES["T8"](genre_data, all_train))[-1] == len(table)


def test_parameters_are_counted_as_keras_counts_them():
    for side in (12, 30):
        assert measures.net1_parameters(side) == models.net1((side, side, 3), 10).count_params()
        assert measures.net2_parameters(side) == models.net2((side, side, 3), 10).count_params()
    embedding = 10 * 10
    assert measures.generator_parameters(50) + embedding == models.generator(50, 10).count_params()
    assert measures.discriminator_parameters(50) + embedding == models.discriminator(50, 10).count_params()


def test_t10_finds_the_contradictions_of_the_table(genre_data, table):
    adam, longer, f1, net6, pictured = MEASURES["T10"](genre_data, table).split("; ")
    assert numbers(adam)[:2] == [6, 8]
    assert numbers(longer)[2:4] == [3, 6]
    assert numbers(f1)[1] == 83
    assert numbers(net6)[1:3] + numbers(net6)[5:7] == [80, 76, 51, 77]
    assert numbers(pictured)[:2] == [11, 12]


CONSISTENT = {
    "net3_adam_50": (0.50, 0.50, 0.50, 50),
    "net3_adam_100": (0.45, 0.45, 0.45, 100),
    "net4_rmsprop_50": (0.44, 0.44, 0.44, 50),
    "net4_rmsprop_100": (0.40, 0.40, 0.40, 100),
    "net5_adam": (0.85, 0.85, 0.85, 43),
    "net5_rmsprop": (0.82, 0.82, 0.82, 49),
    "net6_adam": (0.85, 0.85, 0.85, 51),
    "net6_rmsprop": (0.82, 0.82, 0.82, 55),
}


def test_t10_and_t11_find_nothing_where_there_is_nothing(genre_data, table, monkeypatch):
    monkeypatch.setattr(measures, "DIARY", published(CONSISTENT))
    adam, longer, f1, net6, pictured = MEASURES["T10"](genre_data, table).split("; ")
    assert numbers(adam)[:2] == [4, 4] and numbers(longer)[2:4] == [2, 2] and numbers(f1)[1] == 82
    assert "net6 scores 85% and 82%" in net6.lower() and "after 51 and 55 epochs" in net6
    assert numbers(pictured)[:2] == [0, 4]
    assert MEASURES["T11"](genre_data, table).startswith("Accuracy and recall differ in 0 of 8 rows, which")


def test_t11_names_the_odd_row_and_counts_our_own_test_tracks(genre_data, table):
    said = MEASURES["T11"](genre_data, table)
    assert "in 1 of 16 rows (71% and 68% in net4_rmsprop_100)" in said
    tested = table[table["honest"] == "test"].groupby("label")["group"].nunique()
    assert numbers(said)[-1] == tested.max()
    without_rock = table.assign(honest=table["honest"].where(table["label"] != "rock", "train"))
    assert numbers(MEASURES["T11"](genre_data, without_rock))[-2:] == [0, tested.max()]


def test_t14_counts_what_is_cut_off_and_who_is_too_short(genre_data, table):
    tracks = genre_data.items["track"].nunique()
    said = MEASURES["T14"](genre_data, table)
    assert numbers(said) == [661_500, 30, 1_500, 0.2, tracks, tracks, 10, 3]
    fitting = replace(genre_data, settings={**genre_data.settings, "clip_samples": 661_500, "segments": 3})
    assert numbers(MEASURES["T14"](fitting, table)) == [661_500, 30, 0, 0, 0, tracks, 3, 3]
    uneven = replace(genre_data, items=genre_data.items.iloc[1:])
    assert numbers(MEASURES["T14"](uneven, table))[-2:] == [2, 3]


def test_t15_measures_margins_where_there_are_ready_made_pictures(genre_data, table, tmp_path):
    tracks = genre_data.items["track"].nunique()
    here = replace(genre_data, root=tmp_path)
    assert numbers(MEASURES["T15"](here, table)) == [0, tracks]

    folder = tmp_path / "img_data" / "blues"
    folder.mkdir(parents=True)
    (folder / "blues00001.png").write_bytes(b"broken")
    assert numbers(MEASURES["T15"](here, table)) == [0, tracks]
    picture = np.full((20, 20, 3), 255, dtype=np.uint8)
    picture[5:15, 5:15] = 0
    for name in ("blues00000", "blues00099"):  # the second is not among the clips
        Image.fromarray(picture).save(folder / f"{name}.png")
    assert numbers(MEASURES["T15"](here, table)) == [2, tracks, 75, 1]


def test_real_clips(real_data):
    if not (real_data / "gtzan" / "img_data").is_dir():
        pytest.skip("no GTZAN pictures in the folder of real data")
    found = data.load("real", root=real_data / "gtzan")
    table = splits.make_table(found.items)
    ready, tracks, share, looked_at = numbers(MEASURES["T15"](found, table))
    assert ready == tracks == found.items["track"].nunique() and looked_at == 10
    assert 20 < share < 60
    repeats, tracks, sharing, known = numbers(MEASURES["T3"](found, table))[:4]
    assert repeats == 0 and 0 < sharing < known == tracks
