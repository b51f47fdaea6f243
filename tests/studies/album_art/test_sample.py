"""Made-up covers: the same every time, in folders by genre and artist, and with knobs that do what they say."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from cosmic_lib.studies.album_art import sample
from cosmic_lib.studies.album_art.drawing import Cover, draw

SMALL = {"covers": 60, "side": 32}
SIDE = 32


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Folder of a very small sample; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("first"), **SMALL)


def contents(folder) -> dict[str, str]:
    """Hash of every file, by its path under the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_arguments_give_the_same_bytes(first, tmp_path, monkeypatch):
    monkeypatch.setenv("COSMIC_THREADS", "1")
    again = sample.write_sample(tmp_path, **SMALL)
    assert first.name == again.name
    assert contents(first) == contents(again)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"cue": 0.9}, {"artist": 0.1}, {"artists": 55}, {"side": 40}, {"misfiled": 0.1}], ids=str
)
def test_other_arguments_give_another_sample_beside_it(first, change):
    other = sample.write_sample(first.parent, **SMALL | change)
    assert other != first
    assert contents(other) != contents(first)


def test_a_sample_is_written_once(first, monkeypatch):
    monkeypatch.setattr(sample, "draw", lambda *args, **kwargs: pytest.fail("written again"))
    assert sample.write_sample(first.parent, **SMALL) == first


def test_an_interrupted_sample_is_not_taken_for_a_whole_one(tmp_path):
    def killed(steps):
        yield from steps[:20]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample.write_sample(tmp_path, **SMALL, progress=killed)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_for_each_genre_and_in_it_for_each_artist(first):
    assert {path.name for path in first.iterdir()} == {"country", "metal", "rap", "trance"}
    for path in first.rglob("*.jpg"):
        assert len(path.relative_to(first).parts) == 3
        with Image.open(path) as picture:
            assert (picture.format, picture.mode) == ("JPEG", "RGB")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cue": -0.1}, "cue is -0.1"),
        ({"cue": float("nan")}, "cue is nan"),
        ({"artist": 1.1}, "artist is 1.1"),
        ({"misfiled": 0.6}, "misfiled is 0.6"),
        ({"repeats": -1}, "repeats is -1"),
        ({"covers": 59}, "at least 60"),
        ({"artists": 39}, "artists is 39"),
        ({"artists": 61}, "artists is 61"),
        ({"side": 31}, "at least 32"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        sample.write_sample(tmp_path, **SMALL | settings)
    assert list(tmp_path.iterdir()) == []


def test_genres_have_the_shares_of_the_studys_test_set():
    assert sample.population(520)["genre"].value_counts().to_dict() == sample.GENRES


def test_each_artist_has_one_genre_and_some_have_many_covers():
    table = sample.population(1000)
    by = table.groupby("by")
    assert by.ngroups == 250 and (by["genre"].nunique() == 1).all() and (by["artist"].nunique() == 1).all()
    assert table["artist"].nunique() == 250 and table["title"].is_unique
    assert by.size().min() == 1 and by.size().max() >= 10
    assert len(sample.population(3000, artists=1800).groupby(["artist", "title"])) == 3000


def test_conflicts_are_the_same_to_the_byte_and_repeats_are_not(tmp_path):
    folder = sample.write_sample(tmp_path, **SMALL, misfiled=0.1, repeats=0.05)
    hashes = contents(folder)
    assert len(hashes) == 60 + 6 + 3
    covers: dict[str, list[str]] = {}
    for file in hashes:
        covers.setdefault(file.split("/", 1)[1].replace("-anew", ""), []).append(file)
    twice = [files for files in covers.values() if len(files) == 2]
    under_two = [files for files in twice if len({file.split("/")[0] for file in files}) == 2]
    assert (len(covers), len(twice), len(under_two)) == (60, 9, 6)
    for files in twice:
        assert (len({hashes[file] for file in files}) == 1) == (files in under_two)
    anew = next((folder / file) for file in hashes if "anew" in file)
    assert Image.open(anew).size == (24, 24)


@pytest.mark.parametrize("cue", [0, 0.35, 1])
def test_traits_are_those_of_the_genre_as_often_as_the_cue_says_whatever_artists_do(cue):
    for artist in (0, 1):
        table = sample.population(6000, cue=cue, artist=artist, artists=3000)
        for trait, usual in sample.USUAL.items():
            own = table[trait] == table["genre"].map(dict(zip(sample.GENRES, usual, strict=True)))
            assert own.mean() == pytest.approx(cue + (1 - cue) / 4, abs=0.03)


def test_nothing_but_the_three_cues_depends_on_the_genre():
    table = sample.population(8000, artists=8000, cue=1)
    for name in ("hue", "light", "shift", "size", "place", "emblem", "corner"):
        means = table.groupby("genre")[name].mean()
        assert np.ptp(means) < 0.1 * table[name].std() + 1e-9


def test_covers_of_one_artist_are_as_alike_as_the_knob_says():
    for artist in (0, 0.7, 1):
        table = sample.population(3000, artist=artist, artists=100)
        most = table.groupby("by")["hue"].agg(lambda hues: hues.value_counts(normalize=True).iloc[0])
        assert most[table["by"].value_counts() >= 20].mean() == pytest.approx(artist, abs=0.06)


@pytest.fixture(scope="module")
def by_knob():
    """Genre, artist and features of drawn covers, by cue and artist."""
    return {knobs: described(*knobs) for knobs in ((0, 0.7), (0.35, 0.7), (0.35, 0), (1, 0.7))}


def described(cue: float, artist: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genre and artist of each cover; and how often it has each colour, and its coarse light and dark."""
    import cv2

    table = sample.population(400, cue=cue, artist=artist)
    features = []
    for row, traits in enumerate(table.drop(columns=["genre", "by"]).to_dict("records")):
        picture = draw(Cover(**traits), side=SIDE, rng=np.random.default_rng([7, row]))
        hue, saturation, value = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).reshape(-1, 3).T
        counts = [
            np.histogram(hue, 12, (0, 180), weights=saturation / 255)[0],
            np.histogram(saturation, 6, (0, 256))[0],
            np.histogram(value, 6, (0, 256))[0],
        ]
        coarse = cv2.resize(picture, (6, 6), interpolation=cv2.INTER_AREA).ravel()
        features.append(np.concatenate([*counts, coarse]))
    return table["genre"].to_numpy(), table["by"].to_numpy(), np.array(features, dtype=float)


def told(model, described: tuple, *, by_artist: bool) -> float:
    """Accuracy on covers that were held out, one by one or artist by artist."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict

    genres, artists, features = described
    folds = (StratifiedGroupKFold if by_artist else StratifiedKFold)(3, shuffle=True, random_state=0)
    groups = artists if by_artist else None
    return float((cross_val_predict(model, features, genres, cv=folds, groups=groups) == genres).mean())


def forest():
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(40, min_samples_leaf=3, random_state=0)


def nearest():
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), KNeighborsClassifier(1))


def test_without_a_cue_a_cover_tells_nothing_and_more_of_it_tells_more(by_knob):
    genres = by_knob[0, 0.7][0]
    majority = (genres == "country").mean()
    nothing, weak, all_ = (told(forest(), by_knob[cue, 0.7], by_artist=True) for cue in (0, 0.35, 1))
    error = np.sqrt(majority * (1 - majority) / len(genres))
    assert nothing < majority + 2 * error
    assert majority + 3 * error < weak < 0.7
    assert all_ > 0.95


def test_who_knows_the_artist_knows_the_genre_unless_artists_have_no_style(by_knob):
    gaps = []
    for artist in (0, 0.7):
        by_cover, by_artist = (told(nearest(), by_knob[0.35, artist], by_artist=whole) for whole in (False, True))
        gaps.append(by_cover - by_artist)
    assert abs(gaps[0]) < 0.05 < gaps[1] - 0.02
