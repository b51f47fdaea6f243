"""Made-up pieces: the same every time, in the layout of the Kaggle set, and with knobs that do what they say."""

import hashlib
import re
import zipfile

import mido
import numpy as np
import pretty_midi
import pytest

from cosmic_lib import midi
from cosmic_lib.studies.composers import composing, sample, works
from cosmic_lib.studies.composers.music import TICKS_PER_BEAT, encode
from cosmic_lib.studies.composers.styles import STYLES

SMALL = {"pieces": 6, "seconds": 15.0}
SPOILT = {sample.NO_MIDI: "MThd|MIDI", sample.SILENT: "no notes", sample.ENDLESS: "hours"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """`midiclassics` of a small sample; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("sample"), **SMALL) / "midiclassics"


def contents(folder) -> dict[str, str]:
    """Hash of every file, by its path under the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def numbered(pieces: int) -> dict[str, tuple[str, int]]:
    """File -> composer and number, planted files left aside."""
    counts = sample.pieces_of(pieces)
    return {sample.file_of(composer, n): (composer, n) for composer, count in counts.items() for n in range(count)}


def test_same_arguments_give_the_same_bytes(tmp_path, tree):
    again = sample.write_sample(tmp_path, **SMALL)
    assert again.name == tree.parent.name
    assert contents(again / "midiclassics") == contents(tree)


@pytest.mark.parametrize("change", [{"seed": 1}, {"piece_identity": 0.5}, {"work_identity": 0.9}], ids=str)
def test_other_arguments_give_other_music(tmp_path, tree, change):
    other = sample.write_sample(tmp_path, **SMALL, **change)
    assert other.name != tree.parent.name
    left, right = contents(tree), contents(other / "midiclassics")
    assert left.keys() == right.keys()
    same = {file for file in left if left[file] == right[file]}
    assert same == {sample.NO_MIDI, sample.SILENT}


def test_a_sample_is_written_once(tmp_path, monkeypatch):
    folder = sample.write_sample(tmp_path, **SMALL)
    monkeypatch.setattr(sample, "piece", lambda *args, **kwargs: pytest.fail("written again"))
    assert sample.write_sample(tmp_path, **SMALL) == folder


def test_an_interrupted_sample_is_not_taken_for_a_whole_one(tmp_path):
    def killed(steps):
        yield from steps[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample.write_sample(tmp_path, **SMALL, progress=killed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"piece_identity": -0.1}, "piece_identity is -0.1"),
        ({"piece_identity": float("nan")}, "piece_identity is nan"),
        ({"work_identity": 1.1}, "work_identity is 1.1"),
        ({"pieces": 5}, "at least 6"),
        ({"seconds": 10}, "seconds is 10"),
        ({"seconds": float("nan")}, "seconds is nan"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        sample.write_sample(tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


def test_layout_is_that_of_the_kaggle_set(tree):
    assert [path.name for path in tree.parent.iterdir()] == ["midiclassics"]
    planted = {*sample.PLANTED, *SPOILT, sample.COPY, sample.ARCHIVE}
    assert contents(tree).keys() == numbered(6).keys() | planted
    assert not numbered(6).keys() & planted
    assert {path.name for path in tree.iterdir() if path.is_dir()} == {*STYLES, "Albe'niz", "C.P.E.Bach"}
    assert {path.name for path in tree.iterdir() if path.is_file()} == sample.LOOSE.keys()


def test_classes_differ_in_size_and_none_is_too_small():
    counts = sample.pieces_of()
    assert max(counts, key=counts.get) == "Bach"
    assert len({counts[composer] for composer in sample.SHARES}) == 4
    assert counts == {**counts, "Bach": 40, "Beethoven": 20, "Chopin": 16, "Mozart": 24}
    assert set(sample.pieces_of(6).values()) == {sample.FEW}
    assert {counts[composer] for composer in STYLES.keys() - sample.SHARES.keys()} == {sample.FEW}


def test_names_tell_works_of_two_and_three_movements(tree):
    files = numbered(40)
    assert len(files) == sum(sample.pieces_of().values()), "two pieces have one name"
    found = works.works(list(files), [composer for composer, _ in files.values()])
    told = [(composer, sample.work_of(number)[0]) for composer, number in files.values()]
    assert len(set(zip(found, told, strict=True))) == len(set(found)) == len(set(told))
    bach = [told.count(("Bach", work)) for work in range(16)]
    assert bach == [3, 2] * 8


def test_music_links_no_two_works(tree):
    files = numbered(6)
    pairs = works.shared(midi.read(tree / file) for file in files)
    composers = [composer for composer, _ in files.values()]
    assert works.conflicts(list(files), composers, pairs) == []
    assert works.works(list(files), composers, pairs=pairs) == works.works(list(files), composers)


def test_every_reader_reads_every_piece(tree):
    for file in ("Bach/Bwv0801 Prelude.mid", "Chopin/Piano Sonata op35 1mov.mid", sample.COPIED, sample.CAPITALS):
        first, *others = (midi.read(tree / file, readers=(name,)) for name in ("symusic", "mido", "pretty_midi"))
        for other in others:
            np.testing.assert_array_equal(
                first.notes[["start", "end", "pitch"]], other.notes[["start", "end", "pitch"]]
            )
    for path in tree.rglob("*"):
        file = path.relative_to(tree).as_posix()
        if path.suffix.lower() == ".mid" and file not in SPOILT:
            piece = midi.read(path)
            assert 9 <= midi.length(piece) <= 21.1, file
            assert len(piece.notes) > 20, file


def test_a_piece_has_tracks_tempos_and_instruments():
    music = sample.piece("Mozart", 2, seconds=100)
    content = encode(music)
    written = midi.read(content)
    notes = np.concatenate([part.notes for part in music.parts])
    assert written.tracks == len(music.parts) + 1 > 2
    assert len(written.tempos) > 4 and len(written.time_signatures) == len(written.key_signatures) == 1
    assert written.ticks_per_beat == TICKS_PER_BEAT
    columns = np.stack([written.notes[name] for name in ("start_tick", "end_tick", "pitch", "velocity")], axis=1)
    np.testing.assert_array_equal(np.unique(columns, axis=0), np.unique(notes, axis=0))
    programs = [{one.program for one in midi.read(encode(sample.piece("Mozart", n))).instruments} for n in range(24)]
    assert any(len(found) > 1 for found in programs) and len(set().union(*programs)) > 2
    chopin, bach = (midi.read(encode(sample.piece(composer, 1))) for composer in ("Chopin", "Bach"))
    assert all(len(one.pedals) for one in chopin.instruments)
    assert not any(len(one.pedals) for one in bach.instruments)


@pytest.mark.parametrize("composer", STYLES)
def test_passages_begin_on_the_second_and_do_not_touch(composer):
    """A chunk of 15 seconds is one passage: else the end of one would tell of the next."""
    rng = np.random.default_rng(0)
    traits = rng.normal(size=(4, len(composing.TRAITS)))
    music = composing.compose(STYLES[composer], traits, seconds=52.5, rng=rng)
    piece = midi.read(encode(music))
    assert midi.length(piece) <= 52.51
    starts, ends = piece.notes["start"] + 1e-3, piece.notes["end"] - 1e-3
    np.testing.assert_array_equal(starts // composing.PASSAGE, ends // composing.PASSAGE)
    assert set(starts // composing.PASSAGE) == {0, 1, 2, 3}
    for instrument in piece.instruments:
        times, values = instrument.pedals[: len(instrument.pedals) // 2 * 2].T
        assert (values.reshape(-1, 2) == [127, 0]).all()
        down, up = (times.reshape(-1, 2) + np.array([1e-3, -1e-3])).T // composing.PASSAGE
        np.testing.assert_array_equal(down, up)


def test_composers_share_manners_and_each_keeps_to_its_own_most():
    traits = np.random.default_rng(0).normal(size=2000)
    manners = [composing._manner(STYLES["Bach"], trait) for trait in traits]
    own = np.mean([lines == STYLES["Bach"].lines for lines in manners])
    assert abs(own - (1 - composing.BORROWED)) < 0.05
    assert {lines for lines in manners} == {style.lines for style in STYLES.values()}
    chosen = {composing._ensemble(STYLES["Mozart"], trait) for trait in traits}
    assert chosen == {0, 1, 2} and composing._ensemble(STYLES["Chopin"], 5.0) == 0


def test_what_is_planted_is_wrong_in_the_way_it_says(tree):
    for file, reason in SPOILT.items():
        with pytest.raises(midi.MidiError, match=re.compile(reason)):
            midi.read(tree / file, readers=("symusic",))
    with pytest.raises(mido.KeySignatureError, match="mode 255"):
        mido.MidiFile(tree / sample.KEY_OUT_OF_RANGE)
    assert len(midi.read(tree / sample.KEY_OUT_OF_RANGE).notes)
    with pytest.raises(ValueError, match="MIDI file"):
        pretty_midi.PrettyMIDI(str(tree / sample.ENDLESS))
    hashes = contents(tree)
    twins = {file for file in hashes if list(hashes.values()).count(hashes[file]) > 1}
    assert twins == {sample.COPY, sample.COPIED}
    assert zipfile.ZipFile(tree / sample.ARCHIVE).testzip() is None
    assert sample.CAPITALS.endswith(".MID")
    assert all("Bach" in file and not file.startswith("Bach") for file in sample.NAMESAKES)
    assert [path.name for path in (tree / "Albe'niz").iterdir()] != []


def described(music) -> np.ndarray:
    """What one hears of each whole passage: pitch classes, register, density, touch, loudness."""
    ticks = np.concatenate([part.notes for part in music.parts])
    start, end = midi.seconds(ticks[:, :2].T, music.tempos, TICKS_PER_BEAT)
    chunk = ((start + 1e-3) // composing.PASSAGE).astype(int)
    rows = []
    for number in range(int(end.max() // composing.PASSAGE)):
        here = chunk == number
        _, _, pitch, velocity = ticks[here].T
        classes = np.bincount(pitch % 12, minlength=12) / len(pitch)
        lasting = (end - start)[here]
        numbers = [pitch.mean(), pitch.std(), np.log(len(pitch)), np.log(lasting).mean(), lasting.sum()]
        rows.append([*3 * classes, *numbers, velocity.mean(), velocity.std()])
    return np.array(rows)


def shared(piece_identity: float) -> float:
    """Share of the variation between chunks of one composer that lies between pieces, 0 where they are strangers."""
    found = []
    for composer in ("Bach", "Chopin"):
        music = (sample.piece(composer, 5 * n, seconds=125, piece_identity=piece_identity) for n in range(20))
        chunks = np.stack([described(piece)[:4] for piece in music])  # pieces, chunks, features
        within = chunks.var(axis=1, ddof=1).mean(axis=0)
        between = chunks.mean(axis=1).var(axis=0, ddof=1) - within / chunks.shape[1]
        found.append(np.mean(between / (between + within)))
    return float(np.mean(found))


def test_the_first_knob_sets_how_alike_chunks_of_a_piece_are():
    nothing, half, default, everything = map(shared, (0.0, 0.5, sample.PIECE_IDENTITY, 1.0))
    assert abs(nothing) < 0.12
    assert nothing + 0.1 < half < default < everything, (nothing, half, default, everything)
    assert default > 0.4


def nearest(piece_identity: float, work_identity: float = 0.0) -> dict[str, float]:
    """Accuracy of the nearest neighbour, out of five folds, when chunks, pieces or works are dealt out."""
    from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    rows, labels, pieces, whole = [], [], [], []
    for composer in sample.SHARES:
        for number in range(20):
            settings = {"piece_identity": piece_identity, "work_identity": work_identity}
            chunks = described(sample.piece(composer, number, seconds=90, **settings))
            rows.append(chunks)
            labels += [composer] * len(chunks)
            pieces += [f"{composer} {number}"] * len(chunks)
            whole += [f"{composer} {sample.work_of(number)[0]}"] * len(chunks)
    table, truth = np.concatenate(rows), np.array(labels)
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    splits = {"chunk": (KFold(5, shuffle=True, random_state=0), None)}
    splits |= {name: (GroupKFold(5), groups) for name, groups in (("piece", pieces), ("work", whole))}
    model = KNeighborsClassifier(1)
    return {
        name: float((cross_val_predict(model, table, truth, cv=split, groups=groups) == truth).mean())
        for name, (split, groups) in splits.items()
    }


CHANCE = 0.25


def test_at_zero_chunks_of_a_piece_are_strangers():
    found = nearest(0.0)
    assert abs(found["chunk"] - found["piece"]) < 0.05, found
    assert CHANCE + 0.2 < found["piece"] < 0.95, found


def test_at_its_default_a_piece_is_recognised_and_the_composer_can_still_be_told():
    found = nearest(sample.PIECE_IDENTITY)
    assert found["chunk"] - found["piece"] > 0.1, found
    assert CHANCE + 0.1 < found["piece"] < 0.85, found
    assert abs(found["piece"] - found["work"]) < 0.08, found


def test_the_second_knob_makes_movements_of_a_work_alike():
    found = nearest(1.0, 1.0)
    assert found["piece"] - found["work"] > 0.15, found


def test_the_knobs_do_not_change_how_much_pieces_vary(monkeypatch):
    """Traits have deviation 1 whatever the knobs say."""
    seen = {}
    for knobs in ((0.0, 0.0), (0.9, 0.4), (1.0, 1.0)):
        drawn = []
        monkeypatch.setattr(sample, "compose", lambda style, traits, drawn=drawn, **rest: drawn.append(traits[0]))
        for number in range(0, 3000, 5):
            sample.piece("Bach", number, piece_identity=knobs[0], work_identity=knobs[1])
        seen[knobs] = np.stack(drawn)
    for traits in seen.values():
        np.testing.assert_allclose(traits.std(axis=0), 1, atol=0.12)
        np.testing.assert_allclose(traits.mean(axis=0), 0, atol=0.17)
