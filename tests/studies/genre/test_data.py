"""GTZAN as it is found on disk: every layout, every kind of bad file, every repeat."""

import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from cosmic_lib import audio, leakage, splits
from cosmic_lib.studies.genre import data, sample

from ...test_sound import CONTENTS


def music(genre, number, seconds=6.1, rate=audio.SAMPLE_RATE, channels=1):
    """A made-up track, at any sample rate."""
    import soxr

    mono = soxr.resample(sample.track(genre, number, seconds=seconds), audio.SAMPLE_RATE, rate)
    return np.tile(mono[:, np.newaxis], channels), rate


@pytest.fixture
def root(tmp_path):
    """Two tracks of each of two genres, under `genres/`."""
    for genre in ("blues", "metal"):
        (tmp_path / "genres" / genre).mkdir(parents=True)
        for number in range(2):
            soundfile.write(tmp_path / "genres" / genre / f"{genre}.{number:05d}.wav", *music(genre, number))
    return tmp_path


def load(root, **settings):
    return data.load("real", root=root, **settings)


def excluded(found) -> dict[str, str]:
    return dict(found.excluded.itertuples(index=False))


def test_items_arrays_and_groups(genre_data):
    items, array = genre_data.items, genre_data.arrays["segment_features"]
    assert items["item"].is_unique
    assert items["item"].str.fullmatch(r"[a-z]+\.\d{5}/\d").all()
    assert (items["label"] == items["item"].str.split(".").str[0]).all()
    assert genre_data.classes == tuple(sorted(sample.STYLES))
    assert array.shape == (len(items), 16, 33) and array.dtype == np.float32
    assert np.isfinite(array).all()
    np.testing.assert_array_equal(np.array(genre_data.classes)[genre_data.y], items["label"])
    assert (items.groupby("track").size() == 3).all()


def test_rows_of_the_array_belong_to_their_items(genre_data, genre_sample):
    for item in (0, 40, len(genre_data.items) - 1):
        row = genre_data.items.iloc[item]
        segments = audio.cut(audio.read_clip(genre_sample / row["file"]))
        expected = audio.features(segments)[row["segment"]]
        np.testing.assert_allclose(genre_data.arrays["segment_features"][item], expected, rtol=1e-5, atol=1e-5)


def test_the_planted_faults_are_handled_and_named(genre_data):
    assert excluded(genre_data).keys() == {f"genres_original/jazz/{sample.CORRUPT}"}
    assert "readable" in excluded(genre_data)[f"genres_original/jazz/{sample.CORRUPT}"]
    groups = genre_data.items.groupby("group")["track"].unique()
    shared = groups[groups.str.len() > 1]
    assert [list(tracks) for tracks in shared] == [["metal.00000", "metal.00003"]]
    assert any("metal.00003 repeats metal.00000" in note for note in genre_data.notes)
    table = splits.make_table(genre_data.items)
    leakage.check(table, split=splits.HONEST, group="group", features=genre_data.arrays["segment_features"])


def test_the_share_of_audio_looked_at_is_computed(genre_data, root):
    assert any(note.startswith("25% of the audio") for note in genre_data.notes)
    all_of_it = load(root, features=audio.SegmentFeatures(hop_length=512))
    assert any(note.startswith("99% of the audio") for note in all_of_it.notes)
    assert all_of_it.arrays["segment_features"].shape == (8, 127, 33)
    assert all_of_it.settings["hop_length"] == 512


@pytest.mark.parametrize("layout", ["genres_original", "genres"])
@pytest.mark.parametrize("suffix", ["wav", "au"])
def test_every_layout(root, layout, suffix):
    expected = load(root).items.drop(columns="file")
    for path in root.rglob("*.wav"):
        if suffix == "au":
            soundfile.write(path.with_suffix(".au"), *soundfile.read(path, always_2d=True))
            path.unlink()
    (root / "genres").rename(root / layout)
    pd.testing.assert_frame_equal(load(root).items.drop(columns="file"), expected)


def test_a_clip_in_two_formats_is_one_track(root):
    """Whoever converts .au to .wav may leave both in the folder: an item must not occur twice."""
    path = root / "genres" / "blues" / "blues.00001.wav"
    soundfile.write(path.with_suffix(".au"), *soundfile.read(path))
    found = load(root)
    assert found.items["item"].is_unique
    assert found.items["track"].nunique() == 4


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (96_000, 1)])
def test_any_rate_and_number_of_channels(root, rate, channels):
    before = load(root)
    soundfile.write(root / "genres" / "metal" / "metal.00001.wav", *music("metal", 1, rate=rate, channels=channels))
    after = load(root)
    assert after.items["item"].tolist() == before.items["item"].tolist()
    if rate > audio.SAMPLE_RATE:
        left, right = (found.arrays["segment_features"][-1].mean(axis=0) for found in (before, after))
        np.testing.assert_allclose(left[-12:], right[-12:], atol=0.05)  # the same notes


def test_short_clips_give_fewer_segments(root):
    path = root / "genres" / "blues" / "blues.00001.wav"
    soundfile.write(path, *music("blues", 1, seconds=3.5))
    assert load(root).items.groupby("track").size().to_dict() == {
        "blues.00000": 2, "blues.00001": 1, "metal.00000": 2, "metal.00001": 2
    }  # fmt: skip
    soundfile.write(path, *music("blues", 1, seconds=2.5))
    found = load(root)
    assert "blues.00001" not in set(found.items["track"])
    assert "shorter than one segment" in excluded(found)["genres/blues/blues.00001.wav"]


def test_files_that_do_not_belong_are_listed(root):
    folder = root / "genres" / "blues"
    (folder / "notes.txt").write_text("mine")
    (folder / "._blues.00000.wav").write_bytes(b"made by a Mac")
    (folder / "blues.00054.wav").write_bytes(b"broken")
    (folder / "blues.00055.wav").write_bytes(b"")
    shutil.copy(folder / "blues.00000.wav", folder / "metal.00007.wav")
    found = load(root)
    reasons = excluded(found)
    assert {path.rpartition("/")[2]: reason.split()[0] for path, reason in reasons.items()} == {
        "notes.txt": "not", "._*": "1", "metal.00007.wav": "named",
        "blues.00054.wav": "not", "blues.00055.wav": "not",
    }  # fmt: skip
    assert "metal in folder blues" in reasons["genres/blues/metal.00007.wav"]
    assert not any(str(root) in reason for reason in reasons.values())
    assert len(found.items) == 8
    assert any(note == "excluded files: 5" for note in found.notes)


def test_repeats_are_one_group(root):
    """Copies, copies of copies, and a copy that was saved anew, in two genres."""
    blues, metal = root / "genres" / "blues", root / "genres" / "metal"
    shutil.copy(blues / "blues.00000.wav", blues / "blues.00009.wav")
    clip, rate = soundfile.read(blues / "blues.00000.wav")
    soundfile.write(metal / "metal.00004.wav", 0.999 * clip, rate)
    groups = load(root).items.groupby("group")["track"].unique()
    assert [list(tracks) for tracks in groups[groups.str.len() > 1]] == [["blues.00000", "blues.00009", "metal.00004"]]


def test_a_chain_of_repeats_is_one_group(root):
    """Tracks 2 and 5, 3 and 4, 4 and 5 share a segment: the first and the last link meet only through the others."""
    a, b, c, d, e = (audio.cut(music("blues", 10 + number, seconds=3.1)[0].ravel())[0] for number in range(5))
    for number, parts in {2: (a, b), 3: (c, d), 4: (c, e), 5: (a, e)}.items():
        path = root / "genres" / "blues" / f"blues.{number:05d}.wav"
        soundfile.write(path, np.concatenate(parts), audio.SAMPLE_RATE)
    groups = load(root).items.groupby("group")["track"].unique()
    assert [list(tracks) for tracks in groups[groups.str.len() > 1]] == [[f"blues.{n:05d}" for n in (2, 3, 4, 5)]]


def test_a_single_clip_is_read(root):
    for path in list(root.rglob("*.wav"))[1:]:
        path.unlink()
    (path,) = root.rglob("*.wav")
    soundfile.write(path, *music("blues", 0, seconds=3.2))
    assert len(load(root).items) == 1


def test_a_second_load_computes_nothing(root, monkeypatch):
    first = load(root)
    monkeypatch.setattr(audio, "features", lambda *args: pytest.fail("computed again"))
    assert load(root).fingerprint == first.fingerprint


def test_progress_moves_with_the_work(root, monkeypatch):
    done, seen, compute = [], [], audio.features
    monkeypatch.setattr(audio, "features", lambda *args: done.append(1) or compute(*args))

    def progress(steps, title):
        assert len(steps) == 4 and title
        for step in steps:
            seen.append(len(done))
            yield step

    load(root, progress=progress)
    assert seen[0] <= 1 and seen[-1] >= 3, "the bar was full before the work began"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": "real", "root": "."}, FileNotFoundError, "genres_original/ nor genres/"),
        ({"data": "real"}, FileNotFoundError, "data/gtzan: holds neither.*cosmic data get gtzan"),
        ({"data": "folder"}, ValueError, "data of your own need a folder"),
        ({"data": "folder", "root": "nowhere"}, FileNotFoundError, "nowhere: no such folder"),
        ({"data": "reel"}, ValueError, "'reel'; choose sample, real or folder"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, monkeypatch, arguments, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        data.load(**arguments)


def test_a_folder_without_a_usable_clip_is_refused(tmp_path):
    (tmp_path / "genres" / "blues").mkdir(parents=True)
    with pytest.raises(ValueError, match="no file <genre>/<genre>.NNNNN.wav"):
        load(tmp_path)
    (tmp_path / "genres" / "blues" / "blues.00000.wav").write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"none of 1 files could be used.*blues\.00000\.wav"):
        load(tmp_path)


@pytest.fixture
def own(tmp_path):
    """Clips of one's own: two artists, odd names, several formats, and files that cannot be used."""
    clips = {
        'rock/The "Band"/one more.wav': ("rock", 0),
        'rock/The "Band"/zwei Stücke.flac': ("rock", 1),
        "rock/alone.ogg": ("rock", 2),
        "jazz/a trio/take 5.wav": ("jazz", 3),
        "jazz/solo.mp3": ("jazz", 4),
    }
    root = tmp_path / "my clips"
    for file, (genre, number) in clips.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / file, *music(genre, number))
    (root / "jazz" / "cover.jpg").write_bytes(b"a picture")
    (root / "jazz" / "broken.wav").write_bytes(b"")
    return root


def test_clips_of_ones_own_are_read_like_gtzan(own):
    found = data.load("folder", root=own)
    assert found.origin == "folder" and found.classes == ("jazz", "rock")
    assert found.items["item"].is_unique and found.items["track"].nunique() == 5
    assert found.items.groupby("group")["track"].nunique().to_dict() == {
        "jazz/a trio": 1, "jazz/solo.mp3": 1, "rock/The \"Band\"": 2, "rock/alone.ogg": 1
    }  # fmt: skip
    assert excluded(found).keys() == {"jazz/cover.jpg", "jazz/broken.wav"}
    assert any("groups of their own" in note for note in found.notes)
    assert found.arrays["segment_features"].shape == (len(found.items), 16, 33)


def test_where_no_group_is_given_it_says_so(own):
    for path in list(own.rglob("*/*/*.*")):
        path.rename(path.parent.parent / path.name)
    found = data.load("folder", root=own)
    assert (found.items["group"] == found.items["file"]).all()
    assert any("each file is a group of its own" in note for note in found.notes)


def test_a_copy_joins_the_group_of_its_original_even_under_another_class(own):
    shutil.copy(own / "rock" / 'The "Band"' / "one more.wav", own / "jazz" / "copy.wav")
    found = data.load("folder", root=own)
    by_file = found.items.groupby("file")["group"].first()
    assert by_file["jazz/copy.wav"] == by_file['rock/The "Band"/one more.wav']
    assert any("repeats jazz/copy.wav" in note for note in found.notes)


def test_bad_files_of_every_kind_cost_nothing_but_themselves(own):
    before = data.load("folder", root=own)
    bad = {f"jazz/{kind}.wav": content for kind, content in CONTENTS.items()}
    bad["jazz/cut off.wav"] = (own / "jazz" / "a trio" / "take 5.wav").read_bytes()[:-90_000]
    for file, content in bad.items():
        (own / file).write_bytes(content)
    (own / "jazz" / "loop.wav").symlink_to(own / "jazz" / "loop.wav")
    after = data.load("folder", root=own)
    assert after.fingerprint == before.fingerprint, "a bad file has touched a good one"
    new = {file: reason for file, reason in excluded(after).items() if file not in excluded(before)}
    assert new.keys() == bad.keys() | {"jazz/loop.wav"}
    assert all("; " in reason for reason in new.values()), "a reason without a remedy"
    assert f"excluded files: {len(after.excluded)}" in after.notes


def test_reading_writes_nothing_to_the_data_root(own):
    """A data root may be shared and read-only."""
    for path in (own, *own.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.stat().st_mtime_ns for path in (own, *own.rglob("*"))}
    data.load("folder", root=own)
    assert {path: path.stat().st_mtime_ns for path in (own, *own.rglob("*"))} == before
    for path in (own, *own.rglob("*")):
        path.chmod(0o755)


def test_real_clips(real_data):
    if not (real_data / "gtzan" / "genres").is_dir():
        pytest.skip("no GTZAN clips in the folder of real data")
    found = load(real_data / "gtzan")
    clips = list((real_data / "gtzan" / "genres").rglob("*.wav"))
    assert found.items["track"].nunique() + len(found.excluded) == len(clips)
    assert len(found.excluded) < len(clips) / 20
    assert len(found.classes) == 10 and found.origin == "real"
    assert found.items.groupby("track").size().between(1, 10).all()
    assert found.arrays["segment_features"].shape == (len(found.items), 16, 33)
