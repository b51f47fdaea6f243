"""Album art from the command line: trained on covers, and asked about files of one's own."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from cosmic_lib.studies.album_art import sample

from .conftest import cosmic

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """COSMIC_HOME of this file, with one network trained in smoke mode on covers in folders of one's own."""
    folder = tmp_path_factory.mktemp("home")
    covers = sample.write_sample(folder / "own", covers=120, side=48)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSMIC_HOME", str(folder))
        arguments = ("--mode", "smoke", "--no-notebook", "--only", "cnn_small_lr", "--seeds", "1")
        cosmic("reproduce", "album-art", "--data", "folder", "--root", str(covers), *arguments)
    return folder


@pytest.fixture(autouse=True)
def _at_home(folder, monkeypatch):
    monkeypatch.setenv("COSMIC_HOME", str(folder))


def test_the_page_has_macro_f1_the_majority_and_what_was_left_out(folder):
    page = (folder / "reports" / "album_art" / "index.html").read_text()
    for text in ("macro f1", "majority", "A14", "under several genres", "left out"):
        assert text in page, text


def test_probabilities_of_covers_of_ones_own_are_calibrated(folder):
    animation, shown = io.BytesIO(), [Image.new("P", (70, 70), colour) for colour in (3, 90)]
    shown[0].save(animation, "gif", save_all=True, append_images=shown[1:])
    (folder / "moving.gif").write_bytes(animation.getvalue())
    Image.new("CMYK", (64, 90), (10, 200, 30, 0)).save(folder / "print.jpg")
    (folder / "song.jpg").write_bytes(b"not a cover")
    files = [str(folder / name) for name in ("moving.gif", "print.jpg", "song.jpg")]
    answer = json.loads(cosmic("predict", "album-art", *files, "--json"))
    assert [one["file"] for one in answer["files"]] == files[:2]
    for one in answer["files"]:
        assert set(one["probabilities"]) == set(sample.GENRES)
        assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert [one["file"] for one in answer["excluded"]] == files[2:]
    assert "not a picture" in answer["excluded"][0]["reason"]
    stored = [json.loads(path.read_text()) for path in (folder / "runs" / "album_art").glob("*.json")]
    assert any(run.get("temperature", 0) > 0 for run in stored if run.get("column") == "honest")
