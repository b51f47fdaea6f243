"""Facts about GTZAN's tracks: they add up, and they are those of the lists they were taken from."""

import re

import pytest

from cosmic_lib.studies.genre import facts, sample

PARTS = {"train": 443, "validation": 197, "test": 290}


def test_every_track_is_one_of_gtzans_and_occurs_once():
    known = facts.tracks()
    assert known.index.is_unique and known.index.is_monotonic_increasing
    assert len(known) == 991 < facts.TRACKS
    assert all(re.fullmatch(r"[a-z]+\.000\d\d", track) for track in known.index)
    assert set(known.index.str.split(".").str[0]) == set(sample.STYLES)
    assert (known != "").any(axis=1).all(), "a track that neither list knows"


def test_counts_are_those_of_the_lists():
    known = facts.tracks()
    assert known["artist_fold"].value_counts().to_dict() == {"1": 315, "2": 316, "3": 317, "": 43}
    assert known["filtered"].value_counts().to_dict() == {**PARTS, "": 61}
    assert ((known["artist"] == "") == (known["artist_fold"] == "")).all()
    assert set(known["artist"]) == {"", *map(str, range(412))}


def test_no_artist_is_on_two_sides_of_a_fold_or_in_two_genres():
    known = facts.tracks().query("artist != ''")
    assert (known.groupby("artist")["artist_fold"].nunique() == 1).all()
    assert (known.index.to_series().str.split(".").str[0].groupby(known["artist"]).nunique() == 1).all()


def test_answers_come_in_the_order_asked_and_as_often():
    asked = ["pop.00059", "reggae.00000", "blues.00000", "blues.00001", "reggae.00003", "blues.00000", "polka.00001"]
    known = facts.tracks()
    artists = facts.artists(asked)
    assert artists[2] == artists[3] == artists[5] == f"artist {known['artist']['blues.00000']}"
    assert artists[0] == artists[6] == ""
    assert facts.filtered_part(asked)[1:] == [
        *known["filtered"][["reggae.00000", "blues.00000", "blues.00001", "reggae.00003", "blues.00000"]], ""
    ]  # fmt: skip
    assert facts.artists([]) == facts.filtered_part([]) == facts.filtered_artists([]) == []


def test_filtered_artists_leave_out_what_is_faulty_or_of_unknown_artist():
    tracks = facts.tracks().index
    artists, parts, filtered = facts.artists(tracks), facts.filtered_part(tracks), facts.filtered_artists(tracks)
    assert all(one == (artist if part else "") for one, artist, part in zip(filtered, artists, parts, strict=True))
    known = facts.tracks()
    assert sum(one != "" for one in filtered) == sum(PARTS.values()) - 43
    assert facts.filtered_artists(["metal.00040", "metal.00061"]) == ["", ""], "two copies of one recording"
    assert known["artist"]["metal.00040"] and known["filtered"]["metal.00061"]


def listed(path) -> dict[str, str]:
    """Track -> what follows it on its line, in one of the source's lists."""
    rows = [line.partition("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return {name.rpartition("/")[2].removesuffix(".wav").replace("_", "."): rest for name, _, rest in rows}


@pytest.fixture(scope="module")
def lists(real_data):
    if not (real_data / "gtzan-splits").is_dir():
        pytest.skip("no lists of GTZAN's tracks in the folder of real data")
    return real_data / "gtzan-splits"


@pytest.mark.parametrize("fold", ["1", "2", "3"])
def test_every_fold_of_the_source_is_reproduced(lists, fold):
    known = facts.tracks().query("artist != ''")
    for name, held in (("test", known["artist_fold"] == fold), ("train", known["artist_fold"] != fold)):
        assert known["artist"][held].to_dict() == listed(lists / f"artist-fold{fold}-{name}.txt")


@pytest.mark.parametrize(("name", "part"), [("train", "train"), ("valid", "validation"), ("test", "test")])
def test_every_part_of_the_source_is_reproduced(lists, name, part):
    known = facts.tracks()
    assert known.index[known["filtered"] == part].tolist() == list(listed(lists / f"fault-filtered-{name}.txt"))
