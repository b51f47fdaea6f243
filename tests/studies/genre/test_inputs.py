"""What the networks of the genre study are fed: segments and whole tracks of the same files."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import audio, splits
from cosmic_lib.studies.genre import data as loader
from cosmic_lib.studies.genre import inputs, pictures, sample

from ...conftest import SMALL


@pytest.fixture(scope="module")
def everything(genre_sample):
    """The small sample with every kind of input that is made from sound."""
    return loader.load("sample", genre_sample.parent, inputs=inputs.FROM_SOUND, picture_size=20, **SMALL)


def test_every_input_has_its_items(everything):
    segments, tracks = len(everything.items), everything.items["track"].nunique()
    shapes = {name: everything.view(name).arrays[name].shape for name in everything.inputs}
    assert shapes == {
        "segment_features": (segments, 16, 33),
        "segment_features_hop512": (segments, 127, 33),
        "segment_pictures": (segments, 48, 48, 3),
        "pictures": (tracks, 20, 20, 3),
    }
    whole = everything.view("pictures").items
    assert whole["item"].tolist() == whole["track"].tolist() == everything.items["track"].unique().tolist()
    per_track = everything.items.groupby("track")[["label", "group", "artist"]].first()
    pd.testing.assert_frame_equal(whole.set_index("track")[["label", "group", "artist"]].sort_index(), per_track)


def test_a_segment_is_described_by_its_own_sound(everything):
    """Each kind of input holds the segment of its row, and no other one."""
    row = everything.items.index[everything.items["item"] == "jazz.00003/1"][0]
    settings = audio.SegmentFeatures(**everything.settings)
    clip = audio.read_clip(everything.root / everything.items["file"][row], max_samples=settings.clip_samples)
    segment = audio.cut(clip, settings)[1]
    np.testing.assert_array_equal(everything.arrays["segment_pictures"][row], pictures.render(segment, size=48))
    fine = audio.features(segment[np.newaxis], audio.SegmentFeatures(hop_length=512))[0]
    np.testing.assert_allclose(everything.arrays["segment_features_hop512"][row], fine, atol=1e-3)


@pytest.mark.parametrize("name", inputs.FROM_SOUND)
def test_a_file_is_read_as_it_was_for_training(everything, name):
    view = everything.view(name)
    file = view.items["file"].iloc[-1]
    expected = view.arrays[name][(view.items["file"] == file).to_numpy()]
    found = inputs.READ[name](everything.root / file, expected.shape[1:], everything.settings)
    np.testing.assert_array_equal(found, expected)


def test_a_file_that_cannot_be_read_is_named(everything):
    bad = everything.root / "genres_original" / "jazz" / sample.CORRUPT
    with pytest.raises(audio.AudioError, match=sample.CORRUPT):
        inputs.READ["pictures"](bad, (20, 20, 3), everything.settings)


def test_unknown_inputs_name_the_known_ones(genre_sample):
    with pytest.raises(
        ValueError, match="no inputs named 'smells' can be made from sound; there are: segment_features"
    ):
        loader.load("sample", genre_sample.parent, inputs=["smells"], **SMALL)


@pytest.fixture
def with_pictures(genre_sample, tmp_path):
    """Four clips, pictures of two of them, one damaged picture, one of a clip that is not here, and a stray file."""
    for number in range(4):
        clip = tmp_path / "genres" / "blues" / f"blues.{number:05d}.wav"
        clip.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(genre_sample / "genres_original" / "blues" / clip.name, clip)
    folder = tmp_path / "images_original" / "blues"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 200, size=(40, 40, 3), dtype=np.uint8)
    framed = np.full((60, 80, 4), 255, dtype=np.uint8)
    framed[10:50, 20:60, :3] = noise
    for number in (0, 2, 9):
        Image.fromarray(framed).save(folder / f"blues{number:05d}.png")
    (folder / "blues00001.png").write_bytes(b"not a picture")
    (folder / "cover.png").write_bytes(b"")
    return tmp_path


def test_ready_made_pictures_are_those_of_the_clips_here(with_pictures):
    names = ["ready_pictures", "ready_pictures_margin"]
    data = loader.load("real", with_pictures, inputs=names, picture_size=20)
    for name in names:
        view = data.view(name)
        assert view.items["item"].tolist() == ["blues.00000", "blues.00002"]
        assert set(view.items["group"]) <= set(data.items["group"])
    whites = {name: (data.view(name).arrays[name] == 255).all(axis=-1).mean() for name in names}
    assert whites["ready_pictures"] == 0 and whites["ready_pictures_margin"] > 0.5
    reasons = dict(zip(data.excluded["file"], data.excluded["reason"], strict=True))
    assert len(reasons) == len(data.excluded) == 3
    assert reasons["images_original/blues/blues00009.png"] == "no clip of that name could be used"
    assert {"images_original/blues/blues00001.png", "images_original/blues/cover.png"} < set(reasons)


def test_without_ready_made_pictures_a_note_says_so(genre_sample):
    data = loader.load("sample", genre_sample.parent, inputs=["ready_pictures"], **SMALL)
    assert data.inputs == ("segment_features",)
    assert "no ready-made pictures here, so none as ready_pictures" in data.notes


def test_artists_are_groupings_and_the_planted_repeat_is_left_out_of_one(everything):
    items = everything.items
    assert everything.groupings == ("artist", "artist_filtered")
    assert (items["artist"] != "").all() and items.groupby("group")["artist"].nunique().max() == 1
    left_out = items["track"][items["artist_filtered"] == ""].unique()
    assert left_out.tolist() == [sample.REPEAT.removesuffix(".wav")]
    table = splits.make_table(items, groupings=everything.groupings)
    parts = table[splits.fold_columns("artist")[0]]
    torn = parts.groupby(items["artist"].to_numpy()).agg(lambda found: len(set(found) - {splits.TEST}))
    assert torn.max() == 1


def test_too_few_artists_are_no_grouping(with_pictures):
    assert loader.load("real", with_pictures).groupings == ()
