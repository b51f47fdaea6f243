"""Made-up pictures: the same every time, in CIFAR-10's layout, and with a knob that does what it says."""

import hashlib
import pickle

import numpy as np
import pytest

from cosmic_lib.studies.cifar import data, sample
from cosmic_lib.studies.cifar.batches import CLASSES

SMALL = {"per_class": 10}


def contents(folder) -> dict[str, str]:
    """Hash of every file, by its path under the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_arguments_give_the_same_bytes(tmp_path):
    first = sample.write_sample(tmp_path / "a", **SMALL)
    again = sample.write_sample(tmp_path / "b", **SMALL)
    assert first.name == again.name
    assert contents(first) == contents(again)


@pytest.mark.parametrize("change", [{"seed": 1}, {"colour": 0.2}, {"per_class": 11}], ids=str)
def test_other_arguments_give_other_pictures(tmp_path, change):
    first = sample.write_sample(tmp_path, **SMALL)
    other = sample.write_sample(tmp_path, **{**SMALL, **change})
    assert first != other
    left, right = contents(first), contents(other)
    assert left.keys() == right.keys()
    assert all(left[name] != right[name] for name in left if name.endswith(tuple("12345")) or "test" in name)


def test_the_layout_is_the_publishers(tmp_path):
    folder = sample.write_sample(tmp_path, **SMALL) / "cifar-10-batches-py"
    assert {path.name for path in folder.iterdir()} == {
        "batches.meta", "readme.html", "test_batch", *(f"data_batch_{number}" for number in range(1, 6)),
    }  # fmt: skip
    for name, count in [("data_batch_1", 20), ("data_batch_5", 20), ("test_batch", 20)]:
        content = (folder / name).read_bytes()
        assert content.startswith(b"\x80\x02"), "protocol 2"
        batch = pickle.loads(content, encoding="bytes")
        assert batch.keys() == {b"batch_label", b"labels", b"data", b"filenames"}
        assert (batch[b"data"].shape, batch[b"data"].dtype) == ((count, 3072), np.uint8)
        assert {type(label) for label in batch[b"labels"]} == {int}
        for label, file in zip(batch[b"labels"], batch[b"filenames"], strict=True):
            assert file.decode().startswith(CLASSES[label])
    meta = pickle.loads((folder / "batches.meta").read_bytes(), encoding="bytes")
    assert meta[b"label_names"] == [name.encode() for name in CLASSES]


def test_each_class_is_there_equally_often_and_some_pictures_repeat(tmp_path):
    loaded = data.load("sample", tmp_path, **SMALL)
    assert loaded.items.groupby(["official", "label"]).size().unstack().T.eq([2, 10]).all(axis=None)
    assert "10 test pictures are also in training" in loaded.notes
    assert f"{10 + len(sample.REPEATED)} pictures repeat another one exactly: kept in one group" in loaded.notes
    assert loaded.groups == len(loaded.items) - 10 - len(sample.REPEATED)
    assert loaded.items.groupby("group")["label"].nunique().eq(1).all()
    assert loaded.excluded["file"].tolist() == [f"cifar-10-batches-py/{sample.README}"]


def test_a_sample_is_written_once(tmp_path, monkeypatch):
    folder = sample.write_sample(tmp_path, **SMALL)
    monkeypatch.setattr(sample, "draw", lambda *args, **kwargs: pytest.fail("written again"))
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
        ({"colour": -0.1}, "colour is -0.1"),
        ({"colour": 1.1}, "colour is 1.1"),
        ({"colour": float("nan")}, "colour is nan"),
        ({"per_class": 4}, "at least 5"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        sample.write_sample(tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def drawn():
    """Knob -> pictures of all classes, shape (10, 120, 32, 32, 3)."""
    return {colour: np.stack([sample.draw(name, 120, colour=colour) for name in CLASSES]) for colour in (0, 0.5, 1)}


def by_nearest_mean(features: np.ndarray) -> float:
    """Share of the second half of each class that lies nearest to the mean of the first half of its class."""
    means, rest = features[:, :60].mean(axis=1), features[:, 60:]
    distances = ((rest[:, :, np.newaxis] - means) ** 2).sum(axis=-1)
    return float((distances.argmin(axis=-1) == np.arange(len(features))[:, np.newaxis]).mean())


def test_the_knob_sets_what_colour_tells(drawn):
    """Measured on mean chroma in the middle, where the classes are drawn."""
    told = []
    for colour in (0, 0.5, 1):
        middle = drawn[colour][:, :, 10:22, 10:22].astype(float).mean(axis=(2, 3))
        told.append(by_nearest_mean(middle - middle.mean(axis=-1, keepdims=True)))
    nothing, some, most = told
    assert nothing < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 600), "chance"
    assert nothing + 0.03 < some < most
    assert 0.3 < most <= 0.55, "five hues for ten classes"


def test_the_grey_picture_does_not_depend_on_colour(drawn):
    grey = {colour: pictures.astype(float) @ sample.LUMINANCE for colour, pictures in drawn.items()}
    assert np.abs(grey[0] - grey[1]).max() < 1.5
    assert np.abs(drawn[0].astype(float) - drawn[1]).mean() > 5
    assert np.abs(grey[0] - grey[0].mean()).mean() > 10


def orientation(grey: np.ndarray) -> np.ndarray:
    """How much of each direction and frequency there is in a picture: nothing that depends on where it is."""
    power = np.abs(np.fft.fft2(grey - grey.mean(axis=(-2, -1), keepdims=True)))[..., :9, :9]
    return np.log1p(power).reshape(*grey.shape[:-2], -1)


def test_local_structure_tells_the_classes_apart_and_single_pixels_hardly_do(drawn):
    from sklearn.linear_model import RidgeClassifier

    grey = drawn[0].astype(float) @ sample.LUMINANCE / 255
    scores = []
    for features in (orientation(grey), grey.reshape(10, 120, -1)):
        rows, rest = (part.reshape(-1, part.shape[-1]) for part in (features[:, :80], features[:, 80:]))
        fitted = RidgeClassifier(alpha=10).fit(rows, np.repeat(np.arange(10), 80))
        scores.append(fitted.score(rest, np.repeat(np.arange(10), 40)))
    structure, pixels = scores
    assert structure > 0.5
    assert pixels < structure - 0.2


def test_mirrored_pictures_stay_in_their_class(drawn):
    """What structure tells of a picture, it tells of the mirrored one."""
    grey = drawn[0].astype(float) @ sample.LUMINANCE
    features = orientation(grey)
    mirrored = np.concatenate([features[:, :60], orientation(grey[:, 60:, :, ::-1])], axis=1)
    assert abs(by_nearest_mean(mirrored) - by_nearest_mean(features)) < 0.05
    assert by_nearest_mean(mirrored) > 0.4
