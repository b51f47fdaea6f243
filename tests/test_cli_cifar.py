"""The command line on a study with a test part of its own: to a page, a search, and a picture asked about."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cosmic_lib import cli, store
from cosmic_lib.studies.cifar.batches import CLASSES

from .test_cli import call


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cifar")


@pytest.fixture(scope="module")
def reproduced(folder):
    arguments = ["reproduce", "cifar", "--mode", "smoke", "--no-notebook", "--set", "colour=0.25"]
    return call(folder, [sys.executable, "-m", "cosmic_lib", *arguments])


@pytest.mark.slow
def test_reproduce_ends_with_both_protocols_and_a_page(reproduced, folder):
    for text in ("Made-up sample", "Scaled: smoke mode", "scores the publisher's test part", "opened once"):
        assert text in " ".join(reproduced.split()), text
    page = (folder / "reports" / "cifar" / "index.html").read_text()
    for text in ("What was concluded, and what repeats say", "the same network, trained the same way", "K17"):
        assert text in page, text
    assert page.count('alt="') == page.count("<img") > 5
    summary = store.read_json(folder / "runs" / "cifar" / "summary-smoke.json")
    assert [row["experiment"] for row in summary["rows"] if row["run"]] == ["cnn_1", "cnn_4_v2"]


def do(*arguments: str) -> str:
    """What the command line prints, called in this process: TensorFlow takes seconds to load."""
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.slow
def test_any_picture_gets_an_answer_and_what_is_none_a_reason(reproduced, folder, monkeypatch):
    rng = np.random.default_rng(0)
    for name, mode in {"wide.png": "RGB", "grey.jpg": "L", "inks.jpg": "CMYK", "flat.gif": "P"}.items():
        Image.fromarray(rng.integers(0, 256, (40, 90, 3), dtype=np.uint8)).convert(mode).save(folder / name)
    (folder / "none.png").write_text("no picture")
    files = [str(folder / name) for name in ("wide.png", "grey.jpg", "inks.jpg", "flat.gif", "none.png")]
    monkeypatch.setenv("COSMIC_HOME", str(folder))
    answer = json.loads(do("predict", "cifar", *files, "--json"))
    assert [one["file"] for one in answer["files"]] == files[:-1]
    assert all(set(one["probabilities"]) == set(CLASSES) and len(one["items"]) == 1 for one in answer["files"])
    assert [one["file"] for one in answer["excluded"]] == files[-1:]
    assert any("made-up data" in note for note in answer["run"]["notes"])


@pytest.mark.slow
def test_a_search_goes_on_where_it_was_and_leaves_the_test_part_alone(home):
    command = ["tune", "cifar", "--mode", "smoke", "--seeds", "2", "--trials"]
    do(*command, "1")
    runs = home / "runs" / "cifar"
    first = {path.name: path.stat().st_mtime_ns for path in runs.glob("[0-9a-f]" * 16 + ".json")}
    printed = do(*command, "2")
    after = {path.name: path.stat().st_mtime_ns for path in runs.glob("[0-9a-f]" * 16 + ".json")}
    assert len(first) == 3 and len(after) == 4 and first.items() <= after.items()
    (listed,) = runs.glob("tuning-random-*.json")
    assert len(store.read_json(listed)["trials"]) == 2
    assert not (runs / "test_openings.json").exists()
    assert "identical networks" in " ".join(printed.split())
    assert "Every trial" in (home / "reports" / "cifar" / "tuning-random.html").read_text()
