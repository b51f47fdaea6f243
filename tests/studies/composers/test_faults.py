"""The audit of the composers study: entries stand on lines of the source, and measures are right where one knows."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from cosmic_lib import splits
from cosmic_lib.splits import fold_columns
from cosmic_lib.studies.composers import data, note_measures, published, sample
from cosmic_lib.studies.composers.diary import DIARY
from cosmic_lib.studies.composers.faults import FAULTS

LINES = 3_200
"""Of the source, at most."""
MEASURES = {fault.name: fault.measure for fault in FAULTS}
PUBLISHED, HONEST = fold_columns("published")[0], fold_columns("honest")[0]


@pytest.fixture(scope="module")
def table(composers_data):
    return splits.make_table(composers_data.items, groupings=("work",), sealed_by="work")


@pytest.fixture(scope="module")
def said(composers_data, table) -> dict[str, str]:
    """Name of an entry -> what it amounts to in the sample."""
    return {name: measure(composers_data, table) for name, measure in MEASURES.items()}


def numbers(text: str) -> list[float]:
    """All numbers of a sentence in order."""
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def shares(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"(\d+(?:\.\d+)?)%", text)]


@pytest.fixture
def made(tmp_path, write_midi):
    """`made(tracks, **more)`: data of one chunk of each of two pieces by Bach and Mozart, made of these tracks."""

    def load(bach: list, mozart: list, **more):
        for name, tracks in {"Bach/1": bach, "Mozart/1": mozart}.items():
            write_midi(tmp_path / f"{name}.mid", *tracks, **more)
        return data.load("real", tmp_path, composers=("Bach", "Mozart"))

    return load


def test_entries_are_those_of_the_audit_and_stand_on_lines_of_the_source():
    assert [fault.name for fault in FAULTS] == [f"C{number}" for number in range(1, 23)]
    for fault in FAULTS:
        cited = [int(line) for line in re.findall(r"(?:lines?|to|and|,) (\d+)", fault.evidence)]
        assert cited and all(0 < line < LINES for line in cited), fault.name
        assert fault.title and fault.correction and fault.grade == "proven" and fault.measure


def test_what_is_measured_is_said_in_one_sentence_with_numbers(said):
    for name, sentence in said.items():
        assert sentence.endswith(".") and ". " not in sentence.replace("Wq117 n2.mid", ""), name
        assert numbers(sentence) and "nan" not in sentence and "\n" not in sentence


def test_measures_say_something_of_other_data_too(composers_data, table):
    """Of a folder of one's own, without the inputs that only the lessons ask for."""
    bare = replace(
        composers_data,
        origin="folder",
        arrays={"chunks": composers_data.arrays["chunks"]},
        others={name: composers_data.others[name] for name in ("piece_two", "piece_eight")},
    )
    for measure in MEASURES.values():
        sentence = measure(bare, table)
        assert sentence.endswith(".") and "nan" not in sentence


def test_c1_pieces_in_the_order_of_their_files(composers_data, table, said):
    labels = composers_data.items.drop_duplicates("piece")["label"]
    assert numbers(said["C1"])[0] == len(labels)
    expected = 100 * (1 - (len(composers_data.classes) - 1) / (len(labels) - 1))
    assert shares(said["C1"])[0] == pytest.approx(expected, abs=0.06), "folder by folder"
    turns = replace(composers_data, items=composers_data.items.assign(label=np.resize(["Bach", "Mozart"], len(table))))
    turns = replace(turns, items=turns.items.assign(piece=turns.items["item"]))
    assert shares(MEASURES["C1"](turns, table))[0] == 0


def test_c2_pieces_on_several_sides(composers_data, table, said):
    torn = (table.groupby("group")[PUBLISHED].nunique() > 1).sum()
    here = len(table) / composers_data.groups
    assert torn > 10
    assert numbers(said["C2"])[1:] == [torn, composers_data.groups, pytest.approx(here, abs=0.06), 25.3]
    whole = table.assign(**{PUBLISHED: table[HONEST]})
    assert numbers(MEASURES["C2"](composers_data, whole))[1] == 0


def test_c3_lengths_of_the_last_track(made, note):
    """30 seconds of notes; the last track holds them in one piece, and a name alone in the other."""
    notes = note(0, 480 * 60, 60)
    found = made([[], notes], [notes, []])
    sentence = note_measures.last_track(found, None)
    assert numbers(sentence) == [2, 1, 1, 2, 15, 30], (
        "of 2 one is off, one has under 2 s; medians of 0 and 30, and of 30"
    )


def test_c4_tempos(made, note):
    import mido

    slow = [(0, mido.MetaMessage("set_tempo", tempo=1_000_000))]
    changing = [*slow, (4800, mido.MetaMessage("set_tempo", tempo=500_000))]
    sentence = note_measures.tempo(made([slow, note(0, 9600, 60)], [changing, note(0, 9600, 64)]), None)
    assert numbers(sentence)[:3] == [2, 2, 120] and "1 change their tempo" in sentence
    assert shares(sentence) == [round(100 * (np.sqrt(2 * 1.5) - 1))]
    assert numbers(note_measures.tempo(made([note(0, 960, 60)], [note(0, 960, 62)]), None))[0] == 0


def test_c5_names_in_a_path(composers_data, said):
    found = numbers(said["C5"])[:2]
    assert found[0] == len(sample.NAMESAKES) == 2
    assert any(name in said["C5"] for name in sample.NAMESAKES)
    other = replace(composers_data, classes=("Beethoven", "Mozart"))
    assert note_measures.substrings(other, None).startswith("0 of ")


def test_c6_a_rule_knows_what_it_has_seen(composers_data, table, said):
    seen, unseen = shares(said["C6"])
    assert seen > 95 and unseen < 80
    other = table.assign(**{HONEST: np.where(table[HONEST] == "train", "held_out", "train")})
    assert shares(MEASURES["C6"](composers_data, other))[0] > 95


def test_c7_copies_are_counted(composers_data, table, said):
    labels = composers_data.others["all_chunks"].items["label"]
    assert shares(said["C7"])[2] == pytest.approx(100 * (labels == "augmented_pitch").mean(), abs=0.06)
    assert shares(said["C7"])[:2] == [36.3, 48.6]
    without = MEASURES["C7"](replace(composers_data, others={}), table)
    assert f"each of the {len(table):,} chunks here would make {3 * len(table):,}" in without


def test_c8_names_the_classes_that_thresholds_leave(composers_data, said):
    kept = [len(composers_data.others[name].classes) for name in ("all_chunks", "all_chunks_0_1", "all_chunks_1")]
    assert said["C8"].endswith(f"here the thresholds leave {', '.join(map(str, kept))} classes.")
    assert shares(said["C8"]) == [78.1, 49.53, 50.03, 49.96]


def test_c9_counts_parameters(said):
    assert numbers(said["C9"]) == [320, 608, 8_866_820, 8_867_108]


def test_c10_held_notes_and_notes_that_begin_together(made, note):
    held = [one for start in range(4) for one in note(480 * start, 480 * 4, 60 + start)]
    sentence = note_measures.polyphony(made([held], [held]), None)
    assert numbers(sentence) == [2, 2.5, 1.0]
    chord = [one for pitch in (60, 64, 67) for one in note(0, 480, pitch)]
    assert numbers(note_measures.polyphony(made([chord], [chord]), None)) == [2, 3.0, 3.0]


def test_c11_and_c18_read_the_printed_curve(said):
    assert {0.9183, 0.8021, 1468.0} <= set(numbers(said["C11"]))
    assert numbers(said["C18"])[:3] == [4, 0.579, 0.782] and numbers(said["C18"])[3:] == [10, 0.726, 0.802]


def test_c12_windows_between_two_results(said):
    assert numbers(said["C12"]) == [986, 1058, round((0.9262 - 0.9015) * 325), 325]


def test_c13_rows_are_the_original_pieces(said):
    assert {1_623.0, 1_633.0, 3 * 1_633.0} <= set(numbers(said["C13"]))


def test_c14_copies_at_another_tempo(composers_data, made, note, said):
    drums = [one for n in range(4) for one in note(96 * n, 96 * n + 50, 40, channel=9)]
    sentence = note_measures.copying(made([note(0, 960, 60), drums], [note(0, 960, 60)], ticks_per_beat=96), None)
    assert (
        numbers(sentence)[:3] == [2, 2, 480] and "last 0.2 to 0.2 times as long; 1 have drums, and 1 of 2" in sentence
    )
    names = composers_data.items["file"].drop_duplicates().str.rsplit("/").str[-1]
    assert f"and {names.duplicated().sum()} of {len(names)} files the name of another" in said["C14"]


def test_c15_what_would_be_moved(composers_sample, composers_data, tmp_path):
    assert numbers(note_measures.moves(composers_data, None))[0] > 0
    tidy = tmp_path / "tidy"
    shutil.copytree(composers_sample / "midiclassics" / "Chopin", tidy / "Chopin")
    sentence = note_measures.moves(replace(composers_data, root=tidy), None)
    there = len(list(tidy.rglob("*.mid")))
    assert numbers(sentence) == [0, there, there]


def test_c16_statistics_of_other_rows(composers_data, table):
    found = MEASURES["C16"](composers_data, table)
    assert len(re.findall(r"[+-]\d\.\d\d", found)) == 4
    everything = table.assign(**{HONEST: "train"})
    assert not any(map(float, re.findall(r"[+-]\d\.\d\d", MEASURES["C16"](composers_data, everything))))
    other = composers_data.others["piece_two"]
    spoilt = other.arrays["piece_two"].copy()
    held_out = other.items["group"].isin(table.loc[table[HONEST] != "train", "group"]).to_numpy()
    spoilt[held_out] += 1000 * spoilt.std()
    moved = replace(composers_data, others={"piece_two": replace(other, arrays={"piece_two": spoilt})})
    assert all(float(text) > 1 for text in re.findall(r"(?:length|notes) ([+-][\d.]+)", MEASURES["C16"](moved, table)))


def test_c17_the_commonest_composer(composers_data, table, said):
    counts = composers_data.items.drop_duplicates("piece")["label"].value_counts()
    source, here = shares(said["C17"])
    assert source == 62.9 and here == pytest.approx(100 * counts.max() / counts.sum(), abs=0.06)
    assert said["C17"].endswith(f"({counts.idxmax()}).")


def test_c19_frames(said):
    assert numbers(said["C19"]) == [10, 25, 8]


def test_c20_counts_composers(composers_data, said):
    there = set(composers_data.others["named_chunks"].items["label"])
    assert numbers(said["C20"]) == [len(there), 4]


def test_c21_folds_scatter_more_than_the_lead(said):
    found = numbers(said["C21"])
    trials, lead, spread, freedom, _, by_chance = found
    assert (trials, freedom) == (10, 20) and lead < spread < by_chance
    means = published.trials().groupby("trial")["accuracy"].mean().nlargest(2)
    assert lead == pytest.approx(100 * (means.iloc[0] - means.iloc[1]), abs=0.006)


def test_c22_cells_above_127(made, note, said):
    # Two instruments of velocity 100 play the same note for one of four seconds, and one of them goes on alone.
    both = [note(0, 4 * 960, 60, 100), note(0, 960, 60, 100, channel=1)]
    sentence = MEASURES["C22"](made(both, both), None)
    assert shares(sentence) == [pytest.approx(25, abs=1)] and "the highest here is 200" in sentence
    alone = [note(0, 4 * 960, 60, 100)]
    assert shares(MEASURES["C22"](made(alone, alone), None)) == [0]


def test_scores_that_measures_speak_of_are_those_of_the_diary(said):
    for name, rows in {"C7": ("cnn_all_145",), "C8": ("cnn_threshold_0_1", "cnn_threshold_10")}.items():
        for row in rows:
            assert any(abs(share - 100 * DIARY[row].published.accuracy) < 0.06 for share in shares(said[name]))
