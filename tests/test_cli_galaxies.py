"""Galaxies from the command line: trained, asked about files of one's own, and corrected by hand."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cosmic_lib import cli

from .conftest import cosmic

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """COSMIC_HOME of this file, with one network reproduced in smoke mode."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSMIC_HOME", str(folder))
        cosmic("reproduce", "galaxies", "--mode", "smoke", "--no-notebook", "--only", "base", "--seeds", "1")
    return folder


@pytest.fixture(autouse=True)
def _at_home(folder, monkeypatch):
    monkeypatch.setenv("COSMIC_HOME", str(folder))


def test_the_page_tells_both_protocols_macro_f1_and_the_faults(folder):
    page = (folder / "reports" / "galaxies" / "index.html").read_text()
    for text in ("macro F1, with interval", "macro recall", "majority", "G17", "Made-up sample"):
        assert text in page, text


def test_files_of_ones_own_get_an_answer_fits_among_them(folder):
    fits = pytest.importorskip("astropy.io.fits")
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 65_536, (90, 60), dtype=np.uint16)).save(folder / "deep.png")
    Image.fromarray(rng.integers(0, 256, (50, 80, 4), dtype=np.uint8)).save(folder / "clear.webp")
    Image.new("RGB", (5, 5)).save(folder / "tiny.bmp")
    fits.writeto(folder / "one.fits", rng.random((64, 64)).astype(np.float32))
    files = [str(folder / name) for name in ("deep.png", "clear.webp", "one.fits", "tiny.bmp")]
    done = CliRunner().invoke(cli.app, ["predict", "galaxies", *files, "--json"])
    answer = json.loads(done.stdout)
    assert [one["file"] for one in answer["files"]] == files[:3]
    for one in answer["files"]:
        assert set(one["probabilities"]) == {"elliptical", "spiral"}
        assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert [one["file"] for one in answer["excluded"]] == files[3:]
    assert "fewer than 16" in answer["excluded"][0]["reason"]


def test_corrected_labels_are_learnt_from_and_the_change_is_told(folder):
    arguments = ("review", "galaxies", "--mode", "smoke", "--experiment", "base", "--number", "5")
    cosmic(*arguments)
    listed = folder / "reports" / "galaxies" / "review" / "corrections.csv"
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 5 <= len(rows) <= 10
    rows[0]["corrected"] = "spiral" if rows[0]["label"] == "elliptical" else "elliptical"
    rows[1]["corrected"] = "exclude"
    with listed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    said = cosmic(*arguments, "--corrections", str(listed))
    assert "What the corrections change" in " ".join(said.split())
    cosmic(*arguments)  # does not touch what was written by hand
    assert "exclude" in listed.read_text() and (listed.parent / "corrections-2.csv").exists()
