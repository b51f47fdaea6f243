"""The command line: the whole way from nothing to a page, and errors in one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cosmic_lib import cli, notebooks, reproduce

from .conftest import CLONE

REPRODUCE = [sys.executable, "-m", "cosmic_lib", "reproduce", "genre", "--mode", "smoke"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder, in which everything is made."""
    return tmp_path_factory.mktemp("anywhere")


def call(folder, command):
    environment = {**os.environ, "COSMIC_HOME": str(folder), "PYTHONPATH": str(CLONE), "COLUMNS": "100"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first(folder):
    return call(folder, REPRODUCE)


@pytest.mark.slow
def test_reproduce_goes_from_nothing_to_table_and_page(first, folder):
    for text in ("Made-up sample", "Scaled: smoke mode", "0.85", "opened once", "first picture"):
        assert text in first, text
    page = (folder / "reports" / "genre" / "index.html").read_text()
    for text in ("metal.00003 repeats metal.00000", "jazz.00001.wav", "not run in this mode"):
        assert text in page, text
    assert page.count('alt="') == page.count("<img") > 5
    assert (folder / "reports" / "genre" / "30_genre_the_leak.html").exists()


@pytest.mark.slow
def test_second_call_makes_nothing_twice(first, folder):
    def made():
        kept = [path for name in ("data", "cache", "runs") for path in (folder / name).rglob("*")]
        kept.append(folder / "reports" / "genre" / "30_genre_the_leak.html")
        return {path: path.stat().st_mtime_ns for path in kept}

    before = made()
    second = call(folder, REPRODUCE)
    assert made() == before
    assert table(second) == table(first)


def table(printed):
    """The numbers of the main table, whatever surrounds them."""
    return re.findall(r"[+-]?\d\.\d{3}", printed.split("Published and ours")[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reproduce", "nothing"], "no study named 'nothing'; there are:"),
        (["reproduce", "genre", "--mode", "huge"], "no mode named 'huge'"),
        (["reproduce", "genre", "--data", "real"], "real data need a folder"),
        (["reproduce", "genre", "--data", "real", "--root", "nowhere"], "holds neither genres_original/ nor genres/"),
        (["reproduce", "genre", "--only", "net9"], "no experiment named net9 in genre"),
        (["notebooks", "run", "99_none"], "no notebook named 99_none"),
    ],
)
def test_what_a_user_can_mend_is_told_in_one_line(arguments, message, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cosmic", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


def test_unknown_control_is_refused_before_anything_is_trained(monkeypatch, genre_data, tmp_path):
    from cosmic_lib import studies

    settings = reproduce.Settings(studies.get("genre"), "smoke", tmp_path, control="wishful-thinking")
    with pytest.raises(ValueError, match="no control named 'wishful-thinking'"):
        reproduce.reproduce(settings, genre_data)


def test_notebooks_check_fails_on_a_stale_notebook(monkeypatch):
    monkeypatch.setattr(notebooks, "stale", lambda: ["30_genre_the_leak"])
    done = CliRunner().invoke(cli.app, ["notebooks", "check"])
    assert done.exit_code == 1
    assert "cosmic notebooks build" in done.output


def test_notebooks_of_the_clone_are_fresh():
    done = CliRunner().invoke(cli.app, ["notebooks", "check"])
    assert done.exit_code == 0, done.output
