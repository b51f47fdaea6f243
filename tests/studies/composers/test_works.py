"""Which pieces are copies, and which belong to one work: by names as they are found in real folders, and by music."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import archive, midi
from cosmic_lib.studies.composers import tidy, works

NOTHING = pd.DataFrame({"first": [], "second": [], "contained": [], "alike": []}).astype({"first": int, "second": int})


def melody(seed, notes=200):
    """Pitches of a tune that no other seed has."""
    return 60 + np.random.default_rng(seed).integers(-12, 13, size=notes)


def piece(top, *, shift=0, beat=1.0, ticks_per_beat=480, velocity=64, drums=False, bass=True, late=0):
    """A tune with a bass below it, as a piece.

    Args:
        top: pitches.
        shift: semitones up.
        beat: beats between two notes.
        ticks_per_beat, velocity: of the file.
        drums: whether there is a drum track that plays something of its own.
        bass: whether there is one.
        late: ticks by which the top line comes after the bass.
    """
    onsets = np.arange(len(top)) * beat * ticks_per_beat
    voices = [(onsets + late * (np.arange(len(top)) % 2 == 0), np.asarray(top), 0)]
    if bass:
        voices.append((onsets[::2], np.asarray(top)[::2] - 30, 1))
    if drums:
        voices.append((np.arange(len(top)) * 100, 20 + np.arange(len(top)) % 90, 2))
    notes = np.zeros(sum(len(voice[0]) for voice in voices), midi.NOTE)
    notes["start_tick"] = np.concatenate([voice[0] for voice in voices])
    notes["pitch"] = np.concatenate([voice[1] for voice in voices])
    notes["instrument"] = np.concatenate([np.full(len(voice[0]), voice[2]) for voice in voices])
    notes["pitch"][notes["instrument"] < 2] += shift
    notes["velocity"] = velocity
    notes["start"] = notes["start_tick"] / ticks_per_beat / 2
    instruments = tuple(SimpleNamespace(drums=number == 2) for number in range(3))
    return SimpleNamespace(
        ticks_per_beat=ticks_per_beat, notes=np.sort(notes, order=["start", "pitch"]), instruments=instruments
    )


def together(names: dict[str, list[str]] | list[str], composer: str, **settings) -> list[list[str]]:
    """The names that are put into one work each."""
    found: dict[str, list[str]] = {}
    files = [f"{composer}/{name}.mid" for name in names]
    for name, work in zip(names, works.works(files, [composer] * len(files), **settings), strict=True):
        found.setdefault(work, []).append(name)
    return list(found.values())


ONE_WORK = [
    ("Bach", ["Bwv0998 Prelude Fugue Allegro for Lute 1mov", "Bach_Fugue_BWV998", "Bach_Prelude_BWV998"]),
    ("Bach", ["Bwv870-893 Book 2/Wtcii04b", "Bwv870-893 Book 2/WTCII04A", "bwv873"]),
    ("Bach", ["Bwv846-869 Book 1/WT1_X3A", "Bach_Fugue13_Clavier_tempere1", "bwv858"]),
    ("Bach", ["Bwv846-869 Book 1/WT1_X_B", "Bwv 855"]),
    ("Bach", ["Bwv846-869 Book 1/WT1_XX1A", "Bwv 866"]),
    ("Bach", ["WT1_7B", "Bach_Prelude7_Clavier_tempere1", "bach_852"]),
    ("Bach", ["Bwv001- 400 Chorales/015301b_", "bwv153.1", "Bwv153.1 Schau"]),
    ("Bach", ["Chorales/040900b_", "Chorales/040900bv", "Bwv409"]),
    ("Bach", ["Concertos/Bwv1047 Brandenburg Concert n2 3mov", "brand22"]),
    ("Bach", ["Bach_Cello_Suite_No3_BWV1009_Prelude", "cs3-4sar"]),
    ("Bach", ["Bwv988 The Goldberg Variations/Variation 01", "Bwv988 The Goldberg Variations/Variation 30"]),
    ("Mozart", ["K333 Piano Sonata n13 3mov", "mozk333c", "mz_333_1_format0", "k333", "Sonata KV333"]),
    ("Mozart", ["Viennese Sonatinas K439b n6 1mov", "K439b n2"]),
    ("Mozart", ["k155/movement1", "k155/movement2"]),
    ("Mozart", ["concerto_3/I-allegro", "concerto_3/II_adagio", "concerto_3/III_rondoallegro"]),
    ("Beethoven", ["String Quartet n2 op18 n2 2mov", "opus18no2/movement1", "Quartet Op. 18, No. 2"]),
    ("Beethoven", ["Symphonies/Symphony n2 op36 2mov", "Symphony n2 op36 3mov", "Symphony op36"]),
    ("Beethoven", ["Piano Sonatas/Piano Sonata n15 ''Pastoral''", "Piano Sonatas/Piano Sonata n15 2mov ''Pastoral''"]),
    ("Beethoven", ["beethoven_opus22_1", "beethoven_opus22_4", "Sonata op22"]),
    ("Beethoven", ["Sonata Opus.81a -Les Adieux- E flat No.1", "Sonata Opus.81a -Les Adieux- E flat No.2 & 3"]),
    ("Beethoven", ["concerto_d_part1", "concerto_d_part3"]),
    ("Beethoven", ["WoO051 Sonatina 1-2 movs", "Sonatina WoO51"]),
    ("Chopin", ["Sonata op35 n1 ", "Sonata op35 n4 ", "chpn_op35_3"]),
    ("Chopin", ["Etude op10 n02", "chet1002", "Etude op_10_2"]),
    ("Chopin", ["Nocturne op37 01", "chno3701"]),
    ("Chopin", ["Nocturne No.15 in F Minor Opus.55 -1", "Nocturne op55 n1"]),
    ("Chopin", ["Scherzo No.2, Opus.31", "Scherzo op31"]),
    ("Chopin", ["Sonata No.3 1st Mov Allegro", "Sonata No.3, 2nd Mov, Scherzo"]),
    ("Chopin", ["Prelude n15 op28 ''Raindrop''", "Prelude op28 n15"]),
    ("Haydn", ["hay-p33a", "haydn_33_3", "Nueva carpeta/Sonata n34 1mov XVI33"]),
    ("Haydn", ["Symphony n55 1mov ''Der Schulmeister''", "Symphony n55 4mov ''Der Schulmeister''"]),
    ("Schubert", ["Piano Sonata in A No.2, D959 -Andantino", "Piano Sonata in A No3, D959"]),
    ("Schubert", ["schub_d960_2", "Piano Sonata in B flat No.2, D960"]),
    ("Schubert", ["Klavierstucke D946 n1", "Klavierstucke D946 n3"]),
    ("Schumann", ["Scenes from childhood op15 n08", "scn15_8", "sr15-8"]),
    ("Schumann", ["8 Fantaisies Kreisleriana op16", "scn16_2_format0", "scn16_7"]),
    ("Vivaldi", ["Gloria RV589 04mov Gratias Agimus", "Gloria RV589 11mov Quoniam"]),
    ("Handel", ["Messiah oratorio HWV056/mesiah01", "Messiah oratorio HWV056/mesiah53"]),
    ("Palestrina", ["Agnus_I_03_a", "Agnus_I_03_b"]),
]
APART = [
    ("Bach", ["Bwv870-893 Book 2/Wtcii04b", "Bwv870-893 Book 2/Wtcii05b", "Bwv846-869 Book 1/WT1_4B"]),
    ("Bach", ["Bwv001- 400 Chorales/015301b_", "Bwv001- 400 Chorales/015305b_", "Bwv001- 400 Chorales/025100b_"]),
    ("Beethoven", ["Sonata op10 n1", "Sonata op10 n2", "op 106", "Sonata op1"]),
    ("Beethoven", ["WoO061 Mouvement", "WoO061a Mouvement", "Hess061 Anglaise", "op61 Concerto"]),
    ("Beethoven", ["Piano Sonatas/Piano Sonata n01", "Piano Sonatas/Piano Sonata n10 1mov"]),
    ("Haydn", ["Symphony n55 1mov", "Symphony n76 1mov", "Symphony n5 1mov"]),
    ("Mozart", ["K33 Aria", "K333 Sonata", "K525 Serenade", "Sonatina n21 3mov"]),
    ("Chopin", ["chpn_op33_4", "chpn_op33_1", "Etude op25 n09", "chet2510", "mazrka03", "mazrka06"]),
    ("Chopin", ["19 Polish Songs, for Solo Voice, No.10", "19 Polish Songs, for Solo Voice, No.1"]),
    ("Vivaldi", ["Concertos op3 01-12/Concerto op3 n02 RV578 2mov", "Concertos op3 01-12/Concerto op3 n06 RV356 2mov"]),
    ("Monteverdi", ["madrigal.3.1", "madrigal.3.10", "madrigal.4.1"]),
    ("Palestrina", ["Agnus_03", "Agnus_04", "Agnus_I_03", "Agnus_II_03"]),
]


@pytest.mark.parametrize(
    ("composer", "names"), ONE_WORK, ids=lambda value: value[0] if isinstance(value, list) else value
)
def test_names_of_one_work(composer, names):
    assert together(names, composer) == [names]


@pytest.mark.parametrize(("composer", "names"), APART, ids=lambda value: value[0] if isinstance(value, list) else value)
def test_names_of_different_works(composer, names):
    assert together(names, composer) == [[name] for name in names]


def test_an_opus_alone_keeps_its_numbers_together():
    numbers = ["Etude op10 n1", "Etude op10 n2"]
    assert together(numbers, "Chopin") == [[one] for one in numbers]
    assert together([*numbers, "Etudes op10"], "Chopin") == [[*numbers, "Etudes op10"]]
    assert len(together([*numbers, "Etudes op25"], "Chopin")) == 3


def test_works_are_named_by_composer_and_number():
    files = ["Bach/bwv847.mid", "Bach/Air.mid", "Mozart/K333 n1.mid", "Chopin/Etude op10 n02.mid", "Bach/bwv153.1.mid"]
    names = works.works(files, [file.split("/")[0] for file in files])
    assert names == ["Bach BWV 847", "Bach air", "Mozart K 333", "Chopin op. 10 no. 2", "Bach BWV 153.1"]
    assert works.works(["a/op10 n1.mid", "b/op10 n1.mid"], ["Liszt", "Chopin"]) == [
        "Liszt op. 10 no. 1",
        "Chopin op. 10 no. 1",
    ]
    assert works.works([], [], pairs=NOTHING) == []


def test_copies_are_found_whatever_was_done_to_them():
    pieces = [
        piece(melody(0)),
        piece(melody(1)),
        piece(melody(0), velocity=30, ticks_per_beat=96),
        piece(melody(0), shift=2),
        piece(melody(0), beat=0.5, bass=False),
        piece(melody(0), drums=True, late=9),
        piece(melody(2)),
    ]
    files = [f"Bach/{number}.mid" for number in range(len(pieces))]
    groups = works.repeats(files, works.shared(pieces))
    assert groups == [files[number] for number in (0, 1, 0, 0, 0, 0, 6)]


def test_short_copies_are_found_and_short_strangers_are_not():
    pieces = [piece(melody(0, 6)), piece(melody(1, 6)), piece(melody(0, 6), shift=-3), piece([60] * 6), piece([])]
    files = list("abcde")
    assert works.repeats(files, works.shared(pieces)) == ["a", "b", "a", "d", "e"]
    assert works.repeats(files[:2], works.shared([piece([]), piece([])])) == ["a", "b"]


def test_many_copies_do_not_hide_one_another():
    pieces = [piece(melody(0), beat=1 + number / 4) for number in range(2 * works.COMMON)]
    assert set(works.repeats([str(number) for number in range(len(pieces))], works.shared(pieces))) == {"0"}


def test_versions_and_movements_are_joined_by_what_they_play():
    whole, other = np.concatenate([melody(0), melody(1)]), melody(2)
    abridged = np.concatenate([melody(3, 150), melody(1)[:60]])
    pieces = [piece(melody(0)), piece(whole, shift=5), piece(melody(1), beat=2), piece(other), piece(abridged)]
    names = ["first", "both", "second", "stranger", "pot pourri"]
    pairs = works.shared(pieces)
    assert together(names, "Bach", pairs=pairs) == [["first", "both", "second", "pot pourri"], ["stranger"]]
    files = [f"Bach/{name}.mid" for name in names]
    assert works.repeats(files, pairs) == files, "movements are no copies"
    row = pairs[(pairs["first"] == 0) & (pairs["second"] == 1)].iloc[0]
    assert row["contained"] == pytest.approx(1) and 0.4 < row["alike"] < 0.6


def test_what_everybody_plays_joins_nothing():
    scale = np.tile([60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62], 4)
    turn = np.array([60, 65, 62, 69, 61, 72, 63, 71, 60, 74, 59, 68, 62, 70, 66, 75, 58, 73, 61, 64, 67])
    with_scale = [piece(np.concatenate([melody(seed, 60), scale])) for seed in range(4)]
    assert works.shared(with_scale).empty
    with_turn = [piece(np.concatenate([melody(seed, 60), turn])) for seed in range(works.COMMON + 1)]
    assert works.shared(with_turn).empty
    assert not works.shared(with_turn[:2]).empty


def test_one_piece_under_two_composers_is_reported_and_kept_together():
    files = [
        "Schubert/Moments Musicaux.mid",
        "Schumann/Moment Musicau.mid",
        "Schumann/Carnaval.mid",
        "Schumann/Copy.mid",
    ]
    composers = ["Schubert", "Schumann", "Schumann", "Schumann"]
    top = np.concatenate([melody(0), melody(5, 40)])
    pairs = works.shared([piece(melody(0)), piece(top, shift=1), piece(melody(1)), piece(melody(1))])
    assert works.conflicts(files, composers, pairs) == [tuple(files[:2])]
    first, second, third, fourth = works.works(files, composers, pairs=pairs)
    assert first == second != third == fourth


def test_pieces_are_taken_one_at_a_time():
    def one_by_one():
        for number in range(3):
            yield piece(melody(number % 2))

    pairs = works.shared(one_by_one())
    assert pairs.to_dict("records") == [{"first": 0, "second": 2, "contained": 1.0, "alike": 1.0}]


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    """Files and composers of the real pieces, and what their music has in common."""
    root = tmp_path_factory.mktemp("midi")
    archive.unpack(real_data / "midi-composers.tar", root)
    files, pieces = [], []
    for file in tidy.plan(root).files["file"]:
        try:
            pieces.append(midi.read(root / file))
        except midi.MidiError:
            continue
        files.append(file)
    return files, [file.split("/")[1] for file in files], works.shared(pieces)


def test_copies_among_real_files(real):
    files, composers, pairs = real
    groups = pd.Series(works.repeats(files, pairs), index=files)
    assert groups["midi/Chopin/chet1002.mid"] == groups["midi/Chopin/Etude op10 n02.mid"]
    assert 10 <= (groups != groups.index).sum() <= 40
    mislabelled = [pair for pair in works.conflicts(files, composers, pairs) if "Moment" in pair[1]]
    assert mislabelled and works.conflicts(files, composers, pairs) == mislabelled


def test_works_of_real_files(real):
    files, composers, pairs = real
    table = pd.DataFrame({"file": files, "composer": composers, "work": works.works(files, composers, pairs=pairs)})
    sizes = table["work"].value_counts()
    assert sizes.iloc[0] < 0.02 * len(files) and len(files) / 3 < len(sizes) < 2 * len(files) / 3
    work = table.set_index("file")["work"]
    same = [
        ("Chopin/mazrka25.mid", "Chopin/chpn_op33_4.mid"),  # by the music alone: another name, another sequencer
        ("Beethoven/83.MID", "Beethoven/Piano Sonatas/Piano Sonata n31 op110.mid"),
        ("Beethoven/beethoven_opus10_2.mid", "Beethoven/Piano Sonatas/Piano Sonata n05.mid"),
        ("Mozart/concerto_3/III_rondoallegro.mid", "Mozart/mozk216a.mid"),
        ("Bach/brand22.mid", "Bach/Concertos/Bwv1047 Brandenburg Concert n2 2mov.mid"),
    ]
    assert [(one, other) for one, other in same if work[f"midi/{one}"] != work[f"midi/{other}"]] == []
    mixed = table.groupby("work")["composer"].nunique()
    assert (mixed > 1).sum() == 1, "only the piece that stands under two composers joins two"
