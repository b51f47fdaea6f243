"""Made-up music: the same every time, in GTZAN's layout, and with a knob that does what it says."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from cosmic_lib import audio, compare, splits
from cosmic_lib.studies.genre import data, sample

SMALL = {"tracks": 4, "seconds": 3.0}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Folder of a very small sample; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("first"), **SMALL)


def contents(folder) -> dict[str, str]:
    """Hash of every file, by its path under the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_arguments_give_the_same_bytes(first, tmp_path):
    again = sample.write_sample(tmp_path, **SMALL)
    assert first.name == again.name
    assert contents(first) == contents(again)


@pytest.mark.parametrize("change", [{"seed": 1}, {"track_identity": 0.5}, {"artist_identity": 0.5}], ids=str)
def test_other_arguments_give_other_music(first, tmp_path, change):
    other = sample.write_sample(tmp_path, **SMALL, **change)
    assert first.name != other.name
    assert ("artist" in first.name, "artist" in other.name) == (False, "artist_identity" in change)
    left, right = contents(first), contents(other)
    assert left.keys() == right.keys()
    music = [name for name in left if not name.endswith(sample.CORRUPT)]
    assert all(left[name] != right[name] for name in music)


def test_layout_is_that_of_gtzan(genre_sample):
    assert [path.name for path in genre_sample.iterdir()] == ["genres_original"]
    names = {str(path.relative_to(genre_sample / "genres_original")) for path in genre_sample.rglob("*.wav")}
    assert names == {f"{genre}/{genre}.{number:05d}.wav" for genre in sample.STYLES for number in range(5)}
    assert len(sample.STYLES) == 10
    for path in genre_sample.rglob("*.wav"):
        if path.name == sample.CORRUPT:
            continue
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.duration) == (22_050, 1, 9.0)
        assert 0.5 < np.abs(soundfile.read(path)[0]).max() <= 1


def test_one_corrupt_file_and_one_pair_of_repeats(genre_sample):
    folder = genre_sample / "genres_original"
    with pytest.raises(audio.AudioError, match=sample.CORRUPT):
        audio.read_clip(folder / "jazz" / sample.CORRUPT)
    hashes = contents(folder)
    twins = {name for name in hashes if list(hashes.values()).count(hashes[name]) > 1}
    assert twins == {f"metal/{sample.REPEAT}", f"metal/{sample.REPEATED}"}


def test_a_sample_is_written_once(first, monkeypatch):
    monkeypatch.setattr(sample, "track", lambda *args, **kwargs: pytest.fail("written again"))
    assert sample.write_sample(first.parent, **SMALL) == first
    assert sample.write_sample(first.parent, **SMALL, artist_identity=0.0) == first


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
        ({"track_identity": -0.1}, "track_identity is -0.1"),
        ({"track_identity": 1.1}, "track_identity is 1.1"),
        ({"track_identity": float("nan")}, "track_identity is nan"),
        ({"artist_identity": -0.1}, "artist_identity is -0.1"),
        ({"artist_identity": 1.1}, "artist_identity is 1.1"),
        ({"artist_identity": float("nan")}, "artist_identity is nan"),
        ({"tracks": 3}, "at least 4"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        sample.write_sample(tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


def shared(described: np.ndarray) -> float:
    """Share of the variation that lies between groups, 0 where a group has nothing in common.

    Args:
        described: features of the members of each group, shape (groups, members, features).
    """
    within = described.var(axis=1, ddof=1).mean(axis=0)
    between = described.mean(axis=1).var(axis=0, ddof=1) - within / described.shape[1]
    return float(np.median(between / (between + within)))


def shared_by_segments(identity: float) -> float:
    """How much of the variation between segments of one genre lies between tracks: 0 where tracks are not alike."""
    shares = []
    for genre in ("blues", "metal"):
        clips = [sample.track(genre, number, seconds=9, track_identity=identity) for number in range(8)]
        shares.append(shared(np.stack([audio.features(audio.cut(clip)).mean(axis=1) for clip in clips])))
    return float(np.mean(shares))


def test_the_knob_sets_how_alike_segments_of_a_track_are():
    nothing, default, everything = map(shared_by_segments, (0, sample.TRACK_IDENTITY, 1))
    assert abs(nothing) < 0.25
    assert default > 0.3
    assert everything > default > nothing


def shared_by_tracks(identity: float) -> float:
    """How much of the variation between tracks of one genre lies between artists: 0 where theirs are not alike."""
    knobs = {"track_identity": 1, "artist_identity": identity}
    segments = [audio.cut(sample.track("pop", number, seconds=3, **knobs)) for number in range(15)]
    return shared(audio.features(np.concatenate(segments)).mean(axis=1).reshape(5, 3, -1))


def test_the_second_knob_sets_how_alike_tracks_of_an_artist_are():
    assert [sample.artist_of(number) for number in range(7)] == [0, 0, 0, 1, 1, 1, 2]
    nothing, most, everything = map(shared_by_tracks, (0, 0.75, 1))
    assert abs(nothing) < 0.25
    assert most > 0.3
    assert everything > most > nothing


def test_an_artist_is_heard_only_when_the_second_knob_is_turned(monkeypatch):
    """At zero the sample is what it was before there were artists."""
    settings = [{}, {"artist_identity": 0.0}, {"artist_identity": 0.3}]
    before = [sample.track("jazz", 4, seconds=3.5, **setting) for setting in settings]
    np.testing.assert_array_equal(before[0], before[1])
    monkeypatch.setattr(sample, "artist_of", lambda number: number + 50)
    after = [sample.track("jazz", 4, seconds=3.5, **setting) for setting in settings]
    for one, other in zip(before[:2], after[:2], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.allclose(before[2], after[2], atol=0.05)


def right_on(column: str, music, table: pd.DataFrame) -> dict[str, bool]:
    """Whether each held-out segment has the genre of the segment in training that is nearest to it."""
    features = StandardScaler().fit_transform(music.arrays["segment_features"].reshape(len(table), -1))
    training, held_out = ((table[column] == part).to_numpy() for part in (splits.TRAIN, splits.HELD_OUT))
    nearest = KNeighborsClassifier(n_neighbors=1).fit(features[training], music.y[training])
    right = nearest.predict(features[held_out]) == music.y[held_out]
    return dict(zip(music.items["item"][held_out], right, strict=True))


@pytest.fixture(scope="module")
def protocol_gaps(tmp_path_factory):
    """Knob -> accuracy on the track split, and its gap to the segment split; of tracks shorter than by default.

    By what a network knows a track again, the nearest segment is found; to train networks would take minutes.
    """
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSMIC_HOME", str(tmp_path_factory.mktemp("knob")))
        for identity in (sample.TRACK_IDENTITY, 0.0):
            music = data.load("sample", track_identity=identity, seconds=9.0)
            table = splits.make_table(music.items)
            right: dict[str, dict[str, bool]] = {protocol: {} for protocol in splits.PROTOCOLS}
            for protocol in splits.PROTOCOLS:
                for column in splits.fold_columns(protocol):
                    right[protocol] |= right_on(column, music, table)
            groups = music.items.set_index("item")["group"].to_dict()
            gap = compare.protocol_gap(right["published"], right["honest"], groups, unit="track")
            found[identity] = (np.mean(list(right["honest"].values())), gap)
    return found


@pytest.mark.slow
def test_at_its_default_the_knob_makes_a_gap_of_ten_points(protocol_gaps):
    _, gap = protocol_gaps[sample.TRACK_IDENTITY]
    assert gap.value >= 0.10, str(gap)
    assert gap.low > 0, str(gap)


@pytest.mark.slow
def test_at_zero_the_gap_vanishes(protocol_gaps):
    accuracy, gap = protocol_gaps[0.0]
    assert gap.low <= 0 <= gap.high or abs(gap.value) < 0.04, str(gap)
    assert accuracy > 0.5, "the genres must be there to be learned, or there is nothing to compare"
