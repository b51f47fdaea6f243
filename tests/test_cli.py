"""The command line: the whole way from nothing to a page, and errors in one line."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cosmic_lib import catalog, cli, cli_data, experiment, notebooks, reproduce, store

from . import stand_in
from .conftest import CLONE

REPRODUCE = [sys.executable, str(CLONE / "tests" / "stand_in.py"), "reproduce", "genre", "--mode", "smoke"]
"""Without training; that real networks come that way to a page is tested in test_cli_cifar."""


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


def test_clips_of_ones_own_are_trained_on_and_predicted(home, genre_sample, monkeypatch):
    """A folder per class, with nothing in it that says which files belong together."""
    monkeypatch.setattr(experiment, "train", stand_in.train)
    clips = str(genre_sample / "genres_original")
    code, printed = do("reproduce", "genre", "--mode", "smoke", "--data", "folder", "--root", clips, "--seeds", "1")
    assert code == 0, printed
    for text in ("Data of your own: no verdict", "each file is a group of its own", "groups"):
        assert text in " ".join(printed.split()), text
    runs = [store.read_json(path) for path in (home / "runs" / "genre").glob("[0-9a-f]" * 16 + ".json")]
    predicted = {item for run in runs if run["column"].startswith("honest_fold") for item in held_out(run)}
    assert all(item.count(".wav/") == 1 for item in predicted) and len(predicted) > 100
    assert "jazz/jazz.00001.wav" in (home / "reports" / "genre" / "index.html").read_text(), "a bad file is not listed"


def held_out(run):
    return run["predictions"]["held_out"]["items"]


def table(printed):
    """The numbers of the main table, whatever surrounds them."""
    return re.findall(r"[+-]?\d\.\d{3}", printed.split("Published and ours")[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reproduce", "nothing"], "no study named 'nothing'; there are:"),
        (["reproduce", "genre", "--mode", "huge"], "no mode named 'huge'"),
        (["reproduce", "genre", "--data", "folder"], "data of your own need a folder"),
        (["data", "get", "nothing"], "no data set named 'nothing'; there are:"),
        (["data", "where", "gtzan"], "not there; get it with: cosmic data get gtzan"),
        (["data", "verify", "gtzan"], "cosmic data get gtzan"),
        (["data", "get", "album_covers"], "cosmic reproduce album_art --data folder --root FOLDER"),
        (["reproduce", "genre", "--data", "real", "--root", "nowhere"], "holds neither genres_original/ nor genres/"),
        (["reproduce", "genre", "--only", "net9"], "no experiment named net9 in genre"),
        (["notebooks", "run", "99_none"], "no notebook named 99_none"),
        (["reproduce", "cifar", "--set", "colours=1"], "--set colours=1: give NAME=VALUE with a setting of cifar: "),
        (["reproduce", "cifar", "--set", "per_class"], "per_class: give NAME=VALUE"),
        (["reproduce", "cifar", "--set", "per_class=0"], "per_class is 0; give a whole number from 1 up"),
        (["tune", "genre"], "genre: has no space to search"),
        (["tune", "cifar", "--how", "luck", "--mode", "smoke"], "choose one of random, hyperband, grid"),
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


def do(*arguments):
    done = CliRunner().invoke(cli.app, arguments)
    return done.exit_code, done.output


@pytest.fixture
def archive(tmp_path, home, monkeypatch):
    """A catalogue with a small data set, and its archive as somebody fetched it by hand."""
    import hashlib
    import zipfile

    import yaml

    path = tmp_path / "by hand" / "small.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("genres/blues/blues.00000.wav", b"a sound")
    download = {
        "file": path.name, "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "urls": ["http://127.0.0.1:1/small.zip"],
    }  # fmt: skip
    entry = yaml.safe_load(catalog.path().read_text())["gtzan"] | {"downloads": [download], "contents": {"**/*.wav": 1}}
    listed = tmp_path / "catalogue.yaml"
    listed.write_text(yaml.safe_dump({"gtzan": entry}))
    monkeypatch.setenv("COSMIC_CATALOGUE", str(listed))
    return path


def test_data_by_hand_are_listed_found_and_verified(archive, home):
    assert "no" in do("data", "list")[1]
    assert do("data", "get", "gtzan", "--file", str(archive)) == (0, f"see {home / 'data' / 'gtzan'}\n")
    assert archive.exists(), "the user's own file is gone"
    assert do("data", "get", "gtzan")[0] == 0, "what is there already is fetched again"
    assert do("data", "where", "genre") == (0, f"{home / 'data' / 'gtzan'}\n")
    assert do("data", "verify", "gtzan") == (0, "whole and unchanged\n")
    (home / "data" / "gtzan" / "genres" / "blues" / "blues.00000.wav").write_bytes(b"another")
    code, printed = do("data", "verify", "gtzan")
    assert code == 1 and "blues.00000.wav" in printed
    code, printed = do("data", "verify", "gtzan", "--root", str(home / "data" / "gtzan" / "genres"))
    assert code == 0, printed


def test_data_list_names_every_data_set():
    code, printed = do("data", "list")
    assert code == 0 and all(name[:9] in printed for name in catalog.records())


def test_data_sample_is_made_once(home):
    code, printed = do("data", "sample", "genre", "--mode", "smoke")
    (made,) = (home / "data").iterdir()
    assert code == 0 and str(made) in printed.replace("\n", "")
    assert (made / "genres_original").is_dir()
    before = made.stat().st_mtime_ns
    assert do("data", "sample", "gtzan", "--mode", "smoke")[0] == 0
    assert made.stat().st_mtime_ns == before


@pytest.mark.skipif(os.name != "posix", reason="other systems allow fewer names")
def test_names_of_files_are_printed_as_they_are(tmp_path, monkeypatch):
    """What looks like markup in the name of a file is neither obeyed nor an error."""
    import numpy as np
    import soundfile

    for name in ("a[/red]", "b/[bold]"):  # two recordings alike, so that a note names them
        (tmp_path / name).parent.mkdir()
        soundfile.write(tmp_path / f"{name}.wav", np.sin(np.arange(70_000) / 20), 22_050)
    monkeypatch.setattr(reproduce, "reproduce", None)  # what comes after the notes is not called for
    code, printed = do("reproduce", "genre", "--data", "folder", "--root", str(tmp_path))
    assert code == 1 and "b/[bold].wav repeats a[/red].wav" in printed


@pytest.mark.skipif(os.name != "posix", reason="limits are a matter of POSIX")
def test_a_full_disk_ends_in_one_line_and_leaves_nothing_half_made(folder):
    """The first sound of the sample is longer than a file may be, as if the disk were full."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "import sys; sys.argv[1:] = ['reproduce', 'genre', '--mode', 'smoke'];"
        "from cosmic_lib import cli; cli.main()"
    )
    home = folder / "full disk"
    environment = {**os.environ, "COSMIC_HOME": str(home), "PYTHONPATH": str(CLONE), "COLUMNS": "200"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "free some space" in done.stderr and "Traceback" not in done.stderr
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_what_a_killed_call_left_is_removed_by_the_next(home):
    parts = [home / name / f".{platform.node()}-{2**22 + 1}-0.part" for name in ("data", "cache", "runs", "reports")]
    for part in parts:
        part.parent.mkdir(parents=True)
        part.write_bytes(b"half")
    cli_data.tidy()
    assert not any(part.exists() for part in parts)


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
